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
    draft.crawl = Some(Crawl { resolvers: vec!["192.0.2.1".to_owned()], timeout_ms: 3000, retries: 2 });
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
