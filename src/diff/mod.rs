//! Two snapshots compared: who gained, who lost, who switched, and why the totals moved.

#[cfg(test)]
mod by_hand;
mod check;
mod compare;
mod drift;
mod flow;
#[cfg(test)]
mod laws;
mod mcnemar;
mod noise;
mod ownership;
mod panel;
mod rows;
mod summary;
mod win_loss;

use crate::classify::Evidence;
use crate::provenance::Provenance;
use crate::share::{Base, Count, Grouping, Row};
use crate::vendor::Role;

pub use check::check;
pub use compare::{Comparison, Options, Sides, compare};
pub use drift::{Corner, Corners, Drift, DriftRow, drift};
pub use mcnemar::{holm, mcnemar, needed};
pub use noise::{Noise, noise};
pub use ownership::{OwnershipEvent, ownership};
pub use panel::{Match, match_members};
pub use summary::{Finding, Summary, finding, headline, summary};
pub use win_loss::{Duel, win_loss};

/// One row of a diff table. The identity
/// `new - old = gained - lost + entered - left + appeared - disappeared` holds exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffRow {
    pub row: Row,
    pub label: String,
    pub old: Count,
    pub new: Count,
    /// (new - old) / old; `None` where old is 0.
    pub relative_change: Option<Count>,
    /// Fractions of 1.
    pub share_old: Option<Count>,
    pub share_new: Option<Count>,
    /// Percentage points; the two effects sum to the change exactly.
    pub share_change_pp: Option<Count>,
    pub count_effect_pp: Option<Count>,
    pub denominator_effect_pp: Option<Count>,
    pub gained: Count,
    pub lost: Count,
    pub entered: Count,
    pub left: Count,
    pub appeared: Count,
    pub disappeared: Count,
    pub gained_from_unattributed: Count,
    pub lost_to_unattributed: Count,
    pub gained_domain: Count,
    pub lost_domain: Count,
    /// Exact two-sided McNemar; `None` on rows that are not named.
    pub p_value: Option<f64>,
    /// Holm over the named rows of the role with at least one change.
    pub p_holm: Option<f64>,
    pub panel: PanelRow,
    /// Fewer members than this on both sides: kept for the sums, and must not be shown.
    pub withheld: Option<u32>,
}

impl DiffRow {
    pub fn net(&self) -> Count {
        self.new - self.old
    }
}

/// The same row over the compared panel alone: members of both lists, resolved on both sides.
/// `new - old = gained - lost` of the [`DiffRow`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PanelRow {
    pub old: Count,
    pub new: Count,
    pub share_old: Option<Count>,
    pub share_new: Option<Count>,
    /// Members whose weight in the row rose (McNemar's b) and fell (c).
    pub rose: u64,
    pub fell: u64,
    /// The smallest |rose - fell| that would have reached p < 0.05 at this rose + fell; `None`
    /// where no split does (fewer than 6).
    pub needed: Option<u64>,
}

/// Members that moved from one row to another, in parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub from: End,
    pub to: End,
    pub from_label: String,
    pub to_label: String,
    pub members: Count,
}

/// One end of a transition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    Row(Row),
    /// Not in the old population.
    Entered,
    /// Not in the new population.
    Left,
}

/// Why a member's verdict differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The records of the same domain moved.
    Dns,
    /// Another domain was asked for the same member.
    Domain,
}

impl Cause {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Domain => "domain",
        }
    }
}

/// A panel member, resolved on both sides, whose verdict differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Switcher {
    /// The id in the new list, where a member was matched by its domain.
    pub id: String,
    pub name: String,
    pub domain_old: String,
    pub domain_new: String,
    /// Labels, ties joined by ` + `.
    pub from: String,
    pub to: String,
    pub cause: Cause,
    pub evidence_old: Vec<Evidence>,
    pub evidence_new: Vec<Evidence>,
}

/// Two snapshots compared for one role.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffTable {
    pub role: Role,
    pub by: Grouping,
    pub old: Provenance,
    pub new: Provenance,
    /// Digest of the ruleset, shortened.
    pub ruleset: String,
    /// `sector=Energy` where the table is about part of both populations.
    pub cohort: Option<String>,
    /// Members in both populations, and those of them resolved on both sides.
    pub panel: usize,
    pub compared: usize,
    /// The denominators: all members of each side, and the compared panel alone.
    pub base_old: Base,
    pub base_new: Base,
    pub panel_base_old: Base,
    pub panel_base_new: Base,
    pub rows: Vec<DiffRow>,
    /// Sorted, the diagonal included; empty for reach roles, where a vendor added displaces nobody.
    pub transitions: Vec<Transition>,
    /// Sorted by id.
    pub switchers: Vec<Switcher>,
}
