//! Which questions are known, and how each stands. Every question has one entry however many
//! members wait for it, so it is asked once.

use std::collections::HashMap;

use crate::dns::{Answer, Outcome, Question};
use crate::plan::Why;

/// The number of a question in its ledger.
pub(super) type Id = u32;

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

#[derive(Debug)]
pub(super) struct Entry {
    pub question: Question,
    /// The answer that stands so far; a failure while it is asked again.
    pub answer: Option<Answer>,
    /// Being asked, or in line for it.
    pub open: bool,
    /// Only members that ask for much wait for it.
    pub bulk: bool,
    /// Where it stands in line, if it does.
    pub line: Option<Line>,
    /// The last pass in which it was asked, or found to need no asking; 0 where no member needed it.
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
    fn new(question: Question) -> Self {
        Self {
            question,
            answer: None,
            open: false,
            bulk: false,
            line: None,
            pass: 0,
            tries: 0,
            refusals: 0,
            failure: None,
            resolver: None,
            waiting: Vec::new(),
        }
    }

    /// Whether an answer stands that this pass does not ask for again.
    pub fn is_settled(&self, pass: u8) -> bool {
        !self.open && self.answer.as_ref().is_some_and(|a| self.pass >= pass || !a.outcome.is_retryable())
    }
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    ids: HashMap<Question, Id>,
    entries: Vec<Entry>,
}

impl Ledger {
    /// The entry of a question, made where there is none.
    pub fn id(&mut self, question: &Question) -> Id {
        if let Some(&id) = self.ids.get(question) {
            return id;
        }
        // Ids are tokens of 32 bits; a crawl with more questions does not fit into memory anyway.
        let id = Id::try_from(self.entries.len()).expect("fewer than 2^32 questions");
        self.ids.insert(question.clone(), id);
        self.entries.push(Entry::new(question.clone()));
        id
    }

    /// Takes over an answer of an earlier crawl. A definitive one is never replaced by a failure.
    pub fn restore(&mut self, question: &Question, answer: Answer) {
        let id = self.id(question);
        let entry = &mut self.entries[id as usize];
        let keep = entry.answer.as_ref().is_some_and(|a| a.outcome.is_definitive() && !answer.outcome.is_definitive());
        if !keep {
            entry.answer = Some(answer);
        }
    }

    pub fn get(&self, id: Id) -> &Entry {
        &self.entries[id as usize]
    }

    pub fn get_mut(&mut self, id: Id) -> &mut Entry {
        &mut self.entries[id as usize]
    }

    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }
}
