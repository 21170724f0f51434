//! Is a sealed snapshot still what it was? Every changed file is named.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use super::digest::{digest12, of_file, read_sums};
use super::open::read_manifest;
use super::{MANIFEST, OBSERVATIONS, POPULATION, SUMS, Snapshot, SnapshotError};

/// One thing that is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File name within the folder, or the folder itself.
    pub file: String,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// Everything that is wrong with a snapshot; empty where it is as it was sealed.
pub fn verify(dir: &Path) -> Vec<Problem> {
    let mut problems = check_sums(dir);
    if problems.is_empty() {
        match Snapshot::open(dir) {
            Ok(snapshot) => problems.extend(check_name(dir, &snapshot)),
            Err(SnapshotError::Damaged { problems: found, .. }) => problems.extend(found),
            Err(error) => problems.push(Problem { file: MANIFEST.to_owned(), what: error.to_string() }),
        }
    } else if let Ok(manifest) = read_manifest(dir) {
        // Population and observations are digested twice, so it can be told which side changed.
        let digest = |file: &str| of_file(&dir.join(file)).ok();
        let intact = |file: &str| match file {
            POPULATION => digest(file).as_ref() == Some(&manifest.population.digest),
            OBSERVATIONS => digest(file).as_ref() == Some(&manifest.observations.digest),
            _ => false,
        };
        for problem in &mut problems {
            if intact(&problem.file) {
                *problem = Problem {
                    file: SUMS.to_owned(),
                    what: format!("its digest of {} is wrong; the file itself agrees with the manifest", problem.file),
                };
            }
        }
    }
    problems
}

/// Compares every file of the folder with `SHA256SUMS`.
pub(super) fn check_sums(dir: &Path) -> Vec<Problem> {
    let problem = |file: &str, what: String| Problem { file: file.to_owned(), what };
    let bytes = match fs::read(dir.join(SUMS)) {
        Ok(bytes) => bytes,
        Err(error) => return vec![problem(SUMS, format!("cannot be read ({error}); the snapshot was never sealed or lost it"))],
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return vec![problem(SUMS, "not text".to_owned())];
    };
    let sums = match read_sums(&text) {
        Ok(sums) => sums,
        Err(line) => return vec![problem(SUMS, format!("line {line} is not `<64 hex digits>  <file>`"))],
    };
    let mut problems = Vec::new();
    for &(name, expected) in sums.iter().map(|(digest, name)| (name, digest)).collect::<Vec<_>>().iter() {
        match of_file(&dir.join(name)) {
            Ok(found) if found == *expected => {}
            Ok(_) => problems.push(problem(name, format!("has changed, or its digest in {SUMS} has"))),
            Err(error) => problems.push(problem(name, format!("listed in {SUMS} but cannot be read ({error})"))),
        }
    }
    let listed: BTreeSet<&str> = sums.iter().map(|(_, name)| *name).collect();
    let present = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut strangers: Vec<String> = present.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    strangers.retain(|name| name != SUMS && !listed.contains(name.as_str()));
    strangers.sort();
    problems.extend(strangers.iter().map(|name| problem(name, format!("not listed in {SUMS}"))));
    problems
}

fn check_name(dir: &Path, snapshot: &Snapshot) -> Option<Problem> {
    let expected = format!("{}-{}", snapshot.manifest.date, digest12(&snapshot.manifest.digest));
    // A copy under another name is still the same snapshot; a name that claims another digest is not.
    let name = dir.file_name()?.to_str()?;
    let (_, claimed) = name.rsplit_once('-')?;
    let claims = claimed.len() == 12 && claimed.bytes().all(|b| b.is_ascii_hexdigit());
    (claims && name != expected)
        .then(|| Problem { file: name.to_owned(), what: format!("the folder should be called {expected}") })
}
