//! CSV rows back to answers, one question at a time, with bounded cost and the line of every fault.

use std::io::Read;

use super::COLUMNS;
use super::rows::Rows;
use crate::dns::{Answer, Name, Outcome, Question, Record, Type, canonical, is_canonical};

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineError {
    /// Counted from 1; the header is line 1.
    pub line: u64,
    pub reason: String,
}

/// Streams the answers of a file. Memory is that of the largest answer; after an error nothing follows.
///
/// A `strict` reader, for snapshots, accepts the canonical form alone. Otherwise, for imports, rows
/// may come in any order of questions, and names in any case; rows of one question need not stand
/// together (each run of rows is an answer of its own, to be merged by the caller).
pub struct Reader<R> {
    rows: Rows<R>,
    strict: bool,
    ahead: Option<Row>,
    last: Option<Question>,
    name: Option<Name>,
    line: u64,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Header,
    Rows,
    End,
}

struct Row {
    line: u64,
    question: Question,
    outcome: Outcome,
    record: Option<Record>,
}

/// More records than any answer of 65,535 octets can hold (a record takes at least 11).
const MAX_RECORDS: usize = 65_535 / 11;
/// More than the presentation format of 65,535 octets can take, each as `\DDD`, with its quotes.
const MAX_RDATA: usize = 4 * 65_536;

impl<R: Read> Reader<R> {
    pub fn strict(input: R) -> Self {
        Self::new(input, true)
    }

    pub fn lenient(input: R) -> Self {
        Self::new(input, false)
    }

    fn new(input: R, strict: bool) -> Self {
        Self { rows: Rows::new(input), strict, ahead: None, last: None, name: None, line: 0, state: State::Header }
    }

    /// Where the answer that was given last begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    fn row(&mut self) -> Result<Option<Row>, LineError> {
        let Some(line) = self.advance()? else { return Ok(None) };
        let fields = self.rows.fields().map_err(|n| format!("{n} fields where 6 are due; the row may be cut off"));
        fields
            .and_then(|fields| parse_row(fields, self.strict, &mut self.name))
            .map(|(question, outcome, record)| Some(Row { line, question, outcome, record }))
            .map_err(|reason| LineError { line, reason })
    }

    fn advance(&mut self) -> Result<Option<u64>, LineError> {
        self.rows.advance().map_err(|(line, reason)| LineError { line, reason })
    }

    fn header(&mut self) -> Result<(), LineError> {
        let found = match self.advance()? {
            Some(_) if self.rows.fields() == Ok(COLUMNS) => return Ok(()),
            Some(_) => self.rows.joined(),
            None => String::new(),
        };
        let found: String = found.chars().take(200).collect();
        Err(LineError { line: 1, reason: format!("header is {found:?}, expected {:?}", COLUMNS.join(",")) })
    }

    fn answer(&mut self) -> Result<Option<(Question, Answer)>, LineError> {
        if self.state == State::Header {
            self.header()?;
            self.state = State::Rows;
        }
        let first = match self.ahead.take() {
            Some(row) => row,
            None => match self.row()? {
                Some(row) => row,
                None => return Ok(None),
            },
        };
        let fail = |line, reason: String| Err(LineError { line, reason });
        let Row { line, question, outcome, record } = first;
        let mut records: Vec<Record> = record.into_iter().collect();
        let empty = records.is_empty();
        self.line = line;
        while let Some(row) = self.row()? {
            // Two answers to one question are a fault in a snapshot; an import merges them later.
            let another = row.outcome != outcome || empty || row.record.is_none();
            if row.question != question || another && !self.strict {
                self.ahead = Some(row);
                break;
            }
            if row.outcome != outcome {
                return fail(row.line, format!("{question} ended {outcome} on line {line} and {} here", row.outcome));
            }
            match row.record {
                Some(record) if !empty => records.push(record),
                _ => return fail(row.line, format!("{question} has rows with and without a record")),
            }
            if records.len() > MAX_RECORDS {
                return fail(row.line, format!("{question} has more than {MAX_RECORDS} records, which no answer can hold"));
            }
        }
        if self.strict && self.last.as_ref().is_some_and(|last| *last >= question) {
            return fail(line, format!("{question} stands out of order or twice"));
        }
        let answer = if self.strict {
            Answer::in_order(&question.qname, outcome, records)
        } else {
            Some(Answer::new(&question.qname, outcome, records))
        };
        let Some(answer) = answer else {
            return fail(line, format!("the records of {question} are not in canonical order or stand twice"));
        };
        self.last = Some(question.clone());
        Ok(Some((question, answer)))
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<(Question, Answer), LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::End {
            return None;
        }
        let next = self.answer().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.state = State::End;
        }
        next
    }
}

/// `known` is the name read last: most rows repeat it, as question and as owner.
fn parse_row(fields: [&str; 6], strict: bool, known: &mut Option<Name>) -> Result<(Question, Outcome, Option<Record>), String> {
    let [qname, qtype, outcome, owner, rtype, rdata] = fields;
    let mut name = |column: &str, text: &str| {
        if let Some(known) = known.as_ref().filter(|known| known.as_str() == text) {
            return Ok(known.clone());
        }
        let name = Name::parse(text).map_err(|error| format!("{column} {text:?}: {error}"))?;
        if strict && name.as_str() != text {
            return Err(format!("{column} {text:?} is not canonical, expected {:?}", name.as_str()));
        }
        *known = Some(name.clone());
        Ok(name)
    };
    let question = Question::new(name("qname", qname)?, qtype.parse().map_err(|e| format!("qtype: {e}"))?);
    let outcome: Outcome = outcome.parse().map_err(|e| format!("outcome: {e}"))?;
    if owner.is_empty() && rtype.is_empty() && rdata.is_empty() {
        return match outcome {
            Outcome::Answered => Err(format!("{question} is answered but has no record")),
            _ => Ok((question, outcome, None)),
        };
    }
    if rdata.len() > MAX_RDATA {
        return Err(format!("rdata of {} bytes, more than any record can hold", rdata.len()));
    }
    let rtype: Type = rtype.parse().map_err(|e| format!("type: {e}"))?;
    if is_canonical(rtype, rdata) {
        return Ok((question, outcome, Some(Record { owner: name("owner", owner)?, rtype, rdata: rdata.into() })));
    }
    let found = canonical(rtype, rdata).ok_or_else(|| format!("rdata {:?} is not that of {rtype}", shortened(rdata)))?;
    if strict && found != rdata {
        return Err(format!("rdata {:?} is not canonical", shortened(rdata)));
    }
    Ok((question, outcome, Some(Record { owner: name("owner", owner)?, rtype, rdata: found.into() })))
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
