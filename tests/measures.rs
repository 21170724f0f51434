//! The worked example of `docs/measures.md` is what the program computes.

use std::collections::{BTreeMap, BTreeSet};

use mxcensus::classify::{Attribution, Classification, Confidence, Reached, Verdict, Weight};
use mxcensus::diff::{self, Sides, compare};
use mxcensus::population::Unit;
use mxcensus::provenance::{Kind, Provenance};
use mxcensus::report::{summary, table::Format, tables};
use mxcensus::share::{self, Grouping, Labels, Ownership, View, measure};
use mxcensus::vendor::{Role, Vendor};

fn member(name: &str, verdicts: &[&str]) -> Classification {
    let part = |verdict: &&str| {
        let (verdict, confidence) = match *verdict {
            "self-hosted" => (Verdict::SelfHosted, Some(Confidence::Weak)),
            "unattributed" => (Verdict::Unattributed, Some(Confidence::Weak)),
            "no-mail" => (Verdict::NoMail, None),
            "unreachable" => (Verdict::Unreachable, None),
            vendor => (Verdict::Vendor { vendor: vendor.into(), product: "".into() }, Some(Confidence::Confirmed)),
        };
        let weight = Weight::new(1, verdicts.len() as i64);
        Attribution { verdict, weight, confidence, customer: None, evidence: Vec::new() }
    };
    let parts: Vec<Attribution> = verdicts.iter().map(part).collect();
    let nobody = || (Reached::Measured, Vec::new());
    Classification {
        id: name.into(),
        name: name.into(),
        domain: format!("{name}.example").into(),
        rank: None,
        cohorts: Vec::new(),
        gateway: parts.clone(),
        mailbox: parts,
        sender: nobody(),
        dmarc: nobody(),
        overlay: nobody(),
        flags: BTreeSet::new(),
        failure: None,
    }
}

fn provenance(year: &str) -> Provenance {
    Provenance {
        population: format!("synthetic-{year}"),
        series: "synthetic".into(),
        unit: Unit::Company,
        members: 10,
        observed_from: format!("{year}-06-01"),
        observed_to: format!("{year}-06-01"),
        kind: Kind::Synthetic,
        source: None,
        snapshot: "0".repeat(12),
        notes: Vec::new(),
    }
}

/// The text of a fenced block of the document.
fn block(document: &str, info: &str) -> String {
    let start = document.find(&format!("```{info}\n")).unwrap_or_else(|| panic!("no block {info}")) + info.len() + 4;
    let end = document[start..].find("```").unwrap() + start;
    document[start..end].to_owned()
}

#[test]
fn the_worked_example_is_what_the_program_computes() {
    let old = [
        member("acme", &["Alpha"]),
        member("bolt", &["Alpha"]),
        member("cern", &["Alpha", "Beta"]),
        member("dune", &["Beta"]),
        member("echo", &["self-hosted"]),
        member("fern", &["unattributed"]),
        member("gale", &["Alpha"]),
        member("hive", &["unreachable"]),
        member("iron", &["no-mail"]),
        member("jade", &["Alpha"]),
    ];
    let new = [
        member("acme", &["Alpha"]),
        member("bolt", &["Beta"]),
        member("cern", &["Beta"]),
        member("dune", &["Beta"]),
        member("echo", &["Alpha"]),
        member("fern", &["Beta"]),
        member("gale", &["unreachable"]),
        member("hive", &["Beta"]),
        member("iron", &["no-mail"]),
        member("kite", &["Alpha"]),
    ];
    let labels = Labels::new(&BTreeMap::<String, Vendor>::new(), &Ownership::Current);
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let (before, after) = (provenance("2024"), provenance("2025"));
    let shares = measure(&old, view, &before, "rules", &share::Options::default()).unwrap();
    let sides = Sides { old: &before, new: &after, ruleset: "rules" };
    let change = compare(&old, &new, view, sides, &diff::Options::default()).unwrap();
    let made = [
        ("csv share", tables::share(&shares).render(Format::Csv)),
        ("csv diff", tables::diff(&change).render(Format::Csv)),
        ("csv transitions", tables::transitions(&change).render(Format::Csv)),
        ("csv panel", tables::panel(&change).render(Format::Csv)),
        ("text summary", summary::text(&diff::summary(&change, 2))),
    ];
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/measures.md")).unwrap();
    for (info, text) in made {
        assert_eq!(block(&document, info), text, "{info}");
    }
}
