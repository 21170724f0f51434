//! Laws of the schedule, kept without a network: a made-up world answers, in any order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::crawl::Settings;
use crate::crawl::desk::Keep;
use crate::crawl::ledger::Shelf;
use crate::dns::{Name, Record, Type};
use crate::plan::{Depth, Labels};

/// A journal in memory; what is kept is written only when there is a certain number.
#[derive(Clone, Default)]
struct Kept {
    answers: Arc<Mutex<Vec<(Question, Answer)>>>,
    slow: u64,
}

impl Kept {
    fn ledger(&self) -> Ledger {
        Ledger::new(Box::new(self.clone()))
    }

    fn outcomes(&self) -> Vec<(String, Outcome)> {
        self.answers.lock().unwrap().iter().map(|(q, a)| (q.to_string(), a.outcome)).collect()
    }
}

impl Shelf for Kept {
    fn read(&mut self, place: u64) -> Result<(Question, Answer), CrawlError> {
        Ok(self.answers.lock().unwrap()[place as usize].clone())
    }
}

impl Keep for Kept {
    fn keep(&mut self, question: &Question, answer: &Answer) -> Result<u64, CrawlError> {
        let mut answers = self.answers.lock().unwrap();
        answers.push((question.clone(), answer.clone()));
        Ok(answers.len() as u64 - 1)
    }

    fn due(&self) -> Option<Instant> {
        None
    }

    fn write(&mut self) -> Result<(), CrawlError> {
        self.slow = 0;
        Ok(())
    }

    fn written(&self) -> u64 {
        (self.answers.lock().unwrap().len() as u64).saturating_sub(self.slow)
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn members(count: u8) -> Vec<Member> {
    let member = |i| Member {
        id: format!("{i}").into(),
        name: "".into(),
        domain: name(&format!("d{i}.example")),
        mail_domain: None,
        rank: None,
        cohorts: Vec::new(),
    };
    (0..count).map(member).collect()
}

/// A world of a few domains that include each other's SPF records and share exchanges, drawn from
/// `seeds`; what it says to a question depends on nothing else.
fn answer(seeds: &[u8], question: &Question) -> Answer {
    let digit = question.qname.as_str().bytes().find(u8::is_ascii_digit).map_or(0, |b| usize::from(b - b'0'));
    let seed = usize::from(seeds[digit % seeds.len()]);
    let records = match question.qtype {
        Type::Txt => {
            let terms: Vec<String> = (0..seed % 4).map(|i| format!("include:d{}.example", (seed / 4 + i * 3) % 10)).collect();
            vec![format!("\"v=spf1 {} -all\"", terms.join(" "))]
        }
        Type::Mx => (0..seed % 3).map(|i| format!("{i} mx{}.example.", (seed + i) % 5)).collect(),
        Type::A => vec![format!("192.0.2.{}", seed % 7)],
        _ => Vec::new(),
    };
    let outcome = match (records.is_empty(), seed % 11) {
        (_, 0) => Outcome::Servfail,
        (true, _) => Outcome::Nodata,
        _ => Outcome::Answered,
    };
    let record = |rdata: String| Record { owner: question.qname.clone(), rtype: question.qtype, rdata: rdata.into() };
    if outcome == Outcome::Servfail {
        return Answer::empty(outcome);
    }
    Answer::new(&question.qname, outcome, records.into_iter().map(record).collect())
}

/// Crawls the world with so many questions in flight, replies coming in an order drawn from `order`.
fn crawl(seeds: &[u8], order: &[u16], in_flight: usize, mut kept: Kept) -> (BTreeMap<Question, Answer>, Tally) {
    let plan = Plan::new(Depth::Standard, Labels::default());
    let settings = Settings { retries: 0, ..Settings::default() };
    let members = members(10);
    let mut ledger = kept.ledger();
    let restored = kept.answers.lock().unwrap().clone();
    for (place, (question, answer)) in restored.iter().enumerate() {
        ledger.restore(question, answer.outcome, place as u64);
    }
    let mut schedule = Schedule::new(&plan, Patience::new(&settings), members.iter(), ledger);
    let now = Instant::now();
    let mut flying: Vec<Id> = Vec::new();
    let mut order = order.iter().cycle();
    loop {
        while flying.len() < in_flight
            && let Some(turn) = schedule.next(now)
        {
            assert!(!flying.contains(&turn.id), "asked while in flight");
            flying.push(turn.id);
        }
        schedule.take_settled(&mut kept).unwrap();
        if flying.is_empty() {
            break;
        }
        let id = flying.swap_remove(usize::from(*order.next().unwrap()) % flying.len());
        let reply = answer(seeds, schedule.question(id));
        schedule.reply(id, reply, false, now);
    }
    assert!(schedule.is_done());
    assert_eq!(schedule.tally.members_done, 10);
    assert!(schedule.seats.iter().all(Option::is_none));
    let tally = schedule.tally.clone();
    kept.write().unwrap();
    schedule.take_settled(&mut kept).unwrap();
    let needed = schedule.ledger.needed();
    let facts: BTreeMap<_, _> = needed.iter().map(|&place| kept.read(place).unwrap()).collect();
    assert_eq!(facts.len(), needed.len());
    assert_eq!(facts.len() as u64, tally.known);
    assert!(kept.outcomes().len() - restored.len() <= facts.len(), "each is asked once");
    (facts, tally)
}

proptest! {
    #[test]
    fn any_order_asks_the_same(seeds in prop::collection::vec(any::<u8>(), 10), order in prop::collection::vec(any::<u16>(), 1..50), in_flight in 1_usize..40, slow in 0..30_u64) {
        let (one_by_one, _) = crawl(&seeds, &[0], 1, Kept::default());
        let (shuffled, _) = crawl(&seeds, &order, in_flight, Kept { slow, ..Kept::default() });
        prop_assert_eq!(one_by_one, shuffled);
    }

    #[test]
    fn a_resumed_crawl_ends_in_the_same(seeds in prop::collection::vec(any::<u8>(), 10), kept in any::<u64>()) {
        let (whole, _) = crawl(&seeds, &[0], 8, Kept::default());
        let some = whole.iter().enumerate().filter(|(i, _)| kept >> (i % 64) & 1 == 1).map(|(_, (q, a))| (q.clone(), a.clone()));
        let journal = Kept { answers: Arc::new(Mutex::new(some.collect())), slow: 0 };
        let (resumed, _) = crawl(&seeds, &[3, 1, 2], 8, journal);
        prop_assert_eq!(whole, resumed);
    }
}

/// Plays one member whose questions are answered by `say` until all is settled, with a clock that
/// jumps from event to event.
fn play(settings: &Settings, mut say: impl FnMut(&Question, u32) -> Outcome) -> (Vec<(String, Outcome)>, Tally, Duration) {
    let plan = Plan::new(Depth::Mx, Labels::default());
    let members = members(1);
    let mut kept = Kept::default();
    let mut schedule = Schedule::new(&plan, Patience::new(settings), members.iter(), kept.ledger());
    let begun = Instant::now();
    let mut now = begun;
    while !schedule.is_done() {
        match schedule.next(now) {
            Some(turn) => {
                let entry = schedule.ledger.get(turn.id).unwrap();
                let outcome = say(&entry.question, entry.tries);
                if outcome == Outcome::Timeout {
                    now += turn.wait;
                }
                schedule.asked(turn.id, 0);
                schedule.reply(turn.id, Answer::empty(outcome), false, now);
            }
            None => now = schedule.wake().unwrap_or(now),
        }
        schedule.take_settled(&mut kept).unwrap();
    }
    (kept.outcomes(), schedule.tally.clone(), now - begun)
}

#[test]
fn silence_is_asked_again_and_refusals_less_often() {
    let mut asked = BTreeMap::new();
    let (kept, tally, _) = play(&Settings::default(), |question, tries| {
        asked.insert(question.to_string(), tries);
        if question.qtype == Type::Mx { Outcome::Timeout } else { Outcome::Refused }
    });
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), [("d0.example. MX".into(), 8), ("d0.example. TXT".into(), 3)]);
    assert_eq!(kept, [("d0.example. TXT".into(), Outcome::Refused), ("d0.example. MX".into(), Outcome::Timeout)]);
    assert_eq!(tally.retries, 9);
}

#[test]
fn what_the_zone_said_is_never_asked_again() {
    let (kept, tally, _) = play(&Settings::default(), |question, tries| {
        assert_eq!(tries, 1);
        if question.qtype == Type::Mx { Outcome::Nxdomain } else { Outcome::Nodata }
    });
    assert_eq!((kept.len(), tally.retries), (4, 0), "MX, TXT, and A and AAAA for want of an MX");
}

#[test]
fn a_members_time_is_limited() {
    let settings = Settings { domain_budget: Duration::from_secs(10), ..Settings::default() };
    let (kept, tally, took) = play(&settings, |_, _| Outcome::Timeout);
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|(_, outcome)| *outcome == Outcome::Timeout));
    assert_eq!(tally.over_budget, 2);
    assert!(took >= Duration::from_secs(10) && took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_late_reply_is_welcome_and_a_late_failure_is_not() {
    let plan = Plan::of([crate::plan::Kind::Mx].into(), Labels::default());
    let members = members(1);
    let kept = Kept::default();
    let mut schedule = Schedule::new(&plan, Patience::new(&Settings::default()), members.iter(), kept.ledger());
    let now = Instant::now();
    let turn = schedule.next(now).unwrap();
    schedule.reply(turn.id, Answer::empty(Outcome::Timeout), false, now);
    let again = schedule.next(now).unwrap();
    assert_eq!(again.id, turn.id);
    assert!(again.wait > turn.wait);
    schedule.reply(turn.id, Answer::empty(Outcome::Servfail), true, now);
    assert!(!schedule.is_done());
    schedule.reply(turn.id, Answer::empty(Outcome::Nodata), true, now);
    schedule.reply(turn.id, Answer::empty(Outcome::Nxdomain), false, now);
    assert!(schedule.next(now).is_none());
    assert!(schedule.is_done());
    let answer = schedule.ledger.get(turn.id).unwrap().answer.clone();
    assert_eq!(answer, Some(Answer::empty(Outcome::Nodata)), "the first answer stands");
}

#[test]
fn the_second_pass_asks_only_what_failed_and_follows_what_it_finds() {
    let plan = Plan::new(Depth::Mx, Labels::default());
    let members = members(2);
    let settings = Settings { retries: 0, ..Settings::default() };
    let mut kept = Kept::default();
    let mut schedule = Schedule::new(&plan, Patience::new(&settings), members.iter(), kept.ledger());
    let now = Instant::now();
    let mut asked = Vec::new();
    while let Some(turn) = schedule.next(now) {
        let question = schedule.question(turn.id).clone();
        let fails = question.to_string() == "d1.example. MX";
        schedule.reply(turn.id, Answer::empty(if fails { Outcome::Timeout } else { Outcome::Nodata }), false, now);
        asked.push(question.to_string());
    }
    assert!(schedule.is_done() && schedule.has_failures());
    assert_eq!(asked.len(), 6);
    schedule.take_settled(&mut kept).unwrap();
    let mut schedule = schedule.second_pass();
    asked.clear();
    while let Some(turn) = schedule.next(now) {
        asked.push(schedule.question(turn.id).to_string());
        schedule.reply(turn.id, Answer::empty(Outcome::Nxdomain), false, now);
    }
    asked.sort();
    assert_eq!(asked, ["d1.example. A", "d1.example. AAAA", "d1.example. MX"]);
    assert!(schedule.is_done() && !schedule.has_failures());
    assert_eq!((schedule.tally.second_pass, schedule.tally.recovered, schedule.tally.members_done), (1, 1, 2));
}
