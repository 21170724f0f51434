//! Two snapshots compared: who gained, who lost, who switched, and why the totals moved.

use crate::classify::{Evidence, Weight};
use crate::provenance::Provenance;
use crate::share::{Grouping, Row};
use crate::vendor::Role;

/// One row of a diff table. The identity
/// `new - old = gained - lost + entered - left + appeared - disappeared` holds exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffRow {
    pub row: Row,
    pub label: String,
    pub old: Weight,
    pub new: Weight,
    /// (new - old) / old; `None` where old is 0.
    pub relative_change: Option<Weight>,
    /// Fractions of 1.
    pub share_old: Option<Weight>,
    pub share_new: Option<Weight>,
    /// Percentage points; the two effects sum to the change exactly.
    pub share_change_pp: Option<Weight>,
    pub count_effect_pp: Option<Weight>,
    pub denominator_effect_pp: Option<Weight>,
    pub gained: Weight,
    pub lost: Weight,
    pub entered: Weight,
    pub left: Weight,
    pub appeared: Weight,
    pub disappeared: Weight,
    pub gained_from_unattributed: Weight,
    pub lost_to_unattributed: Weight,
    pub gained_domain: Weight,
    pub lost_domain: Weight,
    /// Exact two-sided McNemar; `None` on rows that are not named.
    pub p_value: Option<f64>,
    /// Holm over the named rows of the role with at least one change.
    pub p_holm: Option<f64>,
}

/// Members that moved from one row to another, in parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub from: End,
    pub to: End,
    pub members: Weight,
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

/// A panel member, resolved on both sides, whose verdict differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Switcher {
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
    pub ruleset: String,
    /// Members in both populations, and those of them resolved on both sides.
    pub panel: usize,
    pub compared: usize,
    pub rows: Vec<DiffRow>,
    pub transitions: Vec<Transition>,
    pub switchers: Vec<Switcher>,
}
