//! Asks the DNS what a plan wants to know about a population, and keeps every answer.
//!
//! A crawl is one thread of its own: a schedule decides what is asked next, a transport asks it,
//! a journal keeps what came back. Failures are answers too and stay apart to the end.

mod answers;
mod descriptors;
mod desk;
mod error;
mod journal;
mod latency;
mod ledger;
mod level;
mod list;
mod patience;
mod places;
mod pool;
mod preflight;
mod progress;
mod resolver;
mod root_hints;
mod run;
mod schedule;
mod settings;
mod transport;
mod upstream;
mod watch;

use std::borrow::Borrow;
use std::path::Path;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::dns::{Answer, Outcome};
use crate::observation::Facts;
use crate::plan::Plan;
use crate::population::{Asked, Member, Population};

pub use answers::Answers;
pub use error::CrawlError;
use journal::{Header, Journal, Lines};
use ledger::Ledger;
pub use list::ask_all;
pub use progress::{Cancel, Progress, ProgressView, ResolverView};
pub use resolver::{ResolverSpec, ResolverSpecError};
pub use root_hints::RootHints;
pub use settings::{BadConcurrency, Concurrency, MAX_CONCURRENCY, POLITE_QPS, Settings};

/// What a crawl brought home.
#[derive(Clone, Debug)]
pub struct Crawled<A = Facts> {
    /// Every question asked and its answer, failures included.
    pub facts: A,
    pub counts: Counts,
    /// UTC. For a resumed crawl the start of its first part.
    pub started: OffsetDateTime,
    pub finished: OffsetDateTime,
    /// The resolvers that were asked, as addresses: `system` is spelled out here.
    pub resolvers: Vec<String>,
    /// What each resolver was asked in this run, and how it replied.
    pub figures: Vec<ResolverFigures>,
    /// What a reader of the figures must know, each a sentence.
    pub warnings: Vec<String>,
    /// Stopped by [`Cancel`]: the facts are incomplete, the journal can be resumed.
    pub interrupted: bool,
}

/// How one resolver replied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverFigures {
    pub resolver: String,
    /// Attempts sent to it.
    pub attempts: u64,
    /// Attempts by how they ended, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::ALL.len()],
    /// Replies to attempts that had been given up: each stands as a timeout above.
    pub late: u64,
    /// Time to a reply of any kind: the median, and what 90 and 99 of a hundred do not exceed.
    pub latency: [std::time::Duration; 3],
}

/// The books of a crawl. `asked = answered + negative + failed` is checked at the end of every crawl.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Distinct questions that were settled.
    pub asked: u64,
    /// Settled questions by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::ALL.len()],
    /// Questions sent, retries and second pass included.
    pub sent: u64,
    pub retries: u64,
    /// Questions of the second pass, and those of them that it settled.
    pub second_pass: u64,
    pub recovered: u64,
    /// Questions cut short because a member's time was over; recorded as timeouts unless a resolver
    /// had replied with a failure before.
    pub over_budget: u64,
    /// Replies that were truncated and asked again over TCP.
    pub truncated: u64,
    /// Questions with known answers that were asked to see whether the resolvers are well.
    pub canaries: u64,
    /// Answers taken over from the journal of an interrupted crawl.
    pub resumed: u64,
}

impl Counts {
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes[index(outcome)]
    }

    /// Questions with records.
    pub fn answered(&self) -> u64 {
        self.of(Outcome::Answered)
    }

    /// Questions the zone answered with no data or no such name.
    pub fn negative(&self) -> u64 {
        self.of(Outcome::Nodata) + self.of(Outcome::Nxdomain)
    }

    /// Questions without a definitive answer.
    pub fn failed(&self) -> u64 {
        Outcome::ALL.into_iter().filter(|o| !o.is_definitive()).map(|o| self.of(o)).sum()
    }
}

/// Asks every question of the plan about every member and returns when all are settled, or soon
/// after `cancel`. Runs on a thread of its own and blocks the caller, who may poll `progress`
/// from another thread. Every answer is in the journal file `path` within a second; the file stays
/// when the crawl ends, and is the caller's to remove once the answers are sealed elsewhere.
///
/// # Errors
/// Where no resolver can be used, or the journal cannot be written, is locked, or belongs to
/// another crawl. Questions that fail are no error.
pub fn crawl(
    population: &Population,
    plan: &Plan,
    settings: &Settings,
    path: &Path,
    resume: bool,
    progress: &Arc<Progress>,
    cancel: &Cancel,
) -> Result<Crawled, CrawlError> {
    let members = || Ok(population.members.iter());
    let asked = Asked::of(&population.members);
    crawl_members(&population.name, &asked, members, plan, settings, path, resume, progress, cancel)?.load()
}

/// As [`crawl`], for a list that need not be in memory, called `name`: `members` goes through it from
/// its start, and is called twice. The answers stay on disk, in the journal.
#[expect(clippy::too_many_arguments, reason = "those of `crawl`, and the list in two parts")]
pub fn crawl_members<M: Borrow<Member>, I: Iterator<Item = M>>(
    name: &str,
    asked: &Asked,
    members: impl Fn() -> std::io::Result<I> + Sync,
    plan: &Plan,
    settings: &Settings,
    path: &Path,
    resume: bool,
    progress: &Arc<Progress>,
    cancel: &Cancel,
) -> Result<Crawled<Answers>, CrawlError> {
    let again = || members().map_err(|source| CrawlError::Io { path: name.into(), source });
    let header = Header::new(name, asked, plan, OffsetDateTime::now_utc());
    progress.members.store(header.members() as u64, std::sync::atomic::Ordering::Relaxed);
    let mut ledger = Ledger::new(Box::new(Lines::new(path, READ_AHEAD)));
    let mut warnings = Vec::new();
    let mut started = header.started;
    let journal = if resume {
        let restore = |question, answer: Answer, place| ledger.restore(&question, answer.outcome, place);
        let (journal, resumed) = Journal::resume(path, &header, restore)?;
        started = resumed.started;
        resumed.voids.into_iter().for_each(|places| ledger.void(places));
        if resumed.damaged > 0 {
            warnings.push(format!("{} damaged records of the journal were dropped and asked again", resumed.damaged));
        }
        journal
    } else {
        Journal::create(path, &header)?
    };
    let taken_over = ledger.restored();
    let members_listed = header.members() as u64;
    let start =
        run::Start { plan, settings, path, journal, ledger, members: members_listed, resumed: taken_over, started, warnings };
    let crawled = on_own_thread(|| async { run::run(start, again, progress, cancel).await });
    if !resume && crawled.is_err() {
        // A crawl that found no resolver leaves nothing to resume.
        journal::discard_if_empty(path);
    }
    crawled
}

/// Answers are read one here, one there: little more than one at a time.
const READ_AHEAD: usize = 1024;

/// Runs a future to its end on a thread and a runtime of its own, as the caller may be within any
/// other runtime.
fn on_own_thread<T: Send, F: Future<Output = Result<T, CrawlError>>>(work: impl FnOnce() -> F + Send) -> Result<T, CrawlError> {
    std::thread::scope(|scope| {
        let crawl = std::thread::Builder::new().name("crawl".into()).spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CrawlError::Start)?;
            runtime.block_on(work())
        });
        match crawl.map_err(CrawlError::Start)?.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn index(outcome: Outcome) -> usize {
    Outcome::ALL.iter().position(|&o| o == outcome).unwrap_or_default()
}
