//! `snapshot`: list, show, verify, import.

use std::fmt::Write;

use crate::report::escape::visible_lines;
use crate::report::{manifest_text, snapshots_table};
use crate::snapshot::import::{self, Options};
use crate::snapshot::{self as store};

use super::args::{Common, ImportArgs, MergeArgs, SnapshotArgs, SnapshotCommand};
use super::failure::{Exit, Failure};
use super::{export, listing, out, side};

pub fn snapshot(common: &Common, args: &SnapshotArgs) -> Result<Exit, Failure> {
    match &args.command {
        SnapshotCommand::List { format } => {
            let (summaries, errors) = store::list(&side::data(common));
            for error in &errors {
                eprintln!("mxcensus: {error}");
            }
            out::emit(&snapshots_table(&summaries).render((*format).into()), None)?;
            Ok(if errors.is_empty() { Exit::Done } else { Exit::Found })
        }
        SnapshotCommand::Show { snapshot } => {
            let snapshot = side::open(common, snapshot)?;
            out::emit(&manifest_text(&snapshot.manifest), None)?;
            Ok(Exit::Done)
        }
        SnapshotCommand::Verify { snapshots } => verify(common, snapshots),
        SnapshotCommand::Import(args) => import(common, args),
        SnapshotCommand::Export(args) => export::export(common, args),
        SnapshotCommand::Merge(args) => merge(common, args),
    }
}

fn verify(common: &Common, snapshots: &[String]) -> Result<Exit, Failure> {
    let data = side::data(common);
    let dirs = if snapshots.is_empty() {
        store::list(&data).0.into_iter().map(|s| s.dir).collect()
    } else {
        snapshots.iter().map(|s| store::find(s, &data)).collect::<Result<Vec<_>, _>>()?
    };
    let mut text = String::new();
    let mut sound = true;
    for dir in dirs {
        let problems = store::verify(&dir);
        sound &= problems.is_empty();
        if problems.is_empty() {
            _ = writeln!(text, "{}: sound", dir.display());
        }
        for problem in problems {
            _ = writeln!(text, "{}: {problem}", dir.display());
        }
    }
    out::emit(&visible_lines(&text), None)?;
    Ok(if sound { Exit::Done } else { Exit::Found })
}

fn import(common: &Common, args: &ImportArgs) -> Result<Exit, Failure> {
    let loaded = side::population(common, Some(&args.population))?;
    listing::warn(common, &loaded);
    let kinds = (!args.kind.is_empty()).then(|| args.kind.iter().copied().collect());
    let options = Options {
        date: args.date.clone(),
        source: args.source.clone(),
        licence: args.licence.clone(),
        notes: args.note.clone(),
        previous: args.previous.clone(),
        kinds,
        limits: crate::observation::Limits {
            partial: args.partial.iter().copied().collect(),
            reconstructed: args.reconstructed.iter().cloned().collect(),
        },
    };
    let (facts, draft, report) = import::import(&args.inputs, args.format, &loaded.population, &options)?;
    let path = store::seal(&side::snapshots(common, args.out.as_deref()), &loaded.population, &facts, draft)?;
    if !common.quiet {
        eprintln!(
            "{} rows, {} records, {} questions answered, {} unrecorded, {} members absent, {} rows not asked again, {} conflicts",
            report.rows,
            report.records,
            report.answered,
            report.unrecorded,
            report.absent,
            report.not_asked_again,
            report.conflicts
        );
        for (question, records) in report.outside_plan.iter().take(10) {
            eprintln!("outside the plan: {question} ({records} records)");
        }
        for status in report.statuses.iter().filter(|s| s.outcome.is_none()) {
            eprintln!("status {:?} came {} times and says nothing of the question: left unrecorded", status.status, status.count);
        }
        for skipped in &report.skipped {
            eprintln!("skipped {}: {} (first: {})", skipped.count, skipped.reason, skipped.first);
        }
    }
    out::emit(&format!("{}\n", path.display()), None)?;
    Ok(Exit::Done)
}

fn merge(common: &Common, args: &MergeArgs) -> Result<Exit, Failure> {
    let shards = args.shards.iter().map(|dir| store::Snapshot::open(dir)).collect::<Result<Vec<_>, _>>()?;
    let list = match &args.population {
        Some(what) => Some(side::population(common, Some(what))?.population),
        None => None,
    };
    let (population, facts, draft) = store::merge(shards, list)?;
    let path = store::seal(&side::snapshots(common, args.out.as_deref()), &population, &facts, draft)?;
    out::emit(&format!("{}\n", path.display()), None)?;
    Ok(Exit::Done)
}
