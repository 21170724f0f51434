//! The command line over the real binary: results, errors and exit codes.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type};
use mxcensus::observation::Facts;
use mxcensus::replay;
use mxcensus::snapshot::{Snapshot, find};

const FORTUNE: &str = "recorded-fortune20/2023-10-04";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn mxcensus(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mxcensus").unwrap();
    command.env("MXCENSUS_DATA", data()).env("NO_COLOR", "1").args(arguments);
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = mxcensus(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_command_explains_itself() {
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, 0);
    let commands = help.lines().skip_while(|l| !l.starts_with("Commands:")).skip(1).take_while(|l| !l.trim().is_empty());
    let names: Vec<&str> =
        commands.filter(|l| l.starts_with("  ") && !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next()).collect();
    for name in [
        "demo",
        "run",
        "crawl",
        "classify",
        "share",
        "diff",
        "chart",
        "report",
        "explain",
        "trend",
        "noise",
        "sensitivity",
        "unattributed",
        "validate",
        "rules",
        "population",
        "snapshot",
        "serve",
    ] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    for name in names {
        let (code, help, _) = run(&[name, "--help"]);
        assert_eq!(code, 0, "{name}");
        assert!(help.contains("Usage:"), "{name}");
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    assert_eq!(run(&["share"]).0, 2);
    assert_eq!(run(&["diff", "a"]).0, 2);
    assert_eq!(run(&["share", FORTUNE, "--cohort", "colour"]).0, 2);
    assert_eq!(run(&["crawl", "--depth", "recorded"]).0, 2);
    let (code, _, error) = run(&["share", "no-such-snapshot"]);
    assert_eq!(code, 1);
    assert!(error.contains("no-such-snapshot") && error.contains("recorded-fortune20"), "{error}");
    let (code, _, error) = run(&["explain", "walmrat.com", "--snapshot", FORTUNE]);
    assert_eq!(code, 1);
    assert!(error.contains("walmart.com"), "{error}");
}

#[test]
fn tables_go_to_standard_output_in_four_forms() {
    let (code, csv, _) = run(&["share", FORTUNE, "--format", "csv"]);
    assert_eq!(code, 0);
    assert_eq!(csv.lines().next().unwrap(), "role,vendor,members,share,lower_bound,upper_bound,confirmed,likely,weak");
    assert!(csv.lines().any(|l| l.starts_with("gateway,total,618,")));
    let (_, json, _) = run(&["share", FORTUNE, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["rows"].as_array().unwrap().iter().any(|r| r["vendor"] == "Proofpoint"));
    assert!(run(&["share", FORTUNE, "--format", "markdown"]).1.contains("| Proofpoint |"));
    assert!(run(&["share", FORTUNE, "--role", "mailbox", "--top", "2"]).1.contains("other ("));
    let (_, by_company, _) = run(&["share", FORTUNE, "--cohort", "company", "--format", "csv"]);
    assert!(by_company.starts_with("cohort,role,"), "{by_company}");
    assert!(by_company.contains("company=Walmart,gateway,Proofpoint"), "{by_company}");
}

#[test]
fn a_reader_that_stops_is_no_error() {
    let shell = format!("{} classify {FORTUNE} | head -1", assert_cmd::cargo::cargo_bin("mxcensus").display());
    let output =
        std::process::Command::new("bash").env("MXCENSUS_DATA", data()).args(["-o", "pipefail", "-c", &shell]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn verdicts_are_explained_and_refused_ones_too() {
    let (code, text, _) = run(&["explain", "chevron.com", "--snapshot", FORTUNE]);
    assert_eq!(code, 0);
    assert!(text.contains("cisco-mx-iphmx-com") && text.contains("10 mx1.hc2860-13.iphmx.com."), "{text}");
    let (_, why, _) = run(&["explain", "chevron.com", "--snapshot", FORTUNE, "--why-not", "Proofpoint"]);
    assert!(why.contains("pphosted.com") && why.contains("mx1.hc2860-13.iphmx.com is none of them"), "{why}");
}

#[test]
fn unknown_exchanges_are_grouped_and_reviewed_ones_left_out() {
    let snapshot = "recorded-municipalities-2026-05-03";
    let (code, shown, said) = run(&["unattributed", snapshot, "--format", "csv", "--top", "1000"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("looked at before") && !shown.contains("\nlocalhost,"), "{said}");
    let (_, all, _) = run(&["unattributed", snapshot, "--format", "csv", "--top", "1000", "--reviewed"]);
    assert!(all.contains("\nlocalhost,2,") && all.contains("no host at all"));
    // Every way of grouping holds the same members.
    let members = |table: &str| -> f64 {
        let mut rows = csv::Reader::from_reader(table.as_bytes());
        rows.records().map(|r| r.unwrap()[1].parse::<f64>().unwrap()).sum()
    };
    for by in ["shape", "operator"] {
        let (_, other, _) = run(&["unattributed", snapshot, "--format", "csv", "--top", "1000", "--reviewed", "--by", by]);
        assert!((members(&other) - members(&all)).abs() < 0.001, "{by}");
    }
    let (code, _, said) = run(&["unattributed", snapshot, "--by", "shape", "--stanzas"]);
    assert_eq!((code, said.contains("--by domain")), (2, true), "{said}");
    let (_, stanzas, _) = run(&["unattributed", snapshot, "--stanzas", "--top", "1"]);
    assert!(stanzas.contains("signal = \"mx-host\""), "{stanzas}");
}

#[test]
fn rules_are_listed_shown_and_sound() {
    let (code, findings, summary) = run(&["rules", "check"]);
    assert_eq!((code, findings.as_str()), (0, ""), "{summary}");
    assert!(run(&["rules", "list", "--role", "gateway", "--format", "csv"]).1.contains("proofpoint,Proofpoint,"));
    assert!(run(&["rules", "show", "cisco"]).1.contains("iphmx.com"));
    assert_eq!(run(&["rules", "show", "nobody"]).0, 2);
}

#[test]
fn the_fortune_500_lists_are_whole() {
    for list in ["fortune500-2024", "fortune500-2025"] {
        let (_, _, summary) = run(&["population", "check", list]);
        assert!(summary.contains("500 companies, 0 rejected"), "{summary}");
    }
}

#[test]
fn a_flipped_bit_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(find(FORTUNE, &data()).unwrap()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let path = copy.to_str().unwrap();
    assert_eq!(run(&["snapshot", "verify", path]).0, 0);
    let file = copy.join("observations.csv.zst");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (code, text, _) = run(&["snapshot", "verify", path]);
    assert_eq!(code, 1);
    assert!(text.contains("observations.csv.zst"), "{text}");
    assert_eq!(run(&["share", path]).0, 1);
}

/// A port nobody listens on: bound once and let go.
fn closed_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

#[test]
fn without_a_resolver_run_says_so_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("populations")).unwrap();
    fs::copy(data().join("populations/fortune500-2025.csv"), folder.path().join("populations/fortune500-2025.csv")).unwrap();
    let resolver = closed_port().to_string();
    let start = Instant::now();
    let (code, _, error) = run(&["--data", folder.path().to_str().unwrap(), "run", "--resolver", &resolver]);
    assert_eq!(code, 1);
    // The promise is five seconds; a loaded machine starts programs slowly.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(error.contains(&resolver) && error.contains("--resolver") && error.contains("demo"), "{error}");
}

#[test]
fn a_crawl_of_a_replay_is_sealed_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("snapshots");
    let recording = Snapshot::open(&find(FORTUNE, &data()).unwrap()).unwrap();
    let server =
        replay::serve(recording.facts.clone(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), replay::Options::default()).unwrap();
    let resolver = server.addr().to_string();
    let crawl = [
        "-q",
        "crawl",
        "--replay-of",
        FORTUNE,
        "--resolver",
        &resolver,
        "--qps",
        "0",
        "--retries",
        "0",
        "--timeout",
        "0.5",
        "--out",
        out.to_str().unwrap(),
    ];
    let (code, path, error) = run(&crawl);
    assert_eq!(code, 0, "{error}");
    let crawled = Snapshot::open(Path::new(path.trim())).unwrap();
    assert_eq!(crawled.population, recording.population);
    let lost: Vec<_> =
        recording.facts.iter().filter(|(q, a)| a.outcome.is_definitive() && crawled.facts.get(q) != Some(*a)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let (code, csv, _) = run(&["-q", "diff", FORTUNE, path.trim(), "--format", "csv"]);
    assert_eq!(code, 0);
    let total = csv.lines().find(|l| l.starts_with("gateway,total,")).unwrap();
    assert!(total.starts_with("gateway,total,618,618,0,"), "{total}");
    let (_, movers, _) = run(&["-q", "diff", FORTUNE, path.trim(), "--table", "switchers", "--format", "csv"]);
    assert_eq!(movers.lines().count(), 1, "{movers}");
}

#[test]
fn snapshots_are_held_against_each_other() {
    let (first, middle, last) =
        ("recorded-municipalities/2026-04-05", "recorded-municipalities/2026-04-15", "recorded-municipalities/2026-05-03");
    let (code, long, _) = run(&["-q", "trend", first, middle, last, "--table", "long", "--format", "csv"]);
    assert_eq!(code, 0);
    assert!(long.lines().filter(|l| l.contains("Microsoft")).count() >= 3, "{long}");
    let (_, sentences, _) = run(&["-q", "diff", first, last, "--table", "summary"]);
    assert!(sentences.starts_with("Microsoft +2.0 % (") && sentences.contains("exact p = "), "{sentences}");
    let (code, noise, warning) = run(&["noise", first, middle]);
    assert_eq!(code, 0);
    assert!(noise.contains("flip rate") && warning.contains("10 days"), "{noise} {warning}");
    let (code, methods, _) = run(&["sensitivity", FORTUNE]);
    assert_eq!(code, 0);
    assert!(methods.contains("Proofpoint"), "{methods}");
    assert_eq!(run(&["sensitivity", FORTUNE, "--table", "published"]).0, 0);
    let rules = data().join("vendors");
    let (code, impact, summary) = run(&["rules", "impact", rules.to_str().unwrap(), FORTUNE]);
    assert_eq!(code, 0, "{summary}");
    assert!(summary.contains("0 of 618"), "{impact} {summary}");
}

#[test]
fn a_second_resolver_confirms_before_an_mx_is_believed_gone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("snapshots");
    let recording = Snapshot::open(&find(FORTUNE, &data()).unwrap()).unwrap();
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let lying = replay::serve(recording.facts.clone(), local, replay::Options::default()).unwrap();
    // The second resolver knows an MX that the first one denies.
    let denied = "phillips66.com.";
    let mut facts: Vec<_> = recording.facts.iter().map(|(q, a)| (q.clone(), a.clone())).collect();
    let answer = facts.iter_mut().find(|(q, _)| q.qname.as_str() == denied && q.qtype == Type::Mx).unwrap();
    assert!(answer.1.outcome.is_negative());
    let record = Record { owner: answer.0.qname.clone(), rtype: Type::Mx, rdata: "10 mx.example.".into() };
    answer.1 = Answer::new(&answer.0.qname, Outcome::Answered, vec![record]);
    let honest = replay::serve(Facts::new(facts), local, replay::Options::default()).unwrap();
    let second = format!("--confirm={}", honest.addr());
    let first = lying.addr().to_string();
    let root = out.to_str().unwrap();
    let crawl = [
        "-q",
        "crawl",
        "--replay-of",
        FORTUNE,
        "--resolver",
        &first,
        &second,
        "--qps",
        "0",
        "--retries",
        "0",
        "--timeout",
        "0.5",
        "--out",
        root,
    ];
    let (code, path, error) = run(&crawl);
    assert_eq!(code, 0, "{error}");
    let crawled = Snapshot::open(Path::new(path.trim())).unwrap();
    let believed = crawled.facts.get(&Question::new(Name::parse(denied).unwrap(), Type::Mx)).unwrap();
    assert_eq!(believed.outcome, Outcome::Answered);
    assert!(
        crawled.manifest.notes.iter().any(|n| n.starts_with("110 domains whose MX was denied")),
        "{:?}",
        crawled.manifest.notes
    );
    assert!(crawled.manifest.warnings.iter().any(|w| w.contains(denied)), "{:?}", crawled.manifest.warnings);
    assert_eq!(run(&["crawl", "--replay-of", FORTUNE, "--resolver", &first, "--confirm"]).0, 2);
}
