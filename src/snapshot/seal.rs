//! Writing a snapshot, once.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::digest::{self, Digesting};
use super::observations::{COLUMNS, push_row};
use super::open::read_manifest;
use super::sorting::Sorting;
use super::verify::check_sums;
use super::{
    Digest, MANIFEST, Manifest, ManifestDraft, OBSERVATIONS, OBSERVATIONS_ZST, Observations, POPULATION, PopulationFacts,
    Problem, SCHEMA, SUMS, Snapshot, SnapshotError, digest12,
};
use crate::observation::Facts;
use crate::population::Population;

/// Smaller files stay plain text, so that small snapshots can be read with any tool.
const COMPRESS_FROM: u64 = 64 << 10;
/// Files up to this size are packed as small as can be; above it that costs many times the processor
/// time of the crawl, for a quarter less on disk (figures in benches/README.md).
const SMALL: u64 = 8 << 20;
const SMALLEST: i32 = 19;
const QUICK: i32 = 1;
/// Digests and compression are given so many octets at a time.
const CHUNK: usize = 1 << 16;

/// Writes `<root>/<population>/<date>-<digest12>/` and gives its path.
///
/// The folder appears complete or not at all: everything is written beside its final place, its digests
/// are compared with those of what is read back, and it is renamed. Sealing the same population and answers for the same date again changes
/// nothing and gives the path of what is there.
pub fn seal(root: &Path, population: &Population, facts: &Facts, draft: ManifestDraft) -> Result<PathBuf, SnapshotError> {
    let list = |output: &mut dyn Write| output.write_all(&population.to_csv());
    let fill = |rows: &mut Sorting| {
        for (question, answer) in facts.iter() {
            let types: Vec<String> = answer.records().iter().map(|r| r.rtype.to_string()).collect();
            let records = answer.records().iter().zip(&types).map(|(r, t)| (r.owner.as_str(), t.as_str(), &*r.rdata));
            rows.add(question.qname.as_str(), &question.qtype.to_string(), answer.outcome, records)?;
        }
        Ok(())
    };
    write_sealed(root, population.facts(), list, fill, draft, |dir| {
        let read = Snapshot::open(dir)?;
        match read.population == *population && read.facts == *facts {
            true => Ok(()),
            false => Err(SnapshotError::Unsealable("what was written does not read back as it was".to_owned())),
        }
    })
}

/// As [`seal`], for a list and answers that need not be in memory: `list` writes the canonical file
/// of the population that `about` describes (its digest is filled in here), `fill` gives every
/// question once, in any order. What was written is read back and its digests compared; that rows
/// are in canonical form is the caller's care.
pub fn seal_rows(
    root: &Path,
    about: PopulationFacts,
    list: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    fill: impl FnOnce(&mut Sorting) -> io::Result<()>,
    draft: ManifestDraft,
) -> Result<PathBuf, SnapshotError> {
    write_sealed(root, about, list, fill, draft, |_| Ok(()))
}

fn write_sealed(
    root: &Path,
    mut about: PopulationFacts,
    list: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    fill: impl FnOnce(&mut Sorting) -> io::Result<()>,
    draft: ManifestDraft,
    check: impl FnOnce(&Path) -> Result<(), SnapshotError>,
) -> Result<PathBuf, SnapshotError> {
    draft.check().map_err(SnapshotError::Unsealable)?;
    check_name(&about.name)?;
    let series = root.join(&about.name);
    fs::create_dir_all(&series).map_err(SnapshotError::io(&series))?;
    sweep(&series);
    // Beside the final place, so that the rename stays within one file system.
    static SEALS: AtomicU32 = AtomicU32::new(0);
    let number = SEALS.fetch_add(1, Ordering::Relaxed);
    let draft_dir = Unfinished(series.join(format!(".{}-seal{number}.{}", draft.date, std::process::id())));
    let dir = &draft_dir.0;
    fs::create_dir(dir).map_err(SnapshotError::io(dir))?;
    let _held = File::open(dir).ok().filter(|dir| dir.try_lock().is_ok());

    let mut rows = Sorting::new(dir);
    fill(&mut rows).map_err(SnapshotError::io(dir))?;
    let mut both = Digesting::new(io::sink());
    let mut members = None;
    let list_written = write_file(dir, POPULATION, |file| {
        let mut output = Digesting::new(Both { file, copy: &mut both });
        list(&mut output)?;
        members = Some(output.finish().2);
        Ok(())
    })?;
    about.digest = members.unwrap_or_default();
    let (questions, counts) = (rows.questions(), rows.counts());
    let (file, rows_written, bytes, observed) = write_rows(dir, rows, &mut both)?;
    let digest = both.finish().2;
    let manifest = Manifest {
        schema: SCHEMA,
        tool: concat!("mxcensus ", env!("CARGO_PKG_VERSION")).to_owned(),
        digest: digest.clone(),
        draft,
        population: about,
        observations: Observations { file: file.to_owned(), questions, bytes, digest: observed },
        counts,
    };
    let text = manifest.to_toml().map_err(|error| SnapshotError::Unsealable(error.to_string()))?;
    let manifest_written = write_file(dir, MANIFEST, |file| file.write_all(text.as_bytes()))?;
    let sums = [(POPULATION, list_written), (file, rows_written), (MANIFEST, manifest_written)];
    for (name, written) in &sums {
        let path = dir.join(name);
        if digest::of_file(&path).map_err(SnapshotError::io(&path))? != *written {
            return Err(SnapshotError::Unsealable(format!("{} does not read back as it was written", path.display())));
        }
    }
    write_file(dir, SUMS, |file| file.write_all(digest::write_sums(&sums).as_bytes()))?;
    sync(dir).map_err(SnapshotError::io(dir))?;
    check(dir)?;

    let place = series.join(format!("{}-{}", manifest.date, digest12(&digest)));
    if place.exists() {
        return same(&place, &digest);
    }
    match fs::rename(dir, &place) {
        Ok(()) => {
            sync(&series).map_err(SnapshotError::io(&series))?;
            Ok(place)
        }
        // Another run sealed the same answers in the meantime.
        Err(_) if place.exists() => same(&place, &digest),
        Err(error) => Err(SnapshotError::Io { path: place, error }),
    }
}

/// Writes the file of answers; gives its name and digest, and size and digest of the CSV in it.
fn write_rows(dir: &Path, rows: Sorting, both: &mut impl Write) -> Result<(&'static str, Digest, u64, Digest), SnapshotError> {
    let mut header = Vec::new();
    push_row(&mut header, COLUMNS);
    let bytes = header.len() as u64 + rows.size();
    let name = if bytes < COMPRESS_FROM { OBSERVATIONS } else { OBSERVATIONS_ZST };
    let mut observed = None;
    let written = write_file(dir, name, |file| {
        let mut copy = Digesting::new(both);
        let write = |output: &mut dyn Write| {
            let mut chunk = header;
            let mut hand_on = |chunk: &mut Vec<u8>| {
                copy.write_all(chunk)?;
                output.write_all(chunk)?;
                chunk.clear();
                io::Result::Ok(())
            };
            rows.finish(|rows| {
                chunk.extend_from_slice(rows);
                if chunk.len() < CHUNK { Ok(()) } else { hand_on(&mut chunk) }
            })?;
            hand_on(&mut chunk)
        };
        if name == OBSERVATIONS {
            write(file)?;
        } else {
            // One thread and a level that depends on the size alone: the same facts are the same bytes.
            let mut encoder = zstd::Encoder::new(file, if bytes <= SMALL { SMALLEST } else { QUICK })?;
            encoder.set_pledged_src_size(Some(bytes))?;
            encoder.include_checksum(true)?;
            write(&mut encoder)?;
            encoder.finish()?;
        }
        observed = Some(copy.finish().2);
        Ok(())
    })?;
    Ok((name, written, bytes, observed.unwrap_or_default()))
}

/// Writes to a file and hands on a copy.
struct Both<A, B> {
    file: A,
    copy: B,
}

impl<A: Write, B: Write> Write for Both<A, B> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.copy.write_all(&bytes[..n])?;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
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

/// Writes a file to the disk, and gives the digest of what was written.
fn write_file(
    dir: &Path,
    name: &str,
    fill: impl FnOnce(&mut Digesting<BufWriter<File>>) -> io::Result<()>,
) -> Result<Digest, SnapshotError> {
    let path = dir.join(name);
    let write = || {
        let mut output = Digesting::new(BufWriter::new(File::create_new(&path)?));
        fill(&mut output)?;
        let (file, _, digest) = output.finish();
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(digest)
    };
    write().map_err(SnapshotError::io(&path))
}

/// Makes the names in a folder durable. Only some systems can open a folder for that.
fn sync(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// The snapshot that stands there already, if it is whole and holds the same.
fn same(dir: &Path, digest: &str) -> Result<PathBuf, SnapshotError> {
    let problems: Vec<Problem> = check_sums(dir);
    if !problems.is_empty() {
        return Err(SnapshotError::Damaged { dir: dir.to_owned(), problems });
    }
    match read_manifest(dir)?.digest == digest {
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
