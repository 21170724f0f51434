//! What a crawl is doing right now, for a progress bar, and the way to stop it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::dns::Outcome;

/// Counters of a running crawl, written by the crawl and read by whoever shows them. Each is exact;
/// two read one after the other may be a moment apart.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) members: AtomicU64,
    pub(super) members_done: AtomicU64,
    pub(super) known: AtomicU64,
    pub(super) settled: [AtomicU64; Outcome::ALL.len()],
    pub(super) sent: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) in_flight: AtomicU64,
    pub(super) level: AtomicU64,
    pub(super) resumed: AtomicU64,
    note: Mutex<Option<String>>,
    resolvers: Mutex<Vec<ResolverView>>,
}

/// How one resolver stands. Always `asked = answered + failed + in_flight`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverView {
    pub resolver: String,
    /// Attempts sent to it, retries included.
    pub asked: u64,
    /// Attempts with a definitive reply, negative ones included, and those that ended otherwise.
    pub answered: u64,
    pub failed: u64,
    pub in_flight: u64,
    /// Why it is given no questions, as the end of a sentence that begins with its name, and how long
    /// until it is looked at again.
    pub resting: Option<(String, Duration)>,
}

/// The counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgressView {
    /// Members to ask about, and those with nothing left to ask.
    pub members: u64,
    pub members_done: u64,
    /// Distinct questions known so far; grows while answers make further ones known.
    pub questions: u64,
    /// Settled questions by outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [(Outcome, u64); Outcome::ALL.len()],
    /// Questions sent, retries included.
    pub sent: u64,
    pub retries: u64,
    pub in_flight: u64,
    /// How many may be in flight just now.
    pub level: u64,
    /// Answers taken over from the journal of an interrupted crawl.
    pub resumed: u64,
    /// What the crawl is waiting for, where it is not simply asking: a preflight, the second pass.
    pub note: Option<String>,
    /// Up to a fifth of a second older than the counts.
    pub resolvers: Vec<ResolverView>,
}

impl ProgressView {
    /// Settled questions, whatever their outcome.
    pub fn settled(&self) -> u64 {
        self.outcomes.iter().map(|(_, n)| n).sum()
    }

    /// How long the rest takes if it goes on as it went for `elapsed`. A resumed crawl is judged by what
    /// was asked in this run. `None` where nothing can be said yet, or no member is left: how long a
    /// second pass takes is up to those who did not reply before.
    pub fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        let (done, settled) = (self.members_done, self.settled());
        let left = self.members.checked_sub(done).filter(|&left| left > 0)?;
        if done == 0 || settled == 0 {
            return None;
        }
        let questions_left = self.questions as f64 * left as f64 / done as f64;
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * questions_left / settled as f64).ok()
    }
}

impl Progress {
    pub fn view(&self) -> ProgressView {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ProgressView {
            members: read(&self.members),
            members_done: read(&self.members_done),
            questions: read(&self.known),
            outcomes: std::array::from_fn(|i| (Outcome::ALL[i], read(&self.settled[i]))),
            sent: read(&self.sent),
            retries: read(&self.retries),
            in_flight: read(&self.in_flight),
            level: read(&self.level),
            resumed: read(&self.resumed),
            note: lock(&self.note).clone(),
            resolvers: lock(&self.resolvers).clone(),
        }
    }

    pub(super) fn note(&self, text: Option<&str>) {
        *lock(&self.note) = text.map(str::to_owned);
    }

    pub(super) fn resolvers(&self, standing: Vec<ResolverView>) {
        *lock(&self.resolvers) = standing;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// Stops a crawl from another thread: nothing more is asked, the journal keeps what was answered.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<CancelState>);

#[derive(Debug, Default)]
struct CancelState {
    cancelled: AtomicBool,
    wake: tokio::sync::Notify,
}

impl Cancel {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        self.0.wake.notify_waiters();
        self.0.wake.notify_one();
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Cancels on Ctrl-C (SIGINT) and, on Unix, on SIGTERM. The second one ends the program in the
    /// usual way, should the crawl hang.
    ///
    /// # Errors
    /// Where the signal handler cannot be installed.
    pub fn on_interrupt(&self) -> std::io::Result<()> {
        let cancel = self.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("interrupt".into()).spawn(move || {
            runtime.block_on(async {
                interrupted().await;
                cancel.cancel();
                interrupted().await;
                std::process::exit(130);
            });
        })?;
        Ok(())
    }

    /// Waits until [`Cancel::cancel`] was called.
    pub(super) async fn cancelled(&self) {
        loop {
            let wake = self.0.wake.notified();
            if self.is_cancelled() {
                return;
            }
            wake.await;
        }
    }
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => _ = tokio::signal::ctrl_c().await,
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_journal_brought_is_no_measure_of_speed() {
        let progress = Progress::default();
        let left = |members, done, known, settled: u64| {
            progress.members.store(members, Ordering::Relaxed);
            progress.members_done.store(done, Ordering::Relaxed);
            progress.known.store(known, Ordering::Relaxed);
            progress.settled[0].store(settled, Ordering::Relaxed);
            progress.view().time_left(Duration::from_secs(60)).map(|left| left.as_secs())
        };
        assert_eq!(left(100, 0, 30, 10), None);
        assert_eq!(left(100, 50, 150, 150), Some(60));
        assert_eq!(left(100, 50, 150, 15), Some(600), "nine of ten came from the journal");
        assert_eq!(left(100, 100, 300, 300), None);
    }
}
