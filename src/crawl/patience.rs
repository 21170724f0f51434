//! How long to wait for a reply, and whether and when to ask again.

use std::time::Duration;

use super::Settings;
use crate::dns::Outcome;

/// Pause before asking again where a reply said no; doubles each time.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Later attempts wait up to this many times as long as the first.
const STRETCH: u32 = 5;

/// The part of the settings that decides about retries.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    timeout: Duration,
    attempts: u32,
    /// Failures a resolver may reply with.
    refusals: u32,
    /// A member's time, from its first question.
    pub budget: Duration,
    /// Questions that may wait for their time before no further member is admitted.
    pub waiting: usize,
}

impl Patience {
    pub fn new(settings: &Settings) -> Self {
        Self {
            timeout: settings.timeout,
            attempts: settings.retries.saturating_add(1),
            refusals: settings.refusal_retries.saturating_add(1),
            budget: settings.domain_budget,
            waiting: settings.in_flight().max(256) * 4,
        }
    }

    /// How long the attempt of this number (from 1) waits: half as long again each time. The second
    /// pass begins with the longest: what is slow by nature gets its time there.
    pub fn wait(&self, attempt: u32, pass: u8) -> Duration {
        let most = self.timeout * STRETCH;
        if pass > 1 {
            return most;
        }
        let steps = i32::try_from(attempt.saturating_sub(1).min(16)).unwrap_or(16);
        self.timeout.mul_f64(1.5_f64.powi(steps)).min(most)
    }

    /// The pause before the next attempt, after `tries` attempts of which `refusals` brought a reply
    /// of failure; `None` where the failure is final. Silence has cost its time already.
    pub fn pause(&self, outcome: Outcome, tries: u32, refusals: u32) -> Option<Duration> {
        if tries >= self.attempts || refusals >= self.refusals {
            return None;
        }
        if outcome == Outcome::Timeout {
            return Some(Duration::ZERO);
        }
        let pause = (PAUSE * 2_u32.pow(tries.saturating_sub(1).min(8))).min(LONGEST_PAUSE);
        // Full jitter around the pause, so that what failed together does not come back together.
        Some(pause.mul_f64(rand::random_range(0.5..1.5)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_replies_are_not_hammered() {
        let patience = Patience::new(&Settings::default());
        let waits: Vec<u128> = (1..=8).map(|n| patience.wait(n, 1).as_millis()).collect();
        assert_eq!(waits, [1000, 1500, 2250, 3375, 5000, 5000, 5000, 5000]);
        assert_eq!(patience.pause(Outcome::Timeout, 7, 0), Some(Duration::ZERO));
        assert_eq!(patience.pause(Outcome::Timeout, 8, 0), None);
        assert!(patience.pause(Outcome::Servfail, 2, 2).is_some_and(|p| p >= Duration::from_millis(250)));
        assert_eq!(patience.pause(Outcome::Servfail, 3, 3), None);
        assert!(patience.pause(Outcome::NetworkError, 7, 0).is_some_and(|p| p <= LONGEST_PAUSE * 3 / 2));
    }
}
