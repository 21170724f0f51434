//! The Fortune 500 lists of 2024 and 2025, with one id for a company over the years.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;

use mxcensus::dns::Name;
use mxcensus::population::{About, Member, Population, Unit};

use crate::table::{Row, read};

const YEARS: [&str; 2] = ["2024", "2025"];

/// Lists whose licence (MIT) lets sector, industry and state be carried, the later first.
const LICENSED: [&str; 2] = ["2020", "2019"];

/// Ids that read better than what the rule makes of the name.
const IDS: [(&str, &str); 3] = [("AT&T", "att"), ("News Corp", "news-corp"), ("PG&E Corporation", "pge")];

pub fn compile(raw: &Path, data: &Path) -> Result<(), Box<dyn Error>> {
    let folder = raw.join("fortune500");
    let panel = read(&folder.join("panel.csv"))?;
    let mail = mail_domains(&data.join("evidence/mail-domains.csv"))?;
    let mut licensed = HashMap::new();
    for year in LICENSED {
        licensed.insert(year, by_place(read(&folder.join(format!("{year}.csv")))?));
    }
    // The panel says which row of each year is which company; rank and domain name the row.
    let mut companies: HashMap<(&str, String, String), &Row> = HashMap::new();
    let mut ids = BTreeSet::new();
    for company in panel.iter().filter(|row| YEARS.iter().any(|year| !row.get(&format!("rank_{year}")).is_empty())) {
        if !ids.insert(id(company.get("company"))) {
            return Err(format!("two companies would be called {:?}", id(company.get("company"))).into());
        }
        for year in YEARS {
            let (rank, domain) = (company.get(&format!("rank_{year}")), company.get(&format!("domain_{year}")));
            companies.insert((year, rank.to_owned(), domain.to_owned()), company);
        }
    }
    if let Some(stranger) = mail.keys().find(|known| !ids.contains(*known)) {
        return Err(format!("mail-domains.csv: no company {stranger:?}").into());
    }
    for year in YEARS {
        let mut members = Vec::new();
        for row in read(&folder.join(format!("{year}.csv")))? {
            let place = (year, row.get("rank").to_owned(), row.get("domain").to_owned());
            let company = companies.get(&place).ok_or_else(|| format!("{place:?} is not in the panel"))?;
            let id = id(company.get("company"));
            members.push(Member {
                mail_domain: mail.get(&id).cloned(),
                id: id.into(),
                name: row.get("company").into(),
                domain: Name::parse(row.get("suggested_domain"))?,
                rank: Some(row.get("rank").parse()?),
                cohorts: cohorts(company, &licensed),
            });
        }
        members.sort_by_key(|member| member.rank);
        let population = Population {
            name: format!("fortune500-{year}"),
            series: "fortune500".to_owned(),
            unit: Unit::Company,
            cohorts: ["sector", "industry", "state"].map(str::to_owned).to_vec(),
            members,
        };
        crate::write_population(data, &population, &about(year))?;
    }
    Ok(())
}

fn about(year: &str) -> About {
    let source = match year {
        "2024" => "Rank, name and web site: xvandevx/fortune500 507f57684040, backend/fortune1000_2024.csv",
        _ => {
            "Rank, name and web site: Kineviz/fortune500 e4241958fa9b, list.csv, and riadlem/stablemap 74fdb4b18fc7, data/fortune500Raw.ts"
        }
    };
    let cohorts = "sector, industry and state: BrandonHardatt/fortune-1000 868d5e731084 and aleksandr-smechov/fortune500 b38de4cf73f4 (both MIT)";
    About {
        series: Some("fortune500".to_owned()),
        unit: Some(Unit::Company),
        title: Some(format!("Fortune 500 of {year}")),
        source: Some(format!("{source}; {cohorts}")),
        date: Some(if year == "2024" { "2024-08" } else { "2025-12" }.to_owned()),
        licence: Some("None stated for the list: rank, name and web site are carried as facts. Fortune 500 is a trademark of Fortune Media.".to_owned()),
        notes: vec![
            "The column domain is that of the web site and may differ from the mail domain; mail_domain is filled in only where evidence/mail-domains.csv says why.".to_owned(),
            "Sector, industry and state are those of the lists of 2020 and 2019 and blank for companies that are in neither.".to_owned(),
        ],
    }
}

/// Sector and state of the later list that has the company, industry of 2019, the only one with it.
fn cohorts(company: &Row, licensed: &HashMap<&str, HashMap<(String, String), Row>>) -> Vec<Box<str>> {
    let rows: Vec<&Row> = LICENSED
        .iter()
        .filter_map(|year| {
            let place = (company.get(&format!("rank_{year}")).to_owned(), company.get(&format!("domain_{year}")).to_owned());
            licensed[year].get(&place)
        })
        .collect();
    let first = |column: &str| rows.iter().map(|row| row.get(column)).find(|value| !value.is_empty()).unwrap_or_default();
    // One state of 2019 is written out and not a code.
    let mut states = rows.iter().map(|row| row.get("hq_state"));
    let state = states.find(|s| s.len() == 2 && s.bytes().all(|b| b.is_ascii_uppercase())).unwrap_or_default();
    [first("sector"), first("industry"), state].map(Into::into).to_vec()
}

fn by_place(rows: Vec<Row>) -> HashMap<(String, String), Row> {
    rows.into_iter().map(|row| ((row.get("rank").to_owned(), row.get("domain").to_owned()), row)).collect()
}

fn mail_domains(path: &Path) -> Result<BTreeMap<String, Name>, Box<dyn Error>> {
    let rows = read(path)?;
    rows.iter().map(|row| Ok((row.get("id").to_owned(), Name::parse(row.get("mail_domain"))?))).collect()
}

/// A readable id: the words of the name in lower case, without its legal form.
fn id(name: &str) -> String {
    if let Some((_, id)) = IDS.iter().find(|(known, _)| *known == name) {
        return (*id).to_owned();
    }
    let name = name.split(" (").next().unwrap_or(name).to_lowercase().replace('\u{e9}', "e").replace('&', " and ");
    let plain: String = name.chars().filter(|c| !matches!(c, '\'' | '\u{2019}' | '.')).collect();
    let mut words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.first() == Some(&"the") {
        words.remove(0);
    }
    const LEGAL: [&str; 9] = ["inc", "incorporated", "corp", "corporation", "company", "companies", "co", "hldgs", "and"];
    while words.len() > 1 && words.last().is_some_and(|word| LEGAL.contains(word)) {
        words.pop();
    }
    words.join("-")
}
