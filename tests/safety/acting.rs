//! Every command and every form, over the hostile world.

use std::fs;
use std::path::Path;

use super::world::{Said, list, mxcensus, seal_years};

/// Characters that a terminal or a reader's eye obeys.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn assert_still(what: &str, text: &str) {
    if let Some(line) = text.lines().find(|line| line.chars().any(acts)) {
        panic!("{what}: {line:?}");
    }
}

fn assert_no_markup(what: &str, text: &str) {
    for tag in ["<script>alert", "<img src=x", "<svg onload", "</style><svg", "<b>state", "<b>x"] {
        assert!(!text.contains(tag), "{what} holds {tag}");
    }
}

/// A bracket behind a backslash is text.
fn assert_no_link(what: &str, markdown: &str) {
    assert!(!markdown.replace("\\]", "").contains("](javascript:"), "{what}: a link");
}

fn assert_no_formula(what: &str, text: &str) {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for row in rows.records() {
        for cell in row.unwrap_or_else(|e| panic!("{what}: {e}")).iter() {
            let formula = cell.starts_with(['=', '+', '-', '@', '＝', '\t', '\r', '\n']) && cell.parse::<f64>().is_err();
            assert!(!formula, "{what}: {cell:?}");
        }
    }
}

fn check(what: &str, form: &str, said: &Said) {
    assert!(matches!(said.code, Some(0 | 1 | 3)), "{what}: {:?} {}", said.code, said.err);
    assert!(!said.err.contains("panicked"), "{what}: {}", said.err);
    assert_still(&format!("{what}, standard error"), &said.err);
    match form {
        "csv" => {
            assert_no_formula(what, &said.out);
            assert_still(what, &said.out);
        }
        "json" => {
            for value in serde_json::Deserializer::from_str(&said.out).into_iter::<serde_json::Value>() {
                value.unwrap_or_else(|e| panic!("{what}: {e}: {}", said.out));
            }
            assert!(!said.out.contains('\u{1b}'), "{what}: an escape sequence");
        }
        "markdown" => {
            assert_no_markup(what, &said.out);
            assert_still(what, &said.out);
            assert_no_link(what, &said.out);
        }
        _ => assert_still(what, &said.out),
    }
}

#[test]
fn tables() {
    let folder = tempfile::tempdir().unwrap();
    let years = seal_years(&folder.path().join("data/snapshots"));
    let [old, new] = years.each_ref().map(|p| p.to_str().unwrap());
    let truth = folder.path().join("truth.csv");
    let labels: String = super::world::ACTS
        .iter()
        .enumerate()
        .map(|(i, a)| format!("member{i}.example,\"{}\"\n", a.replace('"', "\"\"")))
        .collect();
    fs::write(&truth, format!("domain,gateway\n{labels}")).unwrap();
    let commands: &[&[&str]] = &[
        &["classify", new],
        &["share", new],
        &["share", new, "--role", "mailbox", "--by", "customer"],
        &["share", new, "--cohort", "+sector"],
        &["share", new, "--cohort", "<b>state</b>"],
        &["share", new, "--cohort", "+sector=\u{1b}[2J\u{1b}]0;owned\u{7}"],
        &["diff", old, new],
        &["diff", old, new, "--table", "switchers"],
        &["diff", old, new, "--table", "transitions"],
        &["trend", old, new],
        &["noise", old, new],
        &["sensitivity", new],
        &["unattributed", new],
        &["validate", new, "--truth", truth.to_str().unwrap(), "--table", "disagreements"],
        &["snapshot", "list"],
    ];
    for command in commands {
        for form in ["table", "csv", "json", "markdown"] {
            let said = mxcensus(folder.path(), &[command, &["--format", form][..]].concat());
            check(&format!("{command:?} as {form}"), form, &said);
        }
    }
}

#[test]
fn texts() {
    let folder = tempfile::tempdir().unwrap();
    let years = seal_years(&folder.path().join("data/snapshots"));
    let new = years[1].to_str().unwrap();
    let list = list(folder.path());
    for i in 0..super::world::ACTS.len() {
        let domain = format!("member{i}.example");
        check("explain", "text", &mxcensus(folder.path(), &["explain", &domain, "--snapshot", new]));
        check("why-not", "text", &mxcensus(folder.path(), &["explain", &domain, "--snapshot", new, "--why-not", "cisco"]));
    }
    check("show", "text", &mxcensus(folder.path(), &["snapshot", "show", new]));
    check("verify", "text", &mxcensus(folder.path(), &["snapshot", "verify", new]));
    check("check", "text", &mxcensus(folder.path(), &["population", "check", list.to_str().unwrap()]));
    // What is named in an error is shown, not obeyed.
    for wrong in super::world::ACTS {
        for command in [&["share", wrong][..], &["explain", wrong, "--snapshot", new], &["rules", "show", wrong]] {
            if !wrong.starts_with('-') {
                let said = mxcensus(folder.path(), command);
                // Where it happens to be the id of a member there is something to explain.
                assert!(matches!(said.code, Some(0..=2)), "{command:?}: {}", said.err);
                assert_still("an error", &said.err);
                assert_still("what is explained", &said.out);
            }
        }
    }
    // Rules made of strangers' names are still rules.
    let stanzas = mxcensus(folder.path(), &["unattributed", new, "--stanzas"]);
    assert_still("stanzas", &stanzas.out);
    for stanza in stanzas.out.split("\n\n").filter(|s| !s.trim().is_empty()) {
        toml::from_str::<toml::Table>(stanza).unwrap_or_else(|e| panic!("{e}\n{stanza}"));
    }
}

#[test]
fn pages_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = seal_years(&folder.path().join("data/snapshots"));
    let out = folder.path().join("report");
    let said = mxcensus(folder.path(), &["report", new.to_str().unwrap(), old.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_still("report", &said.err);
    let mut kinds = Vec::new();
    each_file(&out, &mut |path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let text = || fs::read_to_string(path).unwrap();
        let what = path.display().to_string();
        match ending.as_str() {
            "svg" => {
                let text = text();
                assert_still(&what, &text);
                assert_no_markup(&what, &text);
                assert!(!text.contains("<foreignObject") && !text.contains("href=\"http"), "{what}");
            }
            "html" => {
                let text = text();
                assert_no_markup(&what, &text);
                assert!(
                    text.contains("Content-Security-Policy") && text.replace("&#39;", "'").contains("default-src 'none'"),
                    "{what} has a policy"
                );
                assert_still(&what, &text);
            }
            "md" => {
                let text = text();
                assert_no_markup(&what, &text);
                assert_still(&what, &text);
                assert_no_link(&what, &text);
            }
            "csv" => assert_no_formula(&what, &text()),
            "json" => drop(serde_json::from_str::<serde_json::Value>(&text()).unwrap()),
            _ => {}
        }
        kinds.push(ending);
    });
    for kind in ["svg", "md", "csv", "png"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} in {kinds:?}");
    }
}

fn each_file(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, visit) } else { visit(&path) }
    }
}

/// What a snapshot keeps is exact: the same names, unchanged, in the files of the snapshot and in
/// what is exported for programs.
#[test]
fn snapshots_stay_exact() {
    let folder = tempfile::tempdir().unwrap();
    let [_, new] = seal_years(&folder.path().join("data/snapshots"));
    let list = fs::read_to_string(new.join("population.csv")).unwrap();
    assert!(list.contains("\u{1b}[2J") && list.contains("@SUM(A1:A9)"), "{list}");
    let read = mxcensus::snapshot::Snapshot::open(&new).unwrap();
    assert!(read.population.members.iter().any(|m| &*m.name == "=cmd|' /C calc'!A0"));
}
