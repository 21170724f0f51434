//! Pages to open in a browser: of the recorded data, of as many members as wanted, and of hostile ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use mxcensus::classify::{Classification, classify};
use mxcensus::provenance::{Kind, Provenance};
use mxcensus::report::{self, Page, Side};
use mxcensus::share::{self, Grouping, Labels, Ownership, ShareTable, View};
use mxcensus::snapshot::{self, Snapshot};
use mxcensus::vendor::{Role, Ruleset};

fn recorded() -> (Provenance, Vec<Classification>) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let snapshot = Snapshot::open(&snapshot::find("recorded-fortune20/2023-10-04", &data).unwrap()).unwrap();
    let rules = Ruleset::embedded();
    let members = snapshot.population.members.iter().map(|m| classify(&snapshot.observation(m), rules)).collect();
    (snapshot.provenance(), members)
}

fn page(provenance: &Provenance, members: &[Classification]) -> String {
    let rules = Ruleset::embedded();
    let labels = Labels::new(&rules.vendors, &Ownership::Current);
    let measure = |role| {
        let view = View { role, by: Grouping::Vendor, labels: &labels };
        let options = share::Options { top: Some(12), ..share::Options::default() };
        share::measure(members, view, provenance, rules.short_digest(), &options).unwrap()
    };
    let shares: Vec<ShareTable> = Role::ALL.into_iter().map(measure).collect();
    let vendors: BTreeMap<String, String> = rules.vendors.values().map(|v| (v.id.clone(), v.name.clone())).collect();
    report::html(&Page {
        title: &format!("{} on {}", provenance.population, provenance.dates()),
        new: Side { provenance, shares: &shares, members, plan: "recorded" },
        old: None,
        diffs: &[],
        cuts: &[],
        ruleset: &rules.digest,
        vendors: &vendors,
        pictures: &[],
        aggregate_only: false,
        commands: &["mxcensus report recorded-fortune20".to_owned()],
    })
}

/// The 618 domains of the Fortune 20, recorded.
pub fn fortune() -> String {
    let (provenance, members) = recorded();
    page(&provenance, &members)
}

/// The recorded members over and over, under names that say they are copies. Each copy has names of its own in its
/// evidence, so that the page weighs what that many different members weigh.
pub fn large(size: usize) -> String {
    let (provenance, members) = recorded();
    let copy = |i: usize| {
        let mut member = members[i % members.len()].clone();
        member.id = format!("copy-{i}").into();
        member.name = format!("Synthetic copy {i} of {}", member.domain).into();
        member.domain = format!("copy-{i}.{}", member.domain).into();
        let all = [&mut member.gateway, &mut member.mailbox, &mut member.sender.1, &mut member.dmarc.1];
        for evidence in all.into_iter().flatten().flat_map(|a| &mut a.evidence) {
            evidence.question = format!("copy-{i}.{}", evidence.question).into();
            evidence.value = format!("{} copy-{i}", evidence.value).into();
        }
        member
    };
    let copies: Vec<Classification> = (0..size).map(copy).collect();
    page(&Provenance { kind: Kind::Synthetic, members: size, ..provenance }, &copies)
}

/// A member whose name and records try to get out of the page.
pub fn hostile() -> String {
    let (provenance, members) = recorded();
    let mut members: Vec<Classification> = members.into_iter().take(20).collect();
    let evil = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\"'\u{202e}";
    members[0].name = evil.into();
    members[0].id = "\" onclick=\"window.hacked=1".into();
    for e in &mut members[0].gateway[0].evidence {
        e.value = Arc::from(evil);
    }
    members[1].name = "=HYPERLINK(\"http://example.test\")".into();
    page(&Provenance { kind: Kind::Synthetic, members: 20, population: evil.to_owned(), ..provenance }, &members)
}
