//! Reading a snapshot: digests first, then every row.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::digest::Digesting;
use super::manifest::{ManifestProblem, count};
use super::verify::check_sums;
use super::{
    MANIFEST, Manifest, OBSERVATIONS, OBSERVATIONS_ZST, POPULATION, Problem, Snapshot, SnapshotError, digest, observations,
};
use crate::observation::Facts;
use crate::population::{self, About, Population};

/// No honest answers compress better than this; a smaller file that unpacks to more is a bomb.
pub(super) const MAX_RATIO: u64 = 2_000;
/// The largest window a frame may ask for: 128 MiB, what level 19 and below never exceed.
pub(super) const WINDOW_LOG: u32 = 27;
/// A manifest is a page of text.
const MAX_MANIFEST: u64 = 16 << 20;

impl Snapshot {
    /// Reads a sealed snapshot. Every digest is checked and every row read; an altered, torn or
    /// newer snapshot is an error that names the file, the line where there is one, and the remedy.
    pub fn open(dir: &Path) -> Result<Self, SnapshotError> {
        let manifest = read_manifest(dir)?;
        let problems = check_sums(dir);
        if !problems.is_empty() {
            return Err(SnapshotError::Damaged { dir: dir.to_owned(), problems });
        }
        let mut both = Digesting::new(io::sink());
        let population = read_population(dir, &manifest, &mut both)?;
        let facts = read_facts(dir, &manifest, &mut both)?;
        let (_, _, found) = both.finish();
        if found != manifest.digest {
            return Err(damaged(dir, MANIFEST, "its digest is not that of population and observations"));
        }
        if count(&facts) != manifest.counts || facts.len() != manifest.observations.questions {
            return Err(damaged(dir, MANIFEST, "its counts are not those of the observations"));
        }
        Ok(Self { manifest, population, facts, dir: dir.to_owned() })
    }
}

/// The manifest alone, its digest unchecked: enough for a listing.
pub(super) fn read_manifest(dir: &Path) -> Result<Manifest, SnapshotError> {
    let path = dir.join(MANIFEST);
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(MAX_MANIFEST).read_to_string(&mut text));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(match fs::metadata(dir) {
                Ok(_) => SnapshotError::NotASnapshot { dir: dir.to_owned() },
                Err(error) => SnapshotError::Io { path: dir.to_owned(), error },
            });
        }
        Err(error) => return Err(SnapshotError::Io { path, error }),
        Ok(_) => {}
    }
    Manifest::parse(&text).map_err(|problem| match problem {
        ManifestProblem::Newer(found) => SnapshotError::NewerSchema { path, found },
        ManifestProblem::Broken(reason) => SnapshotError::Manifest { path, reason },
    })
}

fn read_population(dir: &Path, manifest: &Manifest, both: &mut impl Write) -> Result<Population, SnapshotError> {
    let path = dir.join(POPULATION);
    let bytes = fs::read(&path).map_err(SnapshotError::io(&path))?;
    both.write_all(&bytes).map_err(SnapshotError::io(&path))?;
    if digest::of_bytes(&[&bytes]) != manifest.population.digest {
        return Err(damaged(dir, POPULATION, "its digest is not the one in the manifest"));
    }
    let facts = &manifest.population;
    let about = About { series: Some(facts.series.clone()), unit: Some(facts.unit), ..About::default() };
    let loaded = population::parse(&bytes[..], &facts.name, about)
        .map_err(|error| SnapshotError::Population { path: path.clone(), error })?;
    if let Some(row) = loaded.rejected.first() {
        return Err(SnapshotError::Line { path, line: row.line, reason: row.reason.clone() });
    }
    let population = loaded.population;
    if population.members.len() != facts.size || population.cohorts != facts.cohorts {
        return Err(damaged(dir, POPULATION, "its size or columns are not those of the manifest"));
    }
    Ok(population)
}

/// The file of answers, decompressed as it is read, and its path.
pub(super) fn plain(dir: &Path, manifest: &Manifest) -> Result<(PathBuf, Box<dyn Read>), SnapshotError> {
    let observations = &manifest.observations;
    let path = dir.join(&observations.file);
    // The name comes from outside: it is compared before anything is opened by it.
    let compressed = match observations.file.as_str() {
        OBSERVATIONS => false,
        OBSERVATIONS_ZST => true,
        other => {
            let reason = format!("observations.file = {other:?}; expected {OBSERVATIONS} or {OBSERVATIONS_ZST}");
            return Err(SnapshotError::Manifest { path: dir.join(MANIFEST), reason });
        }
    };
    let file = File::open(&path).map_err(SnapshotError::io(&path))?;
    let size = file.metadata().map_err(SnapshotError::io(&path))?.len();
    if compressed && observations.bytes > size.saturating_mul(MAX_RATIO) {
        return Err(damaged(dir, OBSERVATIONS_ZST, "it would unpack to more than 2000 times its size"));
    }
    let plain: Box<dyn Read> = match compressed {
        false => Box::new(BufReader::new(file)),
        true => {
            let mut decoder = zstd::Decoder::new(file).map_err(SnapshotError::io(&path))?;
            decoder.window_log_max(WINDOW_LOG).map_err(SnapshotError::io(&path))?;
            Box::new(decoder)
        }
    };
    Ok((path, Box::new(plain.take(observations.bytes.saturating_add(1)))))
}

fn read_facts(dir: &Path, manifest: &Manifest, both: &mut impl Write) -> Result<Facts, SnapshotError> {
    let observations = &manifest.observations;
    let (path, plain) = plain(dir, manifest)?;
    let mut tee = Tee { input: plain, copy: Digesting::new(both) };
    let mut facts = Vec::new();
    for answer in observations::Reader::strict(&mut tee) {
        facts.push(answer.map_err(|e| SnapshotError::Line { path: path.clone(), line: e.line, reason: e.reason })?);
    }
    let (_, bytes, found) = tee.copy.finish();
    if bytes != observations.bytes || found != observations.digest {
        return Err(damaged(dir, &observations.file, "its size or digest is not the one in the manifest"));
    }
    Ok(Facts::new(facts))
}

/// Hands on what is read, and a copy of it.
struct Tee<R, W> {
    input: R,
    copy: W,
}

impl<R: Read, W: Write> Read for &mut Tee<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.copy.write_all(&buffer[..n])?;
        Ok(n)
    }
}

fn damaged(dir: &Path, file: &str, what: &str) -> SnapshotError {
    SnapshotError::Damaged { dir: dir.to_owned(), problems: vec![Problem { file: file.to_owned(), what: what.to_owned() }] }
}
