//! `validate`: verdicts held against labels.

use std::fs::File;
use std::path::Path;

use crate::classify::Classification;
use crate::report::{confusion_table, disagreements_table, scores_table};
use crate::validate::{adjudicate, draw, read_adjudication, read_truth, validate as compare};
use crate::vendor::Role;

use super::args::{Common, Format, ValidateArgs, ValidateTable};
use super::failure::{Exit, Failure};
use super::{measures, out, side};

pub fn validate(common: &Common, args: &ValidateArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let snapshot = side::open(common, &args.snapshot)?;
    let members = side::classify_all(&snapshot, None, rules.get());
    let roles = args.role.map_or(vec![Role::Gateway, Role::Mailbox], |role| vec![role.into()]);
    let Some(path) = &args.truth else {
        out::emit(&sheet(&draw(&members, args.draw.unwrap_or(0), args.seed), &roles), args.out.as_deref())?;
        return Ok(Exit::Done);
    };
    let (name, file) = open(path)?;
    let truth = read_truth(file, &name)?;
    let mut kinds = vec![("", truth)];
    if let Some(path) = &args.adjudication {
        let (name, file) = open(path)?;
        let rows = read_adjudication(file, &name)?;
        let raw = kinds[0].1.clone();
        let (judged, stale) = adjudicate(&raw, &rows, false);
        for domain in stale {
            eprintln!("{name}: {domain} was judged under another label; the row is not used");
        }
        kinds.push((", as adjudicated", judged));
        kinds.push((", with every undecidable row against us", adjudicate(&raw, &rows, true).0));
    }
    let mut list = Vec::new();
    for role in roles {
        for (kind, truth) in &kinds {
            let validation = compare(&members, truth, role);
            let mut table = match args.table {
                ValidateTable::Scores => scores_table(&validation),
                ValidateTable::Confusion => confusion_table(&validation),
                ValidateTable::Disagreements => disagreements_table(&validation),
            };
            table.title.push_str(kind);
            list.push((None, table));
        }
    }
    let text = measures::render(list, args.format);
    out::emit(&text, args.out.as_deref())?;
    if !common.quiet && args.format == Format::Table {
        eprintln!("labels: {name}; snapshot {}, rules {}", snapshot.digest12(), rules.get().short_digest());
    }
    Ok(Exit::Done)
}

fn open(path: &Path) -> Result<(String, File), Failure> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| Failure::new(format!("cannot read {name}: {e}")))?;
    Ok((name, file))
}

/// A truth file whose labels are still to be written.
fn sheet(drawn: &[&Classification], roles: &[Role]) -> String {
    let mut text = String::from("domain,role,label,note\n");
    for member in drawn {
        for role in roles {
            text.push_str(&format!("{},{},,\n", member.domain, role.as_str()));
        }
    }
    text
}
