//! A list and answers made by somebody who wants to act through them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type, quote_strings};
use mxcensus::observation::Facts;
use mxcensus::plan::{Depth, Labels, Plan};
use mxcensus::population::{Member, Population, Unit};
use mxcensus::provenance::Kind;
use mxcensus::snapshot::{ManifestDraft, seal};

/// What acts somewhere: formulas, markup, terminal sequences, characters that turn the direction.
pub const ACTS: &[&str] = &[
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2-2",
    "@SUM(A1:A9)",
    "＝1+1",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]></style><svg onload=alert(1)>",
    "javascript:alert(1)//`${alert(1)}`",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{9b}31mred",
    "\u{202e}gpj.exe\u{2066}",
    "zero\u{200b}wid\u{feff}th",
    "tag\u{e0041}s and \u{2028}lines",
    "[click](javascript:alert(1)) | *b* | `c`",
    "{{7*7}} %s %n $(id) ;",
];

/// Exchanges whose names act, as they stand in DNS.
const EXCHANGES: &[&str] = &[
    "=1+1.example.",
    r"\027[2j.example.",
    r"<b>x<\047b>.example.",
    r"\226\128\174.example.",
    r"'x'\.y.example.",
    r#"\"quoted\".example."#,
    r"\.\.\047\.\.\047x.example.",
    "[x](y).example.",
];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn fact(qname: &str, qtype: Type, rdata: &[String]) -> (Question, Answer) {
    let owner = name(qname);
    let records = rdata.iter().map(|r| Record { owner: owner.clone(), rtype: qtype, rdata: r.as_str().into() }).collect();
    let outcome = if rdata.is_empty() { Outcome::Nxdomain } else { Outcome::Answered };
    (Question::new(owner.clone(), qtype), Answer::new(&owner, outcome, records))
}

/// Seals two years of the hostile list and gives their folders. In the second year some moved.
pub fn seal_years(root: &Path) -> [PathBuf; 2] {
    let member = |i: usize, acts: &str| Member {
        id: acts.into(),
        name: acts.into(),
        domain: name(&format!("member{i}.example")),
        mail_domain: None,
        rank: Some(1),
        cohorts: vec![acts.into(), "x".into()],
    };
    let members: Vec<Member> = ACTS.iter().enumerate().map(|(i, acts)| member(i, acts)).collect();
    ["2025", "2026"].map(|year| {
        let population = Population {
            name: format!("synthetic-{year}"),
            series: "synthetic".into(),
            unit: Unit::Company,
            cohorts: vec!["+sector".into(), "<b>state</b>".into()],
            members: members.clone(),
        };
        let facts = members.iter().enumerate().flat_map(|(i, member)| {
            let domain = member.domain.as_str().to_owned();
            let vendor = if year == "2025" || i % 3 == 0 { "aspmx.l.google.com." } else { "mx1.hc1-1.iphmx.com." };
            let exchange = match i % 2 {
                0 => vendor.to_owned(),
                _ => name(EXCHANGES[i / 2 % EXCHANGES.len()]).to_string(),
            };
            let texts = [format!("v=spf1 include:{} include:_spf.google.com -all", ACTS[i].replace(' ', "")), ACTS[i].to_owned()];
            let policy = format!("v=DMARC1; p={}; rua=mailto:a@{}", ACTS[i], exchange);
            vec![
                fact(&domain, Type::Mx, &[format!("10 {exchange}")]),
                fact(&domain, Type::Txt, &texts.map(|t| quote_strings([t]))),
                fact(&format!("_dmarc.{domain}"), Type::Txt, &[quote_strings([policy])]),
                fact(&exchange, Type::A, &["192.0.2.1".into()]),
            ]
        });
        let plan = Plan::new(Depth::Standard, Labels::default());
        let mut draft = ManifestDraft::new(Kind::Synthetic, &format!("{year}-05-01"), plan);
        draft.source = Some(ACTS.concat());
        draft.licence = Some(ACTS.concat());
        draft.notes = ACTS.iter().map(|s| (*s).to_owned()).collect();
        draft.warnings = draft.notes.clone();
        seal(root, &population, &Facts::new(facts), draft).unwrap()
    })
}

/// A list with the same names, as a file that a user was sent.
pub fn list(folder: &Path) -> PathBuf {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let rows = ACTS.iter().enumerate().map(|(i, acts)| match i % 3 {
        0 => format!("{0},{0},member{i}.example\n", quoted(acts)),
        1 => format!("{0},{0},{0}\n", quoted(acts)),
        _ => format!("{0},x,member{i}.example,{0}\n", quoted(acts)),
    });
    let path = folder.join("list.csv");
    fs::write(&path, format!("id,name,domain\n{}", rows.collect::<String>())).unwrap();
    path
}

pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the program in a folder of its own.
pub fn mxcensus(folder: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|e| panic!("{arguments:?}: not UTF-8: {e}"));
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
