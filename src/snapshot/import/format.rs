//! The formats that can be imported, by name.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::{ImportError, Shape, Sink, csv, dig, dnsx, massdns, mxmap, zdns};
use crate::observation::Facts;
use crate::population::Population;

/// A format that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The columns of `observations.csv`, in any order of rows.
    Csv,
    /// JSON lines of the mxmap project.
    Mxmap,
    /// JSON lines of zdns 2.
    Zdns,
    /// Any text output of massdns.
    Massdns,
    /// JSON lines of dnsx.
    Dnsx,
    /// What dig prints, and zone files.
    Dig,
}

impl Format {
    pub const ALL: [Self; 6] = [Self::Csv, Self::Mxmap, Self::Zdns, Self::Massdns, Self::Dnsx, Self::Dig];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Mxmap => "mxmap",
            Self::Zdns => "zdns",
            Self::Massdns => "massdns",
            Self::Dnsx => "dnsx",
            Self::Dig => "dig",
        }
    }

    pub(super) fn read(self, input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
        match self {
            Self::Csv => csv::read(input, sink),
            Self::Mxmap => mxmap::read(input, sink),
            Self::Zdns => zdns::read(input, sink),
            Self::Massdns => massdns::read(input, sink),
            Self::Dnsx => dnsx::read(input, sink),
            Self::Dig => dig::read(input, sink),
        }
    }

    /// What the source asked, where the format fixes it; else found in the facts.
    pub(super) fn shape(self, selectors: &BTreeSet<String>, facts: &Facts, population: &Population) -> Shape {
        match self {
            Self::Mxmap => mxmap::shape(),
            _ => Shape::found(selectors, facts, population),
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
