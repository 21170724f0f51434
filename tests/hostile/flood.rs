//! Domains that answer with so much that a crawl without limits would ask for ever.

use std::time::Duration;

use mxcensus::crawl::{Concurrency, Settings};
use mxcensus::dns::{Outcome, Type};

use super::server::Act;
use super::wire::{A, MX, Message, NXDOMAIN, Request, SERVFAIL, TXT, mx, name, txt};
use super::world::{BAD, beside, beside_with};

/// As much of an answer as fits, over TCP where it is long.
fn at_length(request: &Request, rdata: &[Vec<u8>]) -> Vec<Act> {
    let whole = request.answer(rdata);
    vec![Act::Send(if whole.len() > 1232 && !request.tcp { request.reply().truncated().bytes() } else { whole })]
}

/// Every question of a hostile domain is a question its neighbours wait for.
const MOST: usize = 4000;

#[test]
fn thousands_of_exchanges_with_thousands_of_addresses() {
    let seen = beside(|request| match request.qtype {
        MX => at_length(request, &(0..2000).map(|i| mx(10, &format!("{i}.bad.example"))).collect::<Vec<_>>()),
        A => at_length(request, &(0..1000_u32).map(|i| (i + 0x0b00_0000).to_be_bytes().to_vec()).collect::<Vec<_>>()),
        _ => vec![Act::Send(request.code(NXDOMAIN))],
    });
    assert_eq!(seen.answer(BAD, Type::Mx).records().len(), 2000, "the answer is kept whole");
    let asked = seen.server.asked();
    assert!(asked < MOST, "{asked} questions");
}

#[test]
fn includes_that_branch_at_every_step() {
    let seen = beside(|request| match request.qtype {
        TXT => {
            let here = request.qname.clone();
            let includes: Vec<String> =
                (0..100).map(|i| format!("include:{i}.{}", &here[here.len().saturating_sub(180)..])).collect();
            at_length(request, &[txt(format!("v=spf1 {} -all", includes.join(" ")))])
        }
        _ => vec![Act::Send(request.code(NXDOMAIN))],
    });
    assert_eq!(seen.outcome(BAD, Type::Txt), Outcome::Answered);
    let asked = seen.questions();
    assert!(asked < MOST, "{asked} questions");
}

/// RFC 7208 section 4.5 allows one record at a name; many together must not multiply the questions.
#[test]
fn many_spf_records_at_every_name() {
    let seen = beside(|request| match request.qtype {
        TXT => {
            let here = &request.qname;
            let record = |i: usize| txt(format!("v=spf1 include:{i}a.{here} include:{i}b.{here} include:{i}c.{here} -all"));
            at_length(request, &(0..30).map(record).collect::<Vec<_>>())
        }
        _ => vec![Act::Send(request.code(NXDOMAIN))],
    });
    let asked = seen.questions();
    assert!(asked < MOST, "{asked} questions");
}

#[test]
fn includes_that_come_back() {
    let seen = beside(|request| match (request.qtype, request.qname.as_str()) {
        (TXT, BAD) => at_length(request, &[txt("v=spf1 include:a.bad.example include:bad.example redirect=b.bad.example")]),
        (TXT, "a.bad.example") => at_length(request, &[txt("v=spf1 include:b.bad.example include:a.bad.example")]),
        (TXT, "b.bad.example") => at_length(request, &[txt("v=spf1 include:a.bad.example include:bad.example")]),
        _ => vec![Act::Send(request.code(NXDOMAIN))],
    });
    assert_eq!(seen.questions(), 2 + 2 + 2, "MX, TXT, two includes, two addresses");
}

/// A domain that needs a thousand questions, each of them slow: it spends its own time, is given up
/// when that is over, and its neighbours' questions do not wait behind its own.
#[test]
fn the_budget_of_a_slow_domain() {
    let slow = |request: &Request| match (request.qtype, request.qname.len()) {
        (TXT, ..100) => {
            let includes: Vec<String> = (0..10).map(|i| format!("include:{i}.{}", request.qname)).collect();
            at_length(request, &[txt(format!("v=spf1 {} -all", includes.join(" ")))])
        }
        (MX, _) => vec![Act::Send(request.answer(&[mx(10, "mx.bad.example")]))],
        _ => vec![Act::Wait(Duration::from_millis(300)), Act::Send(request.code(SERVFAIL))],
    };
    // Its tree hangs below names of many labels, so that each of 600 questions takes 0.3 s.
    let deep = move |request: &Request| match request.qname.matches('.').count() {
        0..=3 => slow(request),
        _ => vec![Act::Wait(Duration::from_millis(300)), Act::Send(request.code(SERVFAIL))],
    };
    let seen = beside_with(deep, |settings| Settings {
        concurrency: Concurrency::Fixed(8),
        domain_budget: Duration::from_secs(1),
        retries: 7,
        ..settings
    });
    assert!(seen.crawled.counts.over_budget > 0);
    assert_eq!(seen.mx(), Outcome::Answered, "what was answered before stays");
    assert!(seen.crawled.warnings.iter().any(|w| w.contains("given up")), "{:?}", seen.crawled.warnings);
}

/// MX at address literals and other things that are no host (RFC 5321 section 5.1 wants a name).
#[test]
fn exchanges_that_are_no_hosts() {
    let exchanges = ["192.0.2.1", "", "localhost", "bad.example", "1", "[192.0.2.1]", "*.bad.example", "_x.bad.example"];
    let seen = beside(move |request| match request.qtype {
        MX => at_length(request, &exchanges.map(|e| mx(10, e))),
        _ => vec![Act::Send(request.code(NXDOMAIN))],
    });
    assert_eq!(seen.answer(BAD, Type::Mx).records().len(), exchanges.len());
    assert_eq!(seen.outcome("192.0.2.1", Type::A), Outcome::Refused, "asked as the name that it is");
}

#[test]
fn records_of_every_type_and_length() {
    let seen = beside(|request| {
        let records = (0..300_u16).map(|i| super::wire::record(&name(BAD), i, &vec![0xff; usize::from(i % 64)]));
        let message = records.fold(request.reply(), Message::with);
        vec![Act::Send(if request.tcp { message.bytes() } else { request.reply().truncated().bytes() })]
    });
    // Records that break their own type's rules spoil the message; what it must not do is end the program.
    assert!(!seen.mx().is_negative(), "{}", seen.mx());
}
