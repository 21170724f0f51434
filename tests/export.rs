//! Exports say what the snapshot says, to this program and to others.
//!
//! The readers are Python packages (`tests/ecosystem/requirements.txt`); `MXCENSUS_PYTHON` names the
//! interpreter that has them. Without it those tests say so and pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mxcensus::dns::Outcome;
use mxcensus::export;
use mxcensus::observation::Facts;
use mxcensus::snapshot::import::{Format, Options, import};
use mxcensus::snapshot::{Snapshot, find};

#[path = "support/python.rs"]
mod python;

use python::{python, run};

const NEW: &str = "recorded-municipalities/2026-05-03";
const OLD: &str = "recorded-municipalities/2026-04-05";
const FULL: &str = "recorded-fortune20/2023-10-04";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn open(what: &str) -> Snapshot {
    Snapshot::open(&find(what, &data()).unwrap()).unwrap()
}

fn mxcensus(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mxcensus"));
    let output = command.env("MXCENSUS_DATA", data()).env("NO_COLOR", "1").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn observations_as_csv_are_those_of_the_snapshot() {
    let snapshot = open(FULL);
    let file = fs::read(snapshot.dir.join("observations.csv.zst")).unwrap();
    let bytes = zstd::decode_all(&file[..]).unwrap();
    assert_eq!(mxcensus(&["snapshot", "export", FULL]), bytes);
    assert_eq!(
        mxcensus(&["snapshot", "export", FULL, "--table", "members"]),
        fs::read(snapshot.dir.join("population.csv")).unwrap()
    );
}

/// What zdns would have written is what the importer reads.
#[test]
fn the_zdns_form_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let snapshot = open(FULL);
    let path = dir.path().join("zdns.jsonl");
    export::zdns(&snapshot.facts, fs::File::create(&path).unwrap()).unwrap();
    let options = Options {
        date: snapshot.manifest.date.clone(),
        kinds: Some(snapshot.manifest.plan.kinds.clone()),
        limits: snapshot.manifest.limits.clone(),
        ..Options::default()
    };
    let (facts, ..) = import(&[path], Format::Zdns, &snapshot.population, &options).unwrap();
    let told = |facts: &Facts| {
        let all = facts.iter().filter(|(_, answer)| answer.outcome != Outcome::Unrecorded);
        all.map(|(q, a)| (q.clone(), a.clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(&facts), told(&snapshot.facts));
}

#[test]
fn parquet_holds_what_csv_holds() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let all =
        |format: &str, out: &str| mxcensus(&["snapshot", "export", NEW, OLD, "--format", format, "--table", "all", "--out", out]);
    let (csv, parquet) = (folder("csv"), folder("parquet"));
    all("parquet", &parquet);
    let again = mxcensus(&["snapshot", "export", NEW, OLD, "--format", "parquet", "--table", "observations"]);
    let first = fs::read(Path::new(&parquet).join("observations.parquet")).unwrap();
    assert!(first == again, "same inputs, same bytes");
    all("csv", &csv);
    if let Some(python) = python("pyarrow, duckdb") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ecosystem/parquet.py");
        run(&python, &script, &[&csv, &parquet]);
    }
}
