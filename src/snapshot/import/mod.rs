//! Recordings of other programs, turned into facts and a draft of the manifest.
//!
//! One file a format. A format reads its inputs row by row into a [`Sink`] and says in a [`Shape`]
//! which questions its source asked and what of the answers it did not keep. All the rest is done
//! here for every format alike: merging, dropping what the plan would not ask (counted), filling in
//! `unrecorded` for what the source does not tell, dates, notes.

mod csv;
mod error;
mod mxmap;
mod sink;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::ManifestDraft;
use crate::observation::{Facts, Limits};
use crate::plan;
use crate::population::Population;

pub use error::ImportError;
pub use sink::{Sink, Skipped};

/// A format that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The columns of `observations.csv`, in any order of rows.
    Csv,
    /// JSON lines of the mxmap project.
    Mxmap,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::Csv, Self::Mxmap];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Mxmap => "mxmap",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| format!("unknown format {text:?}; expected {}", known()))
    }
}

/// What the caller knows about a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The day the snapshot goes by, `YYYY-MM-DD`; also the day of observation where the rows have none.
    pub date: String,
    /// Repository, commit and path, or whatever else names the source.
    pub source: String,
    pub licence: Option<String>,
    /// Sentences for captions.
    pub notes: Vec<String>,
    /// Earlier recordings of the same source and format: members whose time of observation is the
    /// same there were not asked again, which is counted and said in a note.
    pub previous: Vec<PathBuf>,
    /// Question kinds of the recording, where the format does not fix them; else found in the facts.
    pub kinds: Option<BTreeSet<plan::Kind>>,
    /// What the source did not keep, where the format does not fix it.
    pub limits: Limits,
}

/// What an import did with every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows or objects read.
    pub rows: usize,
    /// Records in the facts.
    pub records: usize,
    /// Questions of the plan with an answer from the source.
    pub answered: usize,
    /// Questions of the plan that the source cannot tell, filled in as `unrecorded`.
    pub unrecorded: usize,
    /// Answers and records that the plan would not ask for, and so were left out.
    pub outside_plan: Vec<(crate::dns::Question, usize)>,
    /// Questions with two different definitive answers.
    pub conflicts: usize,
    /// Members without a row in the inputs.
    pub absent: usize,
    /// Members whose time of observation is that of an earlier recording.
    pub not_asked_again: usize,
    /// Rows or values left out, by reason.
    pub skipped: Vec<Skipped>,
}

/// Reads recordings. The facts, the draft and the report together are the same for the same inputs.
pub fn import(
    inputs: &[PathBuf],
    format: Format,
    population: &Population,
    options: &Options,
) -> Result<(Facts, ManifestDraft, ImportReport), ImportError> {
    let _ = (inputs, format, population, options);
    Err(ImportError::NoInput)
}
