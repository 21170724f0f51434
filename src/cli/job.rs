//! One crawl: whom about, what is asked, how, and what becomes of the answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use crate::crawl::{Cancel, CrawlError, Crawled, Progress, ResolverSpec, RootHints, Settings, crawl as ask, crawl_members};
use crate::plan::{Depth, Plan};
use crate::population::{Member, Population, Shard, Spool, Unit};
use crate::provenance::Kind;
use crate::snapshot::{self, Crawl, ManifestDraft, Snapshot};
use crate::vendor::Ruleset;

use super::args::{Asking, Common};
use super::failure::Failure;
use super::progress::Display;
use super::{books, confirm, listing, out, side};

/// A crawl that is about to be made: whom about, what, and where the answers come from.
pub struct Job {
    pub population: Population,
    pub plan: Plan,
    pub settings: Settings,
    /// The snapshot the resolver replays, if it does.
    pub replayed: Option<ReplayOf>,
    /// The part of the list that is left in `population`.
    pub shard: Option<Shard>,
}

pub struct ReplayOf {
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
        let depth = Self::depth(asking)?;
        let loaded = side::population(common, list)?;
        listing::warn(common, &loaded);
        if loaded.population.members.is_empty() {
            return Err(Self::nobody(&loaded.population.name));
        }
        Ok(Self {
            population: loaded.population,
            plan: Plan::new(depth, rules.labels.clone()),
            settings,
            replayed: None,
            shard: None,
        })
    }

    /// The depth of a crawl that is no replay.
    pub fn depth(asking: &Asking) -> Result<Depth, Failure> {
        match asking.depth.into() {
            Depth::Recorded => {
                Err(Failure::usage("--depth recorded takes the question kinds of a snapshot: name it with --replay-of"))
            }
            depth => Ok(depth),
        }
    }

    pub fn nobody(list: &str) -> Failure {
        Failure::new(format!("{list} holds no member to ask about"))
    }

    /// The crawl of a replay: the population, questions and dates of the snapshot that is replayed.
    pub fn replay(snapshot: &Snapshot, settings: Settings) -> Self {
        let plan = Plan::of(snapshot.manifest.plan.kinds.clone(), snapshot.manifest.plan.labels.clone());
        let replayed = ReplayOf { draft: (*snapshot.manifest).clone(), digest: snapshot.manifest.digest.clone() };
        Self { population: snapshot.population.clone(), plan, settings, replayed: Some(replayed), shard: None }
    }

    /// Where the answers will have come from.
    pub fn kind(&self) -> Kind {
        if self.replayed.is_some() { Kind::Replay } else { Kind::Live }
    }

    /// Asks everything and seals the answers in a folder below `root`. Where there is a `second`
    /// resolver, what differs from `old` or denies an MX is asked there before.
    pub fn run(
        &self,
        common: &Common,
        resume: bool,
        second: Option<ResolverSpec>,
        old: Option<&Snapshot>,
        root: &Path,
    ) -> Result<PathBuf, Failure> {
        let journal = self.journal(root)?;
        let mut crawled = self.ask(common, &journal, resume)?;
        self.books(&crawled, &journal);
        self.finished(&crawled, crawled.facts.len(), &journal)?;
        let mut draft = self.draft(&crawled)?;
        if let Some(second) = second {
            confirm::confirm(self, common, second, &mut crawled, &mut draft, old, &journal)?;
        }
        let path = snapshot::seal(root, &self.population, &crawled.facts, draft)?;
        // The answers are sealed: the journal has done its work.
        fs::remove_file(&journal).ok();
        Ok(path)
    }

    /// A crawl of a list that stays on disk, as its answers do until they are sealed: `population`
    /// of this job describes the list, and holds none of its members.
    pub fn run_spooled(&self, list: &Spool, common: &Common, resume: bool, root: &Path) -> Result<PathBuf, Failure> {
        let journal = self.journal(root)?;
        let crawled = self.watched(common, list.len(), |progress, cancel| {
            let members = || list.members();
            crawl_members(&list.name, list.asked(), members, &self.plan, &self.settings, &journal, resume, progress, cancel)
        })?;
        self.books(&crawled, &journal);
        self.finished(&crawled, crawled.facts.len(), &journal)?;
        let draft = self.draft(&crawled)?;
        let path = snapshot::seal_rows(root, list.facts(), |output| list.write(output), |rows| crawled.facts.fill(rows), draft)?;
        fs::remove_file(&journal).ok();
        Ok(path)
    }

    /// A crawl of some of the members at another resolver, with the same questions.
    pub fn part(&self, members: Vec<Member>, resolver: ResolverSpec) -> Self {
        let population = Population { members, ..self.population.clone() };
        let settings = Settings { resolvers: vec![resolver], ..self.settings.clone() };
        Self { population, plan: self.plan.clone(), settings, replayed: None, shard: None }
    }

    /// Writes `<depth>.run.json` beside the journal, before the seal and of an interrupted crawl too: how
    /// the resolvers did is worth knowing most where something went wrong. It is no part of the snapshot.
    fn books<A>(&self, crawled: &Crawled<A>, journal: &Path) {
        let path = journal.with_extension("run.json");
        let text = format!("{:#}\n", books::of(crawled, &self.population.name, &self.settings));
        if let Err(failure) = out::write(&path, text.as_bytes()) {
            out::say(&format!("warning: {failure}"));
        }
    }

    /// # Errors
    /// Where the crawl was interrupted: what is answered so far is no snapshot.
    pub fn finished<A>(&self, crawled: &Crawled<A>, kept: usize, journal: &Path) -> Result<(), Failure> {
        if !crawled.interrupted {
            return Ok(());
        }
        Err(Failure::new(format!(
            "interrupted: {kept} answers are kept in {}; the same command with --resume goes on",
            journal.display()
        )))
    }

    /// Where the journal of this population's crawl stands, in the folder that will hold the snapshot.
    fn journal(&self, root: &Path) -> Result<PathBuf, Failure> {
        // Before the crawl: its answers would have no place afterwards.
        snapshot::check_name(&self.population.name)?;
        let folder = root.join(&self.population.name);
        fs::create_dir_all(&folder).map_err(|e| Failure::new(format!("cannot write into {}: {e}", folder.display())))?;
        let part = self.shard.map_or_else(String::new, |s| format!("-{}-of-{}", s.index(), s.count()));
        Ok(folder.join(format!("{}{part}.journal", self.plan.depth.as_str())))
    }

    pub fn ask(&self, common: &Common, journal: &Path, resume: bool) -> Result<Crawled, Failure> {
        self.watched(common, self.population.members.len(), |progress, cancel| {
            ask(&self.population, &self.plan, &self.settings, journal, resume, progress, cancel)
        })
    }

    /// Crawls with its progress on show and the way to stop it open, and says how it ended.
    fn watched<A>(
        &self,
        common: &Common,
        members: usize,
        crawl: impl FnOnce(&Arc<Progress>, &Cancel) -> Result<Crawled<A>, CrawlError>,
    ) -> Result<Crawled<A>, Failure> {
        let progress = Arc::new(Progress::default());
        let cancel = Cancel::new();
        cancel.on_interrupt()?;
        let display = Display::start(common, &progress);
        let crawled = crawl(&progress, &cancel);
        drop(display);
        let crawled = crawled?;
        if !common.quiet {
            summary(&crawled, self.population.unit, members);
        }
        Ok(crawled)
    }

    fn draft<A>(&self, crawled: &Crawled<A>) -> Result<ManifestDraft, Failure> {
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
            attempts: crawled.figures.iter().map(books::attempts).collect(),
        });
        Ok(draft)
    }
}

pub fn settings(asking: &Asking) -> Result<Settings, Failure> {
    let mut settings = Settings {
        resolvers: asking.resolvers.clone(),
        authorities: asking.resolver_ca.clone(),
        root_hints: asking.root_hints.as_deref().map(RootHints::read).transpose()?,
        qps: asking.qps,
        ..Settings::default()
    };
    if let Some(concurrency) = asking.concurrency {
        settings.concurrency = concurrency;
    }
    if let Some(retries) = asking.retries {
        settings.retries = retries;
    }
    if let Some(given) = asking.timeout {
        settings.timeout = seconds("--timeout", given)?;
    }
    if let Some(given) = asking.domain_budget {
        settings.domain_budget = seconds("--domain-budget", given)?;
    }
    if let Some(given) = asking.outage {
        settings.outage = if given == 0.0 { Duration::ZERO } else { seconds("--outage", given)? };
    }
    Ok(settings)
}

/// A time that somebody typed.
fn seconds(flag: &str, given: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(given)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| Failure::usage(format!("{flag} {given}: a number of seconds above 0 is wanted")))
}

fn summary<A>(crawled: &Crawled<A>, unit: Unit, members: usize) {
    let counts = &crawled.counts;
    let seconds = (crawled.finished - crawled.started).as_seconds_f64();
    eprintln!("asked {} questions about {members} {} in {seconds:.1} s", counts.asked, unit.noun(members));
    let outcomes: Vec<String> =
        crate::dns::Outcome::ALL.into_iter().filter(|o| counts.of(*o) > 0).map(|o| format!("{} {o}", counts.of(o))).collect();
    eprintln!("outcomes: {}", outcomes.join(", "));
    if counts.retries + counts.truncated + counts.resumed > 0 {
        eprintln!(
            "{} retries, {} truncated and asked over TCP, {} taken from the journal",
            counts.retries, counts.truncated, counts.resumed
        );
    }
    for figures in &crawled.figures {
        eprintln!("{}", books::line(figures));
    }
    for warning in &crawled.warnings {
        eprintln!("warning: {warning}");
    }
}
