//! What an answer section says to a question.

use std::collections::HashMap;

use super::{Answer, Name, Outcome, Question, Record, Type};

impl Answer {
    /// What a reply without an error code says to a question, or with NXDOMAIN where `exists` is
    /// false. Only records that answer it are kept: the links of its CNAME chain and the records of
    /// the asked type at the chain's end; anything else a server adds to the answer section is not
    /// about the question (RFC 1034 section 4.3.1). Of two targets of one name, against RFC 2181
    /// section 10.1, the first in order is followed, whichever the server put first.
    pub fn of_section(question: &Question, exists: bool, section: Vec<Record>) -> Self {
        let mut kept: Vec<Record> = Vec::new();
        let mut at = question.qname.clone();
        if question.qtype != Type::Cname {
            let mut links: HashMap<&Name, &Record> = HashMap::new();
            for record in section.iter().filter(|r| r.rtype == Type::Cname) {
                let first = links.entry(&record.owner).or_insert(record);
                if record.rdata < first.rdata {
                    *first = record;
                }
            }
            // Each link is taken out of the set, so a loop ends by itself.
            while let Some(link) = links.remove(&at) {
                kept.push(link.clone());
                match Name::parse(&link.rdata) {
                    Ok(target) => at = target,
                    Err(_) => break,
                }
            }
        }
        let links = kept.len();
        kept.extend(section.into_iter().filter(|r| r.rtype == question.qtype && r.owner == at));
        let outcome = match (exists, kept.len() > links) {
            (false, _) => Outcome::Nxdomain,
            (true, true) => Outcome::Answered,
            (true, false) => Outcome::Nodata,
        };
        Self::new(&question.qname, outcome, kept)
    }
}
