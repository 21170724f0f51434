//! The snapshots of a data folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::open::read_manifest;
use super::{MANIFEST, Manifest, SnapshotError};

/// One snapshot of a listing. Its digests have not been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub dir: PathBuf,
    pub manifest: Manifest,
}

/// The snapshots under `<data>/snapshots`, by population, then date, then digest; and what stands
/// there but cannot be read. A folder that does not exist holds none.
pub fn list(data: &Path) -> (Vec<Summary>, Vec<SnapshotError>) {
    let (mut summaries, mut errors) = (Vec::new(), Vec::new());
    for population in folders(&data.join("snapshots")) {
        for dir in folders(&population).into_iter().filter(|dir| dir.join(MANIFEST).exists()) {
            match read_manifest(&dir) {
                Ok(manifest) => summaries.push(Summary { dir, manifest }),
                Err(error) => errors.push(error),
            }
        }
    }
    let key = |s: &Summary| (s.manifest.population.name.clone(), s.manifest.date.clone(), s.manifest.digest.clone());
    summaries.sort_by_key(key);
    (summaries, errors)
}

/// The folder that `what` means: a path, or under `<data>/snapshots` a population or series (its
/// newest snapshot), `<population>/<date>`, or the beginning of a digest.
pub fn find(what: &str, data: &Path) -> Result<PathBuf, SnapshotError> {
    let path = Path::new(what);
    if path.join(MANIFEST).is_file() {
        return Ok(path.to_owned());
    }
    let (all, _) = list(data);
    let (name, date) = what.trim_end_matches('/').rsplit_once('/').unwrap_or((what, ""));
    let named = |s: &&Summary| {
        let population = &s.manifest.population;
        [&population.name, &population.series].into_iter().any(|n| n == name)
            && s.dir.file_name().is_some_and(|folder| folder.to_string_lossy().starts_with(date))
    };
    let digest = |s: &&Summary| what.len() >= 6 && s.manifest.digest.starts_with(what);
    let newest = all.iter().filter(named).max_by(|a, b| a.manifest.date.cmp(&b.manifest.date));
    if let Some(found) = newest.or_else(|| all.iter().find(digest)) {
        return Ok(found.dir.clone());
    }
    if path.exists() {
        return Err(SnapshotError::NotASnapshot { dir: path.to_owned() });
    }
    let mut known: Vec<String> = all.iter().map(|s| format!("{}/{}", s.manifest.population.name, s.manifest.date)).collect();
    known.dedup();
    let known = if known.is_empty() { "there are none yet".to_owned() } else { format!("there are {}", known.join(", ")) };
    Err(SnapshotError::NotFound { what: what.to_owned(), root: data.join("snapshots"), known })
}

/// The folders within a folder, sorted, without those that are still being written.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let visible = entries.filter(|e| !e.file_name().to_string_lossy().starts_with('.'));
    let mut folders: Vec<PathBuf> = visible.map(|e| e.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
