//! Ctrl-C: the first stops asking and keeps what was answered, the second ends at once.

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::stage::{Stage, mxcensus};

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn the_first_keeps_what_was_answered() {
    let stage = Stage::new(60);
    let (whole, out) = (stage.out("whole"), stage.out("interrupted"));
    assert_eq!(mxcensus(&stage.arguments(&whole, false)).0, Some(0));
    let mut slow = stage.arguments(&out, false);
    slow.retain(|argument| argument != "--quiet");
    let at = slow.iter().position(|a| a == "--qps").unwrap();
    slow[at + 1] = "60".into();
    let child =
        Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(&slow).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // Some answers are on disk by now: the journal is written twice a second.
    while std::fs::metadata(stage.journal(&out)).map_or(0, |m| m.len()) < 4000 {
        sleep(Duration::from_millis(20));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("interrupted") && error.contains("--resume") && error.contains("recorded.journal"), "{error}");
    assert_eq!(books(&stage, &out)["interrupted"], true, "an interrupted crawl leaves its books too");
    let (code, error) = mxcensus(&stage.arguments(&out, true));
    assert_eq!(code, Some(0), "{error}");
    assert!(stage.sealed(&out) == stage.sealed(&whole));
    assert_eq!(books(&stage, &out)["interrupted"], false);
    let whole = books(&stage, &whole);
    let [resolver] = &whole["resolvers"].as_array().unwrap()[..] else { panic!("one resolver: {whole}") };
    assert_eq!(resolver["resolver"], stage.server.addr().to_string());
    // Canaries are attempts, and no questions of the crawl.
    let (attempts, sent) = (resolver["attempts"].as_u64().unwrap(), whole["questions"]["sent"].as_u64().unwrap());
    assert_eq!(attempts, sent + whole["questions"]["canaries"].as_u64().unwrap(), "{whole}");
    let ends: u64 = resolver["outcomes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(ends, attempts, "{whole}");
    let [p50, p90, p99] = ["p50", "p90", "p99"].map(|p| resolver["latency_ms"][p].as_f64().unwrap());
    assert!(0.0 < p50 && p50 <= p90 && p90 <= p99, "{whole}");
}

/// `run.json` of a crawl, whose sums are checked.
fn books(stage: &Stage, out: &Path) -> serde_json::Value {
    let text = std::fs::read(stage.journal(out).with_extension("run.json")).unwrap();
    let books: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let of = |what: &str| books["questions"][what].as_u64().unwrap();
    assert!(of("asked") > 0);
    assert_eq!(of("asked"), of("answered") + of("negative") + of("failed"), "{books}");
    books
}

#[test]
fn times_that_are_none_are_refused() {
    for flag in ["--domain-budget", "--timeout", "--outage"] {
        let (code, error) = mxcensus(&["crawl", "--resolver", "127.0.0.1:1", &format!("{flag}=-1")].map(str::to_owned));
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(flag), "{error}");
    }
}

#[test]
fn the_second_ends_at_once() {
    let stage = Stage::new(5);
    // Nobody replies: the preflight is waiting, and does not look up for the first.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut arguments = stage.arguments(&stage.out("hung"), false);
    let at = arguments.iter().position(|a| a == "--resolver").unwrap();
    arguments[at + 1] = silent.local_addr().unwrap().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(&arguments).stderr(Stdio::null()).spawn().unwrap();
    // Once it has asked, its handlers stand.
    silent.recv_from(&mut [0; 512]).unwrap();
    interrupt(&child);
    sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "the first lets it finish");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
