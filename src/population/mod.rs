//! The list of domains asked about.
//!
//! This file holds the types; reading, repairing and rejecting rows is the loader's job.

use crate::dns::Name;

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
