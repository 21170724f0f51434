//! The resolvers of a crawl: whose turn it is, how much each bears, and how fast.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::transport::{Ask, Reply, Transport};

/// Timers are no finer than this: what they make late may be caught up.
const SLACK: Duration = Duration::from_millis(2);

/// The resolvers, sharing the load evenly.
pub(super) struct Pool {
    upstreams: Vec<Upstream>,
    /// Questions in flight over all of them.
    limit: usize,
    /// Time between two questions to one resolver; zero for no limit.
    interval: Duration,
    in_flight: usize,
    replies: Vec<Reply>,
}

struct Upstream {
    transport: Box<dyn Transport>,
    in_flight: usize,
    /// When it may be asked next.
    next: Instant,
}

impl Pool {
    /// `qps` is for all resolvers together.
    pub fn new(transports: Vec<Box<dyn Transport>>, limit: usize, qps: Option<u32>, now: Instant) -> Self {
        let count = u32::try_from(transports.len()).unwrap_or(u32::MAX);
        let interval = qps.map_or(Duration::ZERO, |qps| Duration::from_secs(1) * count / qps.max(1));
        let upstream = |transport| Upstream { transport, in_flight: 0, next: now };
        Self { upstreams: transports.into_iter().map(upstream).collect(), limit, interval, in_flight: 0, replies: Vec::new() }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Whether any resolver can take a question now.
    pub fn has_room(&self, now: Instant) -> bool {
        self.in_flight < self.limit && self.upstreams.iter().any(|u| u.next <= now)
    }

    /// The resolver to ask now: the one with the least to do, and another than `before` where there
    /// is another.
    pub fn pick(&self, before: Option<usize>, now: Instant) -> Option<usize> {
        if self.in_flight >= self.limit {
            return None;
        }
        let avoid = before.filter(|_| self.upstreams.len() > 1);
        let free = self.upstreams.iter().enumerate().filter(|(i, u)| u.next <= now && Some(*i) != avoid);
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

    /// When a resolver can be asked that cannot be asked now.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        if self.in_flight >= self.limit {
            return None;
        }
        self.upstreams.iter().map(|u| u.next).filter(|&next| next > now).min()
    }

    /// Waits for replies and gives them with the resolver each came from.
    pub fn poll_replies(&mut self, cx: &mut Context<'_>, into: &mut Vec<(usize, Reply)>) -> Poll<()> {
        for (i, upstream) in self.upstreams.iter_mut().enumerate() {
            if upstream.transport.poll_replies(cx, &mut self.replies).is_pending() {
                continue;
            }
            for reply in self.replies.drain(..) {
                if !reply.late {
                    upstream.in_flight -= 1;
                    self.in_flight -= 1;
                }
                into.push((i, reply));
            }
        }
        if into.is_empty() { Poll::Pending } else { Poll::Ready(()) }
    }
}
