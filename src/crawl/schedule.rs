//! What is asked next: a state machine over members and questions that knows no network and no
//! clock of its own.
//!
//! Members are admitted one by one, only when there is nothing else to ask, so that few are open
//! at a time. Each answer leads to further questions by [`Plan::follow`]; a member is done when
//! none is open. A question two members need is asked once. Within a member a question counts once
//! for each kind of reason, SPF with its least cost, so any order of answers asks the same set.
//!
//! Beyond its first questions a member's further ones wait in a line of their own, which moves when
//! the other is empty: a domain made to be asked about without end spends its own time, not that of
//! the domains beside it.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::CrawlError;
use super::desk::{Keep, Work};
use super::ledger::{Entry, Id, Known, Ledger, Line, Waiter};
use super::patience::Patience;
use super::places::Settled;
use crate::dns::{Answer, Outcome, Question};
use crate::plan::{Plan, Step, Why};
use crate::population::Member;

/// Questions of a member that are asked in their turn; what it needs beyond waits for the others'.
/// More than ordinary members have.
const PROMPT: usize = 96;

/// A question whose turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub id: Id,
    /// How long to wait for the reply.
    pub wait: Duration,
    /// Who was asked before, if this is a retry.
    pub before: Option<usize>,
}

/// What a schedule has done, for the books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub members_done: u64,
    /// Questions the members need, by now.
    pub known: u64,
    pub retries: u64,
    pub over_budget: u64,
    pub second_pass: u64,
    pub recovered: u64,
}

pub(super) struct Schedule<'p, M, I> {
    plan: &'p Plan,
    patience: Patience,
    members: I,
    exhausted: bool,
    pub ledger: Ledger,
    seats: Vec<Option<Seat<M>>>,
    free: Vec<u32>,
    /// Questions in line, those of members that ask for much, and those that wait for their time.
    ready: VecDeque<Id>,
    bulk: VecDeque<Id>,
    later: BinaryHeap<Reverse<(Instant, Id)>>,
    /// Settled since the last [`Work::take_settled`].
    settled: Vec<Id>,
    /// Kept but not yet written, each with its place.
    unwritten: VecDeque<(u64, Id)>,
    /// Open questions of this pass.
    open: u64,
    pass: u8,
    /// Members with a question that failed, for the second pass.
    again: Vec<M>,
    pub tally: Tally,
}

/// A member with open questions.
struct Seat<M> {
    member: M,
    /// By their keys in the ledger.
    seen: Vec<(u64, Why)>,
    open: u32,
    failed: bool,
    /// When its first question was sent.
    begun: Option<Instant>,
}

impl<M: Borrow<Member>, I: Iterator<Item = M>> Work for Schedule<'_, M, I> {
    /// What is over its members' budget is settled here instead.
    fn next(&mut self, now: Instant) -> Option<Turn> {
        loop {
            let id = self.next_id(now)?;
            // A reply to an attempt that was given up may have come while it stood in line.
            let Some(entry) = self.ledger.get(id).filter(|entry| !entry.is_settled()) else { continue };
            if self.over_budget(entry, now) {
                self.tally.over_budget += 1;
                let outcome = entry.failure.unwrap_or(Outcome::Timeout);
                self.settle(id, Answer::empty(outcome));
                continue;
            }
            for waiter in &entry.waiting {
                if let Some(seat) = self.seats[waiter.seat as usize].as_mut() {
                    seat.begun.get_or_insert(now);
                }
            }
            let Some(entry) = self.ledger.get_mut(id) else { continue };
            entry.tries += 1;
            let before = entry.resolver;
            self.tally.retries += u64::from(entry.tries > 1 || self.pass > 1);
            return Some(Turn { id, wait: self.patience.wait(entry.tries, self.pass), before });
        }
    }

    fn put_back(&mut self, turn: Turn) {
        if let Some(entry) = self.ledger.get_mut(turn.id) {
            entry.tries -= 1;
            self.tally.retries -= u64::from(entry.tries > 0 || self.pass > 1);
            self.line_up(turn.id, true);
        }
    }

    fn asked(&mut self, id: Id, resolver: usize) {
        if let Some(entry) = self.ledger.get_mut(id) {
            entry.resolver = Some(resolver);
        }
    }

    fn reply(&mut self, id: Id, answer: Answer, late: bool, now: Instant) {
        let unsettled = self.ledger.get_mut(id).filter(|entry| !entry.is_settled());
        let Some(entry) = unsettled.filter(|_| !late || !answer.outcome.is_retryable()) else { return };
        if !answer.outcome.is_retryable() {
            self.tally.recovered += u64::from(self.pass > 1 && entry.is_again());
            return self.settle(id, answer);
        }
        entry.failure = Some(answer.outcome);
        entry.refusals += u32::from(!matches!(answer.outcome, Outcome::Timeout | Outcome::NetworkError));
        match self.patience.pause(answer.outcome, entry.tries, entry.refusals) {
            Some(pause) => self.later.push(Reverse((now + pause, id))),
            None => self.settle(id, answer),
        }
    }

    fn wake(&self) -> Option<Instant> {
        self.later.peek().map(|Reverse((at, _))| *at)
    }

    /// Whether every question of this pass is settled and no member is left to admit.
    fn is_done(&self) -> bool {
        self.open == 0 && self.exhausted
    }

    fn take_settled(&mut self, keep: &mut impl Keep) -> Result<(), CrawlError> {
        for id in self.settled.drain(..) {
            if let Some(entry) = self.ledger.get(id)
                && let Some(answer) = &entry.answer
            {
                self.unwritten.push_back((keep.keep(&entry.question, answer)?, id));
            }
        }
        while let Some((place, id)) = self.unwritten.pop_front_if(|(place, _)| *place < keep.written()) {
            self.ledger.retire(id, place);
        }
        self.ledger.trouble.take().map_or(Ok(()), Err)
    }

    fn question(&self, id: Id) -> &Question {
        // Asked only for a turn that was just given.
        &self.ledger.get(id).expect("a turn has a question").question
    }

    fn stretch(&mut self, by: Duration) {
        for seat in self.seats.iter_mut().flatten() {
            seat.begun = seat.begun.map(|begun| begun + by);
        }
    }

    fn void(&mut self, from: u64, upto: u64) {
        self.ledger.void(from..upto);
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl<'p, M: Borrow<Member>, I: Iterator<Item = M>> Schedule<'p, M, I> {
    pub fn new(plan: &'p Plan, patience: Patience, members: I, ledger: Ledger) -> Self {
        Self {
            plan,
            patience,
            members,
            exhausted: false,
            ledger,
            seats: Vec::new(),
            free: Vec::new(),
            ready: VecDeque::new(),
            bulk: VecDeque::new(),
            later: BinaryHeap::new(),
            settled: Vec::new(),
            unwritten: VecDeque::new(),
            open: 0,
            pass: 1,
            again: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn line_up(&mut self, id: Id, in_front: bool) {
        let Some(entry) = self.ledger.get_mut(id) else { return };
        let (line, queue) = if entry.bulk { (Line::Bulk, &mut self.bulk) } else { (Line::Prompt, &mut self.ready) };
        entry.line = Some(line);
        if in_front { queue.push_front(id) } else { queue.push_back(id) }
    }

    fn next_id(&mut self, now: Instant) -> Option<Id> {
        let mut due = Vec::new();
        while let Some(&Reverse((at, id))) = self.later.peek()
            && at <= now
        {
            self.later.pop();
            due.push(id);
        }
        due.into_iter().rev().for_each(|id| self.line_up(id, true));
        loop {
            let next = self.ready.pop_front().map(|id| (id, Line::Prompt));
            if let Some((id, line)) = next.or_else(|| self.bulk.pop_front().map(|id| (id, Line::Bulk))) {
                // It may have changed its line.
                if let Some(entry) = self.ledger.get_mut(id).filter(|entry| entry.line == Some(line)) {
                    entry.line = None;
                    return Some(id);
                }
                continue;
            }
            if self.later.len() >= self.patience.waiting || !self.admit() {
                return None;
            }
        }
    }

    /// Seats the next member; false where there is none.
    fn admit(&mut self) -> bool {
        let Some(member) = self.members.next() else {
            self.exhausted = true;
            return false;
        };
        let steps = self.plan.roots(member.borrow());
        let seat = self.free.pop().unwrap_or_else(|| {
            self.seats.push(None);
            u32::try_from(self.seats.len() - 1).expect("fewer seats than questions")
        });
        self.seats[seat as usize] = Some(Seat { member, seen: Vec::new(), open: 0, failed: false, begun: None });
        self.walk(steps.into_iter().map(|step| (seat, step)).collect());
        self.leave_if_done(seat);
        true
    }

    /// Adds steps to their members, and the steps that known answers lead to.
    fn walk(&mut self, mut steps: Vec<(u32, Step)>) {
        while let Some((seat_number, step)) = steps.pop() {
            let Some(seat) = self.seats[seat_number as usize].as_mut() else { continue };
            let key = self.ledger.key(&step.question);
            if !seat.note(key, step.why) {
                continue;
            }
            let bulk = seat.seen.len() > PROMPT;
            let (id, answer) = match self.ledger.find(&step.question, key) {
                Known::InMemory(id) => (id, None),
                Known::Written(slot, settled, answer) => {
                    self.tally.known += u64::from(settled.pass == 0);
                    let pass = self.pass;
                    if settled.pass >= pass || !settled.outcome.is_retryable() {
                        self.ledger.mark(slot, Settled { pass, ..settled });
                        (0, Some(answer))
                    } else {
                        self.tally.second_pass += u64::from(pass > 1);
                        let Some(id) = self.open_question(&step.question, key, Some(settled.place), bulk) else { return };
                        (id, None)
                    }
                }
                Known::No => {
                    self.tally.known += 1;
                    let Some(id) = self.open_question(&step.question, key, None, bulk) else { return };
                    (id, None)
                }
            };
            let in_memory = || self.ledger.get(id).and_then(|entry| entry.answer.as_ref());
            let seat = self.seats[seat_number as usize].as_mut();
            let Some(seat) = seat else { continue };
            if let Some(answer) = answer.as_ref().or_else(in_memory) {
                seat.failed |= answer.outcome.is_retryable();
                let further = self.plan.follow(seat.member.borrow(), &step, answer);
                steps.extend(further.into_iter().map(|step| (seat_number, step)));
                continue;
            }
            seat.open += 1;
            let Some(entry) = self.ledger.get_mut(id) else { continue };
            entry.waiting.push(Waiter { seat: seat_number, why: step.why });
            if entry.bulk && !bulk {
                entry.bulk = false;
                if entry.line.is_some() {
                    self.line_up(id, false);
                }
            }
        }
    }

    /// A question of this pass, in line. None where there is no room, which ends the crawl.
    fn open_question(&mut self, question: &Question, key: u64, before: Option<u64>, bulk: bool) -> Option<Id> {
        let id = self.ledger.open(question.clone(), key, self.pass, before)?;
        self.open += 1;
        self.ledger.get_mut(id)?.bulk = bulk;
        self.line_up(id, false);
        Some(id)
    }

    fn settle(&mut self, id: Id, answer: Answer) {
        let Some(entry) = self.ledger.get_mut(id) else { return };
        let waiting = std::mem::take(&mut entry.waiting);
        let question = entry.question.clone();
        let failed = answer.outcome.is_retryable();
        self.open -= 1;
        self.settled.push(id);
        let mut steps = Vec::new();
        for waiter in &waiting {
            let Some(seat) = self.seats[waiter.seat as usize].as_mut() else { continue };
            seat.open -= 1;
            seat.failed |= failed;
            let step = Step { question: question.clone(), why: waiter.why };
            steps.extend(self.plan.follow(seat.member.borrow(), &step, &answer).into_iter().map(|s| (waiter.seat, s)));
        }
        if let Some(entry) = self.ledger.get_mut(id) {
            entry.answer = Some(answer);
        }
        self.walk(steps);
        for waiter in waiting {
            self.leave_if_done(waiter.seat);
        }
    }

    fn leave_if_done(&mut self, number: u32) {
        let place = &mut self.seats[number as usize];
        if let Some(seat) = place.take_if(|seat| seat.open == 0) {
            self.free.push(number);
            self.tally.members_done += u64::from(self.pass == 1);
            if seat.failed {
                self.again.push(seat.member);
            }
        }
    }

    /// Whether the time of everybody who waits for this is over.
    fn over_budget(&self, entry: &Entry, now: Instant) -> bool {
        let over = |begun: Instant| now.saturating_duration_since(begun) > self.patience.budget;
        entry.waiting.iter().all(|w| self.seats[w.seat as usize].as_ref().and_then(|s| s.begun).is_some_and(over))
    }

    /// After a pass is done: the same members again, as far as a question of theirs failed. Only
    /// what failed is asked.
    pub fn second_pass(self) -> Schedule<'p, M, std::vec::IntoIter<M>> {
        let Self { plan, patience, ledger, again, tally, pass, .. } = self;
        Schedule { pass: pass + 1, tally, ..Schedule::new(plan, patience, again.into_iter(), ledger) }
    }

    /// Whether a second pass has anything to ask.
    pub fn has_failures(&self) -> bool {
        !self.again.is_empty()
    }
}

impl<M> Seat<M> {
    /// Notes why a question is needed; false where that leads to nothing new.
    fn note(&mut self, key: u64, why: Why) -> bool {
        for (seen, known) in &mut self.seen {
            if *seen != key || std::mem::discriminant(known) != std::mem::discriminant(&why) {
                continue;
            }
            // Reasons of one kind differ in the SPF cost alone, and a smaller one leads further.
            if *known <= why {
                return false;
            }
            *known = why;
            return true;
        }
        self.seen.push((key, why));
        true
    }
}

#[cfg(test)]
mod tests;
