//! The border to hickory: wire names, records and messages to presentation format and back.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, NULL, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{DNSClass, Name as WireName, RData, Record as WireRecord, RecordType};
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder};

use super::{
    Answer, Name, NameError, Outcome, Question, Record, Type, parse_a, parse_aaaa, parse_mx, parse_srv, quote_strings,
    txt_strings,
};

/// A wire name in canonical presentation format.
pub fn name(wire: &WireName) -> Result<Name, NameError> {
    Name::from_labels(wire.iter())
}

/// The wire form of a name; `None` only where hickory refuses what this program accepts.
pub fn wire_name(name: &Name) -> Option<WireName> {
    let labels: Vec<Vec<u8>> = name.wire_labels().collect();
    let mut wire = WireName::from_labels(labels.iter().map(Vec::as_slice)).ok()?;
    wire.set_fqdn(true);
    Some(wire)
}

pub fn wire_type(rtype: Type) -> RecordType {
    RecordType::from(rtype.code())
}

/// A wire record as text; `None` where a name in it is not valid, or where it has no data and its type
/// demands some.
pub fn record(wire: &WireRecord) -> Option<Record> {
    let rtype = Type::from_code(wire.record_type().into());
    let rdata = match &wire.data {
        RData::A(a) => a.0.to_string(),
        RData::AAAA(aaaa) => aaaa.0.to_string(),
        RData::CNAME(target) => name(&target.0).ok()?.to_string(),
        RData::NS(target) => name(&target.0).ok()?.to_string(),
        RData::PTR(target) => name(&target.0).ok()?.to_string(),
        RData::MX(mx) => format!("{} {}", mx.preference, name(&mx.exchange).ok()?),
        RData::SRV(srv) => format!("{} {} {} {}", srv.priority, srv.weight, srv.port, name(&srv.target).ok()?),
        RData::TXT(txt) => quote_strings(txt.txt_data.iter()),
        RData::SOA(soa) => {
            let (mname, rname) = (name(&soa.mname).ok()?, name(&soa.rname).ok()?);
            format!("{mname} {rname} {} {} {} {} {}", soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum)
        }
        // What hickory makes of no data at all; only updates say something with that (RFC 2136 section 2.4).
        RData::Update0(_) if !matches!(rtype, Type::Other(_)) => return None,
        other => generic(other)?,
    };
    Some(Record { owner: name(&wire.name).ok()?, rtype, rdata: rdata.into() })
}

/// RFC 3597 section 5: `\# length hex`.
fn generic(rdata: &RData) -> Option<String> {
    let mut bytes = Vec::new();
    rdata.emit(&mut BinEncoder::new(&mut bytes)).ok()?;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    Some(format!("\\# {} {hex}", bytes.len()).trim_end().to_owned())
}

/// The wire form of a record kept as text, with the given TTL in seconds; `None` where the text is
/// not valid rdata of its type.
pub fn wire_record(record: &Record, ttl: u32) -> Option<WireRecord> {
    let target = || wire_name(&Name::parse(&record.rdata).ok()?);
    let data = match record.rtype {
        Type::A => RData::A(A(parse_a(&record.rdata)?)),
        Type::Aaaa => RData::AAAA(AAAA(parse_aaaa(&record.rdata)?)),
        Type::Cname => RData::CNAME(CNAME(target()?)),
        Type::Ns => RData::NS(NS(target()?)),
        Type::Ptr => RData::PTR(PTR(target()?)),
        Type::Mx => {
            let mx = parse_mx(&record.rdata)?;
            RData::MX(MX::new(mx.preference, wire_name(&mx.exchange)?))
        }
        Type::Srv => {
            let srv = parse_srv(&record.rdata)?;
            RData::SRV(SRV::new(srv.priority, srv.weight, srv.port, wire_name(&srv.target)?))
        }
        Type::Txt => {
            let strings = txt_strings(&record.rdata)?;
            RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()))
        }
        Type::Soa => {
            let fields: Vec<&str> = record.rdata.split(' ').collect();
            let [mname, rname, serial, refresh, retry, expire, minimum] = fields[..] else { return None };
            let names = (wire_name(&Name::parse(mname).ok()?)?, wire_name(&Name::parse(rname).ok()?)?);
            let times = (refresh.parse().ok()?, retry.parse().ok()?, expire.parse().ok()?, minimum.parse().ok()?);
            RData::SOA(SOA::new(names.0, names.1, serial.parse().ok()?, times.0, times.1, times.2, times.3))
        }
        Type::Other(code) => {
            let (length, hex) = record.rdata.strip_prefix("\\# ")?.split_once(' ').unwrap_or((&record.rdata[3..], ""));
            let bytes = (0..hex.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok())
                .collect::<Option<Vec<u8>>>()?;
            if length.parse() != Ok(bytes.len()) {
                return None;
            }
            // NULL::with panics on no bytes; an empty rdata has a constructor of its own.
            let rdata = if bytes.is_empty() { NULL::new() } else { NULL::with(bytes) };
            RData::Unknown { code: RecordType::from(code), rdata }
        }
    };
    let mut wire = WireRecord::from_rdata(wire_name(&record.owner)?, ttl, data);
    wire.dns_class = DNSClass::IN;
    Some(wire)
}

/// What a reply says to a question.
pub fn answer(question: &Question, message: &Message) -> Answer {
    let exists = match message.metadata.response_code {
        ResponseCode::NoError => true,
        ResponseCode::NXDomain => false,
        ResponseCode::ServFail => return Answer::empty(Outcome::Servfail),
        ResponseCode::Refused => return Answer::empty(Outcome::Refused),
        _ => return Answer::empty(Outcome::Malformed),
    };
    // The rest of an answer with a record that cannot be read would be a wrong answer.
    let Some(section) = message.answers.iter().map(record).collect() else { return Answer::empty(Outcome::Malformed) };
    let answer = Answer::of_section(question, exists, section);
    if answer.outcome == Outcome::Nodata && is_referral(message) { Answer::empty(Outcome::Malformed) } else { answer }
}

/// Name servers instead of an answer (RFC 2308 section 2.2): whoever was asked does not know, which
/// says nothing about the records. A resolver that works follows referrals itself.
fn is_referral(message: &Message) -> bool {
    let has = |rtype| message.authorities.iter().any(|r| r.record_type() == rtype);
    has(RecordType::NS) && !has(RecordType::SOA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_without_data_are_no_answer() {
        let question = Question::new(Name::parse("a.example").unwrap(), Type::Mx);
        let mut query = Message::query();
        query.add_query(hickory_proto::op::Query::query(wire_name(&question.qname).unwrap(), RecordType::MX));
        let mut bytes = query.to_vec().unwrap();
        // A reply, to an update: to anything else hickory refuses such a record itself.
        bytes[2] |= 0x80 | 5 << 3;
        bytes[7] = 2;
        // Owner is the question's name; type MX, class IN, a TTL of 60 seconds.
        let head = [0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60];
        bytes.extend(head.into_iter().chain([0, 5, 0, 10, 1, b'm', 0]).chain(head).chain([0, 0]));
        let message = Message::from_vec(&bytes).unwrap();
        assert_eq!(message.answers.len(), 2);
        assert_eq!(answer(&question, &message), Answer::empty(Outcome::Malformed));
    }

    #[test]
    fn every_record_survives_the_wire() {
        let records = [
            (Type::A, "192.0.2.1"),
            (Type::Aaaa, "2001:db8::1"),
            (Type::Cname, r"a\.b.example."),
            (Type::Mx, "10 mx.example."),
            (Type::Mx, "0 ."),
            (Type::Srv, "0 0 443 host.example."),
            (Type::Txt, r#""v=spf1 -all" "\255\000\"""#),
            (Type::Soa, "ns.example. root.example. 1 2 3 4 5"),
            (Type::Other(65280), r"\# 3 00ff10"),
            (Type::Other(65280), r"\# 0"),
        ];
        for (rtype, rdata) in records {
            let text = Record { owner: Name::parse(r"o\032x.example").unwrap(), rtype, rdata: rdata.into() };
            let wire = wire_record(&text, 60).unwrap_or_else(|| panic!("{rtype} {rdata}"));
            assert_eq!(record(&wire).unwrap(), text);
        }
        let broken = Record { owner: Name::root(), rtype: Type::Other(1000), rdata: r"\# 9 zz".into() };
        assert!(wire_record(&broken, 60).is_none());
    }
}
