//! A snapshot walked member by member says the same as one held in memory.

use std::path::Path;
use std::process::Command;

use mxcensus::classify::{Classification, classify};
use mxcensus::diff::{self, Sides, compare};
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type};
use mxcensus::observation::{Facts, Observation};
use mxcensus::plan::{Depth, Labels as Selectors, Plan};
use mxcensus::population::{Member, Population, Unit};
use mxcensus::provenance::Kind;
use mxcensus::report::table::Format;
use mxcensus::report::tables;
use mxcensus::share::{self, Cohort, Grouping, Labels, Ownership, View};
use mxcensus::snapshot::{ManifestDraft, Snapshot, Walk, seal};
use mxcensus::vendor::{Role, Ruleset};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Names and domains that need quotes, escapes and care with order; two members of one domain; one
/// asked at its mail domain; one that nothing was asked about.
fn members(also: &str) -> Vec<Member> {
    let member = |id: &str, called: &str, domain: &str, mail: Option<&str>| Member {
        id: id.into(),
        name: called.into(),
        domain: name(domain),
        mail_domain: mail.map(name),
        rank: Some(7),
        cohorts: vec!["say \"north\", twice".into()],
    };
    vec![
        member("z", "Zed, Ltd", "zed.example", None),
        member("a", "A \"quoted\" name", "web.example", Some("mail.a-b.example")),
        member("b", "", "a.b.example", None),
        member("c", "same domain", "a.b.example", None),
        member("d", "Ünïcode", "xn--bcher-kva.example", None),
        member(also, "", "b.example", None),
        member("e", "unasked", "unasked.example", None),
    ]
}

fn sealed(root: &Path, year: &str, also: &str, exchange: &str) -> std::path::PathBuf {
    let members = members(also);
    let mut facts = Vec::new();
    for asked in members.iter().map(|m| m.asked().clone()).filter(|n| n.as_str() != "unasked.example.") {
        let mx = Record { owner: asked.clone(), rtype: Type::Mx, rdata: format!("10 {exchange}").into() };
        facts.push((Question::new(asked.clone(), Type::Mx), Answer::new(&asked, Outcome::Answered, vec![mx])));
        facts.push((Question::new(asked.clone(), Type::Txt), Answer::empty(Outcome::Nodata)));
        // Below the domain, and about nobody here: passed over.
        let below = asked.prepend("_dmarc").unwrap();
        facts.push((Question::new(below, Type::Txt), Answer::empty(Outcome::Timeout)));
    }
    let population = Population {
        name: format!("synthetic-{year}"),
        series: "synthetic".into(),
        unit: Unit::Company,
        cohorts: vec!["region".into()],
        members,
    };
    let draft = ManifestDraft::new(Kind::Synthetic, &format!("{year}-06-01"), Plan::new(Depth::Mx, Selectors::default()));
    seal(root, &population, &Facts::new(facts), draft).unwrap()
}

fn walked(dir: &Path) -> Vec<Classification> {
    let walk = Walk::open(dir).unwrap();
    let manifest = walk.manifest.clone();
    walk.map(|step| {
        let (member, facts) = step.unwrap();
        let observation = Observation { member: &member, facts: &facts, plan: &manifest.plan, limits: &manifest.limits };
        classify(&observation, Ruleset::embedded())
    })
    .collect()
}

fn in_memory(dir: &Path) -> Vec<Classification> {
    let snapshot = Snapshot::open(dir).unwrap();
    snapshot.population.members.iter().map(|m| classify(&snapshot.observation(m), Ruleset::embedded())).collect()
}

#[test]
fn a_walk_gives_every_member_with_its_answers_in_canonical_order() {
    let root = tempfile::tempdir().unwrap();
    let dir = sealed(root.path(), "2024", "f", "mx.own.example.");
    let (mut walked, mut held) = (walked(&dir), in_memory(&dir));
    let order: Vec<Name> = walked.iter().map(|c| name(&c.domain)).collect();
    assert!(order.is_sorted(), "{order:?}");
    walked.sort_by(|a, b| a.id.cmp(&b.id));
    held.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(walked, held);
}

#[test]
fn merged_and_held_snapshots_differ_alike() {
    let root = tempfile::tempdir().unwrap();
    let old = sealed(root.path(), "2024", "f", "mx1.mail.protection.outlook.com.");
    let new = sealed(root.path(), "2025", "g", "mxa-000c7201.gslb.pphosted.com.");
    let rules = Ruleset::embedded();
    let labels = Labels::new(&rules.vendors, &Ownership::Current);
    let provenance = |dir: &Path| Walk::open(dir).unwrap().manifest.provenance();
    let (before, after) = (provenance(&old), provenance(&new));
    let sides = Sides { old: &before, new: &after, ruleset: rules.short_digest() };
    for role in Role::ALL {
        let view = View { role, by: Grouping::Vendor, labels: &labels };
        let options = diff::Options::default();
        let merged = compare(walked(&old), walked(&new), view, sides, &options).unwrap();
        assert_eq!(merged, compare(in_memory(&old), in_memory(&new), view, sides, &options).unwrap());
        assert_eq!((merged.panel, merged.compared), if role.is_exclusive() { (7, 6) } else { (7, merged.compared) });
    }
}

#[test]
fn a_damaged_snapshot_is_not_walked() {
    let root = tempfile::tempdir().unwrap();
    let dir = sealed(root.path(), "2024", "f", "mx.own.example.");
    let file = dir.join("observations.csv");
    let text = std::fs::read_to_string(&file).unwrap().replacen("10 mx", "11 mx", 1);
    std::fs::write(&file, text).unwrap();
    let error = Walk::open(&dir).err().unwrap().to_string();
    assert!(error.contains("observations.csv: has changed"), "{error}");
}

/// A comparison must not read half of what a later version wrote: it says which version is needed.
#[test]
fn a_snapshot_of_a_later_schema_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    let dir = sealed(root.path(), "2024", "f", "mx.own.example.");
    let file = dir.join("manifest.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("schema = 1", "schema = 2", 1)).unwrap();
    for error in [Walk::open(&dir).err().unwrap().to_string(), Snapshot::open(&dir).err().unwrap().to_string()] {
        assert!(error.contains("written with schema 2, this program reads up to 1; update mxcensus"), "{error}");
    }
}

/// `classify` and `share` read such a snapshot member by member: they write what the whole would give, in
/// the order of the list.
#[test]
fn commands_over_a_walk_write_what_the_whole_gives() {
    let dir = tempfile::tempdir().unwrap();
    let path = sealed(dir.path(), "2024", "n", "mx1.mail.protection.outlook.com.");
    let mxcensus = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mxcensus"))
            .args(arguments)
            .arg(&path)
            .args(["--format", "csv"])
            .env("MXCENSUS_CONFIG", "")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let members = in_memory(&path);
    let labels = Labels::new(&Ruleset::embedded().vendors, &Ownership::Current);
    assert_eq!(mxcensus(&["classify"]), tables::attributions(&members, &Role::ALL, &labels).render(Format::Csv));
    let shard = mxcensus(&["classify", "--shard", "0/2"]);
    let rest = mxcensus(&["classify", "--shard", "1/2"]);
    assert_eq!(shard.lines().count() + rest.lines().count(), 2 + 5 * members.len());

    let manifest = mxcensus::snapshot::manifest(&path).unwrap();
    let columns = &manifest.population.cohorts;
    for role in Role::ALL {
        let view = View { role, by: Grouping::Vendor, labels: &labels };
        let measure = |members: &[&Classification], cohort: Option<String>| {
            let options = share::Options { cohort, ..share::Options::default() };
            let digest = Ruleset::embedded().short_digest();
            let table = share::measure(members.iter().copied(), view, &manifest.provenance(), digest, &options).unwrap();
            tables::share(&table).render(Format::Csv)
        };
        let all: Vec<&Classification> = members.iter().collect();
        assert_eq!(mxcensus(&["share", "--role", role.as_str()]), measure(&all, None));
        // One region holds everybody: its label stands before the same figures.
        let (label, chosen) = share::select(&members, columns, &Cohort::Column("region".into())).unwrap().pop().unwrap();
        let quoted = format!("\"{}\"", label.replace('"', "\"\""));
        let figures = measure(&chosen, Some(label));
        let prefixed: String = figures.lines().skip(1).map(|line| format!("{quoted},{line}\n")).collect();
        let cohort = mxcensus(&["share", "--role", role.as_str(), "--cohort", "region"]);
        assert_eq!(cohort.split_once('\n').unwrap().1, prefixed);
    }
}
