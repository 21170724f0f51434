//! A crawl of members from its start to its books.

use std::borrow::Borrow;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use time::OffsetDateTime;

use super::desk::{Desk, Keep};
use super::journal::Journal;
use super::ledger::Ledger;
use super::patience::Patience;
use super::pool::Pool;
use super::schedule::{Schedule, Tally};
use super::upstream::{Upstream, upstreams};
use super::{Answers, Cancel, Counts, CrawlError, Crawled, POLITE_QPS, Progress, Settings, descriptors, preflight};
use crate::plan::Plan;
use crate::population::Member;

/// What a crawl starts from.
pub(super) struct Start<'a> {
    pub plan: &'a Plan,
    pub settings: &'a Settings,
    /// Where the journal is.
    pub path: &'a Path,
    pub journal: Journal,
    pub ledger: Ledger,
    /// Members of the list.
    pub members: u64,
    pub resumed: u64,
    pub started: OffsetDateTime,
    pub warnings: Vec<String>,
}

/// Crawls `members` until all is settled or the crawl is cancelled.
pub(super) async fn run<M: Borrow<Member>, I: Iterator<Item = M>>(
    start: Start<'_>,
    members: impl Fn() -> Result<I, CrawlError>,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Crawled<Answers>, CrawlError> {
    let Start { plan, settings, path, members: listed, journal, ledger, resumed, started, mut warnings } = start;
    let resolvers = fit_resolvers(settings, &mut warnings, progress).await?;
    let pool = pool(settings, &resolvers)?;
    let mut desk = Desk::new(pool, journal, settings, progress, cancel);
    progress.resumed.store(resumed, Relaxed);

    let (mut ledger, mut tally) = (ledger, Tally::default());
    let mut finished;
    loop {
        let mut schedule = Schedule::new(plan, Patience::new(settings), members()?, ledger);
        schedule.tally = tally;
        finished = desk.run(&mut schedule).await?;
        desk.write_all(&mut schedule)?;
        (ledger, tally) = if finished && settings.second_pass && schedule.has_failures() {
            progress.note(Some("asking again what failed"));
            let mut schedule = schedule.second_pass();
            finished = desk.run(&mut schedule).await?;
            desk.write_all(&mut schedule)?;
            (schedule.ledger, schedule.tally)
        } else {
            (schedule.ledger, schedule.tally)
        };
        if !finished || !std::mem::take(&mut desk.voided) {
            break;
        }
        // A made-up answer may have led to questions that nobody needs: the list is gone through anew,
        // as after `--resume`, and what was not taken back is not asked.
        progress.note(Some("asking again what a resolver may have made up"));
        warnings.push(
            "a resolver was seen to make up answers; what came since it was last seen to be truthful was asked again".into(),
        );
        ledger.begin_again();
        tally = Tally { members_done: 0, known: 0, ..tally };
    }
    progress.note(None);

    if finished && tally.members_done != listed {
        let done = tally.members_done;
        return Err(CrawlError::Unbalanced(format!("{listed} members in the list, {done} of them could be read again")));
    }
    let counts = counts(&desk, &ledger, &tally, resumed, finished)?;
    let resolvers = resolvers.iter().map(Upstream::to_string).collect();
    let figures = desk.pool.figures();
    desk.kept.close()?;
    if tally.over_budget > 0 {
        let seconds = settings.domain_budget.as_secs();
        warnings.push(format!("{} questions were given up because their domain's {seconds} s were over", tally.over_budget));
    }
    let facts = Answers::new(path.to_owned(), ledger.needed());
    Ok(Crawled {
        facts,
        counts,
        started,
        finished: OffsetDateTime::now_utc(),
        resolvers,
        figures,
        warnings,
        interrupted: !finished,
    })
}

/// The pool that the settings ask for.
pub(super) fn pool(settings: &Settings, resolvers: &[Upstream]) -> Result<Pool, CrawlError> {
    let open = |resolver: &Upstream| Ok((resolver.to_string(), resolver.open()?));
    let transports = resolvers.iter().map(open).collect::<Result<Vec<_>, CrawlError>>()?;
    let polite = POLITE_QPS.saturating_mul(u32::try_from(resolvers.len()).unwrap_or(1));
    let qps = Some(settings.qps.unwrap_or(polite)).filter(|&qps| qps > 0);
    Ok(Pool::new(transports, settings, qps, Instant::now()))
}

/// The resolvers that pass the preflight; an error where none does.
pub(super) async fn fit_resolvers(
    settings: &Settings,
    warnings: &mut Vec<String>,
    progress: &Progress,
) -> Result<Vec<Upstream>, CrawlError> {
    let resolvers = upstreams(settings).await?;
    descriptors::reserve(resolvers.len())?;
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

/// The books at the end, checked: every question that was needed stands under one outcome, and
/// every attempt has ended or is in flight.
fn counts<K: Keep>(
    desk: &Desk<'_, K>,
    ledger: &Ledger,
    tally: &Tally,
    resumed: u64,
    finished: bool,
) -> Result<Counts, CrawlError> {
    let mut counts = Counts {
        sent: desk.sent,
        retries: tally.retries,
        second_pass: tally.second_pass,
        recovered: tally.recovered,
        over_budget: tally.over_budget,
        truncated: desk.truncated,
        canaries: desk.pool.canaries(),
        resumed,
        ..Counts::default()
    };
    counts.outcomes = ledger.outcomes();
    counts.asked = counts.outcomes.iter().sum();
    if finished && counts.asked != tally.known {
        return Err(CrawlError::Unbalanced(format!("{} questions were needed, {} settled", tally.known, counts.asked)));
    }
    if counts.asked != counts.answered() + counts.negative() + counts.failed() {
        return Err(CrawlError::Unbalanced(format!("{counts:?}")));
    }
    desk.check()?;
    Ok(counts)
}
