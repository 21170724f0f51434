//! The stages depend on what stands left of them and on nothing else, and each library has one door.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Left to right: a module may use itself and what stands before it.
const ORDER: [&str; 20] = [
    "dns",
    "mail",
    "population",
    "plan",
    "observation",
    "provenance",
    "stream",
    "snapshot",
    "crawl",
    "vendor",
    "classify",
    "share",
    "diff",
    "trend",
    "validate",
    "chart",
    "report",
    "export",
    "replay",
    "cli",
];

/// Uses of an earlier stage that are forbidden all the same.
const FORBIDDEN: [(&str, &str); 6] =
    [("vendor", "crawl"), ("classify", "crawl"), ("share", "crawl"), ("diff", "crawl"), ("chart", "crawl"), ("replay", "vendor")];

/// Which modules may name a library.
const DOORS: [(&str, &[&str]); 5] = [
    ("hickory_", &["dns", "crawl", "replay"]),
    ("plotters", &["chart"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("parquet::", &["export"]),
];

/// Pure stages touch no clock, network or disk.
const PURE: [&str; 8] = ["dns", "mail", "plan", "classify", "share", "diff", "trend", "chart"];
const IMPURE: [&str; 4] = ["std::fs", "std::net::Udp", "SystemTime::now", "tokio::"];

fn sources(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let relative = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
            found.push((relative.to_str().unwrap().replace('\\', "/"), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Code without comments and without test modules, which may reach anywhere.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn dependencies_point_left_only() {
    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut files);
    let rank: BTreeMap<&str, usize> = ORDER.iter().enumerate().map(|(i, m)| (*m, i)).collect();
    let mut faults = Vec::new();
    for (file, text) in &files {
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        // Test modules may reach anywhere.
        if file.ends_with("/tests.rs") {
            continue;
        }
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(&own) = rank.get(module) else {
            faults.push(format!("{file}: module {module} has no place in the order of the stages"));
            continue;
        };
        let code = code(text);
        for used in code
            .match_indices("crate::")
            .map(|(i, _)| code[i + 7..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap())
        {
            if rank.get(used).is_some_and(|&other| other > own) || FORBIDDEN.contains(&(module, used)) {
                faults.push(format!("{file}: {module} must not use {used}"));
            }
        }
        for (library, allowed) in DOORS {
            if code.contains(library) && !allowed.contains(&module) {
                faults.push(format!("{file}: only {allowed:?} may name {library}"));
            }
        }
        if PURE.contains(&module) {
            faults.extend(IMPURE.iter().filter(|i| code.contains(**i)).map(|i| format!("{file}: a pure stage uses {i}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
