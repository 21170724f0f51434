//! The loop of every crawl: turns from the work go to the pool, replies from the pool go to the
//! work, what is settled is kept.

use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::pool::Pool;
use super::schedule::{Tally, Turn};
use super::transport::{Ask, Reply};
use super::{Cancel, CrawlError, Progress, Settings};
use crate::dns::{Answer, Outcome, Question};

/// The loop looks up at least this often, to keep what is settled and show progress.
const BREATH: Duration = Duration::from_millis(200);

/// Questions that are begun before replies are looked for again: theirs come to one socket, which holds
/// little more.
const BURST: usize = 256;

/// Questions to be asked, and what becomes of the replies.
pub(super) trait Work {
    /// The next question to ask, if one's turn has come.
    fn next(&mut self, now: Instant) -> Option<Turn>;
    /// Gives back a turn that could not be used now.
    fn put_back(&mut self, turn: Turn);
    fn question(&self, id: u32) -> &Question;
    fn asked(&mut self, id: u32, resolver: usize);
    /// Takes a reply to an attempt; `late` where the attempt was given up before.
    fn reply(&mut self, id: u32, answer: Answer, late: bool, now: Instant);
    /// When [`Work::next`] can give something that it does not give now.
    fn wake(&self) -> Option<Instant>;
    fn is_done(&self) -> bool;
    fn tally(&self) -> &Tally;
    /// Nobody was fit to be asked for so long: that time is not the members'.
    fn stretch(&mut self, by: Duration);
    /// Answers kept from `from` on, up to now, are not to be believed.
    fn void(&mut self, from: u64, upto: u64);
    /// Hands every question settled since the last call to `keep`.
    fn take_settled(&mut self, keep: &mut impl Keep) -> Result<(), CrawlError>;
}

/// Where answers are kept.
pub(super) trait Keep {
    /// Gives the place where the answer will lie.
    fn keep(&mut self, question: &Question, answer: &Answer) -> Result<u64, CrawlError>;
    /// When [`Keep::write`] must be called next, if anything waits for it.
    fn due(&self) -> Option<Instant>;
    fn write(&mut self) -> Result<(), CrawlError>;
    /// Answers at places below this are written.
    fn written(&self) -> u64;
    /// Where the next answer will lie.
    fn place(&self) -> u64 {
        0
    }
    /// Takes back the answers from `from` on.
    fn void(&mut self, _from: u64) -> Result<(), CrawlError> {
        Ok(())
    }
}

/// What the loop needs beside the work.
pub(super) struct Desk<'a, K> {
    pub pool: Pool,
    pub kept: K,
    progress: &'a Progress,
    cancel: &'a Cancel,
    /// Attempts begun, and those that have ended.
    pub sent: u64,
    pub ended: u64,
    pub truncated: u64,
    /// Answers were taken back: what they led to has to be found anew.
    pub voided: bool,
    outcomes: [u64; Outcome::ALL.len()],
    replies: Vec<Reply>,
    /// How long to wait where no resolver is fit, and since when none is.
    outage: Duration,
    dark: Option<Instant>,
    /// When the standing of the resolvers is shown next: it costs more than a few counters.
    standing: Instant,
}

impl<'a, K: Keep> Desk<'a, K> {
    pub fn new(pool: Pool, kept: K, settings: &Settings, progress: &'a Progress, cancel: &'a Cancel) -> Self {
        Self {
            pool,
            kept,
            progress,
            cancel,
            sent: 0,
            ended: 0,
            truncated: 0,
            voided: false,
            outcomes: [0; Outcome::ALL.len()],
            replies: Vec::new(),
            outage: settings.outage,
            dark: None,
            standing: Instant::now(),
        }
    }

    /// Asks until the work is done; false where it was cancelled first.
    pub async fn run(&mut self, work: &mut impl Work) -> Result<bool, CrawlError> {
        let mut woken = Instant::now();
        loop {
            let now = Instant::now();
            self.pool.tend(now, now - woken);
            woken = now;
            self.watch(work, now)?;
            let more = self.send(work, now);
            let mut counted = Counted { kept: &mut self.kept, outcomes: &mut self.outcomes };
            work.take_settled(&mut counted)?;
            if self.kept.due().is_some_and(|due| due <= now) {
                self.kept.write()?;
            }
            self.show(work.tally(), now);
            if work.is_done() {
                return Ok(true);
            }
            if self.cancel.is_cancelled() {
                return Ok(false);
            }
            let wakes = [work.wake(), self.pool.wake(now), self.kept.due(), Some(now + BREATH)];
            let wake = wakes.into_iter().flatten().min().filter(|_| !more).unwrap_or(now);
            self.pool.mark(self.kept.place());
            let (pool, replies) = (&mut self.pool, &mut self.replies);
            let slept = Instant::now();
            tokio::select! {
                biased;
                () = poll_fn(|cx| pool.poll_replies(cx, replies)) => {}
                () = self.cancel.cancelled() => {}
                () = tokio::time::sleep_until(wake.into()) => {}
            }
            let now = Instant::now();
            // Time asleep is no time at work.
            woken += now - slept;
            for reply in self.replies.drain(..) {
                self.ended += u64::from(!reply.late);
                self.truncated += u64::from(reply.truncated);
                work.reply(reply.token, reply.answer, reply.late, now);
            }
            if let Some(from) = self.pool.take_void() {
                self.void(work, from)?;
            }
        }
    }

    /// Takes back what was kept since `from`: a resolver makes up answers, and nobody knows since when.
    fn void(&mut self, work: &mut impl Work, from: u64) -> Result<(), CrawlError> {
        self.write_all(work)?;
        let upto = self.kept.place();
        if upto > from {
            self.kept.void(from)?;
            work.void(from, upto);
            self.voided = true;
        }
        Ok(())
    }

    /// Waits where no resolver is fit, for as long as the settings say.
    fn watch(&mut self, work: &mut impl Work, now: Instant) -> Result<(), CrawlError> {
        let problem = self.pool.problem();
        match (problem, self.dark) {
            (Some(problem), None) => {
                self.dark = Some(now);
                self.progress.note(Some(&format!("waiting: {problem}")));
            }
            (Some(problem), Some(since)) if now.saturating_duration_since(since) > self.outage => {
                self.kept.write()?;
                return Err(CrawlError::Outage { problem, seconds: self.outage.as_secs() });
            }
            (None, Some(since)) => {
                self.dark = None;
                work.stretch(now.saturating_duration_since(since));
                self.progress.note(None);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether there may be more to send at once.
    fn send(&mut self, work: &mut impl Work, now: Instant) -> bool {
        for _ in 0..BURST {
            if !self.pool.has_room(now) {
                return false;
            }
            let Some(turn) = work.next(now) else { return false };
            let Some(resolver) = self.pool.pick(turn.before, now) else {
                work.put_back(turn);
                return false;
            };
            let ask = Ask { token: turn.id, question: work.question(turn.id), wait: turn.wait, stream: false };
            self.pool.ask(resolver, ask, now);
            work.asked(turn.id, resolver);
            self.sent += 1;
        }
        true
    }

    fn show(&mut self, tally: &Tally, now: Instant) {
        if now >= self.standing {
            self.standing = now + BREATH;
            self.show_resolvers(now);
        }
        let progress = self.progress;
        progress.members_done.store(tally.members_done, Relaxed);
        progress.known.store(tally.known, Relaxed);
        progress.retries.store(tally.retries, Relaxed);
        progress.sent.store(self.sent, Relaxed);
        progress.in_flight.store(self.pool.in_flight() as u64, Relaxed);
        progress.level.store(self.pool.level() as u64, Relaxed);
        for (shown, counted) in progress.settled.iter().zip(self.outcomes) {
            shown.store(counted, Relaxed);
        }
    }

    fn show_resolvers(&self, now: Instant) {
        self.progress.resolvers(self.pool.standing(now));
    }

    /// Keeps and writes all that is settled.
    pub fn write_all(&mut self, work: &mut impl Work) -> Result<(), CrawlError> {
        work.take_settled(&mut Counted { kept: &mut self.kept, outcomes: &mut self.outcomes })?;
        self.kept.write()?;
        self.show_resolvers(Instant::now());
        work.take_settled(&mut self.kept)
    }

    /// Checks that every attempt has ended or is in flight.
    pub fn check(&self) -> Result<(), CrawlError> {
        let (sent, ended, flying) = (self.sent, self.ended, self.pool.in_flight() as u64);
        if sent == ended + flying {
            return Ok(());
        }
        Err(CrawlError::Unbalanced(format!("{sent} sent, {ended} ended, {flying} in flight")))
    }
}

/// Counts what is kept.
struct Counted<'a, K> {
    kept: &'a mut K,
    outcomes: &'a mut [u64; Outcome::ALL.len()],
}

impl<K: Keep> Keep for Counted<'_, K> {
    fn keep(&mut self, question: &Question, answer: &Answer) -> Result<u64, CrawlError> {
        self.outcomes[super::index(answer.outcome)] += 1;
        self.kept.keep(question, answer)
    }

    fn due(&self) -> Option<Instant> {
        self.kept.due()
    }

    fn write(&mut self) -> Result<(), CrawlError> {
        self.kept.write()
    }

    fn written(&self) -> u64 {
        self.kept.written()
    }

    fn place(&self) -> u64 {
        self.kept.place()
    }
}
