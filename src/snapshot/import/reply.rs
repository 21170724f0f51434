//! What other programs call the end of a question, in our words.
//!
//! | status | outcome |
//! |---|---|
//! | NOERROR | answered or nodata, by the records |
//! | NXDOMAIN, SERVFAIL, REFUSED | the same |
//! | any other response code (FORMERR, NOTIMP, YXDOMAIN ...), TRUNCATED | malformed |
//! | TIMEOUT, ITERATIVE_TIMEOUT | timeout |
//! | ERROR (a socket failed) | network-error |
//! | NOAUTH, NONEEDEDGLUE, CIRCULAR, AUTHFAIL (no server of the zone could be asked) | servfail |
//! | NO_ANSWER (NOERROR and no record) | nodata |
//! | anything else, such as NO_OUTPUT, BLACKLIST, MAXRETRIES | none: the question stays unrecorded |
//!
//! Every status met is counted with what became of it.

use super::Sink;
use crate::dns::{Answer, Outcome, Question, Record, Type, canonical};

/// What a status word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Look at the records.
    Records,
    Outcome(Outcome),
    /// Nothing about the question.
    Nothing,
}

/// Response codes (IANA registry) without a word of ours.
const OTHER_CODES: [&str; 19] = [
    "FORMERR",
    "NOTIMP",
    "NOTIMPL",
    "YXDOMAIN",
    "YXRRSET",
    "NXRRSET",
    "NOTAUTH",
    "NOTZONE",
    "DSOTYPENI",
    "BADVERS",
    "BADSIG",
    "BADKEY",
    "BADTIME",
    "BADMODE",
    "BADNAME",
    "BADALG",
    "BADTRUNC",
    "BADCOOKIE",
    "TRUNCATED",
];

pub(super) fn said(status: &str) -> Said {
    match status {
        "NOERROR" => Said::Records,
        "NXDOMAIN" => Said::Outcome(Outcome::Nxdomain),
        "SERVFAIL" | "NOAUTH" | "NONEEDEDGLUE" | "CIRCULAR" | "AUTHFAIL" => Said::Outcome(Outcome::Servfail),
        "REFUSED" => Said::Outcome(Outcome::Refused),
        "TIMEOUT" | "ITERATIVE_TIMEOUT" => Said::Outcome(Outcome::Timeout),
        "ERROR" => Said::Outcome(Outcome::NetworkError),
        "NO_ANSWER" => Said::Outcome(Outcome::Nodata),
        other if OTHER_CODES.contains(&other) => Said::Outcome(Outcome::Malformed),
        other if other.strip_prefix("RESERVED").is_some_and(|n| n.parse::<u16>().is_ok()) => Said::Outcome(Outcome::Malformed),
        _ => Said::Nothing,
    }
}

/// How often a source used a status word, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCount {
    /// The word of the source, upper-case.
    pub status: String,
    /// `None` where the word says nothing about the question, which then stays unrecorded.
    pub outcome: Option<Outcome>,
    pub count: usize,
}

impl Sink {
    /// A reply of the source to a question, with the records of its answer section.
    pub(super) fn reply(&mut self, question: Question, status: &str, section: Vec<Record>, moment: Option<&str>) {
        let status = status.to_ascii_uppercase();
        let answer = match said(&status) {
            Said::Records => Some(Answer::of_section(&question, true, section)),
            Said::Outcome(Outcome::Nxdomain) => Some(Answer::of_section(&question, false, section)),
            Said::Outcome(outcome) => Some(Answer::empty(outcome)),
            Said::Nothing => None,
        };
        self.status(status, answer.as_ref().map(|a| a.outcome));
        match answer {
            Some(answer) => self.fact(question, answer, moment),
            None => self.asked(&question.qname, moment),
        }
    }

    /// An answer that is whole as it stands.
    pub(super) fn fact(&mut self, question: Question, answer: Answer, moment: Option<&str>) {
        self.asked(&question.qname, moment);
        self.note_selector(&question);
        self.merge.add(question, answer);
    }

    /// Remembers a DKIM selector, for formats that do not fix them (RFC 6376 section 3.6.2.1).
    pub(super) fn note_selector(&mut self, question: &Question) {
        if !matches!(question.qtype, Type::Cname | Type::Txt) {
            return;
        }
        if let Some((selector, _)) = question.qname.as_str().split_once("._domainkey.")
            && !self.selectors.contains(selector)
        {
            self.selectors.insert(selector.to_owned());
        }
    }

    /// A record from its parts as the source wrote them; what is not valid is counted.
    pub(super) fn record(&mut self, owner: &str, rtype: &str, rdata: &str) -> Option<Record> {
        let Ok(rtype) = rtype.parse::<Type>() else {
            self.skip(&format!("record of type {}, which no question asks for", short(rtype)));
            return None;
        };
        let Ok(owner) = crate::dns::Name::parse(owner) else {
            self.skip("record whose owner is not a name");
            return None;
        };
        let Some(rdata) = canonical(rtype, rdata) else {
            self.skip(&format!("rdata that is not that of {rtype}"));
            return None;
        };
        Some(Record { owner, rtype, rdata: rdata.into() })
    }

    /// The question of a row; what is not valid is counted.
    pub(super) fn question(&mut self, qname: &str, qtype: &str) -> Option<Question> {
        let Ok(qtype) = qtype.parse::<Type>() else {
            self.skip(&format!("question of type {}, which no plan asks", short(qtype)));
            return None;
        };
        match crate::dns::Name::parse(qname) {
            Ok(qname) => Some(Question::new(qname, qtype)),
            Err(_) => {
                self.skip("question whose name is not a name");
                None
            }
        }
    }
}

/// A word of the source that may be anything, short enough for a report.
pub(super) fn short(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(20).collect()
}
