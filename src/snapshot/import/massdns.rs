//! The outputs of massdns: JSON lines (`-o J`), simple text (`-o S` with any of its flags), full text
//! (`-o F`), told apart by how the file begins.
//!
//! | output | becomes | filled in or lost |
//! |---|---|---|
//! | `J` | the question with its status | borders of TXT strings (`txt-string-borders`); failures are written with `Je` alone |
//! | `S` with `q` or `r` | the question; with `r` its status | in TXT `" "` counts as a border of two strings |
//! | `S` | loose records: no failure, no absence | as above; what stands behind an alias, unless `n` is given |
//! | `F` | as `dig` | as above |
//!
//! MAXRETRIES is a reply with an unacceptable code which massdns does not tell: unrecorded. With
//! `--retry never` it writes the code itself.

use std::path::Path;

use serde::Deserialize;

use super::loose::Loose;
use super::master::{hex_bytes, massdns_name, massdns_strings};
use super::{ImportError, Lines, Sink, dig, moment};
use crate::dns::{Question, Record, quote_strings};

#[derive(Deserialize)]
struct Row {
    name: String,
    r#type: String,
    #[serde(default)]
    class: String,
    status: Option<String>,
    error: Option<String>,
    rx_ts: Option<u64>,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    answers: Vec<Rr>,
}

#[derive(Deserialize)]
struct Rr {
    r#type: String,
    name: String,
    data: String,
}

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    let mut lines = Lines::open(input)?;
    let mut simple = Simple::default();
    let mut first = true;
    while let Some((number, line)) = lines.next()? {
        if std::mem::take(&mut first) && line.starts_with(b";;") {
            return dig::replies(lines, true, sink);
        }
        sink.at(number);
        let text = std::str::from_utf8(line).map_err(|_| sink.fault("not UTF-8".to_owned()))?;
        if text.starts_with('{') {
            sink.count_row();
            let row = serde_json::from_str(text).map_err(|error| sink.fault(error.to_string()))?;
            json(row, sink);
        } else {
            simple.line(text, sink);
        }
    }
    simple.end(sink);
    sink.settle_loose();
    Ok(())
}

fn json(row: Row, sink: &mut Sink) {
    if !matches!(row.class.as_str(), "IN" | "") {
        return sink.skip("question of a class other than IN");
    }
    let Some(question) = sink.question(&massdns_name(&row.name), &row.r#type) else { return };
    let moment = row.rx_ts.and_then(|ns| moment::unix(i64::try_from(ns / 1_000_000_000).ok()?));
    let status = row.status.or(row.error).unwrap_or_default();
    let answers = row.data.answers.iter().filter_map(|rr| {
        let rdata = match rr.r#type.as_str() {
            "TXT" => {
                // Strings come joined; borders are put where the longest string ends.
                let bytes = hex_bytes(&rr.data);
                sink.limits.reconstructed.insert("txt-string-borders".to_owned());
                quote_strings(bytes.chunks(255))
            }
            _ => massdns_name_in(&rr.data),
        };
        sink.record(&massdns_name(&rr.name), &rr.r#type, &rdata)
    });
    let answers = answers.collect();
    sink.reply(question, &status, answers, moment.as_deref());
}

/// Rdata of numbers and names, field by field.
fn massdns_name_in(rdata: &str) -> String {
    rdata.split_whitespace().map(massdns_name).collect::<Vec<_>>().join(" ")
}

/// `owner [class ttl] type rdata`, in either order of class and TTL.
pub(super) fn record_line(text: &str, sink: &mut Sink) -> Option<Record> {
    let mut rest = text.trim_start();
    let mut word = || {
        let (word, after) = rest.split_once([' ', '\t'])?;
        rest = after.trim_start();
        Some(word)
    };
    let (owner, mut rtype) = (word()?, word()?);
    while rtype == "IN" || rtype.starts_with(|c: char| c.is_ascii_digit()) {
        rtype = word()?;
    }
    let rdata = match rtype {
        "TXT" => massdns_strings(rest),
        _ => Some(massdns_name_in(rest)),
    };
    match rdata {
        Some(rdata) => sink.record(&massdns_name(owner), rtype, &rdata),
        None => {
            sink.skip(&format!("rdata that is not that of {}", super::reply::short(rtype)));
            None
        }
    }
}

/// A reply headed by its question.
struct Headed {
    question: Question,
    status: Option<String>,
    moment: Option<String>,
    records: Vec<Record>,
}

/// The simple output: records, each reply headed by its question where a flag asked for that.
#[derive(Default)]
struct Simple {
    reply: Option<Headed>,
    loose: Loose,
}

impl Simple {
    fn line(&mut self, text: &str, sink: &mut Sink) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let heading = match words[..] {
            // resolver, Unix time, code, name, class, type
            [resolver, time, status, qname, .., qtype] if resolver.contains(':') && time.parse::<i64>().is_ok() => {
                let moment = time.parse().ok().and_then(moment::unix);
                Some((qname, qtype, Some(status.to_owned()), moment))
            }
            [qname, qtype] | [qname, "IN", qtype] => Some((qname, qtype, None, None)),
            _ => None,
        };
        if let Some((qname, qtype, status, moment)) = heading {
            self.end(sink);
            sink.count_row();
            self.reply = sink.question(&massdns_name(qname), qtype).map(|question| Headed {
                question,
                status,
                moment,
                records: Vec::new(),
            });
        } else if let Some(record) = record_line(text, sink) {
            match &mut self.reply {
                Some(reply) => reply.records.push(record),
                None => {
                    sink.count_row();
                    self.loose.push(record, sink);
                }
            }
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.loose.flush(sink);
        let Some(Headed { question, status, moment, records }) = self.reply.take() else { return };
        match status {
            Some(status) => sink.reply(question, &status, records, moment.as_deref()),
            // Without its code a reply without such records is NODATA or NXDOMAIN.
            None if records.iter().all(|r| r.rtype != question.qtype) => {
                sink.skip("reply without records and without its code (give massdns the flag r)")
            }
            None => sink.reply(question, "NOERROR", records, moment.as_deref()),
        }
    }
}
