//! Whole results over the recorded data, held against golden files. `UPDATE_GOLDEN=1 cargo test
//! --test recorded` writes them anew; a difference is a change of published figures and needs a reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mxcensus::classify::explain::explain;
use mxcensus::classify::{Classification, classify};
use mxcensus::diff::{self, DiffTable};
use mxcensus::report::table::Format;
use mxcensus::report::{explain as page, tables};
use mxcensus::share::{self, Grouping, Labels, Ownership, View};
use mxcensus::snapshot::{self, Snapshot};
use mxcensus::vendor::{Role, Ruleset};

struct Side {
    snapshot: Snapshot,
    members: Vec<Classification>,
}

/// The recorded snapshots by `population/date`, opened and classified once.
fn side(what: &str) -> &'static Side {
    static SIDES: OnceLock<BTreeMap<&'static str, Side>> = OnceLock::new();
    let open = |what: &'static str| {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let snapshot = Snapshot::open(&snapshot::find(what, &data).unwrap()).unwrap();
        let rules = Ruleset::embedded();
        let members = snapshot.population.members.iter().map(|m| classify(&snapshot.observation(m), rules)).collect();
        (what, Side { snapshot, members })
    };
    let all = SIDES.get_or_init(|| [FIRST, LAST, FORTUNE].into_iter().map(open).collect());
    &all[what]
}

const FIRST: &str = "recorded-municipalities/2026-04-05";
const LAST: &str = "recorded-municipalities/2026-05-03";
const FORTUNE: &str = "recorded-fortune20/2023-10-04";

fn golden(name: &str, text: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}; UPDATE_GOLDEN=1 writes it", path.display()));
    if expected != text {
        let first = expected.lines().zip(text.lines()).enumerate().find(|(_, (a, b))| a != b);
        panic!("{name} differs from its golden file, first at {first:?}; UPDATE_GOLDEN=1 writes it anew");
    }
}

fn labels() -> Labels {
    Labels::new(&Ruleset::embedded().vendors, &Ownership::Current)
}

fn compare(role: Role) -> DiffTable {
    let (old, new) = (side(FIRST), side(LAST));
    let (labels, rules) = (labels(), Ruleset::embedded());
    let view = View { role, by: Grouping::Vendor, labels: &labels };
    let (before, after) = (old.snapshot.provenance(), new.snapshot.provenance());
    let sides = diff::Sides { old: &before, new: &after, ruleset: rules.short_digest() };
    diff::compare(&old.members, &new.members, view, sides, &diff::Options::default()).unwrap()
}

#[test]
fn shares() {
    let rules = Ruleset::embedded();
    let labels = labels();
    for (name, what) in [("municipalities", LAST), ("fortune20", FORTUNE)] {
        let side = side(what);
        for role in Role::ALL {
            let view = View { role, by: Grouping::Vendor, labels: &labels };
            let place = side.snapshot.provenance();
            let table = share::measure(&side.members, view, &place, rules.short_digest(), &share::Options::default()).unwrap();
            golden(&format!("share-{name}-{}.csv", role.as_str()), &tables::share(&table).render(Format::Csv));
        }
    }
}

#[test]
fn changes() {
    for role in [Role::Gateway, Role::Mailbox, Role::Sender] {
        let table = compare(role);
        golden(&format!("diff-{}.csv", role.as_str()), &tables::diff(&table).render(Format::Csv));
        golden(&format!("switchers-{}.csv", role.as_str()), &tables::switchers(&table).render(Format::Csv));
        if role.is_exclusive() {
            golden(&format!("transitions-{}.csv", role.as_str()), &tables::transitions(&table).render(Format::Csv));
        }
    }
}

/// The 55 operator changes that the source itself lists between the two dates: each is a switcher
/// here, or has a written reason why it is none; and nothing else switched.
#[test]
fn every_recorded_operator_change_is_shown_or_explained() {
    let table = compare(Role::Gateway);
    let shown: BTreeMap<&str, _> = table.switchers.iter().map(|s| (s.id.as_str(), s)).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/operator-changes.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let (mut listed, mut explained) = (0, 0);
    for row in reader.records() {
        let row = row.unwrap();
        let (domain, reason) = (&row[1], &row[4]);
        listed += 1;
        explained += usize::from(!reason.is_empty());
        assert_eq!(shown.contains_key(domain), reason.is_empty(), "{domain}: {reason}");
        if let Some(switcher) = shown.get(domain) {
            assert!(!switcher.evidence_old.is_empty() && !switcher.evidence_new.is_empty(), "{domain} has no evidence");
        }
    }
    assert_eq!((listed, explained, shown.len()), (55, 12, 43));
}

/// The domains of the Fortune 20 survey that the method is explained with.
#[test]
fn explanations() {
    let rules = Ruleset::embedded();
    let side = side(FORTUNE);
    let place = side.snapshot.provenance();
    let domains = [
        "walmart.com",
        "homedepot.com",
        "cvs.com",
        "chevron.com",
        "boots.com",
        "cardinalhealth.com",
        "unitedhealthgroup.com",
        "uhc.com",
        "apple.com",
        "amazon.com",
        "github.com",
        "bnsf.com",
        "geico.com",
        "marmon.com",
        "shawinc.com",
        "helzberg.com",
        "surest.com",
        "conoco.com",
        "walgreensbootsalliance.com",
        "medicineshoppe.com",
        "alleghany.com",
        "harbourind.com",
        "berkadia.com",
    ];
    for domain in domains {
        let member =
            side.snapshot.population.members.iter().find(|m| m.asked().bare() == domain).unwrap_or_else(|| panic!("{domain}"));
        let text = page::text(&explain(&side.snapshot.observation(member), rules), &place, rules);
        // The digest changes with every rule; what it does to these domains is what counts here.
        golden(&format!("explain/{domain}.txt"), &text.replace(rules.short_digest(), "<digest>"));
    }
}
