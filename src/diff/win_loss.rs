//! From whom a vendor won, and to whom it lost.

use std::collections::BTreeMap;

use crate::diff::{DiffTable, End};
use crate::share::{Count, Row};

/// One vendor against one other row, over the compared panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duel {
    pub vendor: String,
    pub counterpart: String,
    /// Members that came from the counterpart, in parts.
    pub won: Count,
    /// Members that went there.
    pub lost: Count,
}

impl Duel {
    pub fn net(&self) -> Count {
        self.won - self.lost
    }
}

/// The duels of every named row, in order of the vendors' and counterparts' labels. Moves from and to
/// `unreachable` and over the edge of the list are no wins and are left out. Empty for reach roles.
pub fn win_loss(table: &DiffTable) -> Vec<Duel> {
    let mut duels: BTreeMap<(&str, &str), (Count, Count)> = BTreeMap::new();
    let is_named = |row: &Row| matches!(row, Row::Named(_));
    for transition in &table.transitions {
        let (End::Row(from), End::Row(to)) = (&transition.from, &transition.to) else { continue };
        if from == to || *from == Row::Unreachable || *to == Row::Unreachable {
            continue;
        }
        let (loser, winner) = (transition.from_label.as_str(), transition.to_label.as_str());
        if is_named(to) {
            duels.entry((winner, loser)).or_default().0 += transition.members;
        }
        if is_named(from) {
            duels.entry((loser, winner)).or_default().1 += transition.members;
        }
    }
    let duel = |((vendor, counterpart), (won, lost)): ((&str, &str), (Count, Count))| Duel {
        vendor: vendor.to_owned(),
        counterpart: counterpart.to_owned(),
        won,
        lost,
    };
    duels.into_iter().map(duel).collect()
}
