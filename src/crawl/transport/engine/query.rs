//! Messages held against the queries they may answer, and read.

use hickory_proto::op::Message;

use super::super::read;
pub(super) use crate::dns::plain::query as encode;
use crate::dns::{Answer, Outcome, Question, plain};

const HEADER: usize = 12;
/// QR, in the third byte of a header, and TC.
const RESPONSE: u8 = 0x80;
const TRUNCATED: u8 = 0x02;

pub(super) fn set_id(wire: &mut [u8], id: u16) {
    wire[..2].copy_from_slice(&id.to_be_bytes());
}

pub(super) fn id(message: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes([*message.first()?, *message.get(1)?]))
}

/// What a message with the right id, from the right address, is to a query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Its reply.
    Reply,
    /// Its reply, cut to fit a datagram.
    Truncated,
    /// It asks the same, but does not give back the letters as they were sent.
    OtherCase,
    /// Garbage, or no reply at all.
    Garbage,
    /// It asks something else: a stray or a forgery.
    Stranger,
}

/// Holds a message against the query it may answer; `end` is where the query's question ends.
pub(super) fn compare(query: &[u8], end: usize, message: &[u8]) -> Match {
    let Some(question) = message.get(HEADER..end) else { return Match::Garbage };
    if message[4..6] != [0, 1] {
        return Match::Stranger;
    }
    let asked = &query[HEADER..end];
    let exact = question == asked;
    // Letters are in the name; type and class are numbers.
    let numbers = question.len().saturating_sub(4);
    let alike = || question[numbers..] == asked[numbers..] && question[..numbers].eq_ignore_ascii_case(&asked[..numbers]);
    if !exact && !alike() {
        return Match::Stranger;
    }
    match message[2] {
        flags if flags & RESPONSE == 0 => Match::Garbage,
        _ if !exact => Match::OtherCase,
        flags if flags & TRUNCATED != 0 => Match::Truncated,
        _ => Match::Reply,
    }
}

/// What a whole reply says; `end` is where its question ends, which was compared before.
pub(super) fn decode(question: &Question, message: &[u8], end: usize) -> Answer {
    if let Some(answer) = plain::answer(question, message, end) {
        return answer;
    }
    decode_whole(question, message)
}

/// What a message says that was not compared before.
pub(super) fn decode_whole(question: &Question, message: &[u8]) -> Answer {
    match Message::from_vec(message) {
        Ok(message) => read(question, &message),
        Err(_) => Answer::empty(Outcome::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{MessageType, OpCode};
    use hickory_proto::rr::DNSClass;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::super::super::UDP_PAYLOAD;
    use super::*;
    use crate::dns::{Name, Type, wire};

    fn check(name: &Name, qtype: Type) {
        let question = Question::new(name.clone(), qtype);
        let mut bytes = Vec::new();
        for random in [None, Some(&mut StdRng::seed_from_u64(1))] {
            let plain = random.is_none();
            let end = encode(&mut bytes, &question, random);
            set_id(&mut bytes, 0xbeef);
            let message = Message::from_vec(&bytes).unwrap();
            assert_eq!((message.metadata.id, message.metadata.message_type), (0xbeef, MessageType::Query));
            assert_eq!((message.metadata.op_code, message.metadata.recursion_desired), (OpCode::Query, true));
            let [query] = message.queries.as_slice() else { panic!("one question") };
            assert_eq!(wire::name(query.name()).as_ref(), Ok(name));
            assert_eq!(u16::from(query.query_type()), qtype.code());
            assert_eq!(query.query_class(), DNSClass::IN);
            assert_eq!(message.max_payload(), UDP_PAYLOAD);
            assert!(message.edns.is_some() && message.additionals.is_empty());
            if plain {
                assert!(!bytes[HEADER..end - 4].iter().any(u8::is_ascii_uppercase));
            }
            assert_eq!(compare(&bytes, end, &bytes), Match::Garbage, "a query is no reply");
        }
    }

    proptest! {
        /// hickory reads what is written here.
        #[test]
        fn every_name_is_encoded(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..8), code in 1_u16..300) {
            check(&Name::from_labels(&labels).unwrap(), Type::from_code(code));
        }

        /// Whatever comes, it is compared and decoded without a panic.
        #[test]
        fn no_message_is_too_strange(message in prop::collection::vec(any::<u8>(), 0..80)) {
            let question = Question::new(Name::parse("a.example").unwrap(), Type::Mx);
            let mut query = Vec::new();
            let end = encode(&mut query, &question, None::<&mut StdRng>);
            compare(&query, end, &message);
            decode(&question, &message, end);
            let mut reply = query.clone();
            reply[2] |= RESPONSE;
            reply.truncate(end);
            reply.extend_from_slice(&message);
            reply[6..8].copy_from_slice(&[0, 3]);
            assert_eq!(compare(&query, end, &reply), Match::Reply);
            decode(&question, &reply, end);
        }
    }

    #[test]
    fn letters_are_drawn_and_compared() {
        let question =
            Question::new(Name::parse("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz.example").unwrap(), Type::Mx);
        let mut query = Vec::new();
        let end = encode(&mut query, &question, Some(&mut StdRng::seed_from_u64(1)));
        let upper = query.iter().filter(|b| b.is_ascii_uppercase()).count();
        assert!((15..45).contains(&upper), "{upper}");
        let mut reply = query.clone();
        reply[2] |= RESPONSE;
        assert_eq!(compare(&query, end, &reply), Match::Reply);
        reply[2] |= TRUNCATED;
        assert_eq!(compare(&query, end, &reply), Match::Truncated);
        reply[HEADER..end].make_ascii_lowercase();
        assert_eq!(compare(&query, end, &reply), Match::OtherCase);
        reply[HEADER + 2] = b'0';
        assert_eq!(compare(&query, end, &reply), Match::Stranger);
        reply.truncate(end - 1);
        assert_eq!(compare(&query, end, &reply), Match::Garbage);
    }
}
