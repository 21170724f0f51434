//! JSON lines of zdns, version 2: one object a name, with one result a module.
//!
//! | module | becomes | filled in or lost |
//! |---|---|---|
//! | A, AAAA, CNAME, MX, NS, PTR, SRV, TXT, SOA | the question of that type | records of NXDOMAIN replies |
//! | MXLOOKUP | MX, and A and AAAA of each exchange with addresses | an address stands under the exchange's own name, whatever CNAME led to it (`cname-links`); an exchange without addresses stays unrecorded |
//! | ALOOKUP | A and AAAA | as above |
//! | SPF, DMARC | TXT | other TXT records are lost (partial); a fuller answer to the same question wins |
//!
//! A name prefix that zdns put in front (`altered_name`) is part of the question. What runs under
//! MULTIPLE stands in one object. Statuses: see `reply`. Version 1 wrote no module and is refused.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{ImportError, Lines, Sink, moment};
use crate::dns::{Answer, Name, Outcome, Question, Record, Type};
use crate::plan::{Kind, ptr_name};

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    name: String,
    altered_name: Option<String>,
    results: Option<BTreeMap<String, Module>>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    status: String,
    timestamp: Option<String>,
    data: Option<Data>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    answers: Vec<Record1>,
    exchanges: Vec<Exchange>,
    ipv4_addresses: Vec<String>,
    ipv6_addresses: Vec<String>,
    spf: Option<String>,
    dmarc: Option<String>,
}

/// A record of any type: the fields of its own that each type has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record1 {
    name: String,
    r#type: String,
    class: String,
    answer: String,
    preference: Option<u16>,
    priority: Option<u16>,
    weight: Option<u16>,
    port: Option<u16>,
    target: Option<String>,
    ns: Option<String>,
    mbox: Option<String>,
    serial: Option<u32>,
    refresh: Option<u32>,
    retry: Option<u32>,
    expire: Option<u32>,
    min_ttl: Option<u32>,
}

#[derive(Deserialize)]
struct Exchange {
    name: String,
    preference: u16,
    #[serde(default)]
    ipv4_addresses: Vec<String>,
    #[serde(default)]
    ipv6_addresses: Vec<String>,
}

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    let mut lines = Lines::open(input)?;
    while let Some((line, text)) = lines.next()? {
        sink.row(line);
        let row: Row = serde_json::from_slice(text).map_err(|error| sink.fault(error.to_string()))?;
        let Some(results) = row.results else {
            let reason = "no `results`: zdns before version 2 does not write which question it asked; crawl with zdns 2";
            return Err(sink.fault(reason.to_owned()));
        };
        let asked = row.altered_name.as_deref().unwrap_or(&row.name);
        for (module, result) in results {
            let Some(qname) = qname(asked, &module) else {
                sink.skip("question whose name is not a name");
                continue;
            };
            module_result(qname, &module, result, sink);
        }
    }
    Ok(())
}

/// PTR takes addresses.
fn qname(asked: &str, module: &str) -> Option<Name> {
    match asked.parse::<std::net::IpAddr>() {
        Ok(address) if module == "PTR" => Some(ptr_name(address)),
        _ => Name::parse(asked).ok(),
    }
}

fn module_result(qname: Name, module: &str, result: Module, sink: &mut Sink) {
    let moment = result.timestamp.as_deref().and_then(moment::utc);
    let moment = moment.as_deref();
    let data = result.data.unwrap_or_default();
    let status = result.status.as_str();
    match module {
        "MXLOOKUP" => {
            let exchanges = data.exchanges.iter().map(|e| (e.preference, exchange_name(&e.name)));
            let rdata: Vec<String> = exchanges.map(|(preference, name)| format!("{preference} {name}")).collect();
            let records = rdata.iter().filter_map(|rdata| sink.record(qname.as_str(), "MX", rdata)).collect();
            sink.reply(Question::new(qname, Type::Mx), status, records, moment);
            for exchange in &data.exchanges {
                addresses(exchange_name(&exchange.name), &exchange.ipv4_addresses, &exchange.ipv6_addresses, moment, sink);
            }
        }
        "ALOOKUP" if status == "NOERROR" => {
            sink.status(status.to_owned(), Some(Outcome::Answered));
            addresses(qname.as_str(), &data.ipv4_addresses, &data.ipv6_addresses, moment, sink);
        }
        "SPF" => text(qname, Kind::Txt, status, data.spf, moment, sink),
        "DMARC" => text(qname, Kind::Dmarc, status, data.dmarc, moment, sink),
        _ => match module.parse::<Type>() {
            Ok(qtype) => {
                let records = data.answers.iter().filter_map(|r| record(r, sink)).collect();
                sink.reply(Question::new(qname, qtype), status, records, moment);
            }
            Err(_) => sink.skip(&format!("result of module {}, which is not read", super::reply::short(module))),
        },
    }
}

/// zdns cuts the final dot, and so leaves nothing of a null MX (RFC 7505).
fn exchange_name(name: &str) -> &str {
    if name.is_empty() { "." } else { name }
}

/// Addresses without the CNAME chain that led to them. None at all may be a failure as well.
fn addresses(owner: &str, v4: &[String], v6: &[String], moment: Option<&str>, sink: &mut Sink) {
    for (qtype, addresses) in [("A", v4), ("AAAA", v6)] {
        let records: Vec<Record> = addresses.iter().filter_map(|a| sink.record(owner, qtype, a)).collect();
        if let (false, Some(question)) = (records.is_empty(), sink.question(owner, qtype)) {
            sink.limits.reconstructed.insert("cname-links".to_owned());
            let answer = Answer::new(&question.qname, Outcome::Answered, records);
            sink.fact(question, answer, moment);
        }
    }
}

/// The one TXT record that the SPF or DMARC module looked for.
fn text(qname: Name, kind: Kind, status: &str, found: Option<String>, moment: Option<&str>, sink: &mut Sink) {
    let question = Question::new(qname, Type::Txt);
    match found {
        Some(found) if status == "NOERROR" => {
            sink.status(status.to_owned(), Some(Outcome::Answered));
            if let Some(record) = sink.record(question.qname.as_str(), "TXT", &strings(&found)) {
                let answer = Answer::new(&question.qname, Outcome::Answered, vec![record]);
                sink.fact_of_part(question, answer, kind, moment);
            }
        }
        // NORECORD may stand for other TXT records or for none.
        _ => sink.reply(question, if status == "NOERROR" { "NORECORD" } else { status }, Vec::new(), moment),
    }
}

/// Character strings are joined by line feeds; a line feed inside one is escaped, as are quotes.
fn strings(joined: &str) -> String {
    joined.split('\n').map(|string| format!("\"{string}\"")).collect::<Vec<_>>().join(" ")
}

fn record(record: &Record1, sink: &mut Sink) -> Option<Record> {
    if !matches!(record.class.as_str(), "IN" | "") {
        sink.skip("record of a class other than IN");
        return None;
    }
    let missing = || Some(String::new());
    let rdata = match record.r#type.as_str() {
        "TXT" => strings(&record.answer),
        "MX" => format!("{} {}", record.preference?, exchange_name(&record.answer)),
        "SRV" => format!("{} {} {} {}", record.priority?, record.weight?, record.port?, record.target.clone().or_else(missing)?),
        "SOA" => soa(record)?,
        _ => record.answer.clone(),
    };
    let owner = if record.name.is_empty() { "." } else { &record.name };
    sink.record(owner, &record.r#type, &rdata)
}

fn soa(record: &Record1) -> Option<String> {
    let (ns, mbox) = (record.ns.as_deref()?, record.mbox.as_deref()?);
    let numbers = [record.serial?, record.refresh?, record.retry?, record.expire?, record.min_ttl?];
    let numbers = numbers.map(|n| n.to_string()).join(" ");
    Some(format!("{} {} {numbers}", exchange_name(ns), exchange_name(mbox)))
}
