//! Where a set of figures comes from: printed on every table, chart and page.

use crate::population::Unit;

/// How the answers of a snapshot came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Crawled from the live DNS by this program.
    Live,
    /// Crawled from a replayed snapshot.
    Replay,
    /// Converted from answers that others recorded.
    Imported,
    /// Made up for tests or benchmarks; every output made of it says so.
    Synthetic,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Replay => "replay",
            Self::Imported => "imported",
            Self::Synthetic => "synthetic",
        }
    }
}

/// The words under a table or chart of one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Provenance {
    /// Population name, such as `fortune500-2025`.
    pub population: String,
    pub series: String,
    pub unit: Unit,
    /// Number of members in the population.
    pub members: usize,
    /// First and last day of observation, `YYYY-MM-DD`; the same day twice for most crawls.
    pub observed_from: String,
    pub observed_to: String,
    pub kind: Kind,
    /// Who recorded the data, where it was not this program.
    pub source: Option<String>,
    /// The first 12 hex digits of the snapshot's digest.
    pub snapshot: String,
    /// Further things a reader must know, each a sentence: rows not asked again, preferences unknown.
    pub notes: Vec<String>,
}

impl Provenance {
    /// `2026-03-15` or `2026-04-27 to 2026-05-03`.
    pub fn dates(&self) -> String {
        if self.observed_from == self.observed_to {
            self.observed_from.clone()
        } else {
            format!("{} to {}", self.observed_from, self.observed_to)
        }
    }
}
