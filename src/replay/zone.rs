//! What a replay says to a question: a pure lookup in the recorded facts.

use std::collections::HashMap;

use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::Record as WireRecord;

use crate::dns::{Name, Outcome, Question, Record, Type, wire};
use crate::observation::Facts;

/// TTL of every record served, in seconds. A snapshot keeps none.
const TTL: u32 = 60;

/// The recorded facts, indexed for serving.
pub(super) struct Zone {
    facts: Facts,
    /// Owners and targets of the CNAME links seen in any recorded answer. Owners seen with two
    /// different targets are left out: which of them DNS would give is not known.
    links: HashMap<Name, Record>,
}

/// What the server does with one question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Send { code: ResponseCode, answers: Vec<WireRecord>, negative: bool },
    Silence,
}

impl Zone {
    pub(super) fn new(facts: Facts) -> Self {
        let mut links: HashMap<Name, Record> = HashMap::new();
        let mut contradicted = Vec::new();
        for (question, answer) in facts.iter() {
            // A link asked for by itself is in the facts under its own question.
            if question.qtype == Type::Cname {
                continue;
            }
            for link in answer.records().iter().filter(|r| r.rtype == Type::Cname) {
                let known = links.entry(link.owner.clone()).or_insert_with(|| link.clone());
                if known != link {
                    contradicted.push(link.owner.clone());
                }
            }
        }
        for owner in contradicted {
            links.remove(&owner);
        }
        Self { facts, links }
    }

    pub(super) fn reply(&self, question: &Question) -> Reply {
        let refused = || Reply::Send { code: ResponseCode::Refused, answers: Vec::new(), negative: false };
        let Some(answer) = self.facts.get(question) else {
            if question.qtype == Type::Cname
                && let Some(link) = self.links.get(&question.qname)
            {
                return Reply::Send { code: ResponseCode::NoError, answers: records([link]), negative: false };
            }
            // Asked by preflights, and true of any server that pretends to know the whole tree.
            if question.qname.is_root() && question.qtype == Type::Soa {
                return Reply::Send { code: ResponseCode::NoError, answers: vec![root_soa()], negative: false };
            }
            return refused();
        };
        let code = match answer.outcome {
            Outcome::Answered | Outcome::Nodata => ResponseCode::NoError,
            Outcome::Nxdomain => ResponseCode::NXDomain,
            Outcome::Servfail => ResponseCode::ServFail,
            Outcome::Refused | Outcome::Unrecorded => ResponseCode::Refused,
            // The client sees a reply that is no answer, as it did when this was recorded.
            Outcome::Malformed => ResponseCode::FormErr,
            // A server cannot fake a broken network over UDP; to the client both are silence.
            Outcome::Timeout | Outcome::NetworkError => return Reply::Silence,
        };
        if !answer.outcome.is_definitive() {
            return Reply::Send { code, answers: Vec::new(), negative: false };
        }
        Reply::Send { code, answers: records(answer.records()), negative: answer.outcome.is_negative() }
    }
}

fn records<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<WireRecord> {
    records.into_iter().filter_map(|r| wire::wire_record(r, TTL)).collect()
}

/// The SOA of the root that stands for the whole recording, also under negative answers (RFC 2308
/// section 3 wants one). Its names end in `invalid`, so it passes for nobody's.
pub(super) fn root_soa() -> WireRecord {
    let record =
        Record { owner: Name::root(), rtype: Type::Soa, rdata: "replay.invalid. nobody.invalid. 1 3600 600 86400 60".into() };
    wire::wire_record(&record, TTL).expect("a constant record is valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Answer;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn link(owner: &str, target: &str) -> Record {
        Record { owner: name(owner), rtype: Type::Cname, rdata: target.into() }
    }

    fn zone(facts: &[(&str, Type, Outcome, &[Record])]) -> Zone {
        let answers = facts.iter().map(|(qname, qtype, outcome, records)| {
            (Question::new(name(qname), *qtype), Answer::new(&name(qname), *outcome, records.to_vec()))
        });
        Zone::new(Facts::new(answers))
    }

    fn code(zone: &Zone, qname: &str, qtype: Type) -> Option<(ResponseCode, usize)> {
        match zone.reply(&Question::new(name(qname), qtype)) {
            Reply::Send { code, answers, .. } => Some((code, answers.len())),
            Reply::Silence => None,
        }
    }

    #[test]
    fn outcomes_are_served_as_recorded() {
        let zone = zone(&[
            ("a.example", Type::Mx, Outcome::Nodata, &[]),
            ("a.example", Type::Txt, Outcome::Nxdomain, &[]),
            ("b.example", Type::Mx, Outcome::Servfail, &[]),
            ("b.example", Type::Txt, Outcome::Refused, &[]),
            ("b.example", Type::A, Outcome::Unrecorded, &[]),
            ("c.example", Type::Mx, Outcome::Malformed, &[]),
            ("c.example", Type::Txt, Outcome::Timeout, &[]),
            ("c.example", Type::A, Outcome::NetworkError, &[]),
        ]);
        assert_eq!(code(&zone, "a.example", Type::Mx), Some((ResponseCode::NoError, 0)));
        assert_eq!(code(&zone, "a.example", Type::Txt), Some((ResponseCode::NXDomain, 0)));
        assert_eq!(code(&zone, "b.example", Type::Mx), Some((ResponseCode::ServFail, 0)));
        assert_eq!(code(&zone, "b.example", Type::Txt), Some((ResponseCode::Refused, 0)));
        assert_eq!(code(&zone, "b.example", Type::A), Some((ResponseCode::Refused, 0)));
        assert_eq!(code(&zone, "c.example", Type::Mx), Some((ResponseCode::FormErr, 0)));
        assert_eq!(code(&zone, "c.example", Type::Txt), None);
        assert_eq!(code(&zone, "c.example", Type::A), None);
        assert_eq!(code(&zone, "a.example", Type::A), Some((ResponseCode::Refused, 0)), "not recorded is not denied");
    }

    #[test]
    fn links_are_served_alone_but_never_invented() {
        let zone = zone(&[
            ("a.example", Type::A, Outcome::Nxdomain, &[link("a.example", "b.example."), link("b.example", "c.example.")]),
            ("x.example", Type::A, Outcome::Nodata, &[link("x.example", "y.example.")]),
            ("x.example", Type::Aaaa, Outcome::Nodata, &[link("x.example", "z.example.")]),
        ]);
        assert_eq!(code(&zone, "a.example", Type::A), Some((ResponseCode::NXDomain, 2)));
        assert_eq!(code(&zone, "b.example", Type::Cname), Some((ResponseCode::NoError, 1)));
        assert_eq!(code(&zone, "c.example", Type::Cname), Some((ResponseCode::Refused, 0)));
        assert_eq!(code(&zone, "b.example", Type::A), Some((ResponseCode::Refused, 0)));
        assert_eq!(code(&zone, "x.example", Type::Cname), Some((ResponseCode::Refused, 0)), "two recordings disagree");
    }

    #[test]
    fn the_root_has_a_soa() {
        assert_eq!(code(&zone(&[]), ".", Type::Soa), Some((ResponseCode::NoError, 1)));
        assert_eq!(code(&zone(&[]), ".", Type::Ns), Some((ResponseCode::Refused, 0)));
    }
}
