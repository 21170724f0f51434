//! Any bytes: the laws of every parser, on the corpora a fuzzer left, on what once broke them, and
//! on what proptest makes up and bends.

mod laws;

use std::path::{Path, PathBuf};

use laws::{LAWS, broken};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn files(folder: &str, law: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder).join(law);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    files.sort();
    files
}

fn holds(law: fn(&[u8]), path: &Path) {
    if let Some(panic) = broken(law, &std::fs::read(path).unwrap()) {
        panic!("{}: {panic}", path.display());
    }
}

#[test]
fn every_law_holds_on_its_seeds() {
    for (name, law) in LAWS {
        let seeds = files("seeds", name);
        assert!(!seeds.is_empty(), "{name} has seeds");
        seeds.iter().for_each(|seed| holds(*law, seed));
    }
}

#[test]
fn what_once_broke_a_law_does_so_no_more() {
    for (name, law) in LAWS {
        files("regressions", name).iter().for_each(|found| holds(*law, found));
    }
}

/// What a fuzzer found worth keeping, in one file for each law: see `fuzz/README.md`.
#[test]
fn every_law_holds_on_its_corpus() {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus.zst");
    let Ok(packed) = std::fs::read(packed) else { return };
    let plain = zstd::decode_all(&packed[..]).unwrap();
    let mut rest = &plain[..];
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(rest.iter().position(|b| *b == b'\n').unwrap());
        let (name, length) = std::str::from_utf8(head).unwrap().split_once(' ').unwrap();
        let (data, next) = tail[1..].split_at(length.parse().unwrap());
        if let Some(panic) = broken(laws::law(name), data) {
            panic!("{name} on {data:?}: {panic}");
        }
        rest = next;
    }
}

/// Bytes a parser is not made for: anything, and seeds with a few bytes changed, lost or repeated.
fn bent(law: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<Vec<u8>> = files("seeds", law).iter().map(|p| std::fs::read(p).unwrap()).collect();
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let seed = prop::sample::select(seeds);
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..300),
        4 => (seed, prop::collection::vec(change, 1..6)).prop_map(|(mut data, changes)| {
            for (at, to, byte, how) in changes {
                if data.is_empty() {
                    break;
                }
                let (a, b) = (at.index(data.len()), to.index(data.len()));
                let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 64));
                match how {
                    0 => data[a] = byte,
                    1 => data.insert(a, byte),
                    2 => _ = data.drain(from..to),
                    _ => data.extend_from_within(from..to),
                }
            }
            data
        }),
    ]
}

#[test]
fn every_law_holds_on_bent_seeds() {
    for (name, law) in LAWS {
        let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
        let result = runner.run(&bent(name), |data| broken(*law, &data).map_or(Ok(()), |panic| Err(TestCaseError::fail(panic))));
        if let Err(error) = result {
            panic!("{name}: {error}");
        }
    }
}
