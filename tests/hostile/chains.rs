//! CNAME chains, CNAME loops, and names that point into themselves.

use mxcensus::dns::{Outcome, Type};

use super::server::Act;
use super::wire::{A, CNAME, MX, NXDOMAIN, QNAME, Request, TXT, mx, name, record, txt};
use super::world::{BAD, beside, each};

/// Answers MX with one exchange, its address with what `links` makes, all else with NXDOMAIN.
fn exchange_links(links: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> impl Fn(&Request) -> Vec<Act> + Send + Sync {
    move |request| {
        vec![Act::Send(match request.qtype {
            MX => request.answer(&[mx(10, "mx.bad.example")]),
            A => links(request),
            _ => request.code(NXDOMAIN),
        })]
    }
}

fn link(from: &str, to: &str) -> Vec<u8> {
    record(&name(from), CNAME, &name(to))
}

#[test]
fn a_chain_of_fifty_links_is_kept_link_by_link() {
    let seen = beside(exchange_links(|request| {
        let mut message = request.reply().with(record(QNAME, CNAME, &name("c0.x")));
        // In the wrong order, as some servers send them.
        for i in (0..49).rev() {
            message = message.with(link(&format!("c{i}.x"), &format!("c{}.x", i + 1)));
        }
        message.with(record(&name("c49.x"), A, &[192, 0, 2, 1])).bytes()
    }));
    let answer = seen.answer("mx.bad.example", Type::A);
    assert_eq!(answer.outcome, Outcome::Answered);
    assert_eq!(answer.rdata(Type::Cname).count(), 50);
    assert_eq!(answer.cname_target(&super::world::name("mx.bad.example")).unwrap().as_str(), "c49.x.");
    assert_eq!(answer.rdata(Type::A).collect::<Vec<_>>(), ["192.0.2.1"]);
}

#[test]
fn loops_end() {
    each([1, 2, 3, 40], |length| {
        let seen = beside(exchange_links(move |request| {
            let at = |i: usize| if i == 0 || i == length { "mx.bad.example".to_owned() } else { format!("l{i}.x") };
            let links = (0..length).map(|i| link(&at(i), &at(i + 1)));
            links.fold(request.reply(), super::wire::Message::with).bytes()
        }));
        let answer = seen.answer("mx.bad.example", Type::A);
        assert_eq!(answer.outcome, Outcome::Nodata, "no address at the end, because there is no end");
        assert_eq!(answer.rdata(Type::Cname).count(), length);
    });
}

/// Two targets for one name are against RFC 2181 section 10.1; one of them is followed, always the same.
#[test]
fn a_name_with_two_targets() {
    let seen = [false, true].map(|turned| {
        beside(exchange_links(move |request| {
            let mut links = [link("mx.bad.example", "a.x"), link("mx.bad.example", "b.x")];
            if turned {
                links.reverse();
            }
            let ends = [record(&name("a.x"), A, &[192, 0, 2, 1]), record(&name("b.x"), A, &[192, 0, 2, 2])];
            links.into_iter().chain(ends).fold(request.reply(), super::wire::Message::with).bytes()
        }))
    });
    assert_eq!(seen[0].answer("mx.bad.example", Type::A), seen[1].answer("mx.bad.example", Type::A));
}

/// A message full of links in the worst order: the work is bounded, the links are all there.
#[test]
fn as_many_links_as_fit_into_a_message() {
    const LINKS: usize = 2000;
    let seen = beside(move |request| {
        if !request.tcp && request.qtype == TXT {
            return vec![Act::Send(request.reply().truncated().bytes())];
        }
        let links = (0..LINKS).rev().map(|i| link(&format!("{i}.x"), &format!("{}.x", i + 1)));
        let reply = links.fold(request.reply().with(record(QNAME, CNAME, &name("0.x"))), super::wire::Message::with);
        vec![Act::Send(if request.qtype == TXT { reply.bytes() } else { request.code(NXDOMAIN) })]
    });
    let answer = seen.answer(BAD, Type::Txt);
    assert_eq!((answer.outcome, answer.records().len()), (Outcome::Nodata, LINKS + 1));
}

/// Compression pointers at themselves, at each other, ahead, and out of the message (RFC 1035 section 4.1.4).
#[test]
fn compression_loops() {
    let pointers = [[0xc0, 0], [0xc0, 12], [0xff, 0xff]];
    each(pointers.into_iter().flat_map(|p| [(p, false), (p, true)]), |(pointer, in_owner)| {
        let seen = beside(move |request| {
            let at = 12 + request.question.len();
            let own = [0xc0 | u8::try_from(at >> 8).unwrap(), u8::try_from(at & 255).unwrap()];
            let pointer = if pointer == [0xc0, 0] { own } else { pointer };
            let bytes = match in_owner {
                true => request.reply().with(record(&[&[1, b'a'], &pointer[..]].concat(), MX, &mx(1, "x"))),
                false => request.reply().with(record(QNAME, MX, &[&[0, 10, 1, b'a'], &own[..]].concat())),
            };
            vec![Act::Send(if request.qtype == MX { bytes.bytes() } else { request.code(NXDOMAIN) })]
        });
        let mx = seen.answer(BAD, Type::Mx);
        assert!(!mx.outcome.is_definitive() || mx.records().iter().all(|r| r.rdata.len() < 1100), "{mx:?}");
    });
}

/// Names of 255 octets out of a few by pointing: a message of 64 KiB must not become megabytes many times over.
#[test]
fn names_that_unfold() {
    let seen = beside(|request| {
        let long = [vec![63; 1], vec![b'\xff'; 63]].concat().repeat(3);
        let first = record(QNAME, MX, &[&[0, 1], &long[..], &[0]].concat());
        let at = u16::try_from(12 + request.question.len() + 2 + 10 + 2).unwrap();
        let pointer = (0xc000 | at).to_be_bytes();
        let mut message = request.reply().with(first);
        for preference in 0..3000_u16 {
            message = message.with(record(QNAME, MX, &[preference.to_be_bytes(), pointer].concat()));
        }
        vec![Act::Send(match (request.qtype, request.tcp) {
            (MX, true) => message.bytes(),
            (MX, false) => request.reply().truncated().bytes(),
            _ => request.code(NXDOMAIN),
        })]
    });
    let answer = seen.answer(BAD, Type::Mx);
    assert_eq!(answer.outcome, Outcome::Answered);
    let text: usize = answer.records().iter().map(|r| r.rdata.len()).sum();
    assert!(text < 3 << 20, "{text} octets of text");
    assert_eq!(seen.questions(), 2, "its exchange is one name elsewhere");
}

#[test]
fn names_with_escapes_are_kept_and_do_not_act() {
    let odd: &[(&[u8], &str)] = &[
        (b"\x03a.b\x00", r"a\.b."),
        (b"\x04\x1b[2J\x00", r"\027[2j."),
        (b"\x06\xe2\x80\xae.,\"\x00", r#"\226\128\174\.,\"."#),
        (b"\x05=1+1\n\x00", r"=1+1\010."),
        (b"\x06../../\x00", r"\.\./\.\./."),
        (b"\x01\x00\x00", r"\000."),
    ];
    let rdata: Vec<Vec<u8>> = odd.iter().map(|(wire, _)| [&[0, 10], *wire].concat()).collect();
    let seen = beside(move |request| {
        vec![Act::Send(match request.qtype {
            MX => request.answer(&rdata),
            TXT => request.answer(&[txt(b"\x1b]0;owned\x07\xff\xfe\"\\")]),
            _ => request.code(NXDOMAIN),
        })]
    });
    let mut found: Vec<_> = seen.answer(BAD, Type::Mx).rdata(Type::Mx).map(str::to_owned).collect();
    let mut expected: Vec<_> = odd.iter().map(|(_, text)| format!("10 {text}")).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(seen.answer(BAD, Type::Txt).rdata(Type::Txt).next().unwrap(), r#""\027]0;owned\007\255\254\"\\""#);
}
