//! The gallery of the README is what the program draws from the recorded data today.
//!
//! `UPDATE_GOLDEN=1 cargo test --test gallery` draws it anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;

const NEW: &str = "recorded-municipalities/2026-05-03";
const MIDDLE: &str = "recorded-municipalities/2026-04-15";
const OLD: &str = "recorded-municipalities/2026-04-05";
const CHARTS: [&str; 4] = ["share-gateway", "change-gateway", "flow-gateway", "heat-country-gateway"];

fn mxcensus(arguments: &[&str]) {
    let mut command = Command::cargo_bin("mxcensus").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("MXCENSUS_CONFIG", "").arg("--quiet").args(arguments);
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn the_gallery_is_current() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = folder.path();
    let out = drawn.to_str().unwrap();
    let only: Vec<&str> = CHARTS.iter().flat_map(|name| ["--only", name]).collect();
    mxcensus(&[&["chart", NEW, OLD, "--out", out][..], &only].concat());
    mxcensus(&["trend", OLD, MIDDLE, NEW, "--charts", out, "--out", drawn.join("table.txt").to_str().unwrap()]);

    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gallery");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut bytes = 0;
    for name in CHARTS.into_iter().chain(["trend-gateway"]) {
        for path in [format!("{name}.svg"), format!("dark/{name}.svg")] {
            let now = fs::read(drawn.join(&path)).unwrap();
            bytes += now.len();
            let kept = gallery.join(&path);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::create_dir_all(kept.parent().unwrap()).unwrap();
                fs::write(&kept, &now).unwrap();
            }
            let same = fs::read(&kept).is_ok_and(|kept| kept == now);
            assert!(same, "docs/gallery/{path} is not what is drawn today: UPDATE_GOLDEN=1 cargo test --test gallery");
            assert!(readme.contains(&format!("docs/gallery/{path}")), "{path} does not stand in the README");
        }
    }
    assert!(bytes < 1 << 20, "{bytes} bytes");
}
