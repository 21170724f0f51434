//! Where a format puts what it reads.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::ImportError;
use super::reply::StatusCount;
use crate::dns::{Answer, Name, Outcome, Question, Record, Type};
use crate::observation::{Facts, Limits, Merge};
use crate::plan::Kind;
use crate::population::Population;

/// Rows or values left out, by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub reason: String,
    pub count: usize,
    /// The first place, `file:line`.
    pub first: String,
}

/// Collects the answers of all inputs, and what could not be used.
pub(super) struct Sink {
    members: HashSet<Name>,
    pub(super) merge: Merge,
    pub(super) limits: Limits,
    /// Rows or objects read.
    pub(super) rows: usize,
    /// Member domains that a row was about, with the moment they were asked where the source tells.
    pub(super) observed: BTreeMap<Name, Option<String>>,
    /// DKIM selectors met, for formats that do not fix them.
    pub(super) selectors: BTreeSet<String>,
    /// Records whose question is not told, by the question they answer.
    pub(super) loose: BTreeMap<Question, Answer>,
    parts: Vec<(Question, Answer, Kind)>,
    statuses: BTreeMap<(String, Option<Outcome>), usize>,
    skipped: HashMap<String, (usize, String)>,
    file: PathBuf,
    line: u64,
}

impl Sink {
    pub(super) fn new(population: &Population) -> Self {
        Self {
            members: population.members.iter().map(|m| m.asked().clone()).collect(),
            merge: Merge::default(),
            limits: Limits::default(),
            rows: 0,
            observed: BTreeMap::new(),
            selectors: BTreeSet::new(),
            loose: BTreeMap::new(),
            parts: Vec::new(),
            statuses: BTreeMap::new(),
            skipped: HashMap::new(),
            file: PathBuf::new(),
            line: 0,
        }
    }

    pub(super) fn begin(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
        self.line = 0;
    }

    /// A row begins on this line.
    pub(super) fn row(&mut self, line: u64) {
        self.rows += 1;
        self.line = line;
    }

    /// What follows stands on this line, which need not be a row.
    pub(super) fn at(&mut self, line: u64) {
        self.line = line;
    }

    pub(super) fn count_row(&mut self) {
        self.rows += 1;
    }

    pub(super) fn is_member(&self, domain: &Name) -> bool {
        self.members.contains(domain)
    }

    /// A row was about this member, asked at `moment` (RFC 3339). Of two moments the later counts.
    pub(super) fn observed(&mut self, member: &Name, moment: Option<&str>) {
        let known = self.observed.entry(member.clone()).or_default();
        if moment > known.as_deref() {
            *known = moment.map(str::to_owned);
        }
    }

    /// A row was about this name, which may be a member's.
    pub(super) fn asked(&mut self, qname: &Name, moment: Option<&str>) {
        if self.is_member(qname) {
            self.observed(qname, moment);
        }
    }

    pub(super) fn answer(&mut self, question: Question, outcome: Outcome, records: Vec<Record>) {
        let answer = Answer::new(&question.qname, outcome, records);
        self.merge.add(question, answer);
    }

    /// An answer whose records all stand under the asked name.
    pub(super) fn answered(&mut self, qname: Name, qtype: Type, rdata: impl IntoIterator<Item = String>) {
        let record = |rdata: String| Record { owner: qname.clone(), rtype: qtype, rdata: rdata.into() };
        let records = rdata.into_iter().map(record).collect();
        self.answer(Question::new(qname.clone(), qtype), Outcome::Answered, records);
    }

    /// A value that becomes no record; nothing is left out without a word.
    pub(super) fn skip(&mut self, reason: &str) {
        let place = || format!("{}:{}", self.file.file_name().unwrap_or_default().to_string_lossy(), self.line);
        match self.skipped.get_mut(reason) {
            Some((count, _)) => *count += 1,
            None => {
                let first = place();
                self.skipped.insert(reason.to_owned(), (1, first));
            }
        }
    }

    /// A status word of the source, and what became of it.
    pub(super) fn status(&mut self, word: String, outcome: Option<Outcome>) {
        *self.statuses.entry((word, outcome)).or_default() += 1;
    }

    /// An answer of which the source kept only some records. It counts, as partial, only where no
    /// input holds a fuller one.
    pub(super) fn fact_of_part(&mut self, question: Question, answer: Answer, kind: Kind, moment: Option<&str>) {
        self.asked(&question.qname, moment);
        self.parts.push((question, answer, kind));
    }

    /// All inputs are read.
    pub(super) fn settle(&mut self) {
        for (question, answer, kind) in std::mem::take(&mut self.parts) {
            if !self.merge.get(&question).is_some_and(|held| held.outcome.is_definitive()) {
                self.limits.partial.insert(kind);
                self.merge.add(question, answer);
            }
        }
    }

    pub(super) fn statuses(&self) -> Vec<StatusCount> {
        let count = |((status, outcome), &count): (&(String, Option<Outcome>), &usize)| StatusCount {
            status: status.clone(),
            outcome: *outcome,
            count,
        };
        self.statuses.iter().map(count).collect()
    }

    pub(super) fn fault(&self, reason: String) -> ImportError {
        ImportError::Line { path: self.file.clone(), line: self.line, reason }
    }

    /// Facts so far, and the reasons for leaving values out, sorted.
    pub(super) fn finish(self) -> (Facts, Vec<Skipped>) {
        let skipped = self.skipped.into_iter().map(|(reason, (count, first))| Skipped { reason, count, first });
        let mut skipped: Vec<Skipped> = skipped.collect();
        skipped.sort_by(|a, b| a.reason.cmp(&b.reason));
        (self.merge.finish(), skipped)
    }
}
