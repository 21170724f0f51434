//! Whether a resolver is fit to be asked, all through a crawl: one that falls silent, refuses
//! everything, or begins to make up answers gets no more questions until it is seen to be well again.
//!
//! It is judged by canaries, questions whose answers are known: the root's SOA, which exists, and a
//! name that nobody has registered. Silence or refusals alone prove nothing, as they may be about the
//! domains asked; they only bring the next canary forward.

use std::time::{Duration, Instant};

use crate::dns::{Answer, Name, Outcome, Question, Type};

/// How often canaries are sent where nothing is suspicious.
const ROUTINE: Duration = Duration::from_secs(30);
/// How long a canary waits for its reply.
pub(super) const CANARY_WAIT: Duration = Duration::from_secs(2);
/// Attempts without a reply, with no reply to others among them for so long, that are suspicious.
const SILENT: u32 = 8;
const SILENCE: Duration = Duration::from_secs(2);
/// Refusals one after the other that are suspicious.
const REFUSALS: u32 = 64;
/// An unfit resolver rests, from the first to the second of these.
const SHORTEST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Two questions with known answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Canary {
    Root,
    Absent,
}

impl Canary {
    pub fn question(self) -> Question {
        match self {
            Self::Root => Question::new(Name::root(), Type::Soa),
            Self::Absent => Question::new(absent_name(), Type::A),
        }
    }
}

/// A name nobody has registered, where resolvers that sell their NXDOMAINs make up answers.
pub(super) fn absent_name() -> Name {
    Name::parse(&format!("mxcensus-{:016x}.com", rand::random::<u64>())).expect("a valid name")
}

#[derive(Debug)]
pub(super) struct Watch {
    /// Whether it is watched at all.
    on: bool,
    /// What is wrong, as the end of a sentence that begins with the resolver's name.
    problem: Option<String>,
    /// The problem is that it makes up answers.
    lies: bool,
    /// Where the answers end that it gave before it was last seen to be truthful.
    trusted: u64,
    /// When canaries were sent last, when they are due next, and how many are out.
    sent: Instant,
    due: Instant,
    out: u32,
    /// What a canary of this round has found.
    found: Option<String>,
    rest: Duration,
    /// When it last replied, and what ended in silence since.
    heard: Instant,
    silent: u32,
    unreachable: u32,
    refusals: u32,
    /// It has answered the root's SOA: only then does it mean something if it no longer does.
    knows_root: bool,
}

impl Watch {
    /// A watch; one that is not `on` sends no canaries and finds everybody fit.
    pub fn new(on: bool, now: Instant) -> Self {
        Self {
            on,
            problem: None,
            lies: false,
            trusted: 0,
            sent: now,
            due: now + ROUTINE,
            out: 0,
            found: None,
            rest: SHORTEST_REST,
            heard: now,
            silent: 0,
            unreachable: 0,
            refusals: 0,
            knows_root: false,
        }
    }

    /// What is wrong with it, if anything is.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What is wrong with it, and how long until it is looked at again.
    pub fn resting(&self, now: Instant) -> Option<(&str, Duration)> {
        self.problem().map(|problem| (problem, self.due.saturating_duration_since(now)))
    }

    /// When canaries must be sent.
    pub fn due(&self) -> Option<Instant> {
        (self.on && self.out == 0).then_some(self.due)
    }

    /// The canaries to send now, if they are due.
    pub fn canaries(&mut self, now: Instant) -> &'static [Canary] {
        if !self.on || self.out > 0 || self.due > now {
            return &[];
        }
        (self.sent, self.out, self.found) = (now, 2, None);
        &[Canary::Root, Canary::Absent]
    }

    /// An attempt at an ordinary question has ended.
    pub fn ended(&mut self, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Timeout => self.silent += 1,
            Outcome::NetworkError => self.unreachable += 1,
            Outcome::Refused | Outcome::Servfail => {
                self.heard(now);
                self.refusals += 1;
            }
            _ => {
                self.heard(now);
                self.refusals = 0;
            }
        }
        let silent = self.silent >= SILENT && self.is_silent(now);
        let refusing = self.knows_root && self.refusals >= REFUSALS;
        if silent || refusing || self.unreachable >= SILENT {
            (self.silent, self.unreachable, self.refusals) = (0, 0, 0);
            // At once, but not again and again.
            self.due = self.due.min(now.max(self.sent + SHORTEST_REST));
        }
    }

    fn heard(&mut self, now: Instant) {
        self.heard = now;
        (self.silent, self.unreachable) = (0, 0);
    }

    fn is_silent(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.heard) >= SILENCE
    }

    /// It is believed up to `mark`: it has passed the preflight.
    pub fn trust(&mut self, mark: u64) {
        self.trusted = mark;
    }

    /// Whether it was found to make up answers, and has not been seen to have stopped.
    pub fn lies(&self) -> bool {
        self.lies
    }

    /// A canary has come back, or has not; `mark` is where the next answer will be kept. With the last of
    /// a round it is judged. Gives the mark of the last truthful round where it is found to lie.
    pub fn canary(&mut self, canary: Canary, answer: &Answer, now: Instant, mark: u64) -> Option<u64> {
        let mut void = None;
        let found = match (canary, answer.outcome) {
            // One lost packet is no outage where others get through.
            (Canary::Root, Outcome::Timeout) => self.is_silent(now).then(|| "no longer replies".to_owned()),
            (Canary::Root, Outcome::NetworkError) => Some("can no longer be reached".to_owned()),
            (Canary::Root, outcome) => {
                self.heard(now);
                let knew_root = self.knows_root;
                self.knows_root |= outcome.is_definitive();
                (knew_root && !outcome.is_definitive())
                    .then(|| format!("no longer answers: {outcome} even to the SOA of the root"))
            }
            (Canary::Absent, Outcome::Answered) => {
                void = (!self.lies).then_some(self.trusted);
                self.lies = true;
                let made_up = answer.rdata(Type::A).next().unwrap_or("a record");
                Some(format!("makes up answers: it gave {made_up} for a name that does not exist"))
            }
            // Silence is the other canary's matter, and no proof that it has stopped.
            (Canary::Absent, Outcome::Timeout | Outcome::NetworkError) => self.problem.clone().filter(|_| self.lies),
            (Canary::Absent, _) => {
                (self.lies, self.trusted) = (false, mark);
                None
            }
        };
        self.found = self.found.take().or(found);
        self.out = self.out.saturating_sub(1);
        if self.out > 0 {
            return void;
        }
        self.problem = self.found.take();
        if self.problem.is_some() {
            self.due = now + self.rest;
            self.rest = (self.rest * 2).min(LONGEST_REST);
        } else {
            self.due = now + ROUTINE;
            self.rest = SHORTEST_REST;
        }
        void
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Record;

    fn watch() -> (Watch, Instant) {
        let now = Instant::now();
        (Watch::new(true, now), now)
    }

    fn round(watch: &mut Watch, now: Instant, root: Outcome, absent: &Answer) {
        assert_eq!(watch.canaries(now), [Canary::Root, Canary::Absent]);
        assert!(watch.canaries(now).is_empty(), "one round at a time");
        assert_eq!(watch.canary(Canary::Root, &Answer::empty(root), now, 0), None);
        watch.canary(Canary::Absent, absent, now, 0);
    }

    fn nxdomain() -> Answer {
        Answer::empty(Outcome::Nxdomain)
    }

    #[test]
    fn canaries_come_now_and_then() {
        let (mut watch, start) = watch();
        assert!(watch.canaries(start + ROUTINE / 2).is_empty());
        round(&mut watch, start + ROUTINE, Outcome::Answered, &nxdomain());
        assert_eq!((watch.problem(), watch.due()), (None, Some(start + 2 * ROUTINE)));
    }

    #[test]
    fn silence_brings_canaries_and_their_silence_rest_and_return() {
        let (mut watch, start) = watch();
        let mut now = start + SILENCE;
        (0..SILENT).for_each(|_| watch.ended(Outcome::Timeout, now));
        assert_eq!(watch.due(), Some(now));
        let mut rests = Vec::new();
        for _ in 0..7 {
            round(&mut watch, now, Outcome::Timeout, &Answer::empty(Outcome::Timeout));
            assert_eq!(watch.problem(), Some("no longer replies"));
            rests.push((watch.due().unwrap() - now).as_secs());
            now = watch.due().unwrap();
        }
        assert_eq!(rests, [1, 2, 4, 8, 16, 30, 30]);
        round(&mut watch, now, Outcome::Answered, &nxdomain());
        assert_eq!((watch.problem(), watch.due()), (None, Some(now + ROUTINE)));
    }

    #[test]
    fn one_dead_domain_is_no_dead_resolver() {
        let (mut watch, start) = watch();
        for i in 0..100 {
            let now = start + Duration::from_millis(100 * i);
            (0..20).for_each(|_| watch.ended(Outcome::Timeout, now));
            watch.ended(Outcome::Answered, now);
        }
        assert_eq!(watch.due(), Some(start + ROUTINE));
        // Nor is a lost canary.
        let now = start + Duration::from_secs(10);
        watch.due = now;
        round(&mut watch, now, Outcome::Timeout, &Answer::empty(Outcome::Timeout));
        assert_eq!(watch.problem(), None);
    }

    #[test]
    fn refusing_everything_counts_where_the_root_was_answered_before() {
        let (mut watch, start) = watch();
        let now = start + SILENCE;
        (0..REFUSALS).for_each(|_| watch.ended(Outcome::Refused, now));
        assert_eq!(watch.due(), Some(start + ROUTINE), "it may serve a few zones only");
        round(&mut watch, start + ROUTINE, Outcome::Answered, &nxdomain());
        let now = start + ROUTINE + SILENCE;
        (0..REFUSALS).for_each(|_| watch.ended(Outcome::Refused, now));
        round(&mut watch, now, Outcome::Answered, &nxdomain());
        assert_eq!(watch.problem(), None, "it refuses those domains, not everything");
        let now = now + SILENCE;
        (0..REFUSALS).for_each(|_| watch.ended(Outcome::Servfail, now));
        round(&mut watch, now, Outcome::Refused, &Answer::empty(Outcome::Refused));
        assert!(watch.problem().unwrap().contains("refused"));
    }

    #[test]
    fn what_came_since_the_last_truthful_round_is_taken_back_once() {
        let (mut watch, start) = watch();
        let made_up = Answer::new(&Name::root(), Outcome::Answered, Vec::new());
        let mut absent = |answer: &Answer, at: u32, mark| {
            watch.canaries(start + at * ROUTINE);
            watch.canary(Canary::Root, &Answer::empty(Outcome::Answered), start, 0);
            watch.canary(Canary::Absent, answer, start + at * ROUTINE, mark)
        };
        assert_eq!(absent(&nxdomain(), 1, 100), None);
        assert_eq!(absent(&Answer::empty(Outcome::Timeout), 2, 200), None);
        assert_eq!(absent(&made_up, 3, 300), Some(100));
        assert_eq!(absent(&made_up, 4, 400), None);
        assert_eq!(absent(&nxdomain(), 6, 500), None);
        assert_eq!(absent(&made_up, 8, 600), Some(500));
    }

    #[test]
    fn made_up_answers_are_found() {
        let (mut watch, start) = watch();
        let name = Name::parse("x.example").unwrap();
        let record = Record { owner: name.clone(), rtype: Type::A, rdata: "192.0.2.80".into() };
        let made_up = Answer::new(&name, Outcome::Answered, vec![record]);
        round(&mut watch, start + ROUTINE, Outcome::Answered, &made_up);
        assert!(watch.problem().unwrap().contains("192.0.2.80"));
        assert!(watch.lies());
        // Silence is no proof that it has stopped.
        let now = watch.due().unwrap();
        round(&mut watch, now, Outcome::Answered, &Answer::empty(Outcome::Timeout));
        assert!(watch.problem().unwrap().contains("192.0.2.80"));
        let now = watch.due().unwrap();
        round(&mut watch, now, Outcome::Answered, &nxdomain());
        assert_eq!((watch.problem(), watch.lies()), (None, false));
        assert_ne!(absent_name(), absent_name());
    }
}
