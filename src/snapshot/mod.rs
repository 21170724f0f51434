//! Facts on disk: a folder that holds a population, the answers and a manifest, sealed by digests.
//!
//! ```text
//! data/snapshots/<population>/<date>-<digest12>/
//!     population.csv       the list as read
//!     observations.csv     or observations.csv.zst: what DNS answered
//!     manifest.toml        who asked what, when and how
//!     SHA256SUMS           digests of the files above, for `sha256sum -c`
//! ```
//!
//! [`seal`] writes such a folder once and never again, [`Snapshot::open`] reads it and refuses what
//! is torn or altered, [`verify`] names every file that changed. [`import`] turns the recordings of
//! other programs into facts and a draft of the manifest.

mod bounded;
mod digest;
mod error;
pub mod import;
mod list;
mod manifest;
mod merge;
pub mod observations;
mod open;
mod seal;
mod sorting;
mod verify;
mod walk;

use std::path::{Path, PathBuf};

use crate::observation::{Facts, Observation};
use crate::plan::Plan;
use crate::population::{Member, Population};
use crate::provenance::Provenance;

pub use digest::{Digest, digest12, sha256, write_sums};
pub use error::SnapshotError;
pub use list::{Summary, find, list};
pub use manifest::{Attempts, Counts, Crawl, Manifest, ManifestDraft, ManifestProblem, Observations, PopulationFacts, SCHEMA};
pub use merge::{MergeError, merge, shard_note};
pub use seal::{check_name, seal, seal_rows};
pub use sorting::Sorting;
pub use verify::{Problem, verify};
pub use walk::Walk;

const POPULATION: &str = "population.csv";
const OBSERVATIONS: &str = "observations.csv";
const OBSERVATIONS_ZST: &str = "observations.csv.zst";
const MANIFEST: &str = "manifest.toml";
const SUMS: &str = "SHA256SUMS";

/// A sealed recording of what DNS answered for a population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub manifest: Manifest,
    pub population: Population,
    pub facts: Facts,
    /// The folder it was read from.
    pub dir: PathBuf,
}

impl Snapshot {
    /// One member's answers, seen through the questions that this snapshot asked.
    pub fn observation<'a>(&'a self, member: &'a Member) -> Observation<'a> {
        self.observation_with(member, &self.manifest.plan)
    }

    /// One member's answers, seen through a plan: that of both sides of a comparison.
    pub fn observation_with<'a>(&'a self, member: &'a Member, plan: &'a Plan) -> Observation<'a> {
        Observation { member, facts: &self.facts, plan, limits: &self.manifest.limits }
    }

    pub fn provenance(&self) -> Provenance {
        self.manifest.provenance()
    }

    /// The first 12 hex digits of the digest over population and observations.
    pub fn digest12(&self) -> &str {
        digest12(&self.manifest.digest)
    }
}

/// The manifest of a sealed snapshot, its digest unchecked: what a command needs to decide how to
/// read the rest.
///
/// # Errors
/// The folder holds no manifest that this program can read.
pub fn manifest(dir: &Path) -> Result<Manifest, SnapshotError> {
    open::read_manifest(dir)
}

/// The data folder used where none is named: `data` in the current directory, else the one of the
/// source tree this program was built from.
pub fn data_dir() -> PathBuf {
    let here = Path::new("data");
    if here.is_dir() { here.to_owned() } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("data") }
}

#[cfg(test)]
mod tests;
