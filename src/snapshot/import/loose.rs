//! Records without a word of the question they answered: `dig +noall +answer`, zone files, the
//! simple output of massdns.
//!
//! Records of one owner and type are the answer to that question. A CNAME followed at once by its
//! target's records was met on the way from the alias, so these answer a question about the alias
//! as well as one about the target.

use super::Sink;
use crate::dns::{Answer, Name, Outcome, Question, Record, Type};

/// Records in the order of the file, of which the last may go on.
#[derive(Default)]
pub(super) struct Loose {
    chain: Vec<Record>,
    records: Vec<Record>,
}

impl Loose {
    pub(super) fn push(&mut self, record: Record, sink: &mut Sink) {
        let end = self.chain.last().and_then(|link| Name::parse(&link.rdata).ok());
        let goes_on = match self.records.first() {
            Some(first) => first.owner == record.owner && first.rtype == record.rtype,
            None => end.as_ref() == Some(&record.owner),
        };
        if !goes_on {
            self.flush(sink);
        }
        // A link met twice is the beginning of another reply.
        if record.rtype == Type::Cname && self.chain.contains(&record) {
            self.flush(sink);
        }
        match record.rtype {
            Type::Cname => self.chain.push(record),
            _ => self.records.push(record),
        }
    }

    /// Nothing of the next record belongs to those before.
    pub(super) fn flush(&mut self, sink: &mut Sink) {
        let chain = std::mem::take(&mut self.chain);
        let records = std::mem::take(&mut self.records);
        let asked = match (chain.first(), records.first()) {
            (Some(link), Some(record)) => Question::new(link.owner.clone(), record.rtype),
            (None, Some(record)) => Question::new(record.owner.clone(), record.rtype),
            // The question may have been of any type; the links are what a question for them gives.
            (Some(_), None) => {
                for link in chain {
                    sink.loose(Question::new(link.owner.clone(), Type::Cname), vec![link]);
                }
                return;
            }
            (None, None) => return,
        };
        if let (false, Some(record)) = (chain.is_empty(), records.first()) {
            sink.loose(Question::new(record.owner.clone(), record.rtype), records.clone());
        }
        sink.loose(asked, chain.into_iter().chain(records).collect());
    }
}

impl Sink {
    /// Records of one question may stand apart, as in a zone file; they add up.
    fn loose(&mut self, question: Question, mut records: Vec<Record>) {
        if let Some(held) = self.loose.remove(&question) {
            records.extend(held.records().iter().cloned());
        }
        let answer = Answer::new(&question.qname, Outcome::Answered, records);
        self.loose.insert(question, answer);
    }

    /// Loose records become facts at the end of their file.
    pub(super) fn settle_loose(&mut self) {
        for (question, answer) in std::mem::take(&mut self.loose) {
            self.fact(question, answer, None);
        }
    }
}
