//! Market share of one snapshot: counts, shares and bounds per vendor, adding up to the population.

#[cfg(test)]
pub(crate) mod arbitrary;
mod check;
mod cohort;
mod interval;
mod label;
#[cfg(test)]
mod laws;
mod measure;
pub mod number;
pub(crate) mod parts;
mod published;
mod sensitivity;

use num_rational::Ratio;

use crate::provenance::Provenance;
use crate::vendor::Role;

pub use check::{Fault, check};
pub use cohort::{BANDS, Cohort, Tallies, UnknownCohort, select};
pub use interval::wilson;
pub use label::{Labels, Ownership};
pub use measure::{Options, Tally, measure};
pub use parts::View;
pub use published::{Overlay, PUBLISHED, Published, overlay, published};
pub use sensitivity::{Sensitivity, Spread, sensitivity};

/// A count of members in a table, or a figure made of such counts. Exact, and wider than the
/// [`Weight`](crate::classify::Weight) of one member, because sums and quotients need the room.
/// `number::float` gives the nearest floating point number for charts.
pub type Count = Ratio<i128>;

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Row {
    /// The key of a vendor, product, owner or customer, as the table's grouping says.
    Named(String),
    /// Named rows beyond `--top`, taken together.
    Other,
    SelfHosted,
    Unattributed,
    /// Reach roles: measured, and nobody named.
    None,
    NoMail,
    Unreachable,
    Total,
}

impl Row {
    /// What a reader sees for rows that are not named.
    pub fn rest_label(&self) -> Option<&'static str> {
        match self {
            Self::Named(_) | Self::Other => None,
            Self::SelfHosted => Some("self-hosted"),
            Self::Unattributed => Some("unattributed"),
            Self::None => Some("none"),
            Self::NoMail => Some("no-mail"),
            Self::Unreachable => Some("unreachable"),
            Self::Total => Some("total"),
        }
    }
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

impl Grouping {
    /// The word for one named row, and for several.
    pub fn noun(self, n: usize) -> &'static str {
        match (self, n) {
            (Self::Vendor, 1) => "vendor",
            (Self::Vendor, _) => "vendors",
            (Self::Product, 1) => "product",
            (Self::Product, _) => "products",
            (Self::Owner, 1) => "owner",
            (Self::Owner, _) => "owners",
            (Self::Customer, 1) => "customer",
            (Self::Customer, _) => "customers",
        }
    }
}

/// One row of a share table. Definitions: `docs/measures.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareRow {
    pub row: Row,
    /// What a reader sees: a vendor's name, or `self-hosted`.
    pub label: String,
    pub members: Count,
    /// Fractions of 1, exact; `None` for no-mail, unreachable, total, and where the denominator is 0.
    pub share: Option<Count>,
    pub lower_bound: Option<Count>,
    pub upper_bound: Option<Count>,
    pub confirmed: Count,
    pub likely: Count,
    pub weak: Count,
    /// 95 % Wilson interval of the share, where it was asked for.
    pub wilson: Option<(f64, f64)>,
    /// Fewer members than this: the row's figures are kept for the sums and must not be shown.
    pub withheld: Option<u32>,
}

/// The denominators of one set of members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// All members, unreachable ones included.
    pub population: Count,
    pub unreachable: Count,
    /// Always 0 for reach roles.
    pub no_mail: Count,
}

impl Base {
    /// What shares are fractions of: R, resolved minus no-mail; for reach roles the members whose
    /// question was answered definitively.
    pub fn measured(&self) -> Count {
        self.population - self.unreachable - self.no_mail
    }

    /// What bounds are fractions of: R + U.
    pub fn measurable(&self) -> Count {
        self.population - self.no_mail
    }
}

/// How much of the market the largest hold: over named rows, before `--top` folds any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concentration {
    /// Fractions of 1.
    pub top1: Count,
    pub top3: Count,
    pub top5: Count,
    /// Herfindahl-Hirschman index, 0 to 10,000: the sum of squared shares in percent. Self-hosted
    /// members count as one firm each with a share next to nothing; what is unattributed is left
    /// out, so this is a lower bound.
    pub hhi: Count,
}

/// The shares of one role. Named rows come first, largest first (ties by label), then the rest rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareTable {
    pub role: Role,
    pub by: Grouping,
    pub provenance: Provenance,
    /// Digest of the ruleset, shortened.
    pub ruleset: String,
    /// `sector=Energy` or `top 50` where the table is about part of the population.
    pub cohort: Option<String>,
    pub base: Base,
    pub rows: Vec<ShareRow>,
    /// `None` for reach roles and where nobody is measured.
    pub concentration: Option<Concentration>,
}

/// A population cut into parts along one column, or by rank: one table a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// Name of the column: `sector`, `rank`.
    pub name: String,
    /// Of one role.
    pub tables: Vec<ShareTable>,
}
