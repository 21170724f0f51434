//! Writes questions, and reads the replies that most of them get, straight to and from the wire: one
//! name, one type, nothing odd. Everything else is left to [`wire`](super::wire), which says the same about these replies,
//! only slower; tests hold the two against each other.

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use rand::Rng;

use super::{Answer, Outcome, Question, Record, Type};

/// Longest reply over UDP that is asked for; longer ones come over TCP (DNS Flag Day 2020).
pub const UDP_PAYLOAD: u16 = 1232;

const HEADER: usize = 12;
const MAX_NAME: usize = 255;
const OPT: u16 = 41;
const IN: u16 = 1;

/// Writes a question: id 0, recursion desired, one question, one OPT record (RFC 6891 section 6.1.2).
/// The letters' case is drawn from `random` (draft-vixie-dnsext-dns0x20), or low where there is none.
/// Gives where the question section ends.
pub fn query(wire: &mut Vec<u8>, question: &Question, random: Option<&mut impl Rng>) -> usize {
    wire.clear();
    wire.extend_from_slice(&[0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    let text = question.qname.as_str();
    if text.contains('\\') {
        for label in question.qname.wire_labels() {
            // A name's labels have at most 63 octets.
            wire.push(label.len() as u8);
            wire.extend_from_slice(&label);
        }
    } else if !question.qname.is_root() {
        for label in text.as_bytes()[..text.len() - 1].split(|&b| b == b'.') {
            wire.push(label.len() as u8);
            wire.extend_from_slice(label);
        }
    }
    if let Some(random) = random {
        randomize_case(&mut wire[HEADER..], random);
    }
    wire.push(0);
    wire.extend_from_slice(&question.qtype.code().to_be_bytes());
    wire.extend_from_slice(&[0, 1]);
    let end = wire.len();
    let [high, low] = UDP_PAYLOAD.to_be_bytes();
    wire.extend_from_slice(&[0, 0, 41, high, low, 0, 0, 0, 0, 0, 0]);
    end
}

/// A coin for every byte that is a letter. Length bytes are at most 63, below every letter.
fn randomize_case(name: &mut [u8], random: &mut impl Rng) {
    for chunk in name.chunks_mut(32) {
        let mut coins = random.next_u32();
        for byte in chunk {
            // Without a branch, which half of the coins would surprise.
            *byte ^= (u8::from(byte.is_ascii_lowercase()) & coins as u8) << 5;
            coins >>= 1;
        }
    }
}

/// What a reply says to a question, or `None` where it takes more than this to tell. The caller has
/// seen that it is a reply and that its question section, from octet 12 to `question_end`, asks this.
pub fn answer(question: &Question, message: &[u8], question_end: usize) -> Option<Answer> {
    let header = Header::read(message)?;
    let mut at = Cursor { message, at: question_end };
    let mut records = Vec::with_capacity(header.answers.into());
    for _ in 0..header.answers {
        let rr = at.record()?;
        if !rr.owner_is(question, message) || rr.rtype != question.qtype.code() || rr.class != IN {
            return None;
        }
        let rdata = rdata(message, &rr, question.qtype)?;
        records.push(Record { owner: question.qname.clone(), rtype: question.qtype, rdata });
    }
    let mut soa = false;
    for _ in 0..header.authorities {
        let rr = at.record()?;
        soa |= rr.rtype == Type::Soa.code();
        if rr.class != IN || !is_sound(message, &rr) {
            return None;
        }
    }
    let mut opts = 0;
    for _ in 0..header.additionals {
        let rr = at.record()?;
        if rr.rtype == OPT {
            opts += 1;
            // Options and the upper part of the code are for others to read.
            if opts > 1 || rr.rdata_length != 0 || rr.ttl != 0 || message.get(rr.owner) != Some(&0) {
                return None;
            }
        } else if rr.class != IN || !is_sound(message, &rr) {
            return None;
        }
    }
    if at.at != message.len() {
        return None;
    }
    match (header.exists, records.is_empty()) {
        (true, false) => Some(Answer::new(&question.qname, Outcome::Answered, records)),
        // Without a SOA it may be a referral, which says nothing about the name.
        (true, true) => (soa || header.authorities == 0).then(|| Answer::empty(Outcome::Nodata)),
        (false, true) => Some(Answer::empty(Outcome::Nxdomain)),
        (false, false) => None,
    }
}

struct Header {
    /// NOERROR rather than NXDOMAIN.
    exists: bool,
    answers: u16,
    authorities: u16,
    additionals: u16,
}

impl Header {
    fn read(message: &[u8]) -> Option<Self> {
        let header = message.first_chunk::<12>()?;
        let exists = match header[3] & 0x0f {
            0 => true,
            3 => false,
            _ => return None,
        };
        // A reply to an ordinary query, not truncated, to one question.
        if header[2] & 0xfa != 0x80 || header[3] & 0x40 != 0 || header[4..6] != [0, 1] {
            return None;
        }
        let count = |i: usize| u16::from_be_bytes([header[i], header[i + 1]]);
        Some(Self { exists, answers: count(6), authorities: count(8), additionals: count(10) })
    }
}

struct Cursor<'m> {
    message: &'m [u8],
    at: usize,
}

/// A resource record, by where its parts lie in the message.
struct Rr {
    owner: usize,
    rtype: u16,
    class: u16,
    ttl: u32,
    rdata: usize,
    rdata_length: usize,
}

impl Cursor<'_> {
    fn record(&mut self) -> Option<Rr> {
        let owner = self.at;
        let fixed = skip_name(self.message, owner)?;
        let [t1, t2, c1, c2, l1, l2, l3, l4, r1, r2] = *self.message.get(fixed..)?.first_chunk::<10>()?;
        let (rdata, rdata_length) = (fixed + 10, usize::from(u16::from_be_bytes([r1, r2])));
        self.at = rdata + rdata_length;
        if self.at > self.message.len() {
            return None;
        }
        Some(Rr {
            owner,
            rtype: u16::from_be_bytes([t1, t2]),
            class: u16::from_be_bytes([c1, c2]),
            ttl: u32::from_be_bytes([l1, l2, l3, l4]),
            rdata,
            rdata_length,
        })
    }
}

impl Rr {
    fn owner_is(&self, question: &Question, message: &[u8]) -> bool {
        // Nearly always a pointer to the question.
        if message.get(self.owner..self.owner + 2) == Some(&[0xc0, 12]) {
            return true;
        }
        let mut owner = Vec::new();
        push_name(message, self.owner, &mut owner).is_some() && owner == question.qname.as_str().as_bytes()
    }

    fn bytes<'m>(&self, message: &'m [u8]) -> Option<&'m [u8]> {
        message.get(self.rdata..self.rdata + self.rdata_length)
    }
}

/// Record data as text, as [`wire::record`](super::wire::record) writes it.
fn rdata(message: &[u8], rr: &Rr, rtype: Type) -> Option<Box<str>> {
    let bytes = rr.bytes(message)?;
    let mut text = Vec::with_capacity(bytes.len() + 32);
    match rtype {
        Type::A => {
            let octets: [u8; 4] = bytes.try_into().ok()?;
            write!(text, "{}", Ipv4Addr::from(octets)).ok()?;
        }
        Type::Aaaa => {
            let octets: [u8; 16] = bytes.try_into().ok()?;
            write!(text, "{}", Ipv6Addr::from(octets)).ok()?;
        }
        Type::Mx => {
            push_number(u16::from_be_bytes(*bytes.first_chunk()?), &mut text);
            text.push(b' ');
            exactly(push_name(message, rr.rdata + 2, &mut text)?, rr)?;
        }
        Type::Ns | Type::Ptr | Type::Cname => exactly(push_name(message, rr.rdata, &mut text)?, rr)?,
        Type::Txt => {
            let mut rest = bytes;
            while let Some((&length, tail)) = rest.split_first() {
                let string = tail.get(..usize::from(length))?;
                push_string(string, &mut text);
                rest = &tail[usize::from(length)..];
            }
            if text.is_empty() {
                return None;
            }
        }
        Type::Soa | Type::Srv | Type::Other(_) => return None,
    }
    // All of it is ASCII.
    Some(std::str::from_utf8(&text).ok()?.into())
}

/// One character string in quotes, after a space where it is not the first.
fn push_string(string: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(if text.is_empty() { b"\"" } else { b" \"" });
    let mut from = 0;
    for (i, &byte) in string.iter().enumerate() {
        if matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' {
            continue;
        }
        text.extend_from_slice(&string[from..i]);
        from = i + 1;
        match byte {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', byte]),
            other => push_decimal(other, text),
        }
    }
    text.extend_from_slice(&string[from..]);
    text.push(b'"');
}

fn push_number(number: u16, text: &mut Vec<u8>) {
    let mut least = 10_000;
    while least > 1 && number < least {
        least /= 10;
    }
    while least > 0 {
        text.push(b'0' + (number / least % 10) as u8);
        least /= 10;
    }
}

fn push_decimal(byte: u8, text: &mut Vec<u8>) {
    text.extend_from_slice(&[b'\\', b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10]);
}

/// Records beside the answer have to be sound too, or the message is not: only those are told here
/// that cannot be anything else.
fn is_sound(message: &[u8], rr: &Rr) -> bool {
    let after_names = |names: usize| (0..names).try_fold(rr.rdata, |at, _| checked_name(message, at));
    match Type::from_code(rr.rtype) {
        Type::A => rr.rdata_length == 4,
        Type::Aaaa => rr.rdata_length == 16,
        Type::Ns => after_names(1) == Some(rr.rdata + rr.rdata_length),
        Type::Soa => after_names(2) == Some((rr.rdata + rr.rdata_length).wrapping_sub(20)),
        _ => false,
    }
}

fn exactly(end: usize, rr: &Rr) -> Option<()> {
    (end == rr.rdata + rr.rdata_length).then_some(())
}

/// Where a name ends, without looking at what it points to. Only pointers to labels before it count.
fn skip_name(message: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match *message.get(at)? {
            0 => return checked_name(message, from),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0.. => return checked_name(message, from),
            _ => return None,
        }
    }
}

/// Where a name ends, its labels and pointers checked.
fn checked_name(message: &[u8], from: usize) -> Option<usize> {
    // The one every answer has.
    if message.get(from..from + 2) == Some(&[0xc0, 12]) {
        return Some(from + 2);
    }
    walk_name(message, from, |_| ())
}

/// Appends a name in canonical presentation format; gives where it ends.
fn push_name(message: &[u8], from: usize, text: &mut Vec<u8>) -> Option<usize> {
    let start = text.len();
    let end = walk_name(message, from, |label| push_label(label, text))?;
    if text.len() == start {
        text.push(b'.');
    }
    Some(end)
}

/// What stands for a byte of a label that needs no escape; 0 for one that does.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let mut byte = 0x21;
    while byte <= 0x7e {
        plain[byte] = match byte as u8 {
            b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => 0,
            other => other.to_ascii_lowercase(),
        };
        byte += 1;
    }
    plain
};

/// As [`Name::from_labels`](super::Name::from_labels) writes it.
fn push_label(label: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    text.extend(label.iter().map(|&byte| PLAIN[usize::from(byte)]));
    if text[start..].contains(&0) {
        text.truncate(start);
        for &byte in label {
            match (PLAIN[usize::from(byte)], byte) {
                (0, 0x21..=0x7e) => text.extend_from_slice(&[b'\\', byte]),
                (0, other) => push_decimal(other, text),
                (plain, _) => text.push(plain),
            }
        }
    }
    text.push(b'.');
}

/// Visits the labels of a name. Pointers must lead back to before where they were met, each further
/// than the last (RFC 1035 section 4.1.4 speaks of prior occurrences), so that there is an end.
fn walk_name(message: &[u8], from: usize, mut visit: impl FnMut(&[u8])) -> Option<usize> {
    let mut at = from;
    let mut lowest = from;
    let mut end = None;
    let mut octets = 1;
    loop {
        match *message.get(at)? {
            0 => return end.or(Some(at + 1)),
            length @ 1..=63 => {
                let label = message.get(at + 1..at + 1 + usize::from(length))?;
                octets += 1 + label.len();
                if octets > MAX_NAME {
                    return None;
                }
                visit(label);
                at += 1 + label.len();
            }
            high @ 0xc0.. => {
                let target = usize::from(u16::from_be_bytes([high & 0x3f, *message.get(at + 1)?]));
                if target >= lowest || target < 12 {
                    return None;
                }
                end = end.or(Some(at + 2));
                (at, lowest) = (target, target);
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Edns, Message, Query, ResponseCode};
    use proptest::prelude::*;

    use super::super::{Name, quote_strings, wire};
    use super::*;

    fn label() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            4 => "[a-zA-Z0-9_-]{1,12}".prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 1..8),
        ]
    }

    fn name() -> impl Strategy<Value = Name> {
        prop::collection::vec(label(), 0..5).prop_map(|labels| Name::from_labels(labels).unwrap())
    }

    fn rdata_of(rtype: Type) -> BoxedStrategy<String> {
        match rtype {
            Type::A => any::<[u8; 4]>().prop_map(|o| Ipv4Addr::from(o).to_string()).boxed(),
            Type::Aaaa => any::<[u8; 16]>().prop_map(|o| Ipv6Addr::from(o).to_string()).boxed(),
            Type::Mx => (any::<u16>(), name()).prop_map(|(p, n)| format!("{p} {n}")).boxed(),
            Type::Txt => prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..4).prop_map(quote_strings).boxed(),
            _ => name().prop_map(|n| n.to_string()).boxed(),
        }
    }

    fn record(owner: Name, rtype: Type) -> impl Strategy<Value = Record> {
        rdata_of(rtype).prop_map(move |rdata| Record { owner: owner.clone(), rtype, rdata: rdata.into() })
    }

    const TYPES: [Type; 7] = [Type::A, Type::Aaaa, Type::Mx, Type::Txt, Type::Ns, Type::Ptr, Type::Cname];

    /// Replies as servers give them, most of them plain.
    fn reply() -> impl Strategy<Value = (Question, Vec<u8>, usize)> {
        let parts = (name(), prop::sample::select(&TYPES[..])).prop_flat_map(|(qname, qtype)| {
            let answers = prop::collection::vec(record(qname.clone(), qtype), 0..4);
            let other = (name(), prop::sample::select(&TYPES[..])).prop_flat_map(|(owner, rtype)| record(owner, rtype));
            let authority = prop_oneof![
                2 => Just(None),
                1 => Just(Some((Type::Soa, "ns.example. x.example. 1 2 3 4 5"))),
                1 => Just(Some((Type::Ns, "ns.example."))),
            ];
            let code = prop::sample::select(vec![0_u16, 0, 0, 3, 2]);
            (Just(qname), Just(qtype), answers, prop::option::weighted(0.2, other), authority, code, any::<bool>())
        });
        parts.prop_map(|(qname, qtype, answers, other, authority, code, edns)| {
            let mut message = Message::response(7, hickory_proto::op::OpCode::Query);
            message.metadata.response_code = ResponseCode::from(0, u8::try_from(code).unwrap());
            message.add_query(Query::query(wire::wire_name(&qname).unwrap(), wire::wire_type(qtype)));
            let question_end = message.to_vec().unwrap().len();
            message.insert_answers(answers.iter().chain(&other).filter_map(|r| wire::wire_record(r, 60)).collect());
            if let Some((rtype, rdata)) = authority {
                let record = Record { owner: qname.parent().unwrap_or_else(Name::root), rtype, rdata: rdata.into() };
                message.add_authority(wire::wire_record(&record, 60).unwrap());
            }
            if edns {
                message.set_edns(Edns::new());
            }
            (Question::new(qname, qtype), message.to_vec().unwrap(), question_end)
        })
    }

    fn reference(question: &Question, message: &[u8]) -> Answer {
        Message::from_vec(message).map_or_else(|_| Answer::empty(Outcome::Malformed), |m| wire::answer(question, &m))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn plain_replies_are_read_alike((question, message, end) in reply()) {
            if let Some(answer) = answer(&question, &message, end) {
                prop_assert_eq!(answer, reference(&question, &message));
            }
        }

        #[test]
        fn bent_replies_are_read_alike_or_left((question, message, end) in reply(), bends in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()) {
            let mut message = message;
            let header = 2..4;
            for (at, value) in bends {
                let at = at.index(message.len());
                // The question was compared before, and flags that make it no reply at all.
                if !(4..end).contains(&at) && !header.contains(&at) {
                    message[at] = value;
                }
            }
            if cut.index(4) == 0 {
                message.truncate(end + cut.index(message.len() - end + 1));
            }
            if let Some(answer) = answer(&question, &message, end) {
                prop_assert_eq!(answer, reference(&question, &message));
            }
        }
    }

    #[test]
    fn the_usual_replies_are_plain() {
        let name = Name::parse("a.example").unwrap();
        let mx = |rdata: &str| Record { owner: name.clone(), rtype: Type::Mx, rdata: rdata.into() };
        for records in [vec![], vec![mx("10 mx.a.example."), mx("5 m\\.x.example.")], vec![mx("0 .")]] {
            let mut message = Message::response(7, hickory_proto::op::OpCode::Query);
            message.add_query(Query::query(wire::wire_name(&name).unwrap(), wire::wire_type(Type::Mx)));
            let end = message.to_vec().unwrap().len();
            message.insert_answers(records.iter().filter_map(|r| wire::wire_record(r, 60)).collect());
            message.set_edns(Edns::new());
            let question = Question::new(name.clone(), Type::Mx);
            let bytes = message.to_vec().unwrap();
            assert_eq!(answer(&question, &bytes, end), Some(reference(&question, &bytes)));
        }
    }
}
