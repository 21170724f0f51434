//! The loop of a crawl: turns from the schedule go to the pool, replies from the pool go to the
//! schedule, what is settled goes to the journal.

use std::borrow::Borrow;
use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::journal::Journal;
use super::ledger::Ledger;
use super::patience::Patience;
use super::pool::Pool;
use super::schedule::{Schedule, Tally};
use super::transport::{Ask, Reply};
use super::upstream::{Upstream, upstreams};
use super::{Cancel, Concurrency, Counts, CrawlError, Crawled, POLITE_QPS, Progress, Settings, preflight};
use crate::dns::{Answer, Outcome, Question};
use crate::observation::Facts;
use crate::plan::Plan;
use crate::population::Member;

/// Questions in flight where the level is left to the program.
const AUTO_START: usize = 64;
/// The loop looks up at least this often, to write the journal and show progress.
const BREATH: Duration = Duration::from_millis(200);

/// What the loop needs beside the schedule.
struct Desk<'a> {
    pool: Pool,
    journal: Journal,
    progress: &'a Progress,
    cancel: &'a Cancel,
    sent: u64,
    ended: u64,
    truncated: u64,
    outcomes: [u64; Outcome::ALL.len()],
    replies: Vec<(usize, Reply)>,
}

/// What a crawl starts from.
pub(super) struct Start<'a> {
    pub plan: &'a Plan,
    pub settings: &'a Settings,
    pub journal: Journal,
    pub ledger: Ledger,
    pub resumed: u64,
    pub started: OffsetDateTime,
    pub warnings: Vec<String>,
}

/// Crawls `members` until all is settled or the crawl is cancelled.
pub(super) async fn run<M: Borrow<Member>>(
    start: Start<'_>,
    members: impl Iterator<Item = M>,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Crawled, CrawlError> {
    let Start { plan, settings, journal, ledger, resumed, started, mut warnings } = start;
    let resolvers = fit_resolvers(settings, &mut warnings, progress).await?;
    let transports = resolvers.iter().map(Upstream::open).collect::<Result<Vec<_>, _>>()?;
    let limit = match settings.concurrency {
        Concurrency::Fixed(limit) => limit.max(1),
        Concurrency::Auto => AUTO_START,
    };
    let polite = POLITE_QPS.saturating_mul(u32::try_from(resolvers.len()).unwrap_or(1));
    let qps = Some(settings.qps.unwrap_or(polite)).filter(|&qps| qps > 0);
    let mut desk = Desk {
        pool: Pool::new(transports, limit, qps, Instant::now()),
        journal,
        progress,
        cancel,
        sent: 0,
        ended: 0,
        truncated: 0,
        outcomes: [0; Outcome::ALL.len()],
        replies: Vec::new(),
    };
    progress.resumed.store(resumed, Relaxed);

    let mut schedule = Schedule::new(plan, Patience::new(settings, limit), members, ledger);
    let mut finished = desk.pass(&mut schedule).await?;
    let (ledger, tally) = if finished && settings.second_pass && schedule.has_failures() {
        progress.note(Some("asking again what failed"));
        let mut schedule = schedule.second_pass();
        finished = desk.pass(&mut schedule).await?;
        (schedule.ledger, schedule.tally)
    } else {
        (schedule.ledger, schedule.tally)
    };
    progress.note(None);

    let counts = desk.counts(&ledger, &tally, resumed, finished)?;
    let resolvers = resolvers.iter().map(Upstream::to_string).collect();
    desk.journal.close()?;
    if tally.over_budget > 0 {
        let seconds = settings.domain_budget.as_secs();
        warnings.push(format!("{} questions were given up because their domain's {seconds} s were over", tally.over_budget));
    }
    let needed = ledger.into_entries().into_iter().filter(|e| e.pass > 0);
    let facts = Facts::new(needed.filter_map(|e| Some((e.question, e.answer?))));
    Ok(Crawled { facts, counts, started, finished: OffsetDateTime::now_utc(), resolvers, warnings, interrupted: !finished })
}

/// The resolvers that pass the preflight; an error where none does.
async fn fit_resolvers(
    settings: &Settings,
    warnings: &mut Vec<String>,
    progress: &Progress,
) -> Result<Vec<Upstream>, CrawlError> {
    let resolvers = upstreams(&settings.resolvers).await?;
    if !settings.preflight {
        return Ok(resolvers);
    }
    progress.note(Some("checking the resolvers"));
    let checked = futures::future::join_all(resolvers.iter().map(preflight::check)).await;
    progress.note(None);
    let mut fit = Vec::new();
    let mut unfit = None;
    for (resolver, result) in resolvers.into_iter().zip(checked) {
        match result? {
            Ok(notes) => {
                warnings.extend(notes);
                fit.push(resolver);
            }
            Err(problem) => {
                warnings.push(format!("resolver {resolver} was left out: it {problem}"));
                unfit.get_or_insert(CrawlError::Preflight { resolver: resolver.to_string(), problem });
            }
        }
    }
    match unfit {
        Some(error) if fit.is_empty() => Err(error),
        _ => Ok(fit),
    }
}

impl Desk<'_> {
    /// Asks until the schedule is done; false where it was cancelled first.
    async fn pass<M: Borrow<Member>, I: Iterator<Item = M>>(
        &mut self,
        schedule: &mut Schedule<'_, M, I>,
    ) -> Result<bool, CrawlError> {
        loop {
            let now = Instant::now();
            self.send(schedule, now);
            self.keep(schedule, now)?;
            self.show(&schedule.tally);
            if schedule.is_done() {
                return Ok(true);
            }
            if self.cancel.is_cancelled() {
                return Ok(false);
            }
            let wakes = [schedule.wake(), self.pool.wake(now), self.journal.due(), Some(now + BREATH)];
            let wake = wakes.into_iter().flatten().min().unwrap_or(now);
            let (pool, replies) = (&mut self.pool, &mut self.replies);
            tokio::select! {
                biased;
                () = poll_fn(|cx| pool.poll_replies(cx, replies)) => {}
                () = self.cancel.cancelled() => {}
                () = tokio::time::sleep_until(wake.into()) => {}
            }
            let now = Instant::now();
            for (_, reply) in self.replies.drain(..) {
                self.ended += u64::from(!reply.late);
                self.truncated += u64::from(reply.truncated);
                schedule.reply(reply.token, reply.answer, reply.late, now);
            }
        }
    }

    fn send<M: Borrow<Member>, I: Iterator<Item = M>>(&mut self, schedule: &mut Schedule<'_, M, I>, now: Instant) {
        while self.pool.has_room(now) {
            let Some(turn) = schedule.next(now) else { return };
            let Some(resolver) = self.pool.pick(turn.before, now) else {
                return schedule.put_back(turn);
            };
            let question = &schedule.ledger.get(turn.id).question;
            self.pool.ask(resolver, Ask { token: turn.id, question, wait: turn.wait, stream: false }, now);
            schedule.asked(turn.id, resolver);
            self.sent += 1;
        }
    }

    fn keep<M: Borrow<Member>, I: Iterator<Item = M>>(
        &mut self,
        schedule: &mut Schedule<'_, M, I>,
        now: Instant,
    ) -> Result<(), CrawlError> {
        let (journal, outcomes) = (&mut self.journal, &mut self.outcomes);
        schedule.take_settled(|question: &Question, answer: &Answer| {
            outcomes[index(answer.outcome)] += 1;
            journal.append(question, answer)
        })?;
        if journal.due().is_some_and(|due| due <= now) { journal.write() } else { Ok(()) }
    }

    fn show(&self, tally: &Tally) {
        let progress = self.progress;
        progress.members_done.store(tally.members_done, Relaxed);
        progress.known.store(tally.known, Relaxed);
        progress.retries.store(tally.retries, Relaxed);
        progress.sent.store(self.sent, Relaxed);
        progress.in_flight.store(self.pool.in_flight() as u64, Relaxed);
        for (shown, counted) in progress.settled.iter().zip(self.outcomes) {
            shown.store(counted, Relaxed);
        }
    }

    /// The books at the end, checked: every question that was needed stands under one outcome, and
    /// every attempt has ended or is in flight.
    fn counts(&self, ledger: &Ledger, tally: &Tally, resumed: u64, finished: bool) -> Result<Counts, CrawlError> {
        let mut counts = Counts {
            sent: self.sent,
            retries: tally.retries,
            second_pass: tally.second_pass,
            recovered: tally.recovered,
            over_budget: tally.over_budget,
            truncated: self.truncated,
            resumed,
            ..Counts::default()
        };
        for entry in ledger.iter().filter(|e| e.pass > 0) {
            match &entry.answer {
                Some(answer) => counts.outcomes[index(answer.outcome)] += 1,
                None if finished => return Err(CrawlError::Unbalanced(format!("{} was never settled", entry.question))),
                None => {}
            }
        }
        counts.asked = counts.outcomes.iter().sum();
        if finished && counts.asked != tally.known {
            return Err(CrawlError::Unbalanced(format!("{} questions were needed, {} settled", tally.known, counts.asked)));
        }
        if counts.asked != counts.answered() + counts.negative() + counts.failed() {
            return Err(CrawlError::Unbalanced(format!("{counts:?}")));
        }
        if self.sent != self.ended + self.pool.in_flight() as u64 {
            let (sent, ended) = (self.sent, self.ended);
            return Err(CrawlError::Unbalanced(format!("{sent} sent, {ended} ended, {} in flight", self.pool.in_flight())));
        }
        Ok(counts)
    }
}

fn index(outcome: Outcome) -> usize {
    Outcome::ALL.iter().position(|&o| o == outcome).unwrap_or_default()
}
