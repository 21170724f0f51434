//! Truncation, and TCP that stalls, drips, lies about lengths or closes (RFC 7766).

use std::time::Duration;

use mxcensus::crawl::Settings;
use mxcensus::dns::{Outcome, Type};

use super::server::Act;
use super::wire::{MX, Message, NXDOMAIN, QNAME, Request, TXT, mx, record, txt};
use super::world::{BAD, beside, beside_with, each};

const LONG: Duration = Duration::from_secs(600);

/// Says over UDP that there is more over TCP, and there does what `script` says.
fn over_tcp(script: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> impl Fn(&Request) -> Vec<Act> + Send + Sync {
    move |request| match request.tcp {
        false => vec![Act::Send(request.reply().truncated().bytes())],
        true => script(request),
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
}

/// A truncated reply over TCP holds a part at best: it must not be kept as the whole.
#[test]
fn truncated_forever() {
    let seen = beside(|request| {
        let part = request.reply().with(record(QNAME, request.qtype, &mx(10, "part.bad.example")));
        vec![Act::Send(part.truncated().bytes())]
    });
    assert_eq!(seen.mx(), Outcome::Malformed);
    assert!(seen.answer(BAD, Type::Mx).records().is_empty());
}

#[test]
fn stalls_in_the_middle_of_a_message() {
    let seen = beside(over_tcp(|request| {
        let whole = framed(&request.answer(&[mx(10, "mx.bad.example")]));
        vec![Act::Raw(whole[..whole.len() / 2].to_vec()), Act::Wait(LONG)]
    }));
    assert_eq!(seen.mx(), Outcome::Timeout);
}

/// The resolver stalls for one question while others need TCP too: they get it all the same,
/// whichever of them came first.
#[test]
fn a_stalled_connection_does_not_take_others_along() {
    each([MX, TXT], |stalled| {
        let script = move |request: &Request| match request.tcp {
            false => vec![Act::Send(request.reply().truncated().bytes())],
            true if request.qtype == stalled => vec![Act::Raw(vec![0]), Act::Wait(LONG)],
            true if request.qtype == TXT => vec![Act::Send(request.answer(&[txt("whole")]))],
            true if request.qtype == MX => vec![Act::Send(request.answer(&[mx(10, "mx.elsewhere.example")]))],
            true => vec![Act::Send(request.code(NXDOMAIN))],
        };
        let seen = beside_with(script, |settings| Settings {
            timeout: Duration::from_millis(200),
            retries: 2,
            second_pass: true,
            ..settings
        });
        let outcomes = (seen.mx(), seen.outcome(BAD, Type::Txt));
        let expected = if stalled == MX { (Outcome::Timeout, Outcome::Answered) } else { (Outcome::Answered, Outcome::Timeout) };
        assert_eq!(outcomes, expected);
    });
}

#[test]
fn drips_slower_than_the_patience() {
    let seen = beside(over_tcp(|request| {
        let whole = framed(&request.answer(&[mx(10, "mx.bad.example")]));
        whole.iter().flat_map(|octet| [Act::Raw(vec![*octet]), Act::Wait(Duration::from_millis(100))]).collect()
    }));
    assert_eq!(seen.mx(), Outcome::Timeout);
}

#[test]
fn drips_within_the_patience() {
    let seen = beside(over_tcp(|request| {
        let message = match request.qtype {
            MX => request.answer(&[mx(10, "mx.elsewhere.example")]),
            _ => request.code(NXDOMAIN),
        };
        framed(&message).iter().flat_map(|octet| [Act::Raw(vec![*octet]), Act::Wait(Duration::from_millis(1))]).collect()
    }));
    assert_eq!(seen.mx(), Outcome::Answered);
}

#[test]
fn closes_at_once_in_the_middle_or_between() {
    each([0, 1, 2, 5, 20], |keep| {
        let seen = beside(over_tcp(move |request| {
            let whole = framed(&request.answer(&[mx(10, "mx.bad.example")]));
            vec![Act::Raw(whole[..keep].to_vec()), Act::Close]
        }));
        assert!(!seen.mx().is_definitive(), "{keep} octets: {}", seen.mx());
    });
    // Closing after each whole answer is what servers may do.
    let seen = beside(over_tcp(|request| {
        let message = match request.qtype {
            MX => request.answer(&[mx(10, "mx.bad.example")]),
            _ => request.code(NXDOMAIN),
        };
        vec![Act::Send(message), Act::Close]
    }));
    assert_eq!((seen.mx(), seen.outcome("mx.bad.example", Type::A)), (Outcome::Answered, Outcome::Nxdomain));
}

#[test]
fn lengths_that_lie() {
    each([0_u16, 1, 11, 12, 65_535], |length| {
        let seen = beside(over_tcp(move |request| {
            let message = request.answer(&[mx(10, "mx.bad.example")]);
            vec![Act::Raw([&length.to_be_bytes()[..], &message].concat())]
        }));
        assert!(!seen.mx().is_definitive(), "length {length}: {}", seen.mx());
    });
}

#[test]
fn forged_over_tcp() {
    let seen = beside(over_tcp(|request| {
        let forged = request.reply().with(record(QNAME, MX, &mx(0, "evil.example")));
        let wrong_id = Message { id: request.id ^ 1, ..forged.clone() };
        let wrong_name = Message { question: [super::wire::name("evil.example"), vec![0, 15, 0, 1]].concat(), ..forged };
        vec![Act::Send(wrong_id.bytes()), Act::Send(wrong_name.bytes())]
    }));
    assert!(!seen.mx().is_definitive(), "{}", seen.mx());
}

/// Messages nobody asked for, again and again on the same connection.
#[test]
fn floods_of_unasked_messages() {
    let seen = beside(over_tcp(|request| {
        let other = Message { id: request.id.wrapping_add(77), ..request.reply() };
        let mut acts = vec![Act::Send(other.bytes()); 2000];
        acts.push(Act::Send(if request.qtype == MX {
            request.answer(&[mx(10, "mx.elsewhere.example")])
        } else {
            request.code(NXDOMAIN)
        }));
        acts
    }));
    assert_eq!(seen.mx(), Outcome::Answered);
}

#[test]
fn as_long_as_a_message_can_be() {
    // One TXT record of 64 KiB, every octet outside printable ASCII.
    let text: Vec<u8> = (0..65_000_u32).map(|i| u8::try_from(128 + i % 128).unwrap()).collect();
    let sent = text.clone();
    let seen = beside(over_tcp(move |request| match request.qtype {
        TXT => vec![Act::Send(request.answer(&[txt(&sent)]))],
        _ => vec![Act::Send(request.code(NXDOMAIN))],
    }));
    assert_eq!(seen.mx(), Outcome::Nxdomain);
    let rdata: Vec<_> = seen.answer(BAD, Type::Txt).rdata(Type::Txt).collect();
    assert_eq!(mxcensus::dns::txt_bytes(rdata[0]), text);
}
