//! Observations as JSON lines: each line is one member with every question and its answer, whole in
//! itself, so that any engine can cut a stream of them where it likes.
//!
//! ```json
//! {"id":"one","domain":"one.example.","plan":{"depth":"mx","kinds":["mx","txt"]},
//!  "questions":[{"qname":"one.example.","qtype":"MX","outcome":"answered",
//!                "records":[{"owner":"one.example.","type":"MX","rdata":"10 mx.one.example."}]}]}
//! ```
//!
//! `name`, `mail_domain`, `rank`, `cohorts`, `limits` and, in `plan`, `labels` stand where they hold
//! something. The suffixes of known exchanges are not carried: they decide what a crawl asks, never
//! what an answer means.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::dns::{Answer, Name, Outcome, Question, Record, Type, canonical};
use crate::observation::{Facts, Limits, Observation};
use crate::plan::{Known, Labels, Plan};
use crate::population::Member;

/// One line: a member and what was asked about it, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    pub member: Member,
    /// Names of the member's cohort columns.
    pub cohorts: Vec<String>,
    /// Every question asked about the member, with its answer.
    pub facts: Facts,
    pub plan: Plan,
    pub limits: Limits,
}

impl Observed {
    /// One member's questions, cut out of the facts of all. Questions that the facts do not hold are
    /// left out.
    pub fn of(observation: &Observation, cohorts: &[String]) -> Self {
        let asked = observation.questions().into_iter();
        let facts = Facts::new(asked.filter_map(|(question, answer)| Some((question, answer?.clone()))));
        let mut plan = observation.plan.clone();
        plan.labels.known_exchanges.clear();
        Self { member: observation.member.clone(), cohorts: cohorts.to_vec(), facts, plan, limits: observation.limits.clone() }
    }

    pub fn observation(&self) -> Observation<'_> {
        Observation { member: &self.member, facts: &self.facts, plan: &self.plan, limits: &self.limits }
    }
}

/// A line that is not an observation.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
    #[error("line {line}: {error}")]
    Io { line: u64, error: io::Error },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: Box<str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    name: Box<str>,
    domain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail_domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
    /// Column and value, in the order of the columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cohorts: Vec<(String, Box<str>)>,
    plan: PlanLine,
    #[serde(default, skip_serializing_if = "is_default")]
    limits: Limits,
    questions: Vec<QuestionLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanLine {
    depth: crate::plan::Depth,
    kinds: std::collections::BTreeSet<crate::plan::Kind>,
    #[serde(default, skip_serializing_if = "is_default")]
    labels: LabelsLine,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LabelsLine {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    microsoft_selectors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    google_selectors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vendor_selectors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opaque_spf: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sender_addresses: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionLine {
    qname: String,
    qtype: String,
    outcome: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<RecordLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordLine {
    owner: String,
    r#type: String,
    rdata: Box<str>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Writes one observation and the end of its line. The same observation is always the same bytes.
pub fn write(observed: &Observed, mut output: impl Write) -> io::Result<()> {
    let Observed { member, cohorts, facts, plan, limits } = observed;
    let value = |i: usize| member.cohorts.get(i).cloned().unwrap_or_default();
    let labels = &plan.labels;
    let hosted = plan.has(crate::plan::Kind::HostedSpf);
    let line = Line {
        id: member.id.clone(),
        name: member.name.clone(),
        domain: member.domain.to_string(),
        mail_domain: member.mail_domain.as_ref().map(Name::to_string),
        rank: member.rank,
        cohorts: cohorts.iter().enumerate().map(|(i, column)| (column.clone(), value(i))).collect(),
        plan: PlanLine {
            depth: plan.depth,
            kinds: plan.kinds.clone(),
            labels: LabelsLine {
                microsoft_selectors: labels.microsoft_selectors.clone(),
                google_selectors: labels.google_selectors.clone(),
                vendor_selectors: labels.vendor_selectors.clone(),
                // Of use to hosted SPF questions alone.
                opaque_spf: if hosted { labels.opaque_spf.clone() } else { Vec::new() },
                sender_addresses: if hosted { labels.sender_addresses.clone() } else { Vec::new() },
            },
        },
        limits: limits.clone(),
        questions: facts.iter().map(|(question, answer)| question_line(question, answer)).collect(),
    };
    serde_json::to_writer(&mut output, &line)?;
    output.write_all(b"\n")
}

fn question_line(question: &Question, answer: &Answer) -> QuestionLine {
    let record = |r: &Record| RecordLine { owner: r.owner.to_string(), r#type: r.rtype.to_string(), rdata: r.rdata.clone() };
    QuestionLine {
        qname: question.qname.to_string(),
        qtype: question.qtype.to_string(),
        outcome: answer.outcome.to_string(),
        records: answer.records().iter().map(record).collect(),
    }
}

/// More than a member's questions can hold; a longer line is not read into memory.
const MAX_LINE: u64 = 64 << 20;

/// Reads observations line by line: memory is that of the longest line.
pub struct Reader<R> {
    input: R,
    line: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    pub fn new(input: R) -> Self {
        Self { input, line: 0, buffer: Vec::new(), ended: false }
    }

    fn read(&mut self) -> Result<Option<Observed>, StreamError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let line = self.line;
            let read = io::Read::take(&mut self.input, MAX_LINE).read_until(b'\n', &mut self.buffer);
            match read.map_err(|error| StreamError::Io { line, error })? as u64 {
                0 => return Ok(None),
                MAX_LINE => return Err(StreamError::Line { line, reason: format!("longer than {MAX_LINE} bytes") }),
                _ if self.buffer.trim_ascii().is_empty() => {}
                _ => return parse(&self.buffer).map(Some).map_err(|reason| StreamError::Line { line, reason }),
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Observed, StreamError>;

    /// After an error nothing follows.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// One line as an observation; the reason where it is none.
pub fn parse(line: &[u8]) -> Result<Observed, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let name = |field: &str, text: &str| Name::parse(text).map_err(|error| format!("{field} {text:?}: {error}"));
    let (cohorts, values) = line.cohorts.into_iter().unzip();
    let member = Member {
        id: line.id,
        name: line.name,
        domain: name("domain", &line.domain)?,
        mail_domain: line.mail_domain.as_deref().map(|text| name("mail_domain", text)).transpose()?,
        rank: line.rank,
        cohorts: values,
    };
    let labels = line.plan.labels;
    let labels = Labels {
        microsoft_selectors: labels.microsoft_selectors,
        google_selectors: labels.google_selectors,
        vendor_selectors: labels.vendor_selectors,
        known_exchanges: Vec::new(),
        opaque_spf: labels.opaque_spf,
        sender_addresses: labels.sender_addresses,
    };
    let plan = Plan { depth: line.plan.depth, kinds: line.plan.kinds, labels, known: Known::default() };
    let mut answers = Vec::with_capacity(line.questions.len());
    for question in line.questions {
        let (asked, answer) = answer(question)?;
        answers.push((asked, answer));
    }
    let count = answers.len();
    let facts = Facts::new(answers);
    if facts.len() < count {
        return Err("a question stands twice".to_owned());
    }
    Ok(Observed { member, cohorts, facts, plan, limits: line.limits })
}

fn answer(line: QuestionLine) -> Result<(Question, Answer), String> {
    let name = |text: &str| Name::parse(text).map_err(|error| format!("name {text:?}: {error}"));
    let qtype: Type = line.qtype.parse().map_err(|e: crate::dns::UnknownType| e.to_string())?;
    let outcome: Outcome = line.outcome.parse().map_err(|e: crate::dns::UnknownOutcome| e.to_string())?;
    let question = Question::new(name(&line.qname)?, qtype);
    if outcome == Outcome::Answered && line.records.is_empty() {
        return Err(format!("{question} is answered but has no record"));
    }
    let mut records = Vec::with_capacity(line.records.len());
    for record in line.records {
        let rtype: Type = record.r#type.parse().map_err(|e: crate::dns::UnknownType| e.to_string())?;
        let rdata = canonical(rtype, &record.rdata).ok_or_else(|| format!("{question}: rdata is not that of {rtype}"))?;
        records.push(Record { owner: name(&record.owner)?, rtype, rdata: rdata.into() });
    }
    let answer = Answer::new(&question.qname, outcome, records);
    Ok((question, answer))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::{Depth, Kind};

    fn name() -> impl Strategy<Value = Name> {
        prop_oneof!["[a-z0-9_-]{1,9}(\\.[a-z]{1,5}){1,2}".prop_map(|text| Name::parse(&text).unwrap()), Just(Name::root())]
    }

    fn record() -> impl Strategy<Value = Record> {
        let rdata = prop_oneof![
            (any::<u16>(), name()).prop_map(|(p, n)| (Type::Mx, format!("{p} {n}"))),
            any::<std::net::Ipv6Addr>().prop_map(|a| (Type::Aaaa, a.to_string())),
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..3)
                .prop_map(|strings| (Type::Txt, crate::dns::quote_strings(strings))),
            name().prop_map(|n| (Type::Cname, n.to_string())),
        ];
        (name(), rdata).prop_map(|(owner, (rtype, rdata))| Record { owner, rtype, rdata: rdata.into() })
    }

    fn answers() -> impl Strategy<Value = Vec<(Question, Answer)>> {
        let qtype = prop::sample::select(vec![Type::Mx, Type::Txt, Type::A, Type::Other(257)]);
        let outcome = prop::sample::select(Outcome::ALL.to_vec());
        prop::collection::vec((name(), qtype, outcome, prop::collection::vec(record(), 0..4)), 0..6).prop_map(|list| {
            let answer = |(qname, qtype, outcome, records): (Name, Type, Outcome, Vec<Record>)| {
                let outcome = if records.is_empty() && outcome == Outcome::Answered { Outcome::Nodata } else { outcome };
                (Question::new(qname.clone(), qtype), Answer::new(&qname, outcome, records))
            };
            list.into_iter().map(answer).collect()
        })
    }

    fn observed() -> impl Strategy<Value = Observed> {
        let text = || any::<String>().prop_map(String::into_boxed_str);
        let member = (text(), text(), name(), prop::option::of(name()), any::<Option<u32>>());
        let kinds = prop::collection::btree_set(prop::sample::select(Kind::ALL.to_vec()), 0..5);
        let cohorts = prop::collection::vec((any::<String>(), text()), 0..3);
        (member, cohorts, kinds, answers(), any::<bool>()).prop_map(|(member, cohorts, kinds, answers, limited)| {
            let (id, name, domain, mail_domain, rank) = member;
            let (columns, values) = cohorts.into_iter().unzip();
            let mut limits = Limits::default();
            if limited {
                limits.partial.insert(Kind::Txt);
                limits.reconstructed.insert("mx-preference".to_owned());
            }
            let labels = Labels { google_selectors: vec!["google".to_owned()], ..Labels::default() };
            Observed {
                member: Member { id, name, domain, mail_domain, rank, cohorts: values },
                cohorts: columns,
                facts: Facts::new(answers),
                plan: Plan { depth: Depth::Standard, kinds, labels, known: Known::default() },
                limits,
            }
        })
    }

    proptest! {
        /// `read(write(o)) == o`, one line each, however many follow each other.
        #[test]
        fn an_observation_reads_as_it_was_written(list in prop::collection::vec(observed(), 0..4)) {
            let mut bytes = Vec::new();
            list.iter().for_each(|o| write(o, &mut bytes).unwrap());
            prop_assert_eq!(bytes.iter().filter(|&&b| b == b'\n').count(), list.len());
            let read: Vec<Observed> = Reader::new(&bytes[..]).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(read, list);
        }

        #[test]
        fn no_line_panics(line in any::<Vec<u8>>()) {
            let _ = Reader::new(&line[..]).count();
        }
    }

    #[test]
    fn a_broken_line_is_named_and_ends_the_stream() {
        let good = r#"{"id":"a","domain":"a.example","plan":{"depth":"mx","kinds":["mx"]},"questions":[]}"#;
        for (bad, reason) in [
            ("{", "EOF"),
            (r#"{"id":"a","domain":"a..example","plan":{"depth":"mx","kinds":[]},"questions":[]}"#, "empty label"),
            (r#"{"id":"a","domain":"a.example","plan":{"depth":"mx","kinds":["x"]},"questions":[]}"#, "question kind"),
            (
                r#"{"id":"a","domain":"a.example","plan":{"depth":"mx","kinds":[]},"questions":[{"qname":"a.example","qtype":"MX","outcome":"answered"}]}"#,
                "has no record",
            ),
        ] {
            let text = format!("{good}\n\n{bad}\n{good}\n");
            let read: Vec<_> = Reader::new(text.as_bytes()).collect();
            assert_eq!(read.len(), 2, "{bad}");
            let error = read[1].as_ref().unwrap_err().to_string();
            assert!(error.starts_with("line 3: ") && error.contains(reason), "{error}");
        }
    }
}
