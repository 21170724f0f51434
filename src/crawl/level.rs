//! How many questions are in flight: as many as was said, or as many as do no harm.

use std::time::{Duration, Instant};

use super::latency::Latencies;
use super::{Concurrency, MAX_CONCURRENCY, Settings};

/// How often the level is looked at, and how many attempts it takes to judge it.
const WINDOW: Duration = Duration::from_millis(500);
const ENOUGH: u64 = 50;
/// Attempts without a reply, in percent, from which the level is too high.
const LOSS: u64 = 3;
/// The share of its time this thread may work before it is itself the limit, in percent.
const BUSY: u64 = 80;
/// An automatic level stays between these.
const LEAST: usize = 8;
const MOST: usize = 10_000;

/// The number of questions that may be in flight.
#[derive(Debug)]
pub(super) struct Level {
    limit: usize,
    auto: Option<Auto>,
}

/// What an automatic level is judged by: additive steps up, a cut down, as in TCP (RFC 5681), with
/// doubling until the first cut.
#[derive(Debug)]
struct Auto {
    since: Instant,
    ended: u64,
    silent: u64,
    /// The level was reached, so it is what holds the crawl back.
    reached: bool,
    latencies: Latencies,
    /// The lowest median seen: what a reply takes where nothing queues.
    base: Option<Duration>,
    starting: bool,
}

impl Level {
    pub fn new(settings: &Settings, now: Instant) -> Self {
        let auto = matches!(settings.concurrency, Concurrency::Auto).then(|| Auto {
            since: now,
            ended: 0,
            silent: 0,
            reached: false,
            latencies: Latencies::default(),
            base: None,
            starting: true,
        });
        Self { limit: settings.in_flight(), auto }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    pub fn reached(&mut self) {
        if let Some(auto) = &mut self.auto {
            auto.reached = true;
        }
    }

    /// An attempt has ended, with a reply after `took` or in silence.
    pub fn ended(&mut self, took: Duration, silent: bool) {
        let Some(auto) = &mut self.auto else { return };
        auto.ended += 1;
        auto.silent += u64::from(silent);
        if !silent {
            auto.latencies.add(took);
        }
    }

    /// Looks at the level now and then; `worked` is how long this thread was busy since the last call
    /// that gave true.
    pub fn adjust(&mut self, now: Instant, worked: Duration) -> bool {
        let Some(auto) = &mut self.auto else { return true };
        let passed = now.saturating_duration_since(auto.since);
        if passed < WINDOW || auto.ended < ENOUGH {
            return false;
        }
        let busy = worked.as_micros() * 100 > passed.as_micros() * u128::from(BUSY);
        self.limit = auto.judge(self.limit, busy);
        auto.since = now;
        (auto.ended, auto.silent, auto.reached) = (0, 0, false);
        auto.latencies.clear();
        true
    }
}

impl Auto {
    fn judge(&mut self, limit: usize, busy: bool) -> usize {
        let median = self.latencies.percentile(50);
        let queued = match (median, self.base) {
            // Twice the quiet time and noticeably so: replies wait for each other somewhere.
            (Some(median), Some(base)) => median > base * 2 + Duration::from_millis(5),
            _ => false,
        };
        self.base = [self.base, median].into_iter().flatten().min();
        let lossy = self.silent * 100 > self.ended * LOSS;
        if lossy || queued {
            self.starting = false;
            let kept = if lossy { limit * 7 / 10 } else { limit * 9 / 10 };
            return kept.max(LEAST);
        }
        // Nothing is gained by more in flight where the level was not reached, or where this
        // machine cannot take the replies any faster.
        if !self.reached || busy {
            return limit;
        }
        let raised = if self.starting { limit * 2 } else { limit + limit.div_ceil(10) };
        raised.min(MOST).min(MAX_CONCURRENCY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto() -> (Level, Instant) {
        let now = Instant::now();
        (Level::new(&Settings { concurrency: Concurrency::Auto, ..Settings::default() }, now), now)
    }

    /// Half a second of a hundred attempts; gives the level after it.
    fn window(level: &mut Level, now: &mut Instant, took: u64, silent: u64, busy: u64) -> usize {
        for i in 0..100 {
            level.ended(Duration::from_millis(took), i < silent);
        }
        level.reached();
        *now += WINDOW;
        assert!(level.adjust(*now, WINDOW * u32::try_from(busy).unwrap() / 100));
        level.limit()
    }

    #[test]
    fn the_level_rises_until_there_is_loss_or_delay() {
        let (mut level, mut now) = auto();
        assert_eq!(level.limit(), 64);
        assert_eq!([(); 3].map(|()| window(&mut level, &mut now, 20, 0, 10)), [128, 256, 512]);
        assert_eq!(window(&mut level, &mut now, 20, 10, 10), 358, "loss");
        assert_eq!(window(&mut level, &mut now, 20, 0, 10), 394, "from here on by tenths");
        assert_eq!(window(&mut level, &mut now, 60, 0, 10), 354, "replies queue");
        assert_eq!(window(&mut level, &mut now, 20, 100, 10), 247);
        for _ in 0..100 {
            window(&mut level, &mut now, 20, 100, 10);
        }
        assert_eq!(level.limit(), LEAST);
    }

    #[test]
    fn the_level_stays_where_the_machine_is_the_limit_or_it_was_not_reached() {
        let (mut level, mut now) = auto();
        assert_eq!(window(&mut level, &mut now, 20, 0, 90), 64);
        (0..100).for_each(|_| level.ended(Duration::from_millis(20), false));
        assert!(level.adjust(now + WINDOW, Duration::ZERO));
        assert_eq!(level.limit(), 64);
    }

    #[test]
    fn a_fixed_level_is_kept() {
        let mut level = Level::new(&Settings::default(), Instant::now());
        (0..100).for_each(|_| level.ended(Duration::from_secs(1), true));
        assert!(level.adjust(Instant::now() + WINDOW, Duration::ZERO));
        assert_eq!(level.limit(), 64);
    }
}
