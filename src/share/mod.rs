//! Market share of one snapshot: counts, shares and bounds per vendor, adding up to the population.

use crate::classify::Weight;
use crate::provenance::Provenance;
use crate::vendor::Role;

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Row {
    /// A vendor, product, owner or customer, as the table's grouping says.
    Named(String),
    SelfHosted,
    Unattributed,
    /// Reach roles: measured, and nobody named.
    None,
    NoMail,
    Unreachable,
    /// Named rows beyond `--top`, taken together.
    Other,
    Total,
}

/// What named rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    #[default]
    Vendor,
    Product,
    Owner,
    Customer,
}

/// One row of a share table. Definitions: the crate documentation, "Measures".
#[derive(Clone, Debug, PartialEq)]
pub struct ShareRow {
    pub row: Row,
    /// What a reader sees: a vendor's name, or `self-hosted`.
    pub label: String,
    pub members: Weight,
    /// Fractions of 1, exact; `None` for no-mail, unreachable, and where the denominator is 0.
    pub share: Option<Weight>,
    pub lower_bound: Option<Weight>,
    pub upper_bound: Option<Weight>,
    pub confirmed: Weight,
    pub likely: Weight,
    pub weak: Weight,
}

/// The shares of one role. Named rows come first, largest first (ties by label), then the rest rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareTable {
    pub role: Role,
    pub by: Grouping,
    pub provenance: Provenance,
    pub ruleset: String,
    pub rows: Vec<ShareRow>,
}
