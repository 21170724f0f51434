//! `crawl` and `run`: ask, seal, and compare with the last time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::crawl::{Cancel, Crawled, Progress, Settings, crawl as ask};
use crate::observation::{Limits, Observation};
use crate::plan::{Depth, Plan};
use crate::population::{self, Population, Shard};
use crate::provenance::Kind;
use crate::snapshot::{self, Crawl, ManifestDraft, Snapshot, Summary};
use crate::vendor::Ruleset;

use super::args::{Asking, Common, CrawlArgs, ExplainArgs, RunArgs};
use super::failure::{Exit, Failure};
use super::progress::Display;
use super::{charts, explain as explanation, listing, out, side};

/// How much older than the new snapshot a yearly baseline should be, in days.
const YEAR: i64 = 300;

pub fn crawl(common: &Common, args: &CrawlArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let mut job = Job::new(common, args.population.as_deref(), &args.asking, rules.get())?;
    let mut root = side::snapshots(common, args.out.as_deref());
    if let Some(shard) = args.shard {
        job.population = job.population.shard(shard);
        job.shard = Some(shard);
        // Out of the way of listings and baselines: a part is no snapshot of the list.
        root.push("shards");
    }
    let path = job.run(common, args.asking.resume, &root)?;
    let snapshot = Snapshot::open(&path)?;
    let exit = completeness(common, &snapshot, rules.get(), args.asking.max_failures);
    out::emit(&format!("{}\n", path.display()), None)?;
    Ok(exit)
}

pub fn run(common: &Common, args: &RunArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let job = Job::new(common, args.population.as_deref(), &args.asking, rules.get())?;
    // A baseline that cannot be read is better found out before a crawl of an hour than after it.
    let named = args.baseline.as_deref().map(|b| side::open(common, b)).transpose()?;
    let path = job.run(common, args.asking.resume, &side::snapshots(common, None))?;
    let new = Snapshot::open(&path)?;
    let old = match named {
        Some(named) => Some(named),
        None => baseline(&new, &snapshot::list(&side::data(common)).0).map(|dir| Snapshot::open(&dir)).transpose()?,
    };
    if !common.quiet {
        match &old {
            Some(old) => eprintln!("baseline: {} of {} ({})", old.population.name, old.manifest.date, old.dir.display()),
            None => eprintln!("no earlier snapshot of the series {}: nothing to compare with", new.population.series),
        }
    }
    let exit = completeness(common, &new, rules.get(), args.asking.max_failures);
    let folder = args.out.clone().unwrap_or_else(|| charts::default_folder(&new));
    charts::write_report(common, &new, old.as_ref(), rules.get(), &folder, 12)?;
    Ok(exit)
}

/// The newest snapshot of the same series that is at least [`YEAR`] days older, else the newest
/// earlier one. Recorded, replayed and synthetic data is never a baseline of live data.
fn baseline(new: &Snapshot, all: &[Summary]) -> Option<PathBuf> {
    let day = new.manifest.day()?;
    let same = |s: &&Summary| s.manifest.population.series == new.population.series && s.manifest.kind == new.manifest.kind;
    let earlier: Vec<(Date, &Summary)> = all
        .iter()
        .filter(same)
        .filter_map(|s| Some((s.manifest.day()?, s)))
        .filter(|(d, s)| *d < day && s.manifest.digest != new.manifest.digest)
        .collect();
    let newest = |list: &[(Date, &Summary)]| list.iter().max_by_key(|(d, s)| (*d, s.dir.clone())).map(|(_, s)| s.dir.clone());
    let yearly: Vec<_> = earlier.iter().copied().filter(|(d, _)| (day - *d).whole_days() >= YEAR).collect();
    newest(&yearly).or_else(|| newest(&earlier))
}

/// Says how many members could not be reached, and whether that is too many.
pub fn completeness(common: &Common, snapshot: &Snapshot, rules: &Ruleset, max_failures: f64) -> Exit {
    let classified = side::classify_all(snapshot, None, rules);
    let (open, all) = (side::unreachable(&classified), classified.len());
    let percent = if all == 0 { 0.0 } else { open as f64 * 100.0 / all as f64 };
    if open > 0 && !common.quiet {
        eprintln!("{open} of {all} {} unreachable for the gateway role ({percent:.1} %)", snapshot.population.unit.noun(all));
    }
    if percent > max_failures {
        eprintln!(
            "incomplete: more than {max_failures} % unreachable (--max-failures); ask again with another --resolver or a longer --timeout"
        );
        return Exit::Incomplete;
    }
    Exit::Done
}

/// A crawl that is about to be made: whom about, what, and where the answers come from.
pub struct Job {
    pub population: Population,
    pub plan: Plan,
    settings: Settings,
    /// The snapshot the resolver replays, if it does.
    replayed: Option<ReplayOf>,
    /// The part of the list that is left in `population`.
    shard: Option<Shard>,
}

struct ReplayOf {
    draft: ManifestDraft,
    digest: String,
}

impl Job {
    pub fn new(common: &Common, list: Option<&str>, asking: &Asking, rules: &Ruleset) -> Result<Self, Failure> {
        let settings = settings(asking)?;
        if let Some(what) = &asking.replay_of {
            if list.is_some() {
                return Err(Failure::usage("--replay-of brings its own population: leave --population out"));
            }
            return Ok(Self::replay(&side::open(common, what)?, settings));
        }
        let depth: Depth = asking.depth.into();
        if depth == Depth::Recorded {
            return Err(Failure::usage("--depth recorded takes the question kinds of a snapshot: name it with --replay-of"));
        }
        let loaded = population::find(list, &side::data(common))?;
        listing::warn(common, &loaded);
        if loaded.population.members.is_empty() {
            return Err(Failure::new(format!("{} holds no member to ask about", loaded.population.name)));
        }
        Ok(Self {
            population: loaded.population,
            plan: Plan::new(depth, rules.labels.clone()),
            settings,
            replayed: None,
            shard: None,
        })
    }

    /// The crawl of a replay: the population, questions and dates of the snapshot that is replayed.
    pub fn replay(snapshot: &Snapshot, settings: Settings) -> Self {
        let plan = Plan::of(snapshot.manifest.plan.kinds.clone(), snapshot.manifest.plan.labels.clone());
        let replayed = ReplayOf { draft: (*snapshot.manifest).clone(), digest: snapshot.manifest.digest.clone() };
        Self { population: snapshot.population.clone(), plan, settings, replayed: Some(replayed), shard: None }
    }

    /// Asks everything and seals the answers in a folder below `root`.
    pub fn run(&self, common: &Common, resume: bool, root: &Path) -> Result<PathBuf, Failure> {
        let journal = self.journal(root, resume)?;
        let crawled = self.ask(common, &journal, resume)?;
        if crawled.interrupted {
            return Err(Failure::new(format!(
                "interrupted: {} answers are kept in {}; the same command with --resume goes on",
                crawled.facts.len(),
                journal.display()
            )));
        }
        let path = snapshot::seal(root, &self.population, &crawled.facts, self.draft(&crawled)?)?;
        // The answers are sealed: the journal has done its work.
        fs::remove_file(&journal).ok();
        Ok(path)
    }

    /// The journal of this population's crawl; one that is left over must be resumed or removed.
    fn journal(&self, root: &Path, resume: bool) -> Result<PathBuf, Failure> {
        let folder = root.join(&self.population.name);
        fs::create_dir_all(&folder).map_err(|e| Failure::new(format!("cannot write into {}: {e}", folder.display())))?;
        let part = self.shard.map_or_else(String::new, |s| format!("-{}-of-{}", s.index(), s.count()));
        let journal = folder.join(format!("{}{part}.journal", self.plan.depth.as_str()));
        if journal.exists() && !resume {
            return Err(Failure::new(format!(
                "an unfinished crawl is kept in {}: go on with --resume, or delete the file to begin anew",
                journal.display()
            )));
        }
        Ok(journal)
    }

    fn ask(&self, common: &Common, journal: &Path, resume: bool) -> Result<Crawled, Failure> {
        let progress = Arc::new(Progress::default());
        let cancel = Cancel::new();
        cancel.on_interrupt()?;
        let display = Display::start(common, &progress);
        let crawled = ask(&self.population, &self.plan, &self.settings, journal, resume, &progress, &cancel);
        drop(display);
        let crawled = crawled?;
        if !common.quiet {
            summary(&crawled, &self.population);
        }
        Ok(crawled)
    }

    fn draft(&self, crawled: &Crawled) -> Result<ManifestDraft, Failure> {
        let today = crawled.started.date().to_string();
        let mut draft = match &self.replayed {
            None => ManifestDraft::new(Kind::Live, &today, self.plan.clone()),
            Some(replayed) => {
                let mut draft = replayed.draft.clone();
                draft.kind = Kind::Replay;
                draft.replay_of = Some(replayed.digest.clone());
                draft
            }
        };
        draft.observed_to = if self.replayed.is_none() { crawled.finished.date().to_string() } else { draft.observed_to };
        draft.notes.extend(self.shard.map(snapshot::shard_note));
        draft.shard = self.shard;
        draft.started = Some(crawled.started.format(&Rfc3339)?);
        draft.finished = Some(crawled.finished.format(&Rfc3339)?);
        draft.warnings.extend(crawled.warnings.iter().cloned());
        draft.crawl = Some(Crawl {
            resolvers: crawled.resolvers.clone(),
            timeout_ms: u64::try_from(self.settings.timeout.as_millis()).unwrap_or(u64::MAX),
            retries: self.settings.retries,
        });
        Ok(draft)
    }
}

pub fn settings(asking: &Asking) -> Result<Settings, Failure> {
    let mut settings = Settings { resolvers: asking.resolvers.clone(), qps: asking.qps, ..Settings::default() };
    if let Some(concurrency) = asking.concurrency {
        settings.concurrency = concurrency;
    }
    if let Some(retries) = asking.retries {
        settings.retries = retries;
    }
    if let Some(seconds) = asking.timeout {
        settings.timeout = Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|t| !t.is_zero())
            .ok_or_else(|| Failure::usage(format!("--timeout {seconds}: a number of seconds above 0 is wanted")))?;
    }
    Ok(settings)
}

fn summary(crawled: &Crawled, population: &Population) {
    let counts = &crawled.counts;
    let seconds = (crawled.finished - crawled.started).as_seconds_f64();
    let members = population.members.len();
    eprintln!("asked {} questions about {members} {} in {seconds:.1} s", counts.asked, population.unit.noun(members));
    let outcomes: Vec<String> =
        crate::dns::Outcome::ALL.into_iter().filter(|o| counts.of(*o) > 0).map(|o| format!("{} {o}", counts.of(o))).collect();
    eprintln!("outcomes: {}", outcomes.join(", "));
    if counts.retries + counts.truncated + counts.resumed > 0 {
        eprintln!(
            "{} retries, {} truncated and asked over TCP, {} taken from the journal",
            counts.retries, counts.truncated, counts.resumed
        );
    }
    for warning in &crawled.warnings {
        eprintln!("warning: {warning}");
    }
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
    let folder = std::env::temp_dir().join(format!("mxcensus-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
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
