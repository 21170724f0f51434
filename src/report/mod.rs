//! Tables and pages for readers: one place formats numbers, one place escapes text.

pub mod escape;
pub mod explain;
pub mod headline;
#[cfg(feature = "charts")]
mod html;
mod listing;
mod markdown;
pub mod publication;
pub mod summary;
pub mod table;
pub mod tables;
mod words;

use std::collections::BTreeMap;

use crate::classify::Classification;
use crate::diff::DiffTable;
use crate::provenance::Provenance;
use crate::share::{Cut, ShareTable};

#[cfg(feature = "charts")]
pub use html::html;
pub use listing::{
    confusion_table, disagreements_table, manifest_text, rules_table, scores_table, snapshots_table, unattributed_table,
};
pub use markdown::markdown;

/// One snapshot as a page shows it.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub provenance: &'a Provenance,
    /// One table a role, whole where charts are drawn from them; none for the old side, whose counts stand in the
    /// diffs.
    pub shares: &'a [ShareTable],
    pub members: &'a [Classification],
    /// What was asked, in words or as the names of the question kinds.
    pub plan: &'a str,
}

/// A chart beside the page.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Relative to the page: `charts/share-gateway.svg`.
    pub path: String,
    pub title: String,
    pub description: String,
}

/// Everything one page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub title: &'a str,
    pub new: Side<'a>,
    pub old: Option<Side<'a>>,
    /// Old against new, one table a role; empty where there is no old side.
    pub diffs: &'a [DiffTable],
    /// The new side cut into sectors, countries, rank bands.
    pub cuts: &'a [Cut],
    /// Full digest of the ruleset that classified both sides.
    pub ruleset: &'a str,
    /// Names of vendors by id.
    pub vendors: &'a BTreeMap<String, String>,
    pub pictures: &'a [Picture],
    /// No row, name or record of a single member.
    pub aggregate_only: bool,
    /// The commands that make this page again.
    pub commands: &'a [String],
}
