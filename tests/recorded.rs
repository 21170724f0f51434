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

/// The worked examples of the method that the Fortune 20 survey holds, with their numbers there. The
/// others are worlds (`worlds/README.md` lists all 28).
#[test]
fn worked_examples() {
    let side = side(FORTUNE);
    let cases: [(u8, &str, &str, &str, &str, &str); 26] = [
        (1, "walmart.com", "proofpoint confirmed 000c72", "unattributed", "proofpoint", ""),
        (1, "samsclub.com", "proofpoint confirmed 000c72", "unattributed", "proofpoint", ""),
        (2, "homedepot.com", "proofpoint confirmed 000e66", "unattributed", "bird, proofpoint", "spf_opaque"),
        (4, "cvs.com", "mimecast confirmed", "unattributed", "fortra", "spf_opaque"),
        (4, "aetna.com", "mimecast confirmed", "unattributed", "fortra", "spf_opaque"),
        (5, "chevron.com", "cisco confirmed hc2860-13", "microsoft likely", "cisco", ""),
        (6, "walgreens.com", "cisco confirmed hc2985-66", "unattributed", "cisco", ""),
        (6, "boots.com", "cisco confirmed wba", "microsoft likely", "", ""),
        (7, "cardinalhealth.com", "cisco confirmed hc2781-64", "unattributed", "", ""),
        (10, "unitedhealthgroup.com", "self-hosted weak", "self-hosted weak", "fortra", "private_brand"),
        (10, "optum.com", "self-hosted weak", "self-hosted weak", "fortra, proofpoint", "private_brand"),
        (10, "uhc.com", "self-hosted weak", "microsoft likely", "fortra", "hybrid_possible private_brand"),
        (11, "apple.com", "self-hosted weak", "self-hosted likely", "fortra", "own_product private_brand"),
        (12, "amazon.com", "self-hosted weak", "self-hosted weak", "", "own_product private_brand"),
        (13, "github.com", "google confirmed", "google confirmed", "", ""),
        (14, "bnsf.com", "self-hosted weak", "self-hosted weak", "valimail", "spf_opaque"),
        (15, "geico.com", "proofpoint confirmed 003067", "unattributed", "fortra, proofpoint", ""),
        (16, "marmon.com", "microsoft confirmed", "microsoft confirmed", "postmark", ""),
        (17, "shawinc.com", "microsoft confirmed", "microsoft confirmed", "proofpoint", ""),
        (18, "helzberg.com", "guardian-digital confirmed", "microsoft likely", "", "transition"),
        (19, "navihealth.com", "self-hosted weak", "microsoft likely", "fortra", "transition hybrid_possible private_brand"),
        (19, "surest.com", "self-hosted weak", "microsoft confirmed", "fortra", "transition hybrid_possible private_brand"),
        (25, "conoco.com", "amazon likely", "unreachable", "proofpoint", ""),
        (26, "walgreensbootsalliance.com", "no-mail", "no-mail", "fortra", "parked"),
        (27, "medicineshoppe.com", "unattributed weak", "google likely", "", "transition"),
        (28, "alleghany.com", "proofpoint confirmed", "self-hosted likely", "", ""),
    ];
    let words = |list: &[mxcensus::classify::Attribution]| {
        let one = |a: &mxcensus::classify::Attribution| match &a.verdict {
            mxcensus::classify::Verdict::Vendor { vendor, .. } => vendor.to_string(),
            other => other.as_str().to_owned(),
        };
        list.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    for (number, domain, gateway, mailbox, dmarc, flags) in cases {
        let c = side.members.iter().find(|c| *c.domain == *domain).unwrap();
        for (role, expected) in [(Role::Gateway, gateway), (Role::Mailbox, mailbox)] {
            let [only] = c.role(role) else { panic!("{number} {domain}: more than one verdict") };
            let mut expected = expected.split(' ');
            assert_eq!(Some(words(c.role(role)).as_str()), expected.next(), "{number} {domain} {}", role.as_str());
            if let Some(confidence) = expected.next() {
                assert_eq!(only.confidence.unwrap().as_str(), confidence, "{number} {domain} {}", role.as_str());
            }
            if let Some(customer) = expected.next() {
                assert_eq!(only.customer.as_deref(), Some(customer), "{number} {domain}");
            }
        }
        assert_eq!(words(c.role(Role::Dmarc)), dmarc, "{number} {domain} dmarc");
        let found: Vec<_> = c.flags.iter().map(|f| f.as_str()).collect();
        assert_eq!(found.join(" "), flags, "{number} {domain} flags");
    }
}
