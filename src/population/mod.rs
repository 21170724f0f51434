//! The list of domains asked about.
//!
//! [`read`] takes a list from disk ([`find`] also knows the shipped ones), repairs what is plain,
//! counts it, and rejects the rest with line and reason. [`Population::to_csv`] writes the canonical
//! file, [`check`] is the lint.

mod about;
mod asked;
mod check;
mod domain;
mod find;
mod load;
mod roster;
mod shard;
mod spool;
mod write;

use crate::dns::Name;

pub use about::{About, series_of};
pub use asked::Asked;
pub use check::{Finding, FindingKind, check};
pub use domain::{DomainError, Repair, Repairs, read_domain};
pub use find::{DEFAULT_SERIES, find, locate};
pub use load::{Loaded, Rejected, parse, read};
pub use roster::{Roster, RosterError};
pub use shard::{BadShard, Shard};
pub use spool::{Spool, Spooled, spool, spool_file};

/// Why a list cannot be read at all. Single bad rows are no error: see [`Loaded::rejected`].
#[derive(Debug, thiserror::Error)]
pub enum PopulationError {
    #[error("{path}: {error}")]
    Io { path: String, error: std::io::Error },
    #[error("{name}: the file is UTF-16; save it as UTF-8")]
    Utf16 { name: String },
    #[error(
        "{name}: no column `domain` (first row: {first:?}); expected a comma-separated header with `domain`, one domain a line, or `rank,domain`"
    )]
    NoDomainColumn { name: String, first: String },
    #[error("{name}: column {column} of the header, {field:?}, is empty or stands twice; give each column a name of its own")]
    Header { name: String, column: usize, field: String },
    #[error("{path}: {error}")]
    About { path: String, error: Box<toml::de::Error> },
    #[error("no list {what:?}: no such file, and {folder} holds {}", if .names.is_empty() { "no lists".to_owned() } else { .names.join(", ") })]
    NotFound { what: String, folder: String, names: Vec<String> },
}

/// What one row of a list stands for. Rows that are domains are never called companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Company,
    Domain,
}

impl Unit {
    /// The word for `n` rows: company, companies, domain, domains.
    pub fn noun(self, n: usize) -> &'static str {
        match (self, n) {
            (Self::Company, 1) => "company",
            (Self::Company, _) => "companies",
            (Self::Domain, 1) => "domain",
            (Self::Domain, _) => "domains",
        }
    }
}

/// One row of the list: a company or a domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// Stays the same over the years, also when the domain changes. Defaults to the domain.
    pub id: Box<str>,
    pub name: Box<str>,
    /// The listed domain, often that of the web site.
    pub domain: Name,
    /// The domain after the @, where it is known to be another one.
    pub mail_domain: Option<Name>,
    pub rank: Option<u32>,
    /// Values of the population's cohort columns, in the order of `Population::cohorts`.
    pub cohorts: Vec<Box<str>>,
}

impl Member {
    /// The domain whose mail is asked about.
    pub fn asked(&self) -> &Name {
        self.mail_domain.as_ref().unwrap_or(&self.domain)
    }
}

/// A list of members with the words to cite it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// File stem, such as `fortune500-2025`.
    pub name: String,
    /// What all years of one list share, such as `fortune500`.
    pub series: String,
    pub unit: Unit,
    /// Names of the cohort columns (sector, industry, state, country ...).
    pub cohorts: Vec<String>,
    pub members: Vec<Member>,
}
