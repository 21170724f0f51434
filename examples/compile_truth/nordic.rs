//! The companies of two stock indices (OMXS30, OMXC20) on 2026-04-21: a small recorded snapshot.
//!
//! The tenant state of the source was looked up over HTTP. It is no DNS answer and stays out.

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, canonical, quote_strings};
use mxcensus::observation::{Facts, Limits};
use mxcensus::plan::Kind;
use mxcensus::population::{About, Member, Population, Unit};
use mxcensus::snapshot::import::{Format, Options, import};
use mxcensus::snapshot::{observations, seal};

use crate::table::Row;

const DATE: &str = "2026-04-21";
const SOURCE: &str = "KimTholstorf/mxmap-dk 92352b3fb4f2, data/*_classified.json";
const LICENCE: &str =
    "MIT (Kim Tholstorf, https://github.com/KimTholstorf/mxmap-dk), changed: reduced to DNS answers and converted";

pub fn compile(rows: &[Row], data: &Path, work: &Path) -> Result<(), Box<dyn Error>> {
    let mut members = Vec::new();
    let mut answers = Vec::new();
    for row in rows {
        let domain = Name::parse(row.get("domain"))?;
        answers.push(answer(&domain, Type::Mx, row.get("mx").split_whitespace().map(|host| format!("0 {host}.")))?);
        let spf = Some(row.get("spf")).filter(|spf| !spf.is_empty());
        if let Some(spf) = spf {
            // Where each string of the record ended is not known.
            answers.push(answer(&domain, Type::Txt, [quote_strings(spf.as_bytes().chunks(255))])?);
        }
        let cohorts = vec![row.get("index").into(), row.get("sector").into()];
        members.push(Member {
            id: domain.bare().into(),
            name: row.get("company").into(),
            domain,
            mail_domain: None,
            rank: None,
            cohorts,
        });
    }
    members.sort_by(|a, b| (&a.cohorts[0], &a.domain).cmp(&(&b.cohorts[0], &b.domain)));
    let population = Population {
        name: format!("recorded-nordic-listed-{DATE}"),
        series: "recorded-nordic-listed".to_owned(),
        unit: Unit::Company,
        cohorts: vec!["index".to_owned(), "sector".to_owned()],
        members,
    };
    let about = About {
        series: Some(population.series.clone()),
        unit: Some(population.unit),
        title: Some("Companies of OMX Stockholm 30 and OMX Copenhagen 20, 2026".to_owned()),
        source: Some(SOURCE.to_owned()),
        date: Some(DATE.to_owned()),
        licence: Some(LICENCE.to_owned()),
        notes: vec!["The domain is the one that the source asked about.".to_owned()],
    };
    let list = data.join("populations").join(format!("{}.csv", population.name));
    fs::write(&list, population.to_csv())?;
    fs::write(list.with_extension("toml"), toml::to_string(&about)?)?;
    let loaded = mxcensus::population::read(&list)?;
    if loaded.population != population || !loaded.rejected.is_empty() || !loaded.repairs.is_empty() {
        return Err(format!("{}: does not read back as it was written", list.display()).into());
    }

    let input = work.join(format!("{}.csv", population.name));
    observations::write(&Facts::new(answers), File::create(&input)?)?;
    let options = Options {
        date: DATE.to_owned(),
        source: SOURCE.to_owned(),
        licence: Some(LICENCE.to_owned()),
        notes: vec![
            "Of TXT the source kept the SPF record alone; MX preferences were not kept.".to_owned(),
            "The source's look-up of Microsoft tenants over HTTP is no DNS answer and was left out.".to_owned(),
        ],
        limits: Limits {
            partial: [Kind::Txt].into(),
            reconstructed: ["mx-preference".to_owned(), "txt-string-borders".to_owned()].into(),
        },
        ..Options::default()
    };
    let (facts, draft, report) = import(&[input], Format::Csv, &population, &options)?;
    println!("{}: {} records", seal(&data.join("snapshots"), &population, &facts, draft)?.display(), report.records);
    Ok(())
}

fn answer(domain: &Name, rtype: Type, texts: impl IntoIterator<Item = String>) -> Result<(Question, Answer), Box<dyn Error>> {
    let mut records = Vec::new();
    for text in texts {
        let rdata = canonical(rtype, &text).ok_or_else(|| format!("{domain} {rtype} {text:?} is no record"))?;
        let record = Record { owner: domain.clone(), rtype, rdata: rdata.into() };
        // The source lists an exchange once for each of its preferences.
        if !records.contains(&record) {
            records.push(record);
        }
    }
    Ok((Question::new(domain.clone(), rtype), Answer::new(domain, Outcome::Answered, records)))
}
