//! `mxcensus bundle`: the publication folder, built by the program itself from recorded data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;

const COMPANIES: &str = "recorded-nordic-listed/2026-04-21";
const TOWNS: [&str; 2] = ["recorded-municipalities/2026-05-03", "recorded-municipalities/2026-04-05"];

fn mxcensus(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("mxcensus").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("MXCENSUS_CONFIG", "").arg("--quiet").args(arguments);
    command.output().unwrap()
}

fn bundle(arguments: &[&str], folder: &Path) {
    let out = mxcensus(&[&["bundle"], arguments, &["--out", folder.to_str().unwrap()]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Every file below a folder, by its path within.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn building_it_twice_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    bundle(&[COMPANIES], &one);
    let first = files(&one);
    for name in ["README.md", "report.html", "report.md", "methods.md", "CITATION.cff", "rebuild.sh", "SHA256SUMS"] {
        assert!(first.contains_key(name), "{name} of {:?}", first.keys());
    }
    for name in ["charts/share-gateway", "charts/dark/share-gateway"] {
        assert!(first.contains_key(&format!("{name}.svg")) && first.contains_key(&format!("{name}.png")), "{name}");
    }
    assert!(first.contains_key("charts/share-gateway.csv") && first.contains_key("print/share-gateway.tex"));
    // Into another folder, then over the first: what an earlier bundle left is no hindrance.
    bundle(&[COMPANIES], &two);
    bundle(&[COMPANIES], &one);
    for (name, bytes) in &first {
        assert!(files(&two)[name] == *bytes && files(&one)[name] == *bytes, "{name} differs");
    }
    assert_eq!(files(&two).len(), first.len());

    // The sums are right, and name every file.
    let sums = String::from_utf8(first["SHA256SUMS"].clone()).unwrap();
    let listed: BTreeSet<&str> = sums.lines().map(|l| l.split_once("  ").unwrap().1).collect();
    assert_eq!(listed.len() + 1, first.len());
    let checked = Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&one).output();
    match checked {
        Ok(out) => assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout)),
        Err(e) => println!("sums not checked: {e}"),
    }

    // Somebody else's file is not overwritten, nor taken away.
    fs::write(one.join("notes.txt"), "mine").unwrap();
    let refused = mxcensus(&["bundle", COMPANIES, "--out", one.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("notes.txt"));
    assert_eq!(fs::read(one.join("notes.txt")).unwrap(), b"mine");
}

#[test]
fn the_descriptor_describes_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("towns");
    bundle(&TOWNS, &out);
    let files = files(&out);
    let package: Value = serde_json::from_slice(&files["datapackage.json"]).unwrap();
    let is_name = |v: &Value| {
        let name = v.as_str().unwrap();
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
    };
    assert!(is_name(&package["name"]), "{}", package["name"]);
    let resources = package["resources"].as_array().unwrap();
    let mut names = BTreeSet::new();
    for resource in resources {
        assert!(is_name(&resource["name"]) && names.insert(resource["name"].as_str().unwrap()), "{}", resource["name"]);
        let bytes = &files[resource["path"].as_str().unwrap()];
        assert_eq!(resource["bytes"], bytes.len());
        if resource["format"] != "csv" {
            continue;
        }
        // Heads and types fit, and nothing is left unexplained.
        let mut csv = csv::Reader::from_reader(&bytes[..]);
        let fields = resource["schema"]["fields"].as_array().unwrap();
        let heads: Vec<&str> = fields.iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(csv.headers().unwrap().iter().collect::<Vec<_>>(), heads, "{}", resource["path"]);
        for field in fields {
            assert!(!field["description"].as_str().unwrap().is_empty(), "{field} of {}", resource["path"]);
        }
        for record in csv.records() {
            for (cell, field) in record.unwrap().iter().zip(fields).filter(|(cell, _)| !cell.is_empty()) {
                let fits = match field["type"].as_str().unwrap() {
                    "number" => cell.parse::<f64>().is_ok(),
                    "integer" => cell.parse::<i64>().is_ok(),
                    _ => true,
                };
                assert!(fits, "{cell:?} is no {} in {} of {}", field["type"], field["name"], resource["path"]);
            }
        }
    }
    let tables = files.keys().filter(|name| name.starts_with("tables/") && name.ends_with(".csv")).count();
    assert_eq!(tables, resources.len());
    let methods = String::from_utf8_lossy(&files["methods.md"]);
    for word in ["question kinds", "rules (SHA-256)", "Holm", "## Limits"] {
        assert!(methods.contains(word), "{word}");
    }
}

/// No name, domain or record of a member is in any file.
#[test]
fn aggregates_alone_tell_of_no_member() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("aggregates");
    bundle(&[COMPANIES, "--aggregate-only"], &out);
    let whole = folder.path().join("whole");
    bundle(&[COMPANIES], &whole);
    let members = String::from_utf8(files(&whole)["tables/attributions.csv"].clone()).unwrap();
    let mut private = BTreeSet::new();
    for record in csv::Reader::from_reader(members.as_bytes()).records() {
        let record = record.unwrap();
        private.extend([0, 1, 2].map(|i| record[i].to_lowercase()));
    }
    assert!(private.len() >= 50, "{}", private.len());
    let is_word = |text: &str, at: usize, len: usize| {
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
        !part(text[..at].chars().next_back()) && !part(text[at + len..].chars().next())
    };
    for (name, bytes) in files(&out) {
        assert!(!name.contains("attributions") && !name.contains("switchers"), "{name}");
        if name.ends_with(".png") {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        for secret in &private {
            let told = text.match_indices(secret.as_str()).any(|(at, _)| is_word(&text, at, secret.len()));
            assert!(!told, "{secret:?} stands in {name}");
        }
    }
}

/// Others read the folder: the descriptor and the data it describes by `frictionless`, Parquet by Arrow.
#[test]
fn the_data_is_valid_and_parquet_holds_what_csv_holds() {
    let python = std::env::var("MXCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import frictionless, pyarrow"]).output();
    if !has.is_ok_and(|found| found.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "{python} has no frictionless and pyarrow; .ci/run installs them");
        println!("skipped: {python} has no frictionless and pyarrow (pip install them; MXCENSUS_PYTHON names another)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (i, set) in [&TOWNS[..], &[COMPANIES]].iter().enumerate() {
        let out = folder.path().join(i.to_string());
        bundle(set, &out);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ecosystem/bundle.py");
        let read = Command::new(&python).arg(script).arg(&out).output().unwrap();
        assert!(read.status.success(), "{}{}", String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    }
}

/// The script in the folder makes the folder again, to the byte.
#[test]
fn the_commands_rebuild_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    bundle(&[COMPANIES, "--top", "5", "--author", "O'Neill, A."], &one);
    let program = Command::cargo_bin("mxcensus").unwrap().get_program().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = Path::new(&program).parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
    let mut script = Command::new("sh");
    script.arg(one.join("rebuild.sh")).arg(&two).current_dir(env!("CARGO_MANIFEST_DIR"));
    script.env("PATH", std::env::join_paths(folders).unwrap()).env("MXCENSUS_CONFIG", "");
    let out = script.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(files(&one) == files(&two), "the rebuilt folder differs");
}

/// Every printed table is LaTeX that compiles.
#[test]
fn latex_tables_compile() {
    if Command::new("pdflatex").arg("--version").output().is_err() {
        println!("skipped: no pdflatex (texlive-latex-base, and texlive-latex-recommended for booktabs)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("towns");
    bundle(&TOWNS, &out);
    let mut text = String::from("\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs}\\begin{document}\n");
    for (name, bytes) in files(&out).iter().filter(|(name, _)| name.ends_with(".tex")) {
        text.push_str(&format!("% {name}\n{}\\clearpage\n", String::from_utf8_lossy(bytes)));
    }
    text.push_str("\\end{document}\n");
    fs::write(folder.path().join("all.tex"), text).unwrap();
    let mut compile = Command::new("pdflatex");
    let made =
        compile.args(["-interaction=nonstopmode", "-halt-on-error", "all.tex"]).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
}
