//! Public bodies of eight countries at three dates: lists, and snapshots by the mxmap import.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use mxcensus::dns::Name;
use mxcensus::population::{About, Member, Population, Unit};
use mxcensus::snapshot::import::{Format, Options, import};
use mxcensus::snapshot::seal;

use crate::table::read;

const COUNTRIES: [&str; 8] = ["be", "ca", "dk", "fi", "gb", "nl", "no", "se"];

const LICENCE: &str = "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/), data of the mxmap.it project \
    (https://github.com/mxmap-it/mxmap.it), changed: reduced to DNS answers and converted";

/// A state of the source: file stem, the last day of observation, and where its commits are listed.
struct State {
    stem: &'static str,
    date: &'static str,
    index: &'static str,
    commit: &'static str,
    day: &'static str,
}

const STATES: [State; 3] = [
    State { stem: "before", date: "2026-04-05", index: "index.csv", commit: "before_commit", day: "before_date" },
    State { stem: "mid", date: "2026-04-15", index: "mid_index.csv", commit: "commit", day: "date" },
    State { stem: "after", date: "2026-05-03", index: "index.csv", commit: "after_commit", day: "after_date" },
];

pub fn compile(raw: &Path, data: &Path) -> Result<(), Box<dyn Error>> {
    let folder = raw.join("dns_snapshots");
    let names = organisations(&folder)?;
    let mut previous: Vec<PathBuf> = Vec::new();
    for state in &STATES {
        let inputs: Vec<PathBuf> = COUNTRIES.iter().map(|c| folder.join(c).join(format!("{}.ndjson", state.stem))).collect();
        let mut members = Vec::new();
        for (country, input) in COUNTRIES.iter().zip(&inputs) {
            members.extend(read_members(country, input, &names)?);
        }
        members.sort_by(|a, b| (&a.cohorts, &a.domain).cmp(&(&b.cohorts, &b.domain)));
        let population = Population {
            name: format!("recorded-municipalities-{}", state.date),
            series: "recorded-municipalities".to_owned(),
            unit: Unit::Domain,
            cohorts: vec!["country".to_owned()],
            members,
        };
        let source = source(&folder, state)?;
        let about = About {
            series: Some(population.series.clone()),
            unit: Some(population.unit),
            title: Some(format!("Public bodies of eight countries, as recorded until {}", state.date)),
            source: Some(source.clone()),
            date: Some(state.date.to_owned()),
            licence: Some(LICENCE.to_owned()),
            notes: vec![
                "Mostly municipalities, some other public bodies of Belgium, Canada, Denmark, Finland, the Netherlands, Norway, Sweden and the United Kingdom; not companies.".to_owned(),
                "Names are those of the source's labels of 2026-06-11 and blank where it has none.".to_owned(),
            ],
        };
        crate::write_population(data, &population, &about)?;
        let mut notes = vec!["Public bodies of eight countries, not companies.".to_owned()];
        notes.extend(without_tokens(&inputs)?);
        let options = Options {
            date: state.date.to_owned(),
            source,
            licence: Some(LICENCE.to_owned()),
            notes,
            previous: previous.clone(),
            ..Options::default()
        };
        let (facts, draft, report) = import(&inputs, Format::Mxmap, &population, &options)?;
        println!("{}", seal(&data.join("snapshots"), &population, &facts, draft)?.display());
        crate::print(&report);
        previous = inputs;
    }
    Ok(())
}

/// `mxmap-it/mxmap.it, data/dns_cache/<country>.json at <commit> of <date> (<countries>), ...`
fn source(folder: &Path, state: &State) -> Result<String, Box<dyn Error>> {
    let mut commits: Vec<(String, String, Vec<String>)> = Vec::new();
    for row in read(&folder.join(state.index))? {
        let (commit, day, country) = (row.get(state.commit), row.get(state.day), row.get("country").to_owned());
        match commits.iter_mut().find(|(known, ..)| known == commit) {
            Some((.., countries)) => countries.push(country),
            None => commits.push((commit.to_owned(), day.to_owned(), vec![country])),
        }
    }
    commits.iter_mut().for_each(|(.., countries)| countries.sort());
    commits.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    let parts: Vec<String> = commits.iter().map(|(commit, day, of)| format!("{commit} of {day} ({})", of.join(", "))).collect();
    Ok(format!("mxmap-it/mxmap.it, data/dns_cache/<country>.json at {}", parts.join(", ")))
}

fn read_members(country: &str, input: &Path, names: &HashMap<String, String>) -> Result<Vec<Member>, Box<dyn Error>> {
    let text = fs::read_to_string(input)?;
    let member = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let domain = Name::parse(row["domain"].as_str().ok_or("a row without a domain")?)?;
        let name = names.get(domain.bare()).cloned().unwrap_or_default();
        let id = domain.bare().into();
        Ok(Member { id, name: name.into(), domain, mail_domain: None, rank: None, cohorts: vec![country.into()] })
    };
    text.lines().map(member).collect()
}

/// The crawler learned to keep verification tokens at different times for different countries; where
/// it kept none at all, a token that stands in a later recording is no change.
fn without_tokens(inputs: &[PathBuf]) -> Result<Option<String>, Box<dyn Error>> {
    let mut without = Vec::new();
    for (country, input) in COUNTRIES.iter().zip(inputs) {
        let text = fs::read_to_string(input)?;
        let holds = |line: &str| !line.contains("\"txt_verifications\": {}");
        if !text.lines().any(holds) {
            without.push(*country);
        }
    }
    let said =
        |of: String| format!("The source did not keep verification tokens of {of} yet: their later appearance is no change.");
    Ok((!without.is_empty()).then(|| said(without.join(", "))))
}

fn organisations(folder: &Path) -> Result<HashMap<String, String>, Box<dyn Error>> {
    let mut names = HashMap::new();
    for country in COUNTRIES {
        for row in read(&folder.join(country).join("labels.csv"))? {
            names.insert(row.get("domain").to_owned(), row.get("organisation").trim().to_owned());
        }
    }
    Ok(names)
}
