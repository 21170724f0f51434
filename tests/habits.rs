//! What people expect of a command line: completions, manual pages, a file of settings, progress for
//! programs, standard input and output, odd paths.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mxcensus::replay;
use mxcensus::snapshot::{Snapshot, find};

const FULL: &str = "recorded-fortune20/2023-10-04";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mxcensus"));
    command.env("MXCENSUS_DATA", data()).env("MXCENSUS_CONFIG", "").env("NO_COLOR", "1").args(arguments);
    command
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

fn done(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    let (out, err) = text(&output);
    assert!(output.status.success(), "{arguments:?}: {err}");
    out
}

/// Whether a program that judges our output is here, and its verdict.
fn judged(program: &str, arguments: &[&str], input: &Path) {
    let run = Command::new(program).args(arguments).arg(input).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    match run {
        Ok(output) => {
            let (_, err) = text(&output);
            assert!(output.status.success() && err.is_empty(), "{program} {}: {err}", input.display());
        }
        Err(_) => eprintln!("skipped: {program} is not installed"),
    }
}

#[test]
fn completions_are_valid_scripts_and_know_every_command() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = done(&["completions", shell]);
        for word in ["snapshot", "export", "classify", "replay-of"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        let path = dir.path().join(shell);
        fs::write(&path, script).unwrap();
        judged(shell, &["-n"], &path);
    }
}

#[test]
fn there_is_a_manual_page_a_command() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("man");
    assert_eq!(done(&["man", "--out", folder.to_str().unwrap()]), "");
    for page in ["mxcensus", "mxcensus-crawl", "mxcensus-snapshot", "mxcensus-snapshot-import", "mxcensus-config-show"] {
        let path = folder.join(format!("{page}.1"));
        assert!(fs::read_to_string(&path).unwrap_or_else(|_| panic!("{page}")).contains(".SH NAME"), "{page}");
        judged("groff", &["-man", "-ww", "-Tutf8"], &path);
    }
    assert!(done(&["man"]).contains("mxcensus"));
}

#[test]
fn a_file_of_settings_stands_behind_the_flags() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mxcensus.toml");
    fs::write(&path, "[share]\nrole = \"mailbox\"\nformat = \"csv\"\ntop = 2\n").unwrap();
    let share = |more: &[&str]| {
        let output = command(&[&["share", FULL][..], more].concat()).env("MXCENSUS_CONFIG", &path).output().unwrap();
        let (out, err) = text(&output);
        assert!(output.status.success(), "{err}");
        out
    };
    assert_eq!(share(&[]), done(&["share", FULL, "--role", "mailbox", "--format", "csv", "--top", "2"]));
    assert_eq!(share(&["--role=gateway"]), done(&["share", FULL, "--role", "gateway", "--format", "csv", "--top", "2"]));

    let shown = command(&["config", "show"]).env("MXCENSUS_CONFIG", &path).output().unwrap();
    let (shown, _) = text(&shown);
    assert!(shown.contains("role = \"mailbox\"  # file") && shown.contains("# environment"), "{shown}");
    // What is shown is a file that says the same.
    fs::write(&path, &shown).unwrap();
    assert_eq!(share(&[]), done(&["share", FULL, "--role", "mailbox", "--format", "csv", "--top", "2"]));

    fs::write(&path, "[share]\nrolle = \"x\"\n").unwrap();
    let output = command(&["share", FULL]).env("MXCENSUS_CONFIG", &path).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).1.contains("\"rolle\" is no flag of [share]"));
}

#[test]
fn progress_for_programs_is_json_on_standard_error() {
    let snapshot = Snapshot::open(&find(FULL, &data()).unwrap()).unwrap();
    let server = replay::serve(snapshot.facts, "127.0.0.1:0".parse().unwrap(), replay::Options::default()).unwrap();
    let address = server.addr().to_string();
    let asking = ["--resolver", &address, "--qps", "0", "--depth", "mx", "--retries", "0", "--timeout", "0.3"];
    let mut child = command(&[&["crawl", "-", "--progress", "json", "-q"][..], &asking].concat());
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"walmart.com\natt.com\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = text(&output);
    assert_eq!(out.lines().count(), 2, "{err}");
    let objects: Vec<serde_json::Value> = err.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let last = objects.last().unwrap();
    assert_eq!((&last["ended"], &last["members"], &last["members_done"]), (&true.into(), &2.into(), &2.into()));
    assert!(last["settled"].as_u64().unwrap() >= 4);
}

/// Spaces, letters of other alphabets, and standard input where a file could be named.
#[test]
fn odd_paths_and_standard_streams() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("données à moi/結果");
    let out = folder.join("tables of it");
    done(&[
        "snapshot",
        "export",
        FULL,
        "--table",
        "members",
        "--format",
        "jsonl",
        "--out",
        out.join("members.jsonl").to_str().unwrap(),
    ]);
    assert_eq!(fs::read_to_string(out.join("members.jsonl")).unwrap().lines().count(), 618);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "no partial file is left");

    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let list = folder.join("liste é.csv");
    fs::copy(fixture.join("synthetic.csv"), &list).unwrap();
    let import = |input: &str| {
        let import = ["snapshot", "import", input, "--format", "dig", "--date", "2026-11-22", "--source", "synthetic", "-q"];
        let mut import = command(&import);
        import.arg("--population").arg(&list).arg("--out").arg(folder.join("sealed"));
        import.stdin(fs::File::open(fixture.join("dig.txt")).unwrap()).output().unwrap()
    };
    let (sealed, err) = text(&import("-"));
    // The name of the list becomes a folder on any system, so a blank is refused with a word on why.
    assert!(sealed.is_empty() && err.contains("use letters, digits"), "{sealed}{err}");
    let list = folder.join("liste-é.csv");
    fs::copy(fixture.join("synthetic.csv"), &list).unwrap();
    let import = |input: &str| {
        let import = ["snapshot", "import", input, "--format", "dig", "--date", "2026-11-22", "--source", "synthetic", "-q"];
        let mut import = command(&import);
        import.arg("--population").arg(&list).arg("--out").arg(folder.join("sealed"));
        import.stdin(fs::File::open(fixture.join("dig.txt")).unwrap()).output().unwrap()
    };
    let from_file = text(&import(fixture.join("dig.txt").to_str().unwrap()));
    assert_eq!(text(&import("-")).0, from_file.0, "{}", from_file.1);
    assert!(Snapshot::open(Path::new(from_file.0.trim())).is_ok());
}
