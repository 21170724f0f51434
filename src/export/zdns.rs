//! JSON lines as zdns 2 writes them: one object a name, one result a record type.
//!
//! Programs that read zdns read these. Time, duration and resolver are left out, for a snapshot does
//! not keep them question by question. Records of an NXDOMAIN reply, which zdns drops, are kept.
//! `unrecorded` becomes `NO_OUTPUT`. Importing the lines gives the facts back.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::dns::{Answer, Name, Outcome, Record, Type, parse_mx, parse_srv};
use crate::observation::Facts;

/// Writes all answers, name by name in canonical order.
pub fn zdns(facts: &Facts, mut output: impl Write) -> io::Result<()> {
    let mut name: Option<&Name> = None;
    let mut results: BTreeMap<String, Value> = BTreeMap::new();
    for (question, answer) in facts.iter() {
        if name != Some(&question.qname) {
            line(name, std::mem::take(&mut results), &mut output)?;
            name = Some(&question.qname);
        }
        results.insert(question.qtype.to_string(), result(answer));
    }
    line(name, results, &mut output)?;
    output.flush()
}

fn line(name: Option<&Name>, results: BTreeMap<String, Value>, output: &mut impl Write) -> io::Result<()> {
    let Some(name) = name else { return Ok(()) };
    serde_json::to_writer(&mut *output, &json!({ "name": name.bare(), "results": results }))?;
    output.write_all(b"\n")
}

fn result(answer: &Answer) -> Value {
    let status = match answer.outcome {
        Outcome::Answered | Outcome::Nodata => "NOERROR",
        Outcome::Nxdomain => "NXDOMAIN",
        Outcome::Servfail => "SERVFAIL",
        Outcome::Refused => "REFUSED",
        Outcome::Timeout => "TIMEOUT",
        Outcome::Malformed => "FORMERR",
        Outcome::NetworkError => "ERROR",
        Outcome::Unrecorded => "NO_OUTPUT",
    };
    let answers: Vec<Value> = answer.records().iter().map(record).collect();
    let mut data = Map::new();
    if !answers.is_empty() {
        data.insert("answers".to_owned(), answers.into());
    }
    json!({ "status": status, "data": data })
}

fn record(record: &Record) -> Value {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| _ = fields.insert(key.to_owned(), value);
    put("class", "IN".into());
    put("name", record.owner.bare().into());
    put("type", record.rtype.to_string().into());
    match record.rtype {
        Type::Mx => {
            if let Some(mx) = parse_mx(&record.rdata) {
                put("answer", mx.exchange.to_string().into());
                put("preference", mx.preference.into());
            }
        }
        Type::Srv => {
            if let Some(srv) = parse_srv(&record.rdata) {
                put("priority", srv.priority.into());
                put("weight", srv.weight.into());
                put("port", srv.port.into());
                put("target", srv.target.to_string().into());
            }
        }
        Type::Soa => soa(&record.rdata, put),
        Type::Txt => put("answer", joined(&record.rdata).into()),
        _ => put("answer", (*record.rdata).into()),
    }
    Value::Object(fields)
}

fn soa(rdata: &str, mut put: impl FnMut(&str, Value)) {
    let keys = ["ns", "mbox", "serial", "refresh", "retry", "expire", "min_ttl"];
    for (key, text) in keys.into_iter().zip(rdata.split(' ')) {
        match text.parse::<u32>() {
            Ok(number) => put(key, number.into()),
            Err(_) => put(key, text.into()),
        }
    }
}

/// Character strings without their quotes, joined by line feeds, escapes as they are.
fn joined(rdata: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    let mut strings = 0;
    let mut chars = rdata.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                inside = !inside;
                if inside {
                    strings += 1;
                    if strings > 1 {
                        out.push('\n');
                    }
                }
            }
            '\\' if inside => out.extend([Some('\\'), chars.next()].into_iter().flatten()),
            c if inside => out.push(c),
            _ => {}
        }
    }
    out
}
