//! Laws of the file of answers.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Reader, write};
use crate::dns::{Answer, Name, Outcome, Question, Record, Type, quote_strings};
use crate::observation::Facts;

fn name() -> impl Strategy<Value = Name> {
    let label = prop_oneof![
        4 => "[a-z0-9_-]{1,8}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(label, 0..4).prop_map(|labels| Name::from_labels(labels).unwrap())
}

fn record(owner: Name) -> impl Strategy<Value = Record> {
    let data = (any::<u16>(), name(), prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..3));
    (0..8_usize, data).prop_map(move |(kind, (number, target, strings))| {
        let (rtype, rdata) = match kind {
            0 => (Type::A, std::net::Ipv4Addr::from(u32::from(number)).to_string()),
            1 => (Type::Aaaa, std::net::Ipv6Addr::from(u128::from(number) << 64).to_string()),
            2 => (Type::Cname, target.to_string()),
            3 => (Type::Mx, format!("{number} {target}")),
            4 => (Type::Srv, format!("0 {number} 443 {target}")),
            5 => (Type::Soa, format!("{target} {target} {number} 1 2 3 4")),
            6 => (Type::Other(40_000 + number % 100), format!("\\# 2 {number:04x}")),
            _ => (Type::Txt, quote_strings(strings)),
        };
        Record { owner: owner.clone(), rtype, rdata: rdata.into() }
    })
}

fn answer() -> impl Strategy<Value = (Question, Answer)> {
    let outcomes = prop::sample::select(Outcome::ALL.to_vec());
    let types = prop::sample::select(vec![Type::Mx, Type::Txt, Type::A, Type::Cname, Type::Other(65)]);
    (name(), types, outcomes).prop_flat_map(|(qname, qtype, outcome)| {
        let owner = prop_oneof![3 => Just(qname.clone()), 1 => name()];
        let records = prop::collection::vec(owner.prop_flat_map(record), 0..4);
        records.prop_map(move |records| {
            let outcome = if records.is_empty() && outcome == Outcome::Answered { Outcome::Nodata } else { outcome };
            (Question::new(qname.clone(), qtype), Answer::new(&qname, outcome, records))
        })
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    prop::collection::vec(answer(), 0..12).prop_map(Facts::new)
}

fn csv(facts: &Facts) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(facts, &mut bytes).unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<Facts, String> {
    Reader::strict(bytes).collect::<Result<Vec<_>, _>>().map(Facts::new).map_err(|error| error.to_string())
}

proptest! {
    #[test]
    fn answers_read_as_they_were_written(facts in facts()) {
        let bytes = csv(&facts);
        prop_assert!(bytes.is_ascii());
        let again = read(&bytes).unwrap();
        prop_assert_eq!(&again, &facts);
        prop_assert_eq!(csv(&again), bytes);
    }

    /// Torn anywhere, a file is an error with a line or a shorter file; never a panic, never an
    /// answer that was not there. What is lost without an error the digest finds.
    #[test]
    fn a_torn_file_invents_no_question(facts in facts(), at in any::<prop::sample::Index>()) {
        let bytes = csv(&facts);
        let torn = &bytes[..at.index(bytes.len())];
        match read(torn) {
            Ok(part) => prop_assert!(part.iter().all(|(question, _)| facts.get(question).is_some())),
            Err(error) => prop_assert!(error.starts_with("line "), "{}", error),
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut file = b"qname,qtype,outcome,owner,type,rdata\n".to_vec();
        file.extend(bytes);
        let _ = read(&file);
        let _ = Reader::lenient(&file[..]).count();
    }
}

#[test]
fn faults_are_named_with_their_line() {
    const MX: &str = "a.example.,MX,answered,a.example.,MX,10 mx.example.\n";
    const NONE: &str = "a.example.,A,nodata,,,\n";
    let fails = |rows: &[&str]| read(format!("qname,qtype,outcome,owner,type,rdata\n{}", rows.concat()).as_bytes()).unwrap_err();
    for (rows, expected) in [
        (&[MX, "a.example.,MX,answered,a.exa\n"][..], "line 3: 4 fields where 6 are due; the row may be cut off"),
        (&["a.example,MX,nodata,,,\n"], "line 2: qname \"a.example\" is not canonical, expected \"a.example.\""),
        (&["a..example.,MX,nodata,,,\n"], "line 2: qname \"a..example.\": empty label"),
        (&["a.example.,BOGUS,nodata,,,\n"], "line 2: qtype: unknown record type \"BOGUS\""),
        (&["a.example.,MX,lost,,,\n"], "line 2: outcome: unknown outcome \"lost\""),
        (&["a.example.,MX,answered,,,\n"], "line 2: a.example. MX is answered but has no record"),
        (&["a.example.,MX,answered,a.example.,MX,mx.example.\n"], "line 2: rdata \"mx.example.\" is not that of MX"),
        (&["a.example.,MX,answered,a.example.,MX,10 MX.example.\n"], "line 2: rdata \"10 MX.example.\" is not canonical"),
        (&[MX, MX], "line 2: the records of a.example. MX are not in canonical order or stand twice"),
        (&[MX, NONE], "line 3: a.example. A stands out of order or twice"),
        (&[MX, "b.example.,A,nodata,,,\n", MX], "line 4: a.example. MX stands out of order or twice"),
        (&[MX, "a.example.,MX,timeout,,,\n"], "line 3: a.example. MX ended answered on line 2 and timeout here"),
        (&[NONE, NONE], "line 3: a.example. A has rows with and without a record"),
    ] {
        let error = fails(rows);
        assert!(error.starts_with(expected), "{rows:?}\n  got      {error}\n  expected {expected}");
    }
    assert!(read(b"").unwrap_err().starts_with("line 1: header is \"\""));
    assert_eq!(
        read(b"qname,qtype\n").unwrap_err(),
        "line 1: header is \"qname,qtype\", expected \"qname,qtype,outcome,owner,type,rdata\""
    );
    assert_eq!(read(b"qname,qtype,outcome,owner,type,rdata\n\xff,MX,nodata,,,\n").unwrap_err(), "line 2: not UTF-8");
}

#[test]
fn an_answer_larger_than_any_message_ends_the_reading() {
    let mut file = "qname,qtype,outcome,owner,type,rdata\n".to_owned();
    for i in 0..10_000_u32 {
        writeln!(file, "a.example.,A,answered,a.example.,A,{}", std::net::Ipv4Addr::from(i)).unwrap();
    }
    assert!(read(file.as_bytes()).unwrap_err().contains("more than 5957 records"));
    let long = format!("qname,qtype,outcome,owner,type,rdata\na.example.,TXT,answered,a.example.,TXT,{}\n", "x".repeat(300_000));
    assert!(read(long.as_bytes()).unwrap_err().contains("300000 bytes"));
}
