//! JSON lines of dnsx (`-json`): one object a host, with the records of every type it asked.
//!
//! The records are read from `all` (whole records as text), else from the lists by type, which lack
//! MX preferences (`mx-preference`), SRV numbers (`srv-numbers`) and the borders of TXT strings
//! (`txt-string-borders`). dnsx does not write what it asked: the types are those that any host of
//! the inputs has records of. `status_code` is that of the last question alone, so of a host with
//! several types only NXDOMAIN, which holds for a name as a whole, and a status with records are
//! used; a file of one type tells every status. Hosts that never replied are not in the file.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::master::{self, Entry};
use super::reply::Said;
use super::{ImportError, Lines, Sink, moment, reply};
use crate::dns::{Answer, Name, Outcome, Question, Record, Type, quote_strings};
use crate::plan::ptr_name;

#[derive(Deserialize)]
struct Row {
    host: String,
    #[serde(default)]
    status_code: String,
    timestamp: Option<String>,
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    a: Vec<String>,
    #[serde(default)]
    aaaa: Vec<String>,
    #[serde(default)]
    cname: Vec<String>,
    #[serde(default)]
    mx: Vec<String>,
    #[serde(default)]
    ns: Vec<String>,
    #[serde(default)]
    ptr: Vec<String>,
    #[serde(default)]
    srv: Vec<String>,
    #[serde(default)]
    txt: Vec<String>,
}

/// What a host's line told, kept until the types of the whole file are known.
struct Host {
    name: Name,
    status: String,
    moment: Option<String>,
    records: Vec<Record>,
    line: u64,
}

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    let mut lines = Lines::open(input)?;
    let mut hosts = Vec::new();
    let mut types = BTreeSet::new();
    while let Some((number, line)) = lines.next()? {
        sink.row(number);
        let row: Row = serde_json::from_slice(line).map_err(|error| sink.fault(error.to_string()))?;
        let name = match row.host.parse::<std::net::IpAddr>() {
            Ok(address) => ptr_name(address),
            Err(_) => match Name::parse(&row.host) {
                Ok(name) => name,
                Err(_) => {
                    sink.skip("host that is not a name");
                    continue;
                }
            },
        };
        let records = if row.all.is_empty() { by_type(&name, &row, sink) } else { whole(&row.all, sink) };
        // A CNAME is met on the way to any type; as a type of its own it shows where nothing else is.
        let asked = records.iter().map(|r| r.rtype).filter(|t| !matches!(t, Type::Cname | Type::Soa));
        types.extend(asked);
        let moment = row.timestamp.as_deref().and_then(moment::utc);
        hosts.push(Host { name, status: row.status_code, moment, records, line: number });
    }
    if types.is_empty() && hosts.iter().any(|h| h.records.iter().any(|r| r.rtype == Type::Cname)) {
        types.insert(Type::Cname);
    }
    for host in hosts {
        sink.at(host.line);
        answers(host, &types, sink);
    }
    Ok(())
}

fn answers(host: Host, types: &BTreeSet<Type>, sink: &mut Sink) {
    let said = reply::said(&host.status.to_ascii_uppercase());
    sink.asked(&host.name, host.moment.as_deref());
    let mut used = None;
    for &qtype in types {
        let question = Question::new(host.name.clone(), qtype);
        let exists = said != Said::Outcome(Outcome::Nxdomain);
        let answer = Answer::of_section(&question, exists, host.records.clone());
        let told = match (&answer.outcome, said) {
            (Outcome::Answered | Outcome::Nxdomain, _) => Some(answer),
            // One type in the file: the status is that of this question.
            (_, Said::Records) if types.len() == 1 => Some(answer),
            (_, Said::Outcome(outcome)) if types.len() == 1 => Some(Answer::empty(outcome)),
            _ => None,
        };
        match told {
            Some(answer) => {
                used = used.or(Some(answer.outcome));
                sink.fact(question, answer, host.moment.as_deref());
            }
            None => sink.skip("type without records at a host, of which dnsx does not tell the status"),
        }
    }
    sink.status(host.status, used);
}

/// Records as dnsx prints them: owner, TTL, class, type and rdata.
fn whole(all: &[String], sink: &mut Sink) -> Vec<Record> {
    let mut records = Vec::new();
    for text in all {
        // The pseudo-record of EDNS comes as a comment.
        if text.trim_start().starts_with(';') {
            continue;
        }
        let fields = Entry::default().line(text);
        let parts = fields.and_then(|f| match f {
            Some((fields, _)) => master::record(&fields, None, &Name::root()),
            None => Ok(None),
        });
        match parts {
            Ok(Some([owner, rtype, rdata])) => records.extend(sink.record(&owner, &rtype, &rdata)),
            _ => sink.skip("record that cannot be read"),
        }
    }
    records
}

fn by_type(host: &Name, row: &Row, sink: &mut Sink) -> Vec<Record> {
    let mut records = Vec::new();
    // The list is in the order of the chain.
    let mut owner = host.clone();
    for target in &row.cname {
        if let Some(record) = sink.record(owner.as_str(), "CNAME", dotted(target)) {
            owner = Name::parse(&record.rdata).unwrap_or(owner);
            records.push(record);
        }
    }
    let owner = owner.as_str();
    let plain = [("A", &row.a), ("AAAA", &row.aaaa), ("NS", &row.ns), ("PTR", &row.ptr)];
    for (rtype, values) in plain {
        records.extend(values.iter().filter_map(|value| sink.record(owner, rtype, dotted(value))));
    }
    for (rtype, numbers, word, values) in [("MX", "0", "mx-preference", &row.mx), ("SRV", "0 0 443", "srv-numbers", &row.srv)] {
        for value in values {
            sink.limits.reconstructed.insert(word.to_owned());
            records.extend(sink.record(owner, rtype, &format!("{numbers} {}", dotted(value))));
        }
    }
    for value in &row.txt {
        // As in `all`, quotes and odd bytes come escaped; the borders of strings are lost.
        let quoted = format!("\"{value}\"");
        let bytes = crate::dns::txt_bytes(&quoted);
        sink.limits.reconstructed.insert("txt-string-borders".to_owned());
        records.extend(sink.record(owner, "TXT", &quote_strings(bytes.chunks(255))));
    }
    records
}

/// dnsx cuts final dots, and so leaves nothing of the root.
fn dotted(name: &str) -> &str {
    if name.is_empty() { "." } else { name }
}
