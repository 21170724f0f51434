//! Replies over UDP that are forged, bent, doubled, late or out of order.

use std::time::Duration;

use mxcensus::dns::{Outcome, Type};

use super::server::Act;
use super::wire::{MX, Message, NOERROR, NS, NXDOMAIN, QNAME, Request, SERVFAIL, mx, name, record, record_for, soa};
use super::world::{BAD, beside, beside_with, each};

/// What a forger wants to be believed.
fn forged(request: &Request) -> Message {
    request.reply().with(record(QNAME, MX, &mx(0, "forged.evil.example")))
}

/// Asserts that nothing a forger sent was believed: the right answer came through, or none.
fn refused_forgery(script: fn(&Request) -> Vec<Act>, then_truth: bool) -> Outcome {
    let seen = beside(move |request| {
        if request.tcp {
            return Vec::new();
        }
        let mut acts = script(request);
        if then_truth && request.qtype == MX {
            acts.push(Act::Send(request.answer(&[mx(10, "true.bad.example")])));
        }
        acts
    });
    assert!(!seen.crawled.facts.iter().any(|(_, answer)| answer.rdata(Type::Mx).any(|mx| mx.contains("evil"))));
    if seen.mx() == Outcome::Answered {
        assert_eq!(seen.answer(BAD, Type::Mx).rdata(Type::Mx).collect::<Vec<_>>(), ["10 true.bad.example."]);
    }
    seen.mx()
}

#[test]
fn wrong_id() {
    let script = |request: &Request| {
        let forgeries = (1..200).map(|i| Message { id: request.id.wrapping_add(i), ..forged(request) });
        forgeries.map(|message| Act::Send(message.bytes())).collect()
    };
    assert_eq!(refused_forgery(script, true), Outcome::Answered);
    assert_eq!(refused_forgery(script, false), Outcome::Timeout);
}

#[test]
fn wrong_question() {
    let script = |request: &Request| {
        let other = |question: Vec<u8>| Act::Send(Message { question, ..forged(request) }.bytes());
        let mut type_a = request.question.clone();
        let at = type_a.len() - 3;
        type_a[at] = 1;
        let mut class = request.question.clone();
        *class.last_mut().unwrap() = 3;
        let evil = [name("evil.example"), vec![0, 15, 0, 1]].concat();
        let no_question =
            Message { question: Vec::new(), answers: vec![record(&name(BAD), MX, &mx(0, "evil.example"))], ..forged(request) };
        let twice = request.question.repeat(2);
        vec![other(type_a), other(class), other(evil), other(twice), Act::Send(no_question.bytes())]
    };
    // The forger knows id and port here: the attempt may fail, but never with his answer.
    assert!(matches!(refused_forgery(script, true), Outcome::Answered | Outcome::Malformed));
    assert!(matches!(refused_forgery(script, false), Outcome::Timeout | Outcome::Malformed));
}

#[test]
fn from_another_port() {
    let script = |request: &Request| vec![Act::Elsewhere(forged(request).bytes())];
    assert_eq!(refused_forgery(script, true), Outcome::Answered);
    assert_eq!(refused_forgery(script, false), Outcome::Timeout);
}

/// Records about other names in an answer are not about the question, however they are put.
#[test]
fn records_of_others_are_not_kept() {
    let seen = beside(|request| {
        let poison = request
            .reply()
            .with(record(&name("good0.example"), MX, &mx(0, "evil.example")))
            .with(record(QNAME, MX, &mx(5, "own.bad.example")))
            .with(record(&name("mx.good1.example"), 1, &[203, 0, 113, 1]));
        vec![Act::Send(if request.qtype == MX { poison.bytes() } else { request.code(NXDOMAIN) })]
    });
    assert_eq!(seen.answer(BAD, Type::Mx).records().len(), 1);
}

#[test]
fn garbage() {
    each([vec![], vec![0; 3], vec![0xff; 11], vec![0xff; 1500], vec![0; 65_000]], |bytes| {
        let seen = beside(move |request| {
            let id = request.id.to_be_bytes();
            let mut own = bytes.clone();
            // With the right id, so that it cannot be taken for somebody else's.
            own.iter_mut().zip(id).for_each(|(octet, id)| *octet = id);
            vec![Act::Send(bytes.clone()), Act::Send(own)]
        });
        assert!(matches!(seen.mx(), Outcome::Timeout | Outcome::Malformed), "{}", seen.mx());
    });
}

#[test]
fn cut_off_anywhere() {
    let seen = beside_with(
        |request| {
            let whole = request.answer(&[mx(10, "mx.bad.example"), mx(20, "mx2.bad.example")]);
            // Another cut each time; longer than the header, or it is nobody's reply.
            vec![Act::Send(whole[..12 + request.nth * 7 % (whole.len() - 12)].to_vec())]
        },
        |settings| mxcensus::crawl::Settings { retries: 7, second_pass: true, ..settings },
    );
    assert!(!seen.mx().is_definitive(), "{}", seen.mx());
}

#[test]
fn larger_than_asked_for() {
    // 4,000 octets in one datagram where 1,232 were offered.
    let seen = beside(|request| {
        let exchanges: Vec<_> = (0..150).map(|i| mx(10, &format!("a-longer-host-name-{i}.elsewhere.example"))).collect();
        vec![Act::Send(if request.qtype == MX { request.answer(&exchanges) } else { request.code(NXDOMAIN) })]
    });
    // Whole or not at all: a part of it would be a wrong answer.
    match seen.mx() {
        Outcome::Answered => assert_eq!(seen.answer(BAD, Type::Mx).records().len(), 150),
        other => assert!(!other.is_definitive(), "{other}"),
    }
}

#[test]
fn codes_nobody_uses() {
    each([1, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], |code| {
        let seen = beside(move |request| vec![Act::Send(request.code(code))]);
        assert_eq!(seen.mx(), Outcome::Malformed, "{code}");
    });
}

/// A reply that hands the question on to other servers is no statement that there is no record.
#[test]
fn a_referral_is_not_no_record() {
    each([("", false), ("example", false), ("bad.example", false), ("bad.example", true)], |(zone, tcp)| {
        let seen = beside(move |request| {
            let mut message = request.reply().authority(record(&name(zone), NS, &name("ns.elsewhere.example")));
            message.flags &= !0x0080; // Recursion is not available.
            vec![Act::Send(if tcp && !request.tcp { request.reply().truncated().bytes() } else { message.bytes() })]
        });
        assert_eq!(seen.mx(), Outcome::Malformed, "referral to {zone:?}");
    });
}

#[test]
fn no_data_with_and_without_its_soa() {
    let seen = beside(|request| {
        let bare = request.reply().code(NOERROR);
        let with_soa =
            bare.clone().authority(record(&name(BAD), 6, &soa())).authority(record(&name(BAD), NS, &name("ns.bad.example")));
        vec![Act::Send(if request.qtype == MX { with_soa.bytes() } else { bare.bytes() })]
    });
    assert_eq!((seen.mx(), seen.outcome(BAD, Type::Txt)), (Outcome::Nodata, Outcome::Nodata));
}

#[test]
fn servfail_storm() {
    let seen = beside_with(
        |request| vec![Act::Send(request.code(SERVFAIL)); 50],
        |settings| mxcensus::crawl::Settings { retries: 7, refusal_retries: 2, ..settings },
    );
    assert_eq!(seen.mx(), Outcome::Servfail);
    // A resolver that says no is not asked eight times.
    assert_eq!(seen.server.asked_within(BAD), 3 * seen.questions());
}

#[test]
fn doubled_late_and_out_of_order() {
    let seen = beside(|request| {
        let delay = Duration::from_millis([120, 5, 60, 0][usize::from(request.id % 4)]);
        let reply = match request.qtype {
            MX => request.answer(&[mx(10, "mx1.bad.example"), mx(10, "mx2.bad.example")]),
            1 => request.answer(&[vec![192, 0, 2, 7]]),
            _ => request.code(NXDOMAIN),
        };
        vec![Act::Wait(delay), Act::Send(reply.clone()), Act::Send(reply.clone()), Act::Wait(delay), Act::Send(reply)]
    });
    assert_eq!(seen.mx(), Outcome::Answered);
    assert_eq!(seen.outcome("mx1.bad.example", Type::A), Outcome::Answered);
    assert_eq!(seen.outcome("mx2.bad.example", Type::A), Outcome::Answered);
    assert_eq!(seen.crawled.counts.retries, 0);
}

/// A reply that comes when the attempt is over must not be taken for the answer to a later one.
#[test]
fn later_than_the_patience() {
    let seen = beside(|request| vec![Act::Wait(Duration::from_millis(2500)), Act::Send(forged(request).bytes())]);
    assert_eq!(seen.mx(), Outcome::Timeout);
}

#[test]
fn times_to_live_do_not_matter() {
    for ttl in [0, 1, u32::MAX] {
        let seen = beside(move |request| {
            let reply = request.reply().with(record_for(QNAME, MX, ttl, &mx(10, "mx.bad.example")));
            vec![Act::Send(if request.qtype == MX { reply.bytes() } else { request.code(NXDOMAIN) })]
        });
        assert_eq!(seen.mx(), Outcome::Answered);
        let once = seen.questions();
        assert_eq!(seen.server.asked_within(BAD), once, "nothing is asked again because it expired");
    }
}
