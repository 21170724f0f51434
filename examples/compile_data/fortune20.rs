//! The Fortune 20 and their subsidiaries on 2023-10-04: a survey made with checkdmarc.
//!
//! The survey keeps errors as sentences; only those that say what DNS answered become outcomes. "Does
//! not have a SPF TXT record" is none of them: other TXT records may stand there.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;

use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, canonical, quote_strings};
use mxcensus::observation::{Facts, Limits};
use mxcensus::plan::Kind;
use mxcensus::population::{About, Member, Population, Unit};
use mxcensus::snapshot::import::{Format, Options, import};
use mxcensus::snapshot::{observations, seal};

use crate::table::{Row, read};

const DATE: &str = "2023-10-04";
const SOURCE: &str = "seanthegeek/fortune-20-domain-survey 4201f10a70f6, results/2023-10-04/*/*.json, \
    made with checkdmarc on the resolvers 1.1.1.1 and 1.0.0.1";
const LICENCE: &str = "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/), Sean Whalen, \
    https://github.com/seanthegeek/fortune-20-domain-survey, changed: reduced to DNS answers and converted";

pub fn compile(raw: &Path, data: &Path, work: &Path) -> Result<(), Box<dyn Error>> {
    let folder = raw.join("observations/fortune20-2023-10-04");
    let domains = read(&folder.join("domains.csv"))?;
    let records = read(&folder.join("records.csv"))?;
    let population = population(&domains)?;
    let about = About {
        series: Some(population.series.clone()),
        unit: Some(Unit::Domain),
        title: Some("Domains of the Fortune 20 and their subsidiaries, 2023".to_owned()),
        source: Some(SOURCE.to_owned()),
        date: Some(DATE.to_owned()),
        licence: Some(LICENCE.to_owned()),
        notes: vec!["618 domains of 21 companies; 446 of them belong to two companies.".to_owned()],
    };
    crate::write_population(data, &population, &about)?;

    let facts = facts(&domains, &records)?;
    let held: usize = facts.iter().map(|(_, answer)| answer.records().len()).sum();
    if held != records.len() {
        return Err(format!("{} records became {held}", records.len()).into());
    }
    let input = work.join(format!("{}.csv", population.name));
    observations::write(&facts, File::create(&input)?)?;
    println!("{}: {} answers, {held} records", input.display(), facts.len());
    let options = Options {
        date: DATE.to_owned(),
        source: SOURCE.to_owned(),
        licence: Some(LICENCE.to_owned()),
        notes: notes(&domains),
        limits: Limits { partial: [Kind::Txt].into(), reconstructed: ["txt-string-borders".to_owned()].into() },
        ..Options::default()
    };
    let (facts, draft, report) = import(&[input], Format::Csv, &population, &options)?;
    println!("{}", seal(&data.join("snapshots"), &population, &facts, draft)?.display());
    crate::print(&report);
    Ok(())
}

fn population(domains: &[Row]) -> Result<Population, Box<dyn Error>> {
    let mut members = Vec::new();
    for row in domains {
        let domain = Name::parse(row.get("domain"))?;
        let cohorts = vec![row.get("company").into()];
        members.push(Member { id: domain.bare().into(), name: "".into(), domain, mail_domain: None, rank: None, cohorts });
    }
    members.sort_by(|a, b| (&a.cohorts, &a.domain).cmp(&(&b.cohorts, &b.domain)));
    Ok(Population {
        name: format!("recorded-fortune20-{DATE}"),
        series: "recorded-fortune20".to_owned(),
        unit: Unit::Domain,
        cohorts: vec!["company".to_owned()],
        members,
    })
}

fn facts(domains: &[Row], records: &[Row]) -> Result<Facts, Box<dyn Error>> {
    let mut found: BTreeMap<Question, Vec<Record>> = BTreeMap::new();
    for row in records {
        let (owner, rtype) = (Name::parse(row.get("name"))?, row.get("type").parse::<Type>()?);
        let value = row.get("value");
        let text = match rtype {
            Type::Mx => format!("{} {value}", row.get("preference")),
            // The survey joins the strings of a record; where each ended is not known.
            Type::Txt => quote_strings(value.as_bytes().chunks(255)),
            _ => value.to_owned(),
        };
        let rdata = canonical(rtype, &text).ok_or_else(|| format!("{owner} {rtype} {text:?} is no record"))?;
        found.entry(Question::new(owner.clone(), rtype)).or_default().push(Record { owner, rtype, rdata: rdata.into() });
    }
    let answered = found.into_iter().map(|(question, records)| {
        let answer = Answer::new(&question.qname, Outcome::Answered, records);
        (question, answer)
    });
    let mut answers: BTreeMap<Question, Answer> = answered.collect();
    for row in domains {
        for (question, outcome) in negatives(row)? {
            if let Some(known) = answers.insert(question.clone(), Answer::empty(outcome)).filter(|known| known.outcome != outcome)
            {
                return Err(format!("{question}: {} and {outcome}", known.outcome).into());
            }
        }
    }
    Ok(Facts::new(answers))
}

/// What the row says about questions without records.
fn negatives(row: &Row) -> Result<Vec<(Question, Outcome)>, Box<dyn Error>> {
    let domain = Name::parse(row.get("domain"))?;
    let mut negatives = Vec::new();
    let mx = match (row.get("mx_status"), failure(row.get("mx_error"))) {
        ("ok", _) => None,
        ("no_mx", _) => Some(Outcome::Nodata),
        ("nxdomain", _) => Some(Outcome::Nxdomain),
        ("error", Some(outcome)) => Some(outcome),
        (status, _) => return Err(format!("{domain} MX: unknown status {status:?} {:?}", row.get("mx_error")).into()),
    };
    negatives.extend(mx.map(|outcome| (Question::new(domain.clone(), Type::Mx), outcome)));
    // `The domain NAME does not exist` may be about an include; `the query NAME IN TXT` names its question.
    let spf = row.get("spf_error");
    if let Some(name) = between(spf, "The domain ", " does not exist") {
        negatives.push((Question::new(Name::parse(name)?, Type::Txt), Outcome::Nxdomain));
    }
    for text in [spf, row.get("dmarc_error")] {
        if let (Some(name), Some(outcome)) = (between(text, "answer the query ", " IN TXT"), failure(text)) {
            negatives.push((Question::new(Name::parse(name)?, Type::Txt), outcome));
        }
    }
    if row.get("dmarc_error").starts_with("The resolution lifetime expired") {
        negatives.push((Question::new(domain.prepend("_dmarc")?, Type::Txt), Outcome::Timeout));
    }
    Ok(negatives)
}

fn failure(text: &str) -> Option<Outcome> {
    match text {
        _ if text.contains("answered SERVFAIL") => Some(Outcome::Servfail),
        _ if text.starts_with("The resolution lifetime expired") => Some(Outcome::Timeout),
        _ => None,
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

fn notes(domains: &[Row]) -> Vec<String> {
    let count = |column: &str, text: &str| domains.iter().filter(|row| row.get(column).contains(text)).count();
    vec![
        "Domains of 21 companies chosen by the author of the survey, not one domain a company.".to_owned(),
        format!(
            "Of TXT the survey kept one SPF record a name; for {} domains with several it kept none.",
            count("spf_error", "MultipleSPFRTXTRecords")
        ),
        format!(
            "No DMARC record was found for {} domains, which the survey does not tell from a failed lookup, and for {} with other TXT \
             at _dmarc it kept none: both are unrecorded.",
            count("dmarc_error", "A DMARC record does not exist"),
            count("dmarc_error", "Unrelated TXT records")
        ),
        "Two mailbox names in DMARC records are replaced by redacted@.".to_owned(),
    ]
}
