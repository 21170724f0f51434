//! Why a recording cannot be imported.

use std::path::PathBuf;

/// An input that is not of its format; single odd values are no error but counted in the report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: std::io::Error },
    #[error("{}:{line}: {reason}", path.display())]
    Line { path: PathBuf, line: u64, reason: String },
    #[error("nothing to import: give at least one input file")]
    NoInput,
    #[error("--date {0:?} is not a day YYYY-MM-DD")]
    Date(String),
    #[error("none of the {rows} rows is about a member of {population}; is it the right list?")]
    NothingMatches { rows: usize, population: String },
}
