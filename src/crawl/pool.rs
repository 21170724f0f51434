//! The resolvers of a crawl: whose turn it is, how much each bears, how fast, and whether it is fit.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::latency::Latencies;
use super::level::Level;
use super::transport::{Ask, Reply, Transport};
use super::watch::{CANARY_WAIT, Canary, Watch};
use super::{ResolverFigures, ResolverView, Settings};
use crate::dns::{Answer, Outcome};

/// Timers are no finer than this: what they make late may be caught up.
const SLACK: Duration = Duration::from_millis(2);
/// From this level on questions are let in a quarter of it at a time: what is sent together costs
/// less than what is sent one by one.
const COARSE: usize = 128;
/// But no longer held back than this: what stands in line for a slow server must not hold up the rest.
const HELD: Duration = Duration::from_millis(2);
/// Tokens of canaries, which no question reaches.
const ROOT: u32 = u32::MAX;
const ABSENT: u32 = u32::MAX - 1;

/// The resolvers, sharing the load evenly.
pub(super) struct Pool {
    upstreams: Vec<Upstream>,
    level: Level,
    /// The level was reached, and there is not yet enough room again to be worth a batch.
    full: Option<Instant>,
    /// Time between two questions to one resolver; zero for no limit.
    interval: Duration,
    in_flight: usize,
    replies: Vec<Reply>,
    /// Questions that canaries ask.
    canaries: u64,
    /// Where the next answer will be kept, and from where on answers must be taken back.
    mark: u64,
    void: Option<u64>,
    worked: Duration,
}

struct Upstream {
    /// As the user knows it.
    label: String,
    transport: Box<dyn Transport>,
    in_flight: usize,
    /// When it may be asked next.
    next: Instant,
    watch: Watch,
    outcomes: [u64; Outcome::ALL.len()],
    late: u64,
    latencies: Latencies,
}

impl Pool {
    /// `qps` is for all resolvers together.
    pub fn new(transports: Vec<(String, Box<dyn Transport>)>, settings: &Settings, qps: Option<u32>, now: Instant) -> Self {
        let count = u32::try_from(transports.len()).unwrap_or(u32::MAX);
        let interval = qps.map_or(Duration::ZERO, |qps| Duration::from_secs(1) * count / qps.max(1));
        let upstream = |(label, transport)| Upstream {
            label,
            transport,
            in_flight: 0,
            next: now,
            watch: Watch::new(!settings.outage.is_zero(), now),
            outcomes: [0; Outcome::ALL.len()],
            late: 0,
            latencies: Latencies::default(),
        };
        Self {
            upstreams: transports.into_iter().map(upstream).collect(),
            level: Level::new(settings, now),
            full: None,
            interval,
            in_flight: 0,
            replies: Vec::new(),
            canaries: 0,
            mark: 0,
            void: None,
            worked: Duration::ZERO,
        }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub fn level(&self) -> usize {
        self.level.limit()
    }

    /// What is wrong with the resolvers, where none is fit to be asked.
    pub fn problem(&self) -> Option<String> {
        let problems = self.upstreams.iter().map(|u| Some(format!("{} {}", u.label, u.watch.problem()?)));
        problems.collect::<Option<Vec<_>>>().map(|problems| problems.join("; "))
    }

    /// Whether any resolver can take a question now.
    pub fn has_room(&mut self, now: Instant) -> bool {
        let limit = self.level.limit();
        if self.in_flight >= limit {
            self.level.reached();
            self.full = Some(now).filter(|_| limit >= COARSE && self.interval.is_zero());
        } else if self.in_flight <= limit / 4 * 3 || self.full.is_some_and(|since| now >= since + HELD) {
            self.full = None;
        }
        self.full.is_none() && self.in_flight < limit && self.upstreams.iter().any(|u| u.can_take(now))
    }

    /// The resolver to ask now: the one with the least to do, and another than `before` where there
    /// is another that is fit.
    pub fn pick(&self, before: Option<usize>, now: Instant) -> Option<usize> {
        let others = |i: usize| self.upstreams.iter().enumerate().any(|(j, u)| j != i && u.watch.problem().is_none());
        let avoid = before.filter(|&i| others(i));
        let free = self.upstreams.iter().enumerate().filter(|(i, u)| u.can_take(now) && Some(*i) != avoid);
        free.min_by_key(|(_, u)| (u.in_flight, u.next)).map(|(i, _)| i)
    }

    pub fn ask(&mut self, resolver: usize, ask: Ask<'_>, now: Instant) {
        let upstream = &mut self.upstreams[resolver];
        upstream.transport.ask(ask);
        upstream.in_flight += 1;
        self.in_flight += 1;
        if !self.interval.is_zero() {
            // A bucket of one token, but for what a late timer has to catch up.
            upstream.next = upstream.next.max(now.checked_sub(SLACK).unwrap_or(now)) + self.interval;
        }
    }

    /// Sends the canaries that are due and adjusts the level; `worked` is how long the crawl's thread
    /// was busy since the last call.
    pub fn tend(&mut self, now: Instant, worked: Duration) {
        self.worked += worked;
        if self.level.adjust(now, self.worked) {
            self.worked = Duration::ZERO;
        }
        for upstream in &mut self.upstreams {
            for &canary in upstream.watch.canaries(now) {
                let token = if canary == Canary::Root { ROOT } else { ABSENT };
                let question = canary.question();
                upstream.transport.ask(Ask { token, question: &question, wait: CANARY_WAIT, stream: false });
                self.canaries += 1;
            }
        }
    }

    /// When a resolver can be asked that cannot be asked now, or canaries are due.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let canaries = self.upstreams.iter().filter_map(|u| u.watch.due());
        let room = self.in_flight < self.level.limit();
        let turns = self.upstreams.iter().filter(|u| room && u.watch.problem().is_none()).map(|u| u.next);
        let held = self.full.filter(|_| room).map(|since| since + HELD);
        canaries.chain(turns).chain(held).filter(|&at| at > now).min()
    }

    /// Notes where the next answer will be kept: resolvers seen to be truthful now were so up to there.
    pub fn mark(&mut self, place: u64) {
        if std::mem::replace(&mut self.mark, place) == 0 {
            self.upstreams.iter_mut().for_each(|upstream| upstream.watch.trust(place));
        }
    }

    /// From where on answers must be taken back, where a resolver was found to make them up.
    pub fn take_void(&mut self) -> Option<u64> {
        self.void.take()
    }

    /// Waits for replies to questions; canaries' are taken care of here.
    pub fn poll_replies(&mut self, cx: &mut Context<'_>, into: &mut Vec<Reply>) -> Poll<()> {
        let before = into.len();
        let mut canaries = false;
        for upstream in &mut self.upstreams {
            if upstream.transport.poll_replies(cx, &mut self.replies).is_pending() {
                continue;
            }
            let now = Instant::now();
            for mut reply in self.replies.drain(..) {
                if reply.token < ABSENT && upstream.watch.lies() {
                    // Asked before it was found out.
                    reply.answer = Answer::empty(Outcome::Timeout);
                }
                let outcome = reply.answer.outcome;
                if reply.token >= ABSENT {
                    if !reply.late {
                        let canary = if reply.token == ROOT { Canary::Root } else { Canary::Absent };
                        let from = upstream.watch.canary(canary, &reply.answer, now, self.mark);
                        self.void = [self.void, from].into_iter().flatten().min();
                        canaries = true;
                    }
                    continue;
                }
                if reply.late {
                    upstream.late += 1;
                } else {
                    upstream.in_flight -= 1;
                    self.in_flight -= 1;
                    upstream.outcomes[super::index(outcome)] += 1;
                    self.level.ended(reply.took, outcome == Outcome::Timeout);
                }
                upstream.watch.ended(outcome, now);
                if !matches!(outcome, Outcome::Timeout | Outcome::NetworkError) {
                    upstream.latencies.add(reply.took);
                }
                into.push(reply);
            }
        }
        if into.len() > before || canaries { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What each resolver was asked and how it replied.
    pub fn figures(&self) -> Vec<ResolverFigures> {
        let figures = |upstream: &Upstream| ResolverFigures {
            resolver: upstream.label.clone(),
            attempts: upstream.outcomes.iter().sum::<u64>() + upstream.in_flight as u64,
            outcomes: upstream.outcomes,
            late: upstream.late,
            latency: [50, 90, 99].map(|percent| upstream.latencies.percentile(percent).unwrap_or_default()),
        };
        self.upstreams.iter().map(figures).collect()
    }

    /// How each resolver stands.
    pub fn standing(&self, now: Instant) -> Vec<ResolverView> {
        let standing = |upstream: &Upstream| {
            let ended = |definitive| {
                let ended = Outcome::ALL.into_iter().zip(upstream.outcomes);
                ended.filter(|(outcome, _)| outcome.is_definitive() == definitive).map(|(_, n)| n).sum()
            };
            let (answered, failed, in_flight): (u64, u64, _) = (ended(true), ended(false), upstream.in_flight as u64);
            let asked = answered + failed + in_flight;
            let resting = upstream.watch.resting(now).map(|(problem, left)| (problem.to_owned(), left));
            ResolverView { resolver: upstream.label.clone(), asked, answered, failed, in_flight, resting }
        };
        self.upstreams.iter().map(standing).collect()
    }

    /// Questions asked by canaries.
    pub fn canaries(&self) -> u64 {
        self.canaries
    }
}

impl Upstream {
    fn can_take(&self, now: Instant) -> bool {
        self.next <= now && self.watch.problem().is_none()
    }
}
