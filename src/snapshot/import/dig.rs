//! What dig prints, in full or as `+noall +answer`; zone files; and the full output of massdns
//! (`-o F`), which is laid out the same way.
//!
//! A reply with its header becomes one answer. Records without a header are loose: see `loose`.
//! `no servers could be reached` is a timeout, or a network error where dig says so, of the question
//! on dig's command line. The times dig prints are of no named offset and so are not read.

use std::path::Path;

use super::loose::Loose;
use super::master::{self, Entry};
use super::{ImportError, Lines, Sink, massdns, moment};
use crate::dns::{Name, Question, Record};

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Question,
    Answer,
    Other,
}

/// A reply that is being read.
struct Reply {
    status: String,
    question: Option<Question>,
    answers: Vec<Record>,
}

struct Dig {
    /// Made by massdns.
    massdns: bool,
    section: Option<Section>,
    reply: Option<Reply>,
    moment: Option<String>,
    /// Name and type on dig's command line.
    command: Option<(String, String)>,
    refused: bool,
    loose: Loose,
    entry: Entry,
    origin: Name,
    owner: Option<String>,
}

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    replies(Lines::open(input)?, false, sink)
}

/// The lines that are left, of which those before may have shown that massdns wrote them.
pub(super) fn replies(mut lines: Lines, massdns: bool, sink: &mut Sink) -> Result<(), ImportError> {
    let mut dig = Dig {
        massdns,
        section: None,
        reply: None,
        moment: None,
        command: None,
        refused: false,
        loose: Loose::default(),
        entry: Entry::default(),
        origin: Name::root(),
        owner: None,
    };
    while let Some((number, line)) = lines.next()? {
        sink.at(number);
        let text = std::str::from_utf8(line).map_err(|_| sink.fault("not UTF-8".to_owned()))?;
        dig.line(text, sink).map_err(|reason| sink.fault(reason))?;
    }
    if dig.entry.is_open() {
        return Err(sink.fault("a parenthesis is left open".to_owned()));
    }
    dig.end_reply(sink);
    dig.loose.flush(sink);
    sink.settle_loose();
    Ok(())
}

impl Dig {
    fn line(&mut self, text: &str, sink: &mut Sink) -> Result<(), String> {
        if self.entry.is_open() {
            return self.entry_line(text, sink);
        }
        let Some(comment) = text.strip_prefix(';') else { return self.body(text, sink) };
        let comment = comment.trim_start_matches(';').trim();
        if let Some(time) = comment.strip_prefix("Unix time: ") {
            self.moment = time.parse().ok().and_then(moment::unix);
        } else if comment.starts_with("Server: ") {
            self.end_reply(sink);
            self.massdns = true;
        } else if let Some(command) = comment.strip_prefix("<<>> DiG") {
            self.end_reply(sink);
            self.command = command.split_once("<<>>").and_then(|(_, arguments)| asked(arguments));
        } else if let Some(header) = comment.strip_prefix("->>HEADER<<-") {
            self.end_reply(sink);
            let status = header.split_once("status: ").and_then(|(_, s)| s.split(',').next()).unwrap_or_default();
            self.reply = Some(Reply { status: status.to_owned(), question: None, answers: Vec::new() });
            self.section = Some(Section::Other);
        } else if comment.ends_with(" SECTION:") || comment.ends_with(" PSEUDOSECTION:") {
            self.section = Some(match comment {
                "QUESTION SECTION:" => Section::Question,
                "ANSWER SECTION:" => Section::Answer,
                _ => Section::Other,
            });
        } else if comment.starts_with("communications error") {
            self.refused = !comment.ends_with("timed out");
        } else if comment.contains("no servers could be reached") {
            self.end_reply(sink);
            self.unreached(sink);
        } else if self.section == Some(Section::Question) && self.reply.is_some() {
            self.question(comment, sink);
        }
        Ok(())
    }

    /// A line that is no comment: a record, a directive, or massdns's question.
    fn body(&mut self, text: &str, sink: &mut Sink) -> Result<(), String> {
        match (self.section, self.reply.is_some()) {
            (Some(Section::Question), true) => self.question(text, sink),
            (Some(Section::Answer), true) => {
                let record = if self.massdns { massdns::record_line(text, sink) } else { self.record(text, sink)? };
                if let (Some(reply), Some(record)) = (&mut self.reply, record) {
                    reply.answers.push(record);
                }
            }
            (_, true) => {}
            (_, false) => return self.entry_line(text, sink),
        }
        Ok(())
    }

    fn question(&mut self, text: &str, sink: &mut Sink) {
        let words: Vec<&str> = text.split_whitespace().collect();
        if let ([qname, .., qtype], Some(reply)) = (&words[..], &mut self.reply) {
            let qname = if self.massdns { master::massdns_name(qname) } else { (*qname).to_owned() };
            reply.question = sink.question(&qname, qtype);
            // What follows the one line of this section is about the reply as a whole.
            self.section = Some(Section::Other);
        }
    }

    fn end_reply(&mut self, sink: &mut Sink) {
        self.section = None;
        self.loose.flush(sink);
        if let Some(Reply { status, question, answers }) = self.reply.take() {
            sink.count_row();
            match question {
                Some(question) => sink.reply(question, &status, answers, self.moment.as_deref()),
                None => sink.skip("reply without a question"),
            }
        }
        self.moment = None;
    }

    fn unreached(&mut self, sink: &mut Sink) {
        sink.count_row();
        let status = if std::mem::take(&mut self.refused) { "ERROR" } else { "TIMEOUT" };
        let question = self.command.take().and_then(|(qname, qtype)| sink.question(&qname, &qtype));
        match question {
            Some(question) => sink.reply(question, status, Vec::new(), None),
            None => sink.skip("failure of a question that dig does not name"),
        }
    }

    fn record(&mut self, text: &str, sink: &mut Sink) -> Result<Option<Record>, String> {
        let Some((fields, _)) = Entry::default().line(text)? else { return Ok(None) };
        Ok(master::record(&fields, None, &Name::root())?.and_then(|[owner, rtype, rdata]| sink.record(&owner, &rtype, &rdata)))
    }

    /// A line of a zone file.
    fn entry_line(&mut self, text: &str, sink: &mut Sink) -> Result<(), String> {
        let Some((fields, blank)) = self.entry.line(text)? else { return Ok(()) };
        let Some(first) = fields.first() else { return Ok(()) };
        match first.text.as_str() {
            "$ORIGIN" => {
                let origin = fields.get(1).ok_or("$ORIGIN without a name")?;
                let origin = master::absolute(&origin.text, &self.origin)?;
                self.origin = Name::parse(&origin).map_err(|error| format!("$ORIGIN {origin:?}: {error}"))?;
                return Ok(());
            }
            "$TTL" => return Ok(()),
            directive if directive.starts_with('$') => {
                return Err(format!(
                    "{directive} is not read: give the records in this file (named-compilezone writes them all)"
                ));
            }
            _ => {}
        }
        let owner = if blank { Some(self.owner.as_deref().ok_or("the first record has no owner")?) } else { None };
        sink.count_row();
        match master::record(&fields, owner, &self.origin)? {
            Some([owner, rtype, rdata]) => {
                if let Some(record) = sink.record(&owner, &rtype, &rdata) {
                    self.loose.push(record, sink);
                }
                self.owner = Some(owner);
            }
            None => sink.skip("record of a class other than IN"),
        }
        Ok(())
    }
}

/// The question on dig's command line: what is no option, server or class.
fn asked(arguments: &str) -> Option<(String, String)> {
    let mut words = arguments.split_whitespace();
    let mut plain = Vec::new();
    while let Some(word) = words.next() {
        match word {
            // Options with a value of their own.
            "-p" | "-b" | "-k" | "-y" => _ = words.next(),
            "-t" => plain.push(words.next()?),
            "-q" => plain.insert(0, words.next()?),
            "IN" => {}
            _ if word.starts_with(['@', '+', '-']) => {}
            _ => plain.push(word),
        }
    }
    let (qname, qtype) = (plain.first()?, plain.get(1).copied().unwrap_or("A"));
    Some(((*qname).to_owned(), qtype.to_ascii_uppercase()))
}
