//! The filters and the shards over the real binary: many parts give what one run gives.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mxcensus::replay;
use mxcensus::snapshot::{Snapshot, find};

const WHOLE: &str = "recorded-fortune20/2023-10-04";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mxcensus"));
    command.env("MXCENSUS_DATA", data()).env("NO_COLOR", "1").args(arguments);
    command
}

fn done(output: Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 3)), "{:?} {}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// Runs a command with a file as its standard input.
fn filter(arguments: &[&str], input: &Path) -> String {
    done(command(arguments).stdin(fs::File::open(input).unwrap()).output().unwrap())
}

/// A replay of the recorded snapshot, for commands to crawl.
fn world() -> (replay::Server, Snapshot, String) {
    let snapshot = Snapshot::open(&find(WHOLE, &data()).unwrap()).unwrap();
    let server = replay::serve(snapshot.facts.clone(), "127.0.0.1:0".parse().unwrap(), replay::Options::default()).unwrap();
    let address = server.addr().to_string();
    (server, snapshot, address)
}

#[test]
fn the_filters_say_what_the_snapshot_says() {
    let (_server, snapshot, address) = world();
    let dir = tempfile::tempdir().unwrap();
    let list = snapshot.dir.join("population.csv");
    let asking = ["--resolver", &address, "--qps", "0", "--replay-of", WHOLE, "--retries", "0", "--timeout", "0.3", "-q"];
    let observations = |batch: &str| filter(&[&["crawl", "-", "--batch", batch][..], &asking].concat(), &list);

    // However it is cut into batches, a list gives the same lines.
    let stream = observations("100");
    assert_eq!(stream.lines().count(), snapshot.population.members.len());
    assert_eq!(stream, observations("5000"));
    let shards: Vec<String> =
        ["0/3", "1/3", "2/3"].iter().map(|i| filter(&[&["crawl", "-", "--shard", i][..], &asking].concat(), &list)).collect();
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&shards.concat()), sorted(&stream));
    assert!(shards.iter().all(|s| !s.is_empty()));

    let path = dir.path().join("observations.jsonl");
    fs::write(&path, &stream).unwrap();
    let sealed = done(command(&[&["crawl", "--out", dir.path().to_str().unwrap()][..], &asking].concat()).output().unwrap());
    let whole = done(command(&["classify", sealed.trim()]).output().unwrap());
    assert_eq!(filter(&["classify", "-"], &path), whole);
    let lines = filter(&["classify", "-", "--format", "json", "--role", "gateway"], &path);
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert_eq!(filter(&["classify", "-", "--no-header"], &path), whole.split_once('\n').unwrap().1);
}

#[test]
fn merged_shards_are_the_snapshot_of_one_run() {
    let (_server, snapshot, address) = world();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let list = snapshot.dir.join("population.csv");
    let asking =
        ["--resolver", &address, "--qps", "0", "--replay-of", WHOLE, "--retries", "0", "--timeout", "0.3", "-q", "--out", out];
    let crawl = |more: &[&str]| done(command(&[&["crawl"][..], &asking, more].concat()).output().unwrap()).trim().to_owned();
    let whole = Snapshot::open(Path::new(&crawl(&[]))).unwrap();
    let shards: Vec<String> = (0..4).map(|i| crawl(&["--shard", &format!("{i}/4")])).collect();
    assert!(shards.iter().all(|shard| shard.contains("/shards/")));
    let part = Snapshot::open(Path::new(&shards[2])).unwrap();
    assert!(part.provenance().notes.contains(&"Only part 2/4 of the list.".to_owned()), "{:?}", part.provenance().notes);

    let merged_out = dir.path().join("merged");
    // The name of a list is that of its file.
    let named = dir.path().join(format!("{}.csv", snapshot.population.name));
    fs::copy(&list, &named).unwrap();
    fs::write(
        named.with_extension("toml"),
        format!("unit = \"{}\"\n", if snapshot.population.unit.noun(1) == "company" { "company" } else { "domain" }),
    )
    .unwrap();
    let merge = |dirs: &[String]| {
        let mut merge =
            command(&["snapshot", "merge", "--population", named.to_str().unwrap(), "--out", merged_out.to_str().unwrap()]);
        merge.args(dirs).output().unwrap()
    };
    let merged = done(merge(&shards));
    let merged = Snapshot::open(Path::new(merged.trim())).unwrap();
    assert_eq!(merged.manifest.digest, whole.manifest.digest);
    for file in ["population.csv", &whole.manifest.observations.file] {
        assert_eq!(fs::read(merged.dir.join(file)).unwrap(), fs::read(whole.dir.join(file)).unwrap(), "{file}");
    }
    assert_eq!(merged.manifest.shard, None);
    assert_eq!(merged.provenance().notes, whole.provenance().notes);

    let error = |output: Output| String::from_utf8(output.stderr).unwrap();
    assert!(error(merge(&shards[1..])).contains("missing: 0/4"));
    assert!(error(merge(&[&shards[..], &shards[..1]].concat())).contains("shard 0/4 was given twice"));
    assert!(error(merge(&[whole.dir.display().to_string()])).contains("not a shard"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(&["classify", WHOLE]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
