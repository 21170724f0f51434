//! The DNS vocabulary of the program: names, types, questions, outcomes, records and answers.
//!
//! Everything is kept in presentation format (RFC 1035 section 5.1) so that a snapshot can be read
//! by eye, diffed by line and replayed without loss. [`wire`] alone converts from and to hickory.

mod name;
#[cfg(feature = "crawl")]
pub mod plain;
mod rdata;
mod section;
#[cfg(feature = "crawl")]
pub mod wire;

use std::fmt;
use std::str::FromStr;

pub use name::{Name, NameError};
pub use rdata::{
    Mx, Srv, canonical, is_canonical, parse_a, parse_aaaa, parse_mx, parse_srv, quote_strings, txt_bytes, txt_strings,
};

/// A record type: the ones this program asks for by name, any other by its number (RFC 3597).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    A,
    Aaaa,
    Cname,
    Mx,
    Ns,
    Ptr,
    Soa,
    Srv,
    Txt,
    Other(u16),
}

impl Type {
    /// The number of the type on the wire (IANA registry).
    pub fn code(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Ns => 2,
            Self::Cname => 5,
            Self::Soa => 6,
            Self::Ptr => 12,
            Self::Mx => 15,
            Self::Txt => 16,
            Self::Aaaa => 28,
            Self::Srv => 33,
            Self::Other(code) => code,
        }
    }

    /// The word for the type, where this program knows one.
    pub fn mnemonic(self) -> Option<&'static str> {
        Some(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Soa => "SOA",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
            Self::Other(_) => return None,
        })
    }

    pub fn from_code(code: u16) -> Self {
        match code {
            1 => Self::A,
            2 => Self::Ns,
            5 => Self::Cname,
            6 => Self::Soa,
            12 => Self::Ptr,
            15 => Self::Mx,
            16 => Self::Txt,
            28 => Self::Aaaa,
            33 => Self::Srv,
            other => Self::Other(other),
        }
    }
}

// Ordered by mnemonic, the order of the `qtype` and `type` columns of a snapshot.
impl Ord for Type {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self == other {
            return std::cmp::Ordering::Equal;
        }
        match (self.mnemonic(), other.mnemonic()) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => self.to_string().cmp(&other.to_string()),
        }
    }
}

impl PartialOrd for Type {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.mnemonic()) {
            (Self::Other(code), _) => write!(f, "TYPE{code}"),
            (_, mnemonic) => f.pad(mnemonic.unwrap_or_default()),
        }
    }
}

/// A type mnemonic this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown record type {0:?}; expected A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT or TYPEn")]
pub struct UnknownType(String);

impl FromStr for Type {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        Ok(match text {
            "A" => Self::A,
            "AAAA" => Self::Aaaa,
            "CNAME" => Self::Cname,
            "MX" => Self::Mx,
            "NS" => Self::Ns,
            "PTR" => Self::Ptr,
            "SOA" => Self::Soa,
            "SRV" => Self::Srv,
            "TXT" => Self::Txt,
            other => {
                let code = other.strip_prefix("TYPE").and_then(|n| n.parse().ok());
                Self::from_code(code.ok_or_else(|| UnknownType(other.to_owned()))?)
            }
        })
    }
}

/// What is asked of the DNS. Class is always IN.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    pub qname: Name,
    pub qtype: Type,
}

impl Question {
    pub fn new(qname: Name, qtype: Type) -> Self {
        Self { qname, qtype }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.qname, self.qtype)
    }
}

/// How a question ended. "No answer" is never "no record": only [`Outcome::is_definitive`] says
/// something about the zone; the others say something about the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// NOERROR with at least one record of the asked type (or a record set for the CNAME target).
    Answered,
    /// NOERROR without a record of the asked type (RFC 2308 section 2.2).
    Nodata,
    /// The name, or the target of its CNAME, does not exist (RFC 2308 section 2.1).
    Nxdomain,
    Servfail,
    Refused,
    Timeout,
    /// A reply came that is not a valid answer to the question (bad wire format, other error codes).
    Malformed,
    NetworkError,
    /// An imported source cannot say what DNS answered.
    Unrecorded,
}

impl Outcome {
    pub const ALL: [Self; 9] = [
        Self::Answered,
        Self::Nodata,
        Self::Nxdomain,
        Self::Servfail,
        Self::Refused,
        Self::Timeout,
        Self::Malformed,
        Self::NetworkError,
        Self::Unrecorded,
    ];

    /// Whether the zone itself has spoken: records, no such data, or no such name.
    pub fn is_definitive(self) -> bool {
        matches!(self, Self::Answered | Self::Nodata | Self::Nxdomain)
    }

    /// Definitively no record: NODATA or NXDOMAIN.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::Nodata | Self::Nxdomain)
    }

    /// Whether asking again can help. Never true for what the zone itself has said.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Servfail | Self::Refused | Self::Timeout | Self::Malformed | Self::NetworkError)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Nodata => "nodata",
            Self::Nxdomain => "nxdomain",
            Self::Servfail => "servfail",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::NetworkError => "network-error",
            Self::Unrecorded => "unrecorded",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An outcome word this program does not know.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown outcome {0:?}; expected answered, nodata, nxdomain, servfail, refused, timeout, malformed, network-error or unrecorded"
)]
pub struct UnknownOutcome(String);

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL.into_iter().find(|o| o.as_str() == text).ok_or_else(|| UnknownOutcome(text.to_owned()))
    }
}

/// One resource record of an answer section, without its TTL (a cache's countdown is noise).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    pub owner: Name,
    pub rtype: Type,
    /// RFC 1035 presentation format; names absolute and lower-case, other bytes as `\DDD`.
    pub rdata: Box<str>,
}

/// What the DNS said to one question: the outcome and the records of the answer section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub outcome: Outcome,
    /// CNAME links first in chain order, then by owner and rdata; no duplicates.
    records: Vec<Record>,
}

impl Answer {
    /// An answer in canonical form: links of the question's CNAME chain first and in chain order,
    /// everything else sorted by type, owner and rdata, duplicates dropped (RFC 2181 section 5).
    pub fn new(qname: &Name, outcome: Outcome, mut records: Vec<Record>) -> Self {
        if is_in_order(&records) {
            return Self { outcome, records };
        }
        records.sort_by(by_type_owner_and_rdata);
        records.dedup();
        if records.iter().all(|r| r.rtype != Type::Cname) {
            return Self { outcome, records };
        }
        let mut chain = Vec::new();
        let mut at = qname.clone();
        // Each link is taken out of the set, so a CNAME loop ends by itself.
        while let Some(i) = records.iter().position(|r| r.rtype == Type::Cname && r.owner == at) {
            let link = records.remove(i);
            let next = Name::parse(&link.rdata).ok();
            chain.push(link);
            match next {
                Some(target) => at = target,
                None => break,
            }
        }
        chain.append(&mut records);
        Self { outcome, records: chain }
    }

    /// As [`Answer::new`], from records in that form already; `None` where they are not.
    pub fn in_order(qname: &Name, outcome: Outcome, records: Vec<Record>) -> Option<Self> {
        if is_in_order(&records) {
            return Some(Self { outcome, records });
        }
        let answer = Self::new(qname, outcome, records.clone());
        (answer.records == records).then_some(answer)
    }

    /// An answer without records.
    pub fn empty(outcome: Outcome) -> Self {
        Self { outcome, records: Vec::new() }
    }

    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The rdata of every record of one type, in canonical order.
    pub fn rdata(&self, rtype: Type) -> impl Iterator<Item = &str> {
        self.records.iter().filter(move |r| r.rtype == rtype).map(|r| &*r.rdata)
    }

    /// Where the CNAME chain of `qname` ends, if there is one (at most as many steps as links).
    pub fn cname_target(&self, qname: &Name) -> Option<Name> {
        let mut at = qname.clone();
        for link in self.records.iter().filter(|r| r.rtype == Type::Cname) {
            if link.owner != at {
                break;
            }
            at = Name::parse(&link.rdata).ok()?;
        }
        (at != *qname).then_some(at)
    }
}

fn by_type_owner_and_rdata(a: &Record, b: &Record) -> std::cmp::Ordering {
    (a.rtype, &a.owner, &a.rdata).cmp(&(b.rtype, &b.owner, &b.rdata))
}

/// Whether records stand in canonical order, no CNAME chain among them.
fn is_in_order(records: &[Record]) -> bool {
    records.iter().all(|r| r.rtype != Type::Cname) && records.is_sorted_by(|a, b| by_type_owner_and_rdata(a, b).is_lt())
}

/// The registrable domain (public suffix plus one label) of a name, by the public suffix list that
/// the `psl` crate of Cargo.lock carries; `None` for public suffixes themselves and the root.
pub fn registrable(name: &Name) -> Option<Name> {
    Name::parse(registrable_str(name)?).ok()
}

/// As [`registrable`], as part of the name's own text: with its final dot.
pub fn registrable_str(name: &Name) -> Option<&str> {
    let text = name.as_str();
    if text.contains('\\') {
        return None;
    }
    let domain = psl::domain_str(name.bare())?;
    text.get(text.len() - 1 - domain.len()..).filter(|d| !d.starts_with('.'))
}
