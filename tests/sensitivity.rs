//! The headline under other methods, on a synthetic list made to part them.

use std::collections::BTreeMap;

use mxcensus::classify::methods::Method;
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type};
use mxcensus::observation::{Facts, Limits, Observation};
use mxcensus::plan::{Depth, Labels as Selectors, Plan};
use mxcensus::population::{Member, Unit};
use mxcensus::provenance::{Kind, Provenance};
use mxcensus::report::table::Format;
use mxcensus::report::tables;
use mxcensus::share::{Count, Grouping, Labels, Options, Ownership, PUBLISHED, View, measure, overlay, published, sensitivity};
use mxcensus::vendor::{Role, Ruleset};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn member(domain: &str) -> Member {
    Member { id: domain.into(), name: domain.into(), domain: name(domain), mail_domain: None, rank: None, cohorts: Vec::new() }
}

/// Facts from lines `owner TYPE rdata`; every TXT and address question without a line is NODATA.
fn facts(members: &[Member], lines: &[&str]) -> Facts {
    let mut zone: BTreeMap<(String, Type), Vec<Record>> = BTreeMap::new();
    for line in lines {
        let mut parts = line.splitn(3, ' ');
        let (owner, rtype, rdata) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let rtype: Type = rtype.parse().unwrap();
        zone.entry((owner.to_owned(), rtype)).or_default().push(Record { owner: name(owner), rtype, rdata: rdata.into() });
    }
    let mut answers = Vec::new();
    for domain in members.iter().map(Member::asked) {
        for rtype in [Type::Mx, Type::Txt, Type::A, Type::Aaaa] {
            let records = zone.get(&(domain.bare().to_owned(), rtype)).cloned().unwrap_or_default();
            let outcome = if records.is_empty() { Outcome::Nodata } else { Outcome::Answered };
            answers.push((Question::new(domain.clone(), rtype), Answer::new(domain, outcome, records)));
        }
    }
    Facts::new(answers)
}

fn provenance(members: usize) -> Provenance {
    Provenance {
        population: "synthetic-methods".into(),
        series: "synthetic".into(),
        unit: Unit::Domain,
        members,
        observed_from: "2026-05-03".into(),
        observed_to: "2026-05-03".into(),
        kind: Kind::Synthetic,
        source: None,
        snapshot: "0".repeat(12),
        notes: Vec::new(),
    }
}

#[test]
fn every_method_sees_its_own_gateways() {
    let mut members: Vec<Member> =
        ["decoy.example", "backup.example", "own.example", "tie.example", "none.example"].map(member).into();
    members.extend(["one.example", "two.example"].map(member));
    members.push(Member { mail_domain: Some(name("mail-only.example")), ..member("website.example") });
    let facts = facts(
        &members,
        &[
            // Not Proofpoint's, although its name is in it.
            "decoy.example MX 10 mx.notpphosted.net.",
            "backup.example MX 10 mx1.backup.mimecast.com.",
            "backup.example MX 20 backup-example.mail.protection.outlook.com.",
            "own.example MX 10 mx.own.example.",
            "own.example TXT \"v=spf1 include:spf.protection.outlook.com -all\"",
            "tie.example MX 10 tie-example.mail.protection.outlook.com.",
            "tie.example MX 10 mx1.hc1.iphmx.com.",
            "none.example A 192.0.2.1",
            "one.example MX 10 mxa-000c7201.gslb.pphosted.com.",
            "two.example MX 10 mxb-000c7202.gslb.pphosted.com.",
            "mail-only.example MX 10 mail-only-example.mail.protection.outlook.com.",
        ],
    );
    let rules = Ruleset::embedded();
    let plan = Plan::new(Depth::Mx, Selectors::default());
    let limits = Limits::default();
    let observe = || members.iter().map(|member| Observation { member, facts: &facts, plan: &plan, limits: &limits });
    let labels = Labels::new(&rules.vendors, &Ownership::Current);
    let found = sensitivity(observe, rules, &labels, &provenance(members.len())).unwrap();
    let spreads = found.spreads();
    let of = |label: &str, method: Method| {
        let at = found.tables.iter().position(|(m, _)| *m == method).unwrap();
        spreads.iter().find(|s| s.label == label).and_then(|s| s.found[at]).map_or(Count::default(), |(members, _)| members)
    };
    let half = |n: i128| Count::new(n, 2);
    assert_eq!(of("Proofpoint", Method::Reference), half(4));
    assert_eq!(of("Proofpoint", Method::LowestMxSubstring), half(6));
    assert_eq!(of("Proofpoint", Method::MxRegistrable), half(4));
    assert_eq!(of("Proofpoint", Method::CustomerLevel), half(2));
    // A tie counts half; the substring method takes the first by name, and the second exchange never.
    assert_eq!(of("Microsoft", Method::Reference), half(3));
    assert_eq!(of("Microsoft", Method::LowestMxSubstring), half(2));
    assert_eq!(of("Microsoft", Method::AllMxEqual), half(4));
    assert_eq!(of("Microsoft", Method::SpfSenders), half(2));
    assert_eq!(of("Microsoft", Method::WebsiteDomain), half(1));
    assert_eq!(of("Mimecast", Method::AllMxEqual), half(1));
    assert_eq!((of("self-hosted", Method::Reference), of("self-hosted", Method::LowestMxSubstring)), (half(2), half(0)));
    assert_eq!(of("self-hosted", Method::MxRegistrable), half(2));
    assert_eq!((of("no-mail", Method::Reference), of("no-mail", Method::ImplicitMx)), (half(2), half(0)));
    assert_eq!(of("unreachable", Method::WebsiteDomain), half(2));
    let text = tables::sensitivity(&found, 15).render(Format::Table);
    assert!(text.contains("lowest-mx-substring: one exchange of lowest preference"), "{text}");
    let cells = spreads.iter().flat_map(|s| &s.found).filter(|f| f.is_some()).count();
    assert_eq!(tables::sensitivity_long(&found).rows.len(), cells);
}

#[test]
fn published_figures_are_read_and_never_compared_across_populations() {
    let rules = Ruleset::embedded();
    let figures = published(PUBLISHED).unwrap();
    assert_eq!(figures.len(), 69);
    for figure in figures.iter().filter(|f| !f.vendor.is_empty()) {
        assert!(rules.vendor(&figure.vendor).is_some(), "{}", figure.vendor);
    }
    let labels = Labels::new(&rules.vendors, &Ownership::Current);
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let table = measure([], view, &provenance(0), "rules", &Options::default()).unwrap();
    let overlays = overlay(&table, &figures);
    assert!(overlays.iter().all(|o| o.warnings.iter().any(|w| w.starts_with("another population"))));
    let same = Provenance { series: "fortune500".into(), observed_to: "2022-06-30".into(), ..provenance(0) };
    let fortune = measure([], view, &same, "rules", &Options::default()).unwrap();
    let comparable: Vec<_> = overlay(&fortune, &figures).into_iter().filter(|o| o.warnings.is_empty()).collect();
    // The founding post prints a change, not a share: no figure of one vendor on the same list.
    assert!(comparable.is_empty());
}
