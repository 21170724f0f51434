//! Python with packages that read our files: optional on a desk, required in CI.

use std::path::Path;
use std::process::Command;

/// The interpreter that `MXCENSUS_PYTHON` names, or `python3`, where it has these packages; otherwise a
/// word on why a test is skipped.
pub fn python(packages: &str) -> Option<String> {
    let python = std::env::var("MXCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", &format!("import {packages}")]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    assert!(std::env::var_os("CI").is_none(), "{python} has no {packages}; .ci/run installs tests/ecosystem/requirements.txt");
    eprintln!(
        "skipped: {python} has no {packages} (pip install -r tests/ecosystem/requirements.txt; MXCENSUS_PYTHON names another)"
    );
    None
}

/// Runs a script, which must end well, and gives what it printed.
pub fn run(python: &str, script: &Path, arguments: &[&str]) -> String {
    let output = Command::new(python).arg(script).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}
