//! What other programs recorded of one small world, imported, against that world itself.
//!
//! `tests/import/README.md` says which program and version wrote each file. Each golden file holds
//! the report of an import and every line by which its facts differ from those of the world; after a
//! change that is meant, `UPDATE_GOLDEN=1 cargo test --test import` writes them again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mxcensus::observation::Facts;
use mxcensus::population::{self, Population};
use mxcensus::snapshot::import::{Format, ImportReport, Options, import};
use mxcensus::snapshot::{ManifestDraft, observations};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name)
}

fn members() -> Population {
    population::read(&fixture("synthetic.csv")).unwrap().population
}

fn imported(inputs: &[&str], format: Format) -> (Facts, ManifestDraft, ImportReport) {
    let inputs: Vec<PathBuf> = inputs.iter().map(|name| fixture(name)).collect();
    let options = Options { date: "2026-11-22".to_owned(), source: "synthetic".to_owned(), ..Options::default() };
    import(&inputs, format, &members(), &options).unwrap_or_else(|error| panic!("{inputs:?}: {error}"))
}

fn rows(facts: &Facts) -> Vec<String> {
    let mut bytes = Vec::new();
    observations::write(facts, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

/// The report in lines, then what is not as in the world (`-`) and what stands instead (`+`).
fn told(inputs: &[&str], format: Format) -> String {
    let (world, ..) = imported(&["synthetic-world.csv"], Format::Csv);
    let (facts, draft, report) = imported(inputs, format);
    let mut text = format!(
        "rows {}, answered {}, unrecorded {}, outside the plan {}, conflicts {}, members absent {}\n",
        report.rows,
        report.answered,
        report.unrecorded,
        report.outside_plan.len(),
        report.conflicts,
        report.absent
    );
    let words = |words: Vec<&str>| if words.is_empty() { "none".to_owned() } else { words.join(" ") };
    let kinds = draft.plan.kinds.iter().map(|k| k.as_str()).collect();
    let partial = draft.limits.partial.iter().map(|k| k.as_str()).collect();
    let reconstructed = draft.limits.reconstructed.iter().map(String::as_str).collect();
    _ = writeln!(text, "kinds {}\npartial {}\nreconstructed {}", words(kinds), words(partial), words(reconstructed));
    _ = writeln!(text, "observed {} to {}", draft.observed_from, draft.observed_to);
    for status in &report.statuses {
        let became = status.outcome.map_or("left unrecorded", |o| o.as_str());
        _ = writeln!(text, "status {:?} {} times: {became}", status.status, status.count);
    }
    for skipped in &report.skipped {
        _ = writeln!(text, "left out {} times: {}, first {}", skipped.count, skipped.reason, skipped.first);
    }
    let (world, facts) = (rows(&world), rows(&facts));
    // What the world leaves open needs no line where an import asks less.
    let asked = world.iter().filter(|row| !row.contains(",unrecorded,"));
    asked.filter(|row| !facts.contains(row)).for_each(|row| _ = writeln!(text, "- {row}"));
    facts.iter().filter(|row| !world.contains(row)).for_each(|row| _ = writeln!(text, "+ {row}"));
    text
}

fn golden(inputs: &[&str], format: Format) {
    let path = fixture(&format!("golden/{}.txt", inputs.join("+")));
    let text = told(inputs, format);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} (UPDATE_GOLDEN=1 writes it again)", path.display());
}

#[test]
fn zdns() {
    golden(&["zdns.ndjson"], Format::Zdns);
    golden(&["zdns-lookups.ndjson"], Format::Zdns);
}

/// A fuller answer wins over the one record that the SPF module kept, whichever file comes first.
#[test]
fn zdns_modules_add_up() {
    let (facts, draft, report) = imported(&["zdns-lookups.ndjson", "zdns.ndjson"], Format::Zdns);
    let (other, ..) = imported(&["zdns.ndjson", "zdns-lookups.ndjson"], Format::Zdns);
    assert_eq!(facts, other);
    let (alone, ..) = imported(&["zdns.ndjson"], Format::Zdns);
    let txt = |facts: &Facts| {
        facts.iter().filter(|(q, _)| q.qtype.to_string() == "TXT").map(|(q, a)| (q.clone(), a.clone())).collect::<Vec<_>>()
    };
    assert_eq!(txt(&facts), txt(&alone));
    assert!(draft.limits.partial.is_empty());
    // MX, A and AAAA behind an alias, with and without the links of the chain.
    assert_eq!(report.conflicts, 3);
}

#[test]
fn massdns() {
    for name in
        ["massdns-J.ndjson", "massdns-never.ndjson", "massdns-S.txt", "massdns-Slqn.txt", "massdns-Srtn.txt", "massdns-F.txt"]
    {
        golden(&[name], Format::Massdns);
    }
}

#[test]
fn dnsx() {
    golden(&["dnsx.ndjson"], Format::Dnsx);
    golden(&["dnsx-mx.ndjson"], Format::Dnsx);
}

#[test]
fn dig_and_zone_files() {
    for name in ["dig.txt", "dig-answer.txt", "synthetic.zone"] {
        golden(&[name], Format::Dig);
    }
}

/// Whatever stands in a file, an import ends with facts or with an error that names the line.
#[test]
fn broken_inputs_name_their_line() {
    let dir = tempfile::tempdir().unwrap();
    for (format, text, reason) in [
        (Format::Zdns, "{\"name\":\"a.example\",\"status\":\"NOERROR\",\"data\":{}}", "zdns 2"),
        (Format::Zdns, "{\"name\":", "EOF"),
        (Format::Massdns, "{\"name\":\"a.example.\"}", "missing field"),
        (Format::Dnsx, "[]", "invalid"),
        (Format::Dig, "example.com. IN MX (10", "parenthesis is left open"),
        (Format::Dig, "example.com. IN TXT \"open", "quotation mark"),
        (Format::Dig, "$INCLUDE other.zone", "named-compilezone"),
        (Format::Dig, "example.com.", "no type"),
    ] {
        let path = dir.path().join("input");
        std::fs::write(&path, format!("\n{text}\n")).unwrap();
        let options = Options { date: "2026-11-22".to_owned(), ..Options::default() };
        let error = import(&[path], format, &members(), &options).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(":2: "), "{format} {text:?}: {error}");
    }
}
