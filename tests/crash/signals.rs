//! Ctrl-C: the first stops asking and keeps what was answered, the second ends at once.

use std::net::UdpSocket;
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
    let (code, error) = mxcensus(&stage.arguments(&out, true));
    assert_eq!(code, Some(0), "{error}");
    assert!(stage.sealed(&out) == stage.sealed(&whole));
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
