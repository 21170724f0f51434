//! The committed data: what `data/README.md` says of it is counted here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mxcensus::dns::{Outcome, Type};
use mxcensus::population::{Loaded, Unit, find, read};
use mxcensus::provenance::Kind;
use mxcensus::snapshot::{Snapshot, list, seal, verify};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn population(name: &str) -> Loaded {
    let loaded = find(Some(name), &data()).unwrap();
    assert!(loaded.rejected.is_empty() && loaded.repairs.is_empty(), "{name}");
    loaded
}

fn snapshot(population: &str) -> Snapshot {
    let (found, errors) = list(&data());
    assert!(errors.is_empty(), "{errors:?}");
    let mut found = found.into_iter().filter(|summary| summary.manifest.population.name == population);
    let dir = found.next().unwrap_or_else(|| panic!("no snapshot of {population}")).dir;
    assert!(found.next().is_none());
    Snapshot::open(&dir).unwrap()
}

#[test]
fn the_fortune_500_lists_hold_500_companies_each_and_476_in_both() {
    let (old, new) = (population("fortune500-2024").population, population("fortune500-2025").population);
    assert_eq!(find(None, &data()).unwrap().population, new, "the newest list is the default");
    let mut mail: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
    let mut shared = 0;
    for list in [&old, &new] {
        assert_eq!((list.members.len(), list.unit, &*list.series), (500, Unit::Company, "fortune500"));
        assert_eq!(list.cohorts, ["sector", "industry", "state"]);
        assert_eq!(list.members.iter().map(|m| m.asked()).collect::<BTreeSet<_>>().len(), 500, "no domain stands twice");
        assert!(list.members.windows(2).all(|pair| pair[0].rank <= pair[1].rank));
        for member in &list.members {
            let own = member.mail_domain.as_ref().map(|d| d.bare());
            if let Some(other) = mail.insert(&member.id, own) {
                assert_eq!(other, own, "{}: one mail domain over the years", member.id);
                shared += 1;
            }
            if let Some(other) = asked.insert(&member.id, member.asked().bare()) {
                assert_eq!(other, member.asked().bare(), "{}: one asked domain over the years", member.id);
            }
        }
    }
    assert_eq!((shared, mail.len()), (476, 524));
    for (id, domain) in
        [("alphabet", "google.com"), ("walmart", "walmart.com"), ("procter-and-gamble", "pg.com"), ("att", "att.com")]
    {
        assert_eq!(asked[id], domain);
    }
    let mut evidence = csv::Reader::from_path(data().join("evidence/mail-domains.csv")).unwrap();
    let documented: BTreeMap<String, String> =
        evidence.records().map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).unwrap()).collect();
    let used = mail.into_iter().filter_map(|(id, domain)| Some((id.to_owned(), domain?.to_owned()))).collect();
    assert_eq!(documented, used, "every mail domain has its evidence");
}

#[test]
fn every_list_reads_and_is_written_back_to_the_same_bytes() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(data().join("populations")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "csv") {
            let loaded = read(&path).unwrap();
            assert!(loaded.rejected.is_empty());
            assert_eq!(loaded.population.to_csv(), std::fs::read(&path).unwrap());
            assert!(loaded.about.source.is_some() && loaded.about.licence.is_some() && loaded.about.date.is_some());
            names.push(loaded.population.name);
        }
    }
    assert_eq!(names.len(), 7, "{names:?}");
}

#[test]
fn every_snapshot_is_as_it_was_sealed() {
    let (found, errors) = list(&data());
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(found.len(), 5);
    let root = tempfile::tempdir().unwrap();
    for summary in found {
        assert_eq!(verify(&summary.dir), []);
        let snapshot = Snapshot::open(&summary.dir).unwrap();
        assert_eq!(snapshot.manifest.kind, Kind::Imported);
        let licence = snapshot.manifest.licence.as_ref().unwrap();
        assert!(["CC BY-SA 4.0", "MIT"].iter().any(|l| licence.starts_with(l)), "{licence}");
        let listed = population(&snapshot.population.name).population;
        assert_eq!(listed, snapshot.population, "the list and the one in the snapshot");
        // Tool and compressor may be newer than those that sealed it; the digest is over what it says.
        if snapshot.population.name.contains("fortune20") {
            let again = seal(root.path(), &snapshot.population, &snapshot.facts, snapshot.manifest.draft.clone()).unwrap();
            assert_eq!(again.file_name(), summary.dir.file_name());
            assert_eq!(Snapshot::open(&again).unwrap().manifest.draft, snapshot.manifest.draft);
        }
    }
}

#[test]
fn recorded_answers_are_those_of_the_sources() {
    struct Expected {
        name: &'static str,
        members: usize,
        questions: usize,
        records: usize,
        /// MX answered, nodata, nxdomain, servfail, timeout, unrecorded.
        mx: [usize; 6],
        from: &'static str,
        to: &'static str,
    }
    let expected = |name, members, questions, records, mx, from, to| Expected { name, members, questions, records, mx, from, to };
    for e in [
        expected("recorded-municipalities-2026-04-05", 4949, 39196, 22795, [4659, 0, 0, 0, 0, 290], "2026-03-15", "2026-04-05"),
        expected("recorded-municipalities-2026-04-15", 5013, 39704, 27184, [4724, 0, 0, 0, 0, 289], "2026-03-15", "2026-04-15"),
        expected("recorded-municipalities-2026-05-03", 5013, 39704, 27252, [4723, 0, 0, 0, 0, 290], "2026-03-15", "2026-05-03"),
        expected("recorded-fortune20-2023-10-04", 618, 3624, 5677, [506, 105, 5, 1, 1, 0], "2023-10-04", "2023-10-04"),
        expected("recorded-nordic-listed-2026-04-21", 50, 100, 121, [50, 0, 0, 0, 0, 0], "2026-04-21", "2026-04-21"),
    ] {
        let snapshot = snapshot(e.name);
        assert_eq!(snapshot.population.members.len(), e.members, "{}", e.name);
        let unit = if e.name.contains("nordic-listed") { Unit::Company } else { Unit::Domain };
        assert_eq!(snapshot.population.unit, unit);
        assert_eq!(snapshot.facts.len(), e.questions, "{}", e.name);
        assert_eq!(snapshot.facts.iter().map(|(_, answer)| answer.records().len()).sum::<usize>(), e.records, "{}", e.name);
        let outcomes =
            [Outcome::Answered, Outcome::Nodata, Outcome::Nxdomain, Outcome::Servfail, Outcome::Timeout, Outcome::Unrecorded];
        let counts = &snapshot.manifest.counts["MX"];
        assert_eq!(outcomes.map(|o| counts.get(o.as_str()).copied().unwrap_or(0)), e.mx, "{}", e.name);
        let provenance = snapshot.provenance();
        assert_eq!((&*provenance.observed_from, &*provenance.observed_to), (e.from, e.to));
        assert_eq!(provenance.members, e.members);
        // Every question of the plan has a row, and no row is outside the plan.
        let mut asked = BTreeSet::new();
        for (question, answer) in snapshot.population.members.iter().flat_map(|m| snapshot.observation(m).questions()) {
            assert!(answer.is_some(), "{}: {question} has no row", e.name);
            asked.insert(question);
        }
        assert_eq!(asked.len(), e.questions, "{}", e.name);
    }
}

#[test]
fn records_of_the_fortune_20_are_accounted_for_by_type() {
    let snapshot = snapshot("recorded-fortune20-2023-10-04");
    let count = |rtype| snapshot.facts.iter().map(|(_, answer)| answer.rdata(rtype).count()).sum::<usize>();
    let types = [Type::Mx, Type::Ns, Type::A, Type::Aaaa, Type::Txt].map(count);
    assert_eq!(types, [1369, 1997, 1114, 23, 1174]);
    let companies: BTreeSet<&str> = snapshot.population.members.iter().map(|m| &*m.cohorts[0]).collect();
    assert_eq!((snapshot.population.cohorts.as_slice(), companies.len()), (&["company".to_owned()][..], 21));
    assert!(!snapshot.manifest.limits.preference_unknown());
}

#[test]
fn fifty_nine_domains_changed_their_exchanges_between_the_first_and_the_last_recording() {
    let names = ["recorded-municipalities-2026-04-05", "recorded-municipalities-2026-05-03"];
    let [old, new] = names.map(snapshot);
    let exchanges = |snapshot: &Snapshot| -> BTreeMap<String, Vec<String>> {
        let mx = snapshot.population.members.iter().map(|member| {
            let question = mxcensus::dns::Question::new(member.asked().clone(), Type::Mx);
            let answer = snapshot.facts.get(&question).unwrap();
            (member.id.to_string(), answer.rdata(Type::Mx).map(str::to_owned).collect())
        });
        mx.collect()
    };
    let (old, new) = (exchanges(&old), exchanges(&new));
    assert_eq!(old.iter().filter(|(id, mx)| new.get(*id).is_some_and(|other| other != *mx)).count(), 59);
    assert_eq!(old.keys().filter(|id| new.contains_key(*id)).count(), 4949);
    let countries = |name: &str| {
        let list = population(name).population;
        list.members.iter().map(|m| m.cohorts[0].to_string()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(names.map(countries), [8, 8]);
}

#[test]
fn committed_data_stay_small() {
    fn size(dir: &Path) -> u64 {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
        entries.map(|e| if e.path().is_dir() { size(&e.path()) } else { e.metadata().unwrap().len() }).sum()
    }
    let bytes: u64 = ["populations", "snapshots", "evidence"].iter().map(|folder| size(&data().join(folder))).sum();
    assert!(bytes < 8 << 20, "{bytes} bytes");
}
