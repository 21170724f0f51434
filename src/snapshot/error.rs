//! What can be wrong with a snapshot, with file, line and remedy.

use std::io;
use std::path::{Path, PathBuf};

use super::Problem;

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: not a snapshot: it holds no manifest.toml; give the folder that `snapshot list` shows", dir.display())]
    NotASnapshot { dir: PathBuf },
    #[error("{}: written with schema {found}, this program reads up to {}; update mxcensus", path.display(), super::SCHEMA)]
    NewerSchema { path: PathBuf, found: u32 },
    #[error("{}: {reason}", path.display())]
    Manifest { path: PathBuf, reason: String },
    #[error("{}:{line}: {reason}", path.display())]
    Line { path: PathBuf, line: u64, reason: String },
    #[error(
        "{}: the snapshot is damaged: {}; restore the folder from where it came, for sealed files are never repaired",
        dir.display(),
        joined(problems)
    )]
    Damaged { dir: PathBuf, problems: Vec<Problem> },
    #[error("{}: {error}", path.display())]
    Population { path: PathBuf, error: crate::population::PopulationError },
    #[error("cannot seal: {0}")]
    Unsealable(String),
    #[error("{}: another snapshot stands here already and differs; move it away or seal elsewhere", dir.display())]
    Occupied { dir: PathBuf },
    #[error("no snapshot {what:?} under {}; {known}", root.display())]
    NotFound { what: String, root: PathBuf, known: String },
}

impl SnapshotError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |error| Self::Io { path: path.to_owned(), error }
    }
}

fn joined(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("{}: {}", p.file, p.what)).collect::<Vec<_>>().join("; ")
}
