//! What a snapshot promises: it reads back as it was, twice the same bytes, and no change goes unseen.

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::dns::{Answer, Name, Outcome, Question, Record, Type};
use crate::plan::{Depth, Labels};
use crate::population::Unit;
use crate::provenance::Kind;

fn member(domain: &str) -> Member {
    let domain = Name::parse(domain).unwrap();
    Member { id: domain.bare().into(), name: "A, \"B\" Inc".into(), domain, mail_domain: None, rank: Some(1), cohorts: vec![] }
}

fn population(domains: &[&str]) -> Population {
    Population {
        name: "synthetic-2026".to_owned(),
        series: "synthetic".to_owned(),
        unit: Unit::Company,
        cohorts: vec![],
        members: domains.iter().map(|d| member(d)).collect(),
    }
}

fn answered(qname: &str, qtype: Type, rdata: &[&str]) -> (Question, Answer) {
    let qname = Name::parse(qname).unwrap();
    let records = rdata.iter().map(|r| Record { owner: qname.clone(), rtype: qtype, rdata: (*r).into() }).collect();
    let answer = Answer::new(&qname, Outcome::Answered, records);
    (Question::new(qname, qtype), answer)
}

fn facts() -> Facts {
    let empty = |qname: &str, outcome| (Question::new(Name::parse(qname).unwrap(), Type::Mx), Answer::empty(outcome));
    Facts::new([
        answered("example.com", Type::Mx, &["10 mx.example.com.", "20 b.example.com."]),
        answered("example.com", Type::Txt, &["\"v=spf1 -all\"", "\"a\\\"b\" \"\\255\""]),
        empty("gone.example", Outcome::Nxdomain),
        empty("slow.example", Outcome::Timeout),
    ])
}

fn draft() -> ManifestDraft {
    let mut draft = ManifestDraft::new(Kind::Synthetic, "2026-11-22", Plan::new(Depth::Mx, Labels::default()));
    draft.started = Some("2026-11-22T10:00:00Z".to_owned());
    draft.notes = vec!["Made up.".to_owned()];
    draft.limits.partial = BTreeSet::from([crate::plan::Kind::Txt]);
    let attempts = Attempts { resolver: "192.0.2.1".to_owned(), sent: 3, late: 0, outcomes: [("timeout".to_owned(), 3)].into() };
    draft.crawl = Some(Crawl { resolvers: vec!["192.0.2.1".to_owned()], timeout_ms: 3000, retries: 2, attempts: vec![attempts] });
    draft
}

#[test]
fn what_is_sealed_reads_back_and_seals_to_the_same_place() {
    let root = tempfile::tempdir().unwrap();
    let population = population(&["example.com", "gone.example", "slow.example"]);
    let dir = seal(root.path(), &population, &facts(), draft()).unwrap();
    let snapshot = Snapshot::open(&dir).unwrap();
    assert_eq!(snapshot.population, population);
    assert_eq!(snapshot.facts, facts());
    assert_eq!(*snapshot.manifest, draft());
    assert!(verify(&dir).is_empty());
    assert_eq!(dir, root.path().join("synthetic-2026").join(format!("2026-11-22-{}", snapshot.digest12())));
    let files = || -> Vec<(String, Vec<u8>)> {
        let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        names.into_iter().map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(p).unwrap())).collect()
    };
    let before = files();
    assert_eq!(before.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), [SUMS, MANIFEST, OBSERVATIONS, POPULATION]);
    assert_eq!(seal(root.path(), &population, &facts(), draft()).unwrap(), dir);
    assert_eq!(files(), before);
    let other = tempfile::tempdir().unwrap();
    let again = seal(other.path(), &population, &facts(), draft()).unwrap();
    for (name, bytes) in before {
        assert_eq!(fs::read(again.join(&name)).unwrap(), bytes, "{name}");
    }
    assert_eq!(fs::read_dir(dir.parent().unwrap()).unwrap().count(), 1, "nothing unfinished stays behind");
}

fn sealed(root: &Path) -> PathBuf {
    seal(root, &population(&["example.com", "gone.example", "slow.example"]), &facts(), draft()).unwrap()
}

/// Enough answers to be compressed.
fn large() -> Facts {
    Facts::new((0..3000).map(|i| answered(&format!("host{i}.example"), Type::Mx, &[&format!("10 mx{}.example.", i % 7)])))
}

#[test]
fn one_flipped_bit_anywhere_is_found_and_its_file_named() {
    let root = tempfile::tempdir().unwrap();
    let dir = sealed(root.path());
    for file in [POPULATION, OBSERVATIONS, MANIFEST, SUMS] {
        let path = dir.join(file);
        let whole = fs::read(&path).unwrap();
        for i in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[i] ^= 1 << (i % 8);
            fs::write(&path, &bytes).unwrap();
            let problems = verify(&dir);
            let named = problems.iter().any(|p| p.file == file || p.what.contains(file));
            assert!(named, "{file}: bit {} of byte {i}: {problems:?}", i % 8);
            assert!(i % 16 > 0 || Snapshot::open(&dir).is_err(), "{file}: bit {} of byte {i}", i % 8);
        }
        fs::write(&path, whole).unwrap();
    }
    assert!(verify(&dir).is_empty());
}

#[test]
fn large_snapshots_are_compressed_and_their_bits_kept_too() {
    let root = tempfile::tempdir().unwrap();
    let population = population(&["example.com"]);
    let dir = seal(root.path(), &population, &large(), draft()).unwrap();
    let path = dir.join(OBSERVATIONS_ZST);
    let whole = fs::read(&path).unwrap();
    assert_eq!(Snapshot::open(&dir).unwrap().facts, large());
    for i in (0..whole.len()).step_by(whole.len() / 50 + 1) {
        let mut bytes = whole.clone();
        bytes[i] ^= 1 << (i % 8);
        fs::write(&path, &bytes).unwrap();
        assert!(verify(&dir).iter().any(|p| p.file == OBSERVATIONS_ZST), "byte {i}");
    }
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = Snapshot::open(&dir).unwrap_err().to_string();
        assert!(error.contains("observations.csv.zst") && error.contains("restore the folder"), "{error}");
    }
}

/// Files that agree with a forged SHA256SUMS still have to agree with the manifest and themselves.
#[test]
fn forged_sums_do_not_help() {
    let root = tempfile::tempdir().unwrap();
    let reseal = |dir: &Path, file: &str| {
        let sums: Vec<(&str, String)> =
            [POPULATION, file, MANIFEST].into_iter().map(|name| (name, digest::of_file(&dir.join(name)).unwrap())).collect();
        fs::write(dir.join(SUMS), digest::write_sums(&sums)).unwrap();
    };
    let edit = |name: &str, file: &str, from: &str, to: &str| {
        let dir = sealed(&root.path().join(name));
        let text = fs::read_to_string(dir.join(file)).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(dir.join(file), text.replacen(from, to, 1)).unwrap();
        reseal(&dir, OBSERVATIONS);
        Snapshot::open(&dir).unwrap_err().to_string()
    };
    assert!(edit("a", OBSERVATIONS, "10 mx.", "11 mx.").contains("observations.csv: its size or digest"));
    assert!(edit("b", OBSERVATIONS, "10 mx.example.com.", "10 mx").contains("observations.csv:2: rdata"));
    assert!(edit("c", OBSERVATIONS, "nxdomain", "nodata").contains("observations.csv: its size or digest"));
    assert!(edit("d", POPULATION, "gone.example", "lost.example").contains("population.csv: its digest"));
    assert!(edit("e", MANIFEST, "size = 3", "size = 4").contains("population.csv: its size or columns"));
    assert!(edit("f", MANIFEST, "timeout = 1", "timeout = 2").contains("manifest.toml: its counts"));
    assert!(edit("g", MANIFEST, "questions = 4", "questions = 5").contains("manifest.toml: its counts"));
    assert!(edit("h", MANIFEST, "date = \"2026-11-22\"", "date = \"22.11.2026\"").contains("not a day"));
    let newer = edit("i", MANIFEST, "schema = 1", "schema = 2\nunheard = \"of\"");
    assert!(newer.contains("schema 2, this program reads up to 1; update mxcensus"), "{newer}");
    assert!(edit("j", MANIFEST, "observations.csv\"", "../../etc/passwd\"").contains("observations.file"));
    assert!(edit("k", MANIFEST, "kinds = [", "kinds = [\"smoke\", ").contains("unknown question kind \"smoke\""));
}

#[test]
fn a_small_file_cannot_unpack_to_a_large_one() {
    let root = tempfile::tempdir().unwrap();
    let dir = seal(root.path(), &population(&["example.com"]), &large(), draft()).unwrap();
    let manifest = fs::read_to_string(dir.join(MANIFEST)).unwrap();
    let held = manifest.lines().find(|line| line.starts_with("bytes = ")).unwrap().to_owned();
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(b'x'), 64 << 20), 19).unwrap();
    fs::write(dir.join(OBSERVATIONS_ZST), &bomb).unwrap();
    for claimed in [u64::MAX / 2, 1000] {
        fs::write(dir.join(MANIFEST), manifest.replace(&held, &format!("bytes = {claimed}"))).unwrap();
        let sums: Vec<(&str, String)> = [POPULATION, OBSERVATIONS_ZST, MANIFEST]
            .into_iter()
            .map(|name| (name, digest::of_file(&dir.join(name)).unwrap()))
            .collect();
        fs::write(dir.join(SUMS), digest::write_sums(&sums)).unwrap();
        let error = Snapshot::open(&dir).unwrap_err().to_string();
        assert!(error.contains("2000 times") || error.contains("header is"), "{}", &error[..error.len().min(300)]);
    }
}

#[test]
fn what_is_no_snapshot_says_so() {
    let root = tempfile::tempdir().unwrap();
    assert!(Snapshot::open(root.path()).unwrap_err().to_string().contains("not a snapshot"));
    assert!(Snapshot::open(&root.path().join("nowhere")).unwrap_err().to_string().contains("nowhere"));
    let dir = sealed(root.path());
    fs::write(dir.join("note.txt"), "hello").unwrap();
    assert_eq!(verify(&dir)[0].to_string(), "note.txt: not listed in SHA256SUMS");
    fs::remove_file(dir.join("note.txt")).unwrap();
    fs::remove_file(dir.join(SUMS)).unwrap();
    assert!(verify(&dir)[0].to_string().starts_with("SHA256SUMS: cannot be read"));
    let renamed = dir.with_file_name("2026-11-22-000000000000");
    fs::rename(&dir, &renamed).unwrap();
    let sums: Vec<(&str, String)> =
        [POPULATION, OBSERVATIONS, MANIFEST].into_iter().map(|n| (n, digest::of_file(&renamed.join(n)).unwrap())).collect();
    fs::write(renamed.join(SUMS), digest::write_sums(&sums)).unwrap();
    assert!(verify(&renamed)[0].what.starts_with("the folder should be called 2026-11-22-"));
}

#[test]
fn what_cannot_be_sealed_says_why() {
    let root = tempfile::tempdir().unwrap();
    let why =
        |population: &Population, draft: ManifestDraft| seal(root.path(), population, &facts(), draft).unwrap_err().to_string();
    let mut undated = draft();
    undated.date = "today".to_owned();
    assert!(why(&population(&["example.com"]), undated).contains("date = \"today\" is not a day"));
    for name in ["", "..", "a/b", ".hidden", "a b"] {
        let mut population = population(&["example.com"]);
        population.name = name.to_owned();
        assert!(why(&population, draft()).contains("becomes a folder"), "{name:?}");
    }
    let mut twice = population(&["example.com", "example.com"]);
    assert!(why(&twice, draft()).contains("stands on line 2 already"));
    twice.members[1].id = "other".into();
    assert!(seal(root.path(), &twice, &facts(), draft()).is_ok(), "two companies may share a domain");
    assert!(fs::read_dir(root.path().join("synthetic-2026")).unwrap().count() == 1, "nothing unfinished stays behind");
}

#[test]
fn snapshots_are_listed_and_found() {
    let data = tempfile::tempdir().unwrap();
    assert!(list(data.path()).0.is_empty());
    let root = data.path().join("snapshots");
    let first = sealed(&root);
    let mut later = draft();
    later.date = "2027-11-22".to_owned();
    let second = seal(&root, &population(&["example.com"]), &facts(), later).unwrap();
    fs::create_dir_all(root.join("synthetic-2026/.unfinished")).unwrap();
    fs::create_dir_all(root.join("broken/2026-01-01-000000000000")).unwrap();
    fs::write(root.join("broken/2026-01-01-000000000000").join(MANIFEST), "schema = 99").unwrap();
    let (found, errors) = list(data.path());
    assert_eq!(found.iter().map(|s| s.dir.clone()).collect::<Vec<_>>(), [first.clone(), second.clone()]);
    assert!(errors[0].to_string().contains("schema 99"));
    let found = |what: &str| find(what, data.path());
    assert_eq!(found("synthetic-2026").unwrap(), second);
    assert_eq!(found("synthetic").unwrap(), second);
    assert_eq!(found("synthetic-2026/2026-11-22").unwrap(), first);
    assert_eq!(found(Snapshot::open(&first).unwrap().digest12()).unwrap(), first);
    assert_eq!(found(first.to_str().unwrap()).unwrap(), first);
    assert!(found("nothing").unwrap_err().to_string().contains("there are synthetic-2026/2026-11-22, synthetic-2026/2027-11-22"));
}
