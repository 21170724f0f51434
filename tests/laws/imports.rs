//! Recordings of other programs.

use std::path::PathBuf;

use mxcensus::population::{self, About, Population};
use mxcensus::snapshot::import::{Format, Options, import};

use super::records::survives;

/// The members of the recordings that are the seeds, so that some of what is made up is about them.
const MEMBERS: &str = include_str!("../import/synthetic.csv");

fn members() -> Population {
    population::parse(MEMBERS.as_bytes(), "fuzzed", About::default()).unwrap().population
}

/// A file of any bytes: facts that survive a snapshot, twice the same, or an error that names the file.
fn read(format: Format, data: &[u8]) {
    // One file for each thread; a fuzzer calls this thousands of times a second.
    let name = format!("mxcensus-{}-{:?}.in", std::process::id(), std::thread::current().id());
    let path: PathBuf = std::env::temp_dir().join(name);
    std::fs::write(&path, data).unwrap();
    let options = Options { date: "2026-11-22".to_owned(), source: "fuzzed".to_owned(), ..Options::default() };
    let once = import(std::slice::from_ref(&path), format, &members(), &options);
    let twice = import(std::slice::from_ref(&path), format, &members(), &options);
    std::fs::remove_file(&path).unwrap();
    match (once, twice) {
        (Ok(once), Ok(twice)) => {
            assert_eq!(once, twice);
            let (facts, draft, report) = once;
            survives(&facts);
            assert_eq!(report.answered + report.unrecorded, facts.len());
            assert!(draft.observed_from <= draft.observed_to, "{} {}", draft.observed_from, draft.observed_to);
        }
        (Err(once), Err(twice)) => assert_eq!(once.to_string(), twice.to_string()),
        _ => panic!("read once and refused once"),
    }
}

pub fn csv(data: &[u8]) {
    read(Format::Csv, data);
}

pub fn mxmap(data: &[u8]) {
    read(Format::Mxmap, data);
}

pub fn zdns(data: &[u8]) {
    read(Format::Zdns, data);
}

pub fn massdns(data: &[u8]) {
    read(Format::Massdns, data);
}

pub fn dnsx(data: &[u8]) {
    read(Format::Dnsx, data);
}

pub fn dig(data: &[u8]) {
    read(Format::Dig, data);
}
