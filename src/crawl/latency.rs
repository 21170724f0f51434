//! How long replies take, in little memory.

use std::time::Duration;

/// Buckets for each doubling: a figure is at most a sixteenth off.
const PER_OCTAVE: usize = 16;
const OCTAVES: usize = 32;

/// Counts of durations from a microsecond to more than an hour.
#[derive(Clone, Debug)]
pub(super) struct Latencies {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; PER_OCTAVE * OCTAVES], total: 0 }
    }
}

impl Latencies {
    pub fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let octave = micros.ilog2() as usize;
        // The four bits below the highest one.
        let part = if octave >= 4 { micros >> (octave - 4) } else { micros << (4 - octave) } as usize & (PER_OCTAVE - 1);
        let bucket = (octave * PER_OCTAVE + part).min(self.counts.len() - 1);
        self.counts[bucket] = self.counts[bucket].saturating_add(1);
        self.total += 1;
    }

    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.total = 0;
    }

    /// The duration that `percent` of all do not exceed, to a sixteenth; `None` where there are none.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|&count| {
            seen += u64::from(count);
            seen >= wanted
        })?;
        let (octave, part) = (bucket / PER_OCTAVE, bucket % PER_OCTAVE);
        let sixteenths = (1_u64 << octave) * (PER_OCTAVE + part) as u64;
        Some(Duration::from_micros(sixteenths / PER_OCTAVE as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_a_sixteenth_off_at_most() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentile(50), None);
        (1..=10_000).for_each(|i| latencies.add(Duration::from_micros(i * 10)));
        for (percent, exact) in [(1, 1_000), (50, 50_000), (90, 90_000), (99, 99_000), (100, 100_000)] {
            let found = latencies.percentile(percent).unwrap().as_micros() as f64;
            assert!((found / f64::from(exact) - 1.0).abs() < 0.07, "{percent} %: {found}");
        }
        latencies.clear();
        latencies.add(Duration::ZERO);
        latencies.add(Duration::MAX);
        assert_eq!(latencies.percentile(50), Some(Duration::from_micros(1)));
    }
}
