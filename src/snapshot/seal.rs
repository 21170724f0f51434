//! Writing a snapshot, once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::digest::{self, Digesting};
use super::manifest::count;
use super::{
    MANIFEST, Manifest, ManifestDraft, OBSERVATIONS, OBSERVATIONS_ZST, Observations, POPULATION, PopulationFacts, SCHEMA, SUMS,
    Snapshot, SnapshotError, digest12, observations,
};
use crate::observation::Facts;
use crate::population::Population;

/// Smaller files stay plain text, so that small snapshots can be read with any tool.
const COMPRESS_FROM: u64 = 64 << 10;
/// Files up to this size get the strongest level that is still quick to write once.
const LARGE: u64 = 64 << 20;

/// Writes `<root>/<population>/<date>-<digest12>/` and gives its path.
///
/// The folder appears complete or not at all: everything is written beside its final place, read
/// back, and renamed. Sealing the same population and answers for the same date again changes
/// nothing and gives the path of what is there.
pub fn seal(root: &Path, population: &Population, facts: &Facts, draft: ManifestDraft) -> Result<PathBuf, SnapshotError> {
    draft.check().map_err(SnapshotError::Unsealable)?;
    check_name(&population.name)?;
    let members = population.to_csv();
    let (bytes, observed, digest) = measure(&members, facts).map_err(SnapshotError::io(root))?;
    let file = if bytes < COMPRESS_FROM { OBSERVATIONS } else { OBSERVATIONS_ZST };
    let manifest = Manifest {
        schema: SCHEMA,
        tool: concat!("mxcensus ", env!("CARGO_PKG_VERSION")).to_owned(),
        digest: digest.clone(),
        draft,
        population: PopulationFacts {
            name: population.name.clone(),
            series: population.series.clone(),
            unit: population.unit,
            size: population.members.len(),
            digest: digest::of_bytes(&[&members]),
            cohorts: population.cohorts.clone(),
        },
        observations: Observations { file: file.to_owned(), questions: facts.len(), bytes, digest: observed },
        counts: count(facts),
    };
    let series = root.join(&population.name);
    let dir = series.join(format!("{}-{}", manifest.date, digest12(&digest)));
    if dir.exists() {
        return same(&dir, &digest);
    }
    fs::create_dir_all(&series).map_err(SnapshotError::io(&series))?;
    sweep(&series);
    // Beside the final place, so that the rename stays within one file system.
    let draft_dir = Unfinished(series.join(format!(".{}-{}.{}", manifest.date, digest12(&digest), std::process::id())));
    fs::create_dir(&draft_dir.0).map_err(SnapshotError::io(&draft_dir.0))?;
    let _held = File::open(&draft_dir.0).ok().filter(|dir| dir.try_lock().is_ok());
    write_files(&draft_dir.0, &members, facts, &manifest)?;
    let read = Snapshot::open(&draft_dir.0)?;
    if read.population != *population || read.facts != *facts {
        return Err(SnapshotError::Unsealable("what was written does not read back as it was".to_owned()));
    }
    match fs::rename(&draft_dir.0, &dir) {
        Ok(()) => {
            sync(&series).map_err(SnapshotError::io(&series))?;
            Ok(dir)
        }
        // Another run sealed the same answers in the meantime.
        Err(_) if dir.exists() => same(&dir, &digest),
        Err(error) => Err(SnapshotError::Io { path: dir, error }),
    }
}

/// A folder that is removed again unless it was renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes what killed runs left behind. Whoever still writes holds a lock on its folder, which ends
/// with its process; where folders cannot be opened or locked, nothing is removed.
fn sweep(series: &Path) {
    let Ok(entries) = fs::read_dir(series) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let process = name.strip_prefix('.').and_then(|n| n.rsplit_once('.')).map(|(_, process)| process);
        let is_draft = process.is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        if is_draft && is_folder && File::open(entry.path()).is_ok_and(|dir| dir.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Size and digest of the CSV, and the digest over both files, in constant memory.
fn measure(members: &[u8], facts: &Facts) -> io::Result<(u64, String, String)> {
    let mut both = Digesting::new(io::sink());
    both.write_all(members)?;
    let mut csv = Digesting::new(both);
    observations::write(facts, BufWriter::new(&mut csv))?;
    let (both, bytes, observed) = csv.finish();
    Ok((bytes, observed, both.finish().2))
}

fn write_files(dir: &Path, members: &[u8], facts: &Facts, manifest: &Manifest) -> Result<(), SnapshotError> {
    let text = manifest.to_toml().map_err(|error| SnapshotError::Unsealable(error.to_string()))?;
    write_file(dir, POPULATION, |file| file.write_all(members))?;
    write_file(dir, &manifest.observations.file, |file| match manifest.observations.file == OBSERVATIONS_ZST {
        false => observations::write(facts, file),
        true => compress(facts, manifest.observations.bytes, file),
    })?;
    write_file(dir, MANIFEST, |file| file.write_all(text.as_bytes()))?;
    let mut sums = Vec::new();
    for name in [POPULATION, &manifest.observations.file, MANIFEST] {
        let path = dir.join(name);
        sums.push((name, digest::of_file(&path).map_err(SnapshotError::io(&path))?));
    }
    write_file(dir, SUMS, |file| file.write_all(digest::write_sums(&sums).as_bytes()))?;
    sync(dir).map_err(SnapshotError::io(dir))
}

/// One thread and a level that depends on the size alone: the same facts are the same bytes.
fn compress(facts: &Facts, bytes: u64, output: impl Write) -> io::Result<()> {
    let level = if bytes <= LARGE { 19 } else { 9 };
    let mut encoder = zstd::Encoder::new(output, level)?;
    encoder.set_pledged_src_size(Some(bytes))?;
    encoder.include_checksum(true)?;
    observations::write(facts, &mut encoder)?;
    encoder.finish()?.flush()
}

fn write_file(dir: &Path, name: &str, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), SnapshotError> {
    let path = dir.join(name);
    let write = || {
        let mut file = BufWriter::new(File::create_new(&path)?);
        fill(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    };
    write().map_err(SnapshotError::io(&path))
}

/// Makes the names in a folder durable. Only some systems can open a folder for that.
fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn same(dir: &Path, digest: &str) -> Result<PathBuf, SnapshotError> {
    match Snapshot::open(dir)?.manifest.digest == digest {
        true => Ok(dir.to_owned()),
        false => Err(SnapshotError::Occupied { dir: dir.to_owned() }),
    }
}

/// Whether the name of a population can be the name of a folder, on any file system and nowhere else.
///
/// # Errors
/// Where it holds more than letters, digits, hyphens, underscores and dots, or begins with a dot.
pub fn check_name(name: &str) -> Result<(), SnapshotError> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    match !name.is_empty() && !name.starts_with('.') && name.chars().all(plain) {
        true => Ok(()),
        false => Err(SnapshotError::Unsealable(format!(
            "population name {name:?}: use letters, digits, hyphens, underscores and dots, for it becomes a folder"
        ))),
    }
}
