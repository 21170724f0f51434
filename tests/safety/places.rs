//! Where results are written: below the folder that was named, never through a link somebody laid.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::world::{mxcensus, seal_years};

/// Every file below a folder, with its size.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|f| format!("{name}/{f}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[test]
fn links_in_place_of_results_are_replaced_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = seal_years(&folder.path().join("data/snapshots"));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let precious = folder.path().join("precious");
    let out = folder.path().join("out");
    let report = ["report", new, old, "--out", out.to_str().unwrap()];
    assert_eq!(mxcensus(folder.path(), &report).code, Some(0));
    let written = files(&out);
    fs::remove_dir_all(&out).unwrap();
    // A link at the name of each result, and at the name it has while it is written.
    for file in &written {
        let path = out.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&precious, "precious").unwrap();
        symlink(&precious, &path).unwrap();
        symlink(&precious, format!("{}.partial", path.display())).unwrap();
    }
    let said = mxcensus(folder.path(), &report);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{}", said.err);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for file in &written {
        assert!(fs::symlink_metadata(out.join(file)).unwrap().is_file(), "{file} is a file of its own");
    }
    let single = out.join("single.csv");
    for link in [single.clone(), single.with_extension("csv.partial")] {
        symlink(&precious, &link).unwrap();
    }
    let share = ["classify", new, "--out", single.to_str().unwrap()];
    let said = mxcensus(folder.path(), &share);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(said.code, Some(0), "{}", said.err);
}

/// A crawl's own files: the journal, and the folder of the snapshot.
#[test]
fn a_linked_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    fs::write(&list, "domain\na.example\n").unwrap();
    let precious = folder.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    let out = folder.path().join("snapshots");
    fs::create_dir_all(out.join("list")).unwrap();
    symlink(&precious, out.join("list/mx.journal")).unwrap();
    let crawl = [
        "crawl",
        "--population",
        list.to_str().unwrap(),
        "--depth",
        "mx",
        "--resolver",
        "127.0.0.1:9",
        "--out",
        out.to_str().unwrap(),
    ];
    let said = mxcensus(folder.path(), &crawl);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("mx.journal"), "{}", said.err);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
}

/// Names that come with a list or a snapshot become names of folders; they cannot lead elsewhere.
#[test]
fn names_do_not_lead_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let [_, new] = seal_years(&folder.path().join("data/snapshots"));
    let out = folder.path().join("deep/down/out");
    fs::create_dir_all(&out).unwrap();
    // A snapshot that somebody sent, with a population's name that climbs.
    let sent = folder.path().join("sent");
    fs::create_dir(&sent).unwrap();
    for file in fs::read_dir(&new).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), sent.join(file.file_name())).unwrap();
    }
    let manifest = fs::read_to_string(sent.join("manifest.toml")).unwrap();
    for (key, from, to) in [
        ("name", "name = \"synthetic-2026\"", "name = \"../../climbed\""),
        ("date", "date = \"2026-05-01\"", "date = \"../../../x\""),
    ] {
        fs::write(sent.join("manifest.toml"), manifest.replace(from, to)).unwrap();
        // Sealed again by the sender, so that its digests are right.
        let sums = std::process::Command::new("sha256sum")
            .args(["population.csv", "observations.csv", "manifest.toml"])
            .current_dir(&sent)
            .output();
        fs::write(sent.join("SHA256SUMS"), sums.unwrap().stdout).unwrap();
        let sent = sent.to_str().unwrap();
        for command in [
            &["crawl", "--replay-of", sent, "--resolver", "127.0.0.1:9", "--out", out.to_str().unwrap()][..],
            &["report", sent],
            &["chart", sent],
        ] {
            let said = mxcensus(&out, command);
            assert_ne!(said.code, Some(0), "{key}: {command:?} {}", said.out);
        }
        let outside = files(&folder.path().join("deep"));
        assert!(outside.iter().all(|f| f.starts_with("down/out/")), "{key}: {outside:?}");
    }
    // A list whose file name is no name of a folder is refused before anything is asked.
    for stem in ["..list", ".hidden", "a b", "-x"] {
        let list = folder.path().join(format!("{stem}.csv"));
        fs::write(&list, "domain\na.example\n").unwrap();
        let list = format!("--population={}", list.display());
        let said = mxcensus(folder.path(), &["crawl", &list, "--resolver", "127.0.0.1:9", "--out", out.to_str().unwrap()]);
        assert_eq!(said.code, Some(1), "{stem}");
        if stem != "-x" {
            assert!(said.err.contains("becomes a folder"), "{stem}: {}", said.err);
        }
    }
}
