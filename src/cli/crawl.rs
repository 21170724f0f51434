//! `crawl` and `run`: ask, seal, and compare with the last time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use time::{Date, OffsetDateTime};

use crate::classify::classify_role;
use crate::dns::Outcome;
use crate::observation::{Limits, Observation};
use crate::plan::{Depth, Plan};
use crate::population::{self, Population, Unit};
use crate::provenance::Kind;
use crate::snapshot::{self, Snapshot, Summary, Walk};
use crate::vendor::{Role, Ruleset};

use super::args::{Common, CrawlArgs, ExplainArgs, RunArgs};
use super::failure::{Exit, Failure};
use super::job::{Job, settings};
use super::{charts, confirm, explain as explanation, listing, out, side};

/// How much older than the new snapshot a yearly baseline should be, in days.
const YEAR: i64 = 300;

pub fn crawl(common: &Common, args: &CrawlArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let mut root = side::snapshots(common, args.out.as_deref());
    if args.shard.is_some() {
        // Out of the way of listings and baselines: a part is no snapshot of the list.
        root.push("shards");
    }
    let second = confirm::resolver(&args.asking)?;
    let path = if args.asking.replay_of.is_none() && second.is_none() {
        crawl_spooled(common, args, rules.get(), &root)?
    } else {
        let mut job = Job::new(common, args.population.as_deref(), &args.asking, rules.get())?;
        if let Some(shard) = args.shard {
            job.population = job.population.shard(shard);
            job.shard = Some(shard);
        }
        job.run(common, args.asking.resume, second, None, &root)?
    };
    let exit = completeness_of(common, &path, rules.get(), args.asking.max_failures)?;
    out::emit(&format!("{}\n", path.display()), None)?;
    Ok(exit)
}

/// The list is read onto disk and asked about from there: memory is for what is in flight.
fn crawl_spooled(common: &Common, args: &CrawlArgs, rules: &Ruleset, root: &Path) -> Result<PathBuf, Failure> {
    let depth = Job::depth(&args.asking)?;
    let settings = settings(&args.asking)?;
    let spooled = side::spooled(common, args.population.as_deref(), args.shard)?;
    let list = &spooled.list;
    listing::warn_of(common, &list.name, &spooled.rejected, &spooled.repairs);
    if list.is_empty() && args.shard.is_none() {
        return Err(Job::nobody(&list.name));
    }
    let population = Population {
        name: list.name.clone(),
        series: list.series.clone(),
        unit: list.unit,
        cohorts: list.cohorts.clone(),
        members: Vec::new(),
    };
    let plan = Plan::new(depth, rules.labels.clone());
    let job = Job { population, plan, settings, replayed: None, shard: args.shard };
    job.run_spooled(list, common, args.asking.resume, root)
}

/// As [`completeness`], of a snapshot that was sealed just now, reading no more of it than it takes.
fn completeness_of(common: &Common, path: &Path, rules: &Ruleset, max_failures: f64) -> Result<Exit, Failure> {
    let manifest = snapshot::manifest(path)?;
    let definitive = |word: &String| word.parse::<Outcome>().is_ok_and(Outcome::is_definitive);
    if manifest.counts.values().flat_map(|outcomes| outcomes.keys()).all(definitive) {
        // The zones have answered every question: nobody is unreachable.
        return Ok(Exit::Done);
    }
    if !manifest.plan.is_local() {
        return Ok(completeness(common, &Snapshot::open(path)?, rules, max_failures));
    }
    let mut open = 0;
    for member in Walk::open(path)? {
        let (member, facts) = member?;
        let observation = Observation { member: &member, facts: &facts, plan: &manifest.plan, limits: &manifest.limits };
        open += usize::from(is_open(&observation, rules));
    }
    Ok(judge(common, manifest.population.unit, open, manifest.population.size, max_failures))
}

pub fn run(common: &Common, args: &RunArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let job = Job::new(common, args.population.as_deref(), &args.asking, rules.get())?;
    // A baseline that cannot be read is better found out before a crawl of an hour than after it.
    let old = match &args.baseline {
        Some(named) => Some(side::open(common, named)?),
        None => baseline(&job.population.series, job.kind(), &snapshot::list(&side::data(common)).0)
            .map(|dir| Snapshot::open(&dir))
            .transpose()?,
    };
    if !common.quiet {
        match &old {
            Some(old) => eprintln!("baseline: {} of {} ({})", old.population.name, old.manifest.date, old.dir.display()),
            None => eprintln!("no earlier snapshot of the series {}: nothing to compare with", job.population.series),
        }
    }
    let second = confirm::resolver(&args.asking)?;
    let path = job.run(common, args.asking.resume, second, old.as_ref(), &side::snapshots(common, None))?;
    let new = Snapshot::open(&path)?;
    let exit = completeness(common, &new, rules.get(), args.asking.max_failures);
    let folder = args.out.clone().unwrap_or_else(|| charts::default_folder(&new));
    charts::write_report(common, &new, old.as_ref(), rules.get(), &folder, 12)?;
    Ok(exit)
}

/// The newest snapshot of the same series that is at least [`YEAR`] days old, else the newest one of
/// an earlier day. Recorded, replayed and synthetic data is never a baseline of live data.
fn baseline(series: &str, kind: Kind, all: &[Summary]) -> Option<PathBuf> {
    let today = OffsetDateTime::now_utc().date();
    let same = |s: &&Summary| s.manifest.population.series == series && s.manifest.kind == kind;
    let dated = |s: &Summary| Some((s.manifest.day()?, s.dir.clone()));
    let earlier: Vec<(Date, PathBuf)> = all.iter().filter(same).filter_map(dated).filter(|(day, _)| *day < today).collect();
    let yearly = earlier.iter().filter(|(day, _)| (today - *day).whole_days() >= YEAR).max();
    yearly.or_else(|| earlier.iter().max()).map(|(_, dir)| dir.clone())
}

/// Says how many members could not be reached, and whether that is too many.
pub fn completeness(common: &Common, snapshot: &Snapshot, rules: &Ruleset, max_failures: f64) -> Exit {
    let members = &snapshot.population.members;
    let open = members.iter().filter(|member| is_open(&snapshot.observation(member), rules)).count();
    judge(common, snapshot.population.unit, open, members.len(), max_failures)
}

/// Whether the question about the gateway has no definitive answer.
fn is_open(observation: &Observation, rules: &Ruleset) -> bool {
    classify_role(observation, rules, Role::Gateway).failure.is_some()
}

fn judge(common: &Common, unit: Unit, open: usize, all: usize, max_failures: f64) -> Exit {
    let percent = if all == 0 { 0.0 } else { open as f64 * 100.0 / all as f64 };
    if open > 0 && !common.quiet {
        eprintln!("{open} of {all} {} unreachable for the gateway role ({percent:.1} %)", unit.noun(all));
    }
    if percent > max_failures {
        eprintln!(
            "incomplete: more than {max_failures} % unreachable (--max-failures); ask again with another --resolver or a longer --timeout"
        );
        return Exit::Incomplete;
    }
    Exit::Done
}

/// One domain asked now, without a snapshot.
pub fn explain_live(common: &Common, args: &ExplainArgs, rules: &Ruleset) -> Result<Exit, Failure> {
    let loaded = population::parse(args.domain.as_bytes(), "live", population::About::default())?;
    if let Some(rejected) = loaded.rejected.first() {
        return Err(Failure::usage(format!("{}: {}", args.domain, rejected.reason)));
    }
    let depth: Depth = args.asking.depth.into();
    if depth == Depth::Recorded {
        return Err(Failure::usage("--depth recorded has no meaning with --live"));
    }
    let folder = out::scratch()?;
    let job = Job {
        population: loaded.population,
        plan: Plan::new(depth, rules.labels.clone()),
        settings: settings(&args.asking)?,
        replayed: None,
        shard: None,
    };
    let crawled = job.ask(common, &folder.join("journal"), false);
    fs::remove_dir_all(&folder).ok();
    let crawled = crawled?;
    let now = OffsetDateTime::now_utc().date().to_string();
    let limits = Limits { partial: BTreeSet::new(), reconstructed: BTreeSet::new() };
    let member = job.population.members.first().ok_or_else(|| Failure::usage("no domain given"))?;
    let observation = Observation { member, facts: &crawled.facts, plan: &job.plan, limits: &limits };
    let provenance = crate::provenance::Provenance {
        population: "live".into(),
        series: "live".into(),
        unit: job.population.unit,
        members: 1,
        observed_from: now.clone(),
        observed_to: now,
        kind: Kind::Live,
        source: None,
        snapshot: "none".into(),
        notes: Vec::new(),
    };
    out::emit(&explanation::render(&observation, args, &provenance, rules)?, None)?;
    Ok(Exit::Done)
}
