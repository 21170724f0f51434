//! Asking a plain list of questions, each for itself: no plan, no journal, and memory for no more
//! than is in flight.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::desk::{Desk, Keep, Work};
use super::patience::Patience;
use super::run::{fit_resolvers, pool};
use super::schedule::{Tally, Turn};
use super::{Cancel, Counts, CrawlError, Progress, Settings};
use crate::dns::{Answer, Outcome, Question};

/// Asks every question and hands each answer to `each`, in the order in which they come. A question
/// that is given twice is asked twice. What still fails at the end is asked again before it is handed
/// over, where the settings want a second pass. Blocks, on a thread of its own like
/// [`crawl`](super::crawl).
///
/// # Errors
/// Where no resolver can be used, or `each` fails.
pub fn ask_all(
    questions: impl Iterator<Item = Question> + Send,
    settings: &Settings,
    progress: &Arc<Progress>,
    cancel: &Cancel,
    each: impl FnMut(&Question, &Answer) -> std::io::Result<()> + Send,
) -> Result<Counts, CrawlError> {
    super::on_own_thread(|| run(questions, settings, progress, cancel, each))
}

async fn run(
    questions: impl Iterator<Item = Question>,
    settings: &Settings,
    progress: &Progress,
    cancel: &Cancel,
    each: impl FnMut(&Question, &Answer) -> std::io::Result<()>,
) -> Result<Counts, CrawlError> {
    let resolvers = fit_resolvers(settings, &mut Vec::new(), progress).await?;
    let kept = Each { each, outcomes: [0; Outcome::ALL.len()] };
    let mut desk = Desk::new(pool(settings, &resolvers)?, kept, settings, progress, cancel);
    let mut list = List::new(questions, Patience::new(settings), 1);
    let mut finished = desk.run(&mut list).await?;
    let failed = std::mem::take(&mut list.failed);
    let mut tally = list.tally;
    if finished && settings.second_pass && !failed.is_empty() {
        tally.second_pass = failed.len() as u64;
        let mut list = List { tally, ..List::new(failed.into_iter().map(|(q, _)| q), Patience::new(settings), 2) };
        finished = desk.run(&mut list).await?;
        tally = list.tally.clone();
        list.hand_over_failures(&mut desk.kept)?;
    } else {
        for (question, answer) in &failed {
            desk.kept.keep(question, answer)?;
        }
    }
    desk.check()?;
    let outcomes = desk.kept.outcomes;
    let counts = Counts {
        asked: outcomes.iter().sum(),
        outcomes,
        sent: desk.sent,
        retries: tally.retries,
        second_pass: tally.second_pass,
        recovered: tally.recovered,
        truncated: desk.truncated,
        ..Counts::default()
    };
    if finished && counts.asked != tally.known {
        return Err(CrawlError::Unbalanced(format!("{} questions given, {} settled", tally.known, counts.asked)));
    }
    Ok(counts)
}

/// Hands answers to a closure.
struct Each<F> {
    each: F,
    outcomes: [u64; Outcome::ALL.len()],
}

impl<F: FnMut(&Question, &Answer) -> std::io::Result<()>> Keep for Each<F> {
    fn keep(&mut self, question: &Question, answer: &Answer) -> Result<u64, CrawlError> {
        self.outcomes[super::index(answer.outcome)] += 1;
        (self.each)(question, answer).map_err(|source| CrawlError::Output { source })?;
        Ok(0)
    }

    fn due(&self) -> Option<Instant> {
        None
    }

    fn write(&mut self) -> Result<(), CrawlError> {
        Ok(())
    }

    fn written(&self) -> u64 {
        u64::MAX
    }
}

/// Places of the list are numbered in the low bits of an id, their uses in the others.
const PLACE_BITS: u32 = 20;
const PLACE: u32 = (1 << PLACE_BITS) - 1;
const PLACES: usize = 8192;

struct List<I> {
    questions: I,
    patience: Patience,
    pass: u8,
    places: Vec<Place>,
    /// Taken in turn, and from no fewer than [`PLACES`], so that an id comes again only after minutes.
    free: VecDeque<u32>,
    ready: VecDeque<u32>,
    later: BinaryHeap<Reverse<(Instant, u32)>>,
    settled: Vec<(Question, Answer)>,
    failed: Vec<(Question, Answer)>,
    exhausted: bool,
    tally: Tally,
}

struct Place {
    /// The id of the question here; of the next one where there is none.
    id: u32,
    question: Option<Question>,
    tries: u32,
    refusals: u32,
    resolver: Option<usize>,
}

impl<I: Iterator<Item = Question>> List<I> {
    fn new(questions: I, patience: Patience, pass: u8) -> Self {
        Self {
            questions,
            patience,
            pass,
            places: Vec::new(),
            free: VecDeque::new(),
            ready: VecDeque::new(),
            later: BinaryHeap::new(),
            settled: Vec::new(),
            failed: Vec::new(),
            exhausted: false,
            tally: Tally::default(),
        }
    }

    fn place(&mut self, id: u32) -> Option<&mut Place> {
        self.places.get_mut((id & PLACE) as usize).filter(|place| place.id == id && place.question.is_some())
    }

    fn seat(&mut self, question: Question) -> u32 {
        if self.free.is_empty() || self.places.len() < PLACES {
            let id = self.places.len() as u32;
            self.places.push(Place { id, question: None, tries: 0, refusals: 0, resolver: None });
            self.free.push_back(id);
        }
        let at = self.free.pop_front().unwrap_or_default();
        self.tally.known += u64::from(self.pass == 1);
        let place = &mut self.places[at as usize];
        *place = Place { id: place.id, question: Some(question), tries: 0, refusals: 0, resolver: None };
        place.id
    }

    fn settle(&mut self, id: u32, answer: Answer) {
        let Some(place) = self.place(id) else { return };
        // The next question here gets another id, so that late replies are not taken for its own.
        place.id = id.wrapping_add(1 << PLACE_BITS);
        let Some(question) = place.question.take() else { return };
        self.free.push_back(id & PLACE);
        let list = if answer.outcome.is_retryable() { &mut self.failed } else { &mut self.settled };
        list.push((question, answer));
    }

    fn hand_over_failures(&mut self, kept: &mut impl Keep) -> Result<(), CrawlError> {
        self.failed.drain(..).try_for_each(|(question, answer)| kept.keep(&question, &answer).map(drop))
    }
}

impl<I: Iterator<Item = Question>> Work for List<I> {
    fn next(&mut self, now: Instant) -> Option<Turn> {
        loop {
            let due = self.later.peek().filter(|Reverse((at, _))| *at <= now).map(|Reverse((_, id))| *id);
            let id = if let Some(id) = due {
                self.later.pop();
                id
            } else if let Some(id) = self.ready.pop_front() {
                id
            } else if self.later.len() < self.patience.waiting {
                let Some(question) = self.questions.next() else {
                    self.exhausted = true;
                    return None;
                };
                self.seat(question)
            } else {
                return None;
            };
            // A reply to an attempt that was given up may have come while it stood in line.
            let Some(place) = self.place(id) else { continue };
            place.tries += 1;
            let (tries, before) = (place.tries, place.resolver);
            self.tally.retries += u64::from(tries > 1 || self.pass > 1);
            return Some(Turn { id, wait: self.patience.wait(tries, self.pass), before });
        }
    }

    fn put_back(&mut self, turn: Turn) {
        let pass = self.pass;
        let Some(place) = self.place(turn.id) else { return };
        place.tries -= 1;
        let retry = place.tries > 0 || pass > 1;
        self.tally.retries -= u64::from(retry);
        self.ready.push_front(turn.id);
    }

    fn question(&self, id: u32) -> &Question {
        // Asked only for a turn that was just given.
        self.places[(id & PLACE) as usize].question.as_ref().expect("a turn has a question")
    }

    fn asked(&mut self, id: u32, resolver: usize) {
        if let Some(place) = self.place(id) {
            place.resolver = Some(resolver);
        }
    }

    fn reply(&mut self, id: u32, answer: Answer, late: bool, now: Instant) {
        let Some(place) = self.place(id).filter(|_| !(late && answer.outcome.is_retryable())) else { return };
        if answer.outcome.is_retryable() {
            place.refusals += u32::from(!matches!(answer.outcome, Outcome::Timeout | Outcome::NetworkError));
            let (tries, refusals) = (place.tries, place.refusals);
            if let Some(pause) = self.patience.pause(answer.outcome, tries, refusals) {
                return self.later.push(Reverse((now + pause, id)));
            }
        } else {
            self.tally.recovered += u64::from(self.pass > 1);
        }
        self.settle(id, answer);
    }

    fn wake(&self) -> Option<Instant> {
        self.later.peek().map(|Reverse((at, _))| *at)
    }

    fn is_done(&self) -> bool {
        self.exhausted && self.free.len() == self.places.len() && self.settled.is_empty()
    }

    fn stretch(&mut self, _: Duration) {}

    /// They were handed over, and cannot be taken back.
    fn void(&mut self, _: u64, _: u64) {}

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn take_settled(&mut self, keep: &mut impl Keep) -> Result<(), CrawlError> {
        self.settled.drain(..).try_for_each(|(question, answer)| keep.keep(&question, &answer).map(drop))
    }
}
