//! At home in the ecosystem: SQL engines and data tools over exported tables say what this program says,
//! and the files for clusters hold against their schemas.
//!
//! The tools are optional (`tests/ecosystem/requirements.txt`, R, shellcheck): without one its test says
//! so and passes, but in CI it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "support/python.rs"]
mod python;

use python::{python, run};

const NEW: &str = "recorded-municipalities/2026-05-03";
const OLD: &str = "recorded-municipalities/2026-04-05";
const FULL: &str = "recorded-fortune20/2023-10-04";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn mxcensus(arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mxcensus"));
    let output = command.env("MXCENSUS_DATA", root().join("data")).arg("-q").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn export(what: &[&str], table: &str, format: &str, out: &Path) {
    let flags = ["--table", table, "--format", format, "--out", out.to_str().unwrap()];
    mxcensus(&[&["snapshot", "export"][..], what, &flags].concat());
}

/// The SQL files give shares and diff to the last digit: of two recordings with split members, renamed
/// ones and unreachable ones, and of one with every question kind.
#[cfg(feature = "parquet")]
#[test]
fn sql_says_what_we_say() {
    let engines = ["duckdb", "datafusion"].map(|engine| (engine, python(&format!("pyarrow, {engine}"))));
    if engines.iter().all(|(_, python)| python.is_none()) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    export(&[NEW, OLD], "all", "parquet", &path("new"));
    export(&[OLD], "attributions", "parquet", &path("old.parquet"));
    export(&[FULL], "all", "parquet", &path("full"));
    let script = root().join("examples/sql/compare.py");
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    for (engine, python) in engines {
        let Some(python) = python else { continue };
        let both = run(&python, &script, &["--engine", engine, &text(path("new")), &text(path("old.parquet"))]);
        assert!(both.contains("share: ") && both.contains("diff: "), "{both}");
        run(&python, &script, &["--engine", engine, &text(path("full"))]);
    }
}

/// The code blocks of a page, each with its language.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(language) if !inside => {
                found.push((language.to_owned(), String::new()));
                inside = true;
            }
            Some(_) => inside = false,
            None if inside => found.last_mut().unwrap().1.push_str(&format!("{line}\n")),
            None => {}
        }
    }
    found
}

/// The command that runs one block of the page of recipes; `None` where its tool is missing.
fn recipe(language: &str, code: &str, file: &Path) -> Option<Command> {
    let mut command = match language {
        "python" => Command::new(python(if code.contains("pandas") { "pandas, pyarrow" } else { "polars" })?),
        "sql" => Command::new(python("duckdb, pandas")?),
        "r" => {
            let r = Command::new("Rscript").arg("--version").output();
            if r.is_err() {
                assert!(std::env::var_os("CI").is_none(), "Rscript is missing; .ci/run installs r-base-core");
                eprintln!("skipped: Rscript is not installed (r-base-core)");
                return None;
            }
            Command::new("Rscript")
        }
        other => panic!("no way to run {other:?}"),
    };
    let code = if language == "sql" {
        format!("import duckdb\nprint(duckdb.sql(\"\"\"{code}\"\"\").df().to_csv(index=False))")
    } else {
        code.to_owned()
    };
    fs::write(file, code).unwrap();
    command.arg(file);
    Some(command)
}

#[cfg(feature = "parquet")]
#[test]
fn the_recipes_of_the_page_agree() {
    let dir = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(root().join("docs/recipes.md")).unwrap();
    let blocks = blocks(&page);
    let (shell, recipes) = blocks.split_first().unwrap();
    assert!(shell.1.contains("--table all --format parquet --out tables"), "{}", shell.1);
    export(&[NEW, OLD], "all", "parquet", &dir.path().join("tables"));
    export(&[NEW, OLD], "all", "csv", &dir.path().join("tables"));
    assert_eq!(recipes.len(), 4);
    let mut told: Vec<Vec<(String, f64)>> = Vec::new();
    for (i, (language, code)) in recipes.iter().enumerate() {
        assert_eq!(code.lines().count(), 5, "a recipe of five lines:\n{code}");
        let Some(mut command) = recipe(language, code, &dir.path().join(format!("recipe{i}"))) else { continue };
        let output = command.current_dir(dir.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{code}\n{}", text(&output.stderr));
        let mut reader = csv::Reader::from_reader(&output.stdout[..]);
        let row = |row: csv::StringRecord| (row[0].to_owned(), row[1].parse().unwrap());
        told.push(reader.records().map(|r| row(r.unwrap())).collect());
    }
    for rows in &told {
        assert_eq!(rows.len(), 5);
        // Each tool adds the parts of split members in an order of its own: the last bit may differ.
        let near = |(a, b): (&(String, f64), &(String, f64))| a.0 == b.0 && (a.1 - b.1).abs() < 1e-9;
        assert!(rows.iter().zip(&told[0]).all(near), "{rows:?}, not {:?}", told[0]);
    }
}

/// The Kubernetes file against the schema of its version, and both shell scripts against shellcheck.
#[test]
fn the_files_for_clusters_are_valid() {
    let jobs = root().join("examples/kubernetes/crawl.yaml");
    if let Some(python) = python("kubernetes_validate") {
        let output = Command::new(python).args(["-m", "kubernetes_validate", "--strict"]).arg(&jobs).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let script = root().join("examples/slurm/crawl.sbatch");
    assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success());
    match Command::new("shellcheck").arg(&script).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(_) => {
            assert!(std::env::var_os("CI").is_none(), "shellcheck is missing; .ci/run installs it");
            eprintln!("skipped: shellcheck is not installed");
        }
    }
}
