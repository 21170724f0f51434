//! What a change of rules does to the same records: the four corners of old and new data under old
//! and new rules.

use std::collections::BTreeMap;

use crate::share::{Count, Grouping, Row, ShareTable};
use crate::vendor::Role;

/// One snapshot pair measured under two rulesets.
#[derive(Clone, Copy, Debug)]
pub struct Corners<'a> {
    pub old_data_old_rules: &'a ShareTable,
    pub old_data_new_rules: &'a ShareTable,
    pub new_data_old_rules: &'a ShareTable,
    pub new_data_new_rules: &'a ShareTable,
}

/// A count with its share, as one corner has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Corner {
    pub members: Count,
    pub share: Option<Count>,
}

/// One row in all four corners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftRow {
    pub row: Row,
    pub label: String,
    pub old_data_old_rules: Corner,
    pub old_data_new_rules: Corner,
    pub new_data_old_rules: Corner,
    pub new_data_new_rules: Corner,
}

impl DriftRow {
    /// What moved in the DNS, read with the new rules on both sides; members.
    pub fn data_effect(&self) -> Count {
        self.new_data_new_rules.members - self.old_data_new_rules.members
    }

    /// What the new rules read otherwise in the old records; members.
    pub fn rule_effect(&self) -> Count {
        self.old_data_new_rules.members - self.old_data_old_rules.members
    }

    /// What a reader of the two published tables sees: the sum of both effects.
    pub fn apparent(&self) -> Count {
        self.new_data_new_rules.members - self.old_data_old_rules.members
    }

    /// The data effect in percentage points.
    pub fn data_effect_pp(&self) -> Option<Count> {
        points(&self.old_data_new_rules, &self.new_data_new_rules)
    }

    /// The rule effect in percentage points.
    pub fn rule_effect_pp(&self) -> Option<Count> {
        points(&self.old_data_old_rules, &self.old_data_new_rules)
    }
}

fn points(from: &Corner, to: &Corner) -> Option<Count> {
    from.share.zip(to.share).map(|(from, to)| (to - from) * Count::from_integer(100))
}

/// How much of an apparent change is a change of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    pub role: Role,
    pub by: Grouping,
    pub old_rules: String,
    pub new_rules: String,
    /// Named rows of any corner, the largest of the new data under new rules first, then rest rows.
    pub rows: Vec<DriftRow>,
}

/// Lays the four tables beside each other. All are of one role and grouping, and none is folded
/// (`--top`): a row that a corner does not have counts nobody there.
pub fn drift(corners: Corners<'_>) -> Drift {
    let tables = [corners.old_data_old_rules, corners.old_data_new_rules, corners.new_data_old_rules, corners.new_data_new_rules];
    let mut found: BTreeMap<&Row, (&str, [Corner; 4])> = BTreeMap::new();
    for (place, table) in tables.iter().enumerate() {
        for row in &table.rows {
            let (label, held) = found.entry(&row.row).or_default();
            *label = &row.label;
            held[place] = Corner { members: row.members, share: row.share };
        }
    }
    let mut rows: Vec<DriftRow> = found
        .into_iter()
        .map(|(row, (label, [a, b, c, d]))| DriftRow {
            row: row.clone(),
            label: label.to_owned(),
            old_data_old_rules: a,
            old_data_new_rules: b,
            new_data_old_rules: c,
            new_data_new_rules: d,
        })
        .collect();
    // Rest rows keep the order of `Row`; named ones stand first in it.
    rows.sort_by(|a, b| {
        let named = |r: &DriftRow| matches!(r.row, Row::Named(_));
        named(b).cmp(&named(a)).then_with(|| match named(a) {
            true => b.new_data_new_rules.members.cmp(&a.new_data_new_rules.members).then_with(|| a.label.cmp(&b.label)),
            false => a.row.cmp(&b.row),
        })
    });
    Drift {
        role: corners.new_data_new_rules.role,
        by: corners.new_data_new_rules.by,
        old_rules: corners.old_data_old_rules.ruleset.clone(),
        new_rules: corners.new_data_new_rules.ruleset.clone(),
        rows,
    }
}
