//! Which questions are known, and how each stands. Every question has one entry however many
//! members wait for it, so it is asked once.
//!
//! Open questions are in memory. A settled one, once it is written, is where its answer lies in the
//! journal and ten octets here: memory grows with what is in flight, hardly with the list.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use hashbrown::HashTable;

use super::CrawlError;
use super::places::{Places, Settled};
use crate::dns::{Answer, Outcome, Question};
use crate::plan::Why;

/// The number of an open question in its ledger: its place in the low bits, the uses of that place
/// in the others, so that a late reply to an earlier question there is told apart.
pub(super) type Id = u32;

const PLACE_BITS: u32 = 22;
const PLACE: u32 = (1 << PLACE_BITS) - 1;
/// The last use before they are counted from 0 again: the one after it is left to canaries.
const LAST_USE: u32 = (u32::MAX >> PLACE_BITS) - 1;
/// Places are taken in turn from no fewer than these, so that a use comes again only after minutes.
const PLACES: usize = 8192;

/// Somebody who waits for an answer: a member's place among the active ones, and why it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    pub seat: u32,
    pub why: Why,
}

/// The two lines in which questions wait for their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Prompt,
    /// Of members that ask for much; waits until the other line is empty.
    Bulk,
}

/// A question in memory: open, or settled and not yet written.
#[derive(Debug)]
pub(super) struct Entry {
    pub question: Question,
    key: u64,
    /// Where the failure stands that is asked again.
    before: Option<u64>,
    /// The answer of this pass.
    pub answer: Option<Answer>,
    /// Only members that ask for much wait for it.
    pub bulk: bool,
    /// Where it stands in line, if it does.
    pub line: Option<Line>,
    /// The pass in which it is asked.
    pub pass: u8,
    /// Attempts in this pass, and those of them that brought a reply of failure.
    pub tries: u32,
    pub refusals: u32,
    /// How the last attempt failed.
    pub failure: Option<Outcome>,
    /// Who was asked last.
    pub resolver: Option<usize>,
    pub waiting: Vec<Waiter>,
}

impl Entry {
    pub fn is_settled(&self) -> bool {
        self.answer.is_some()
    }

    /// Whether it failed before and is asked again.
    pub fn is_again(&self) -> bool {
        self.before.is_some()
    }
}

/// Where answers lie that were written.
pub(super) trait Shelf {
    fn read(&mut self, place: u64) -> Result<(Question, Answer), CrawlError>;
}

/// What is known of a question.
pub(super) enum Known {
    No,
    InMemory(Id),
    /// Written, with the slot it has here.
    Written(usize, Settled, Answer),
}

struct Seat {
    id: Id,
    entry: Option<Entry>,
}

pub(super) struct Ledger {
    keys: RandomState,
    /// Questions in memory by their keys, so that a question is hashed once in its life.
    ids: HashTable<Id>,
    seats: Vec<Seat>,
    free: VecDeque<u32>,
    places: Places,
    shelf: Box<dyn Shelf + Send>,
    /// Why an answer could not be read, or a question not be taken.
    pub trouble: Option<CrawlError>,
}

impl Ledger {
    pub fn new(shelf: Box<dyn Shelf + Send>) -> Self {
        Self {
            keys: RandomState::new(),
            ids: HashTable::new(),
            seats: Vec::new(),
            free: VecDeque::new(),
            places: Places::default(),
            shelf,
            trouble: None,
        }
    }

    /// What tells questions apart, but for chances of one in 2^64.
    pub fn key(&self, question: &Question) -> u64 {
        self.keys.hash_one(question)
    }

    pub fn find(&mut self, question: &Question, key: u64) -> Known {
        let asked = |id: Id| self.get(id).is_some_and(|entry| entry.question == *question);
        if let Some(&id) = self.ids.find(key, |&id| asked(id)) {
            return Known::InMemory(id);
        }
        for (slot, settled) in self.places.candidates(key as u32) {
            match self.shelf.read(settled.place) {
                Ok((asked, answer)) if asked == *question => return Known::Written(slot, settled, answer),
                Ok(_) => {}
                Err(error) => self.trouble = Some(error),
            }
        }
        Known::No
    }

    /// Takes a question into memory; `before` is where its answer so far lies. None where there is
    /// no room for more, which is trouble.
    pub fn open(&mut self, question: Question, key: u64, pass: u8, before: Option<u64>) -> Option<Id> {
        if self.free.is_empty() || self.seats.len() < PLACES {
            let place = self.seats.len() as u32;
            if place > PLACE {
                self.trouble = Some(CrawlError::Unbalanced(format!("more than {PLACE} questions open at a time")));
                return None;
            }
            self.seats.push(Seat { id: place, entry: None });
            self.free.push_back(place);
        }
        let place = self.free.pop_front()?;
        let entry = Entry {
            question,
            key,
            before,
            answer: None,
            bulk: false,
            line: None,
            pass,
            tries: 0,
            refusals: 0,
            failure: None,
            resolver: None,
            waiting: Vec::new(),
        };
        let Self { seats, ids, .. } = self;
        let seat = &mut seats[place as usize];
        seat.entry = Some(entry);
        let id = seat.id;
        let key_of = |id: &Id| seats[(id & PLACE) as usize].entry.as_ref().map_or(0, |entry| entry.key);
        ids.insert_unique(key, id, key_of);
        Some(id)
    }

    /// A question in memory; none where it is there no more.
    pub fn get(&self, id: Id) -> Option<&Entry> {
        self.seats.get((id & PLACE) as usize).filter(|seat| seat.id == id)?.entry.as_ref()
    }

    pub fn get_mut(&mut self, id: Id) -> Option<&mut Entry> {
        self.seats.get_mut((id & PLACE) as usize).filter(|seat| seat.id == id)?.entry.as_mut()
    }

    /// A settled question is written: its answer lies at `place` and is needed in memory no more.
    pub fn retire(&mut self, id: Id, place: u64) {
        let Some(seat) = self.seats.get_mut((id & PLACE) as usize).filter(|seat| seat.id == id) else { return };
        let Some(entry) = seat.entry.take() else { return };
        let uses = if id >> PLACE_BITS >= LAST_USE { 0 } else { (id >> PLACE_BITS) + 1 };
        seat.id = uses << PLACE_BITS | id & PLACE;
        self.free.push_back(id & PLACE);
        if let Ok(known) = self.ids.find_entry(entry.key, |&known| known == id) {
            known.remove();
        }
        let outcome = entry.answer.map_or(Outcome::Unrecorded, |answer| answer.outcome);
        self.put(entry.key as u32, entry.before, Settled { place, outcome, pass: entry.pass });
    }

    fn put(&mut self, hash: u32, before: Option<u64>, settled: Settled) {
        let old = before.and_then(|place| self.places.candidates(hash).find(|(_, s)| s.place == place));
        match old {
            Some((slot, _)) => self.places.set(slot, settled),
            None => self.places.insert(hash, settled),
        }
    }

    /// A written question is needed in this pass.
    pub fn mark(&mut self, slot: usize, settled: Settled) {
        self.places.set(slot, settled);
    }

    /// Takes over an answer of an earlier crawl, which lies at `place`. A definitive one is never
    /// replaced by a failure.
    pub fn restore(&mut self, question: &Question, outcome: Outcome, place: u64) {
        let key = self.key(question);
        let before = match self.find(question, key) {
            Known::Written(_, before, _) => Some(before),
            _ => None,
        };
        if before.is_none_or(|b| outcome.is_definitive() || !b.outcome.is_definitive()) {
            self.put(key as u32, before.map(|b| b.place), Settled { place, outcome, pass: 0 });
        }
    }

    /// Answers at these places are not to be believed: they count as failures, which are asked again.
    pub fn void(&mut self, places: Range<u64>) {
        self.places.rate(places, Outcome::Timeout);
    }

    /// For another crawl of the whole list, which takes over what is definitive.
    pub fn begin_again(&mut self) {
        self.places.begin_again();
    }

    /// Definitive answers that were taken over.
    pub fn restored(&self) -> u64 {
        self.places.iter().filter(|s| s.pass == 0 && s.outcome.is_definitive()).count() as u64
    }

    /// Written questions that members needed, by outcome.
    pub fn outcomes(&self) -> [u64; Outcome::ALL.len()] {
        let mut outcomes = [0; Outcome::ALL.len()];
        for settled in self.places.iter().filter(|s| s.pass > 0) {
            outcomes[super::index(settled.outcome)] += 1;
        }
        outcomes
    }

    /// Where the answers that members needed lie, in order.
    pub fn needed(self) -> Vec<u64> {
        let mut needed: Vec<u64> = self.places.iter().filter(|s| s.pass > 0).map(|s| s.place).collect();
        needed.sort_unstable();
        needed
    }
}
