//! Transitions as a matrix, with small rows folded together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use num_traits::Zero;

use super::words;
use crate::diff::{DiffTable, End};
use crate::population::Unit;
use crate::share::{Count, Row};

/// Transitions with small rows folded together.
pub struct Matrix {
    pub cells: BTreeMap<(End, End), Count>,
    pub labels: BTreeMap<End, String>,
    /// Ends in the order of the picture.
    pub from: Vec<End>,
    pub to: Vec<End>,
}

impl Matrix {
    /// Keeps the `top` named rows that moved or hold most members.
    pub fn new(table: &DiffTable, top: usize) -> Self {
        let mut labels: BTreeMap<End, String> = BTreeMap::new();
        // How much a row moved, then how much it holds.
        let mut weight: BTreeMap<End, (Count, Count)> = BTreeMap::new();
        for t in &table.transitions {
            for (end, label) in [(&t.from, &t.from_label), (&t.to, &t.to_label)] {
                labels.insert(end.clone(), label.clone());
                let w = weight.entry(end.clone()).or_default();
                if t.from != t.to {
                    w.0 += t.members;
                }
                w.1 += t.members;
            }
        }
        let mut named: Vec<&End> = weight.keys().filter(|e| matches!(e, End::Row(Row::Named(_)))).collect();
        named.sort_by(|a, b| weight[*b].cmp(&weight[*a]));
        let keep = if named.len() == top + 1 { top + 1 } else { top };
        let kept: Vec<End> = named.iter().take(keep).map(|e| (*e).clone()).collect();
        let folded = named.len().saturating_sub(keep);
        if folded > 0 {
            labels.insert(End::Row(Row::Other), format!("{folded} other {}", table.by.noun(folded)));
        }
        let place = |end: &End| match end {
            End::Row(Row::Named(_)) if !kept.contains(end) => End::Row(Row::Other),
            _ => end.clone(),
        };
        let mut cells: BTreeMap<(End, End), Count> = BTreeMap::new();
        for t in table.transitions.iter().filter(|t| !t.members.is_zero()) {
            *cells.entry((place(&t.from), place(&t.to))).or_default() += t.members;
        }
        let order = |pick: fn(&(End, End)) -> &End| {
            let mut ends: Vec<End> = kept.clone();
            let rest = [Row::Other, Row::SelfHosted, Row::Unattributed, Row::None, Row::NoMail, Row::Unreachable];
            ends.extend(rest.into_iter().map(End::Row));
            ends.extend([End::Entered, End::Left]);
            ends.retain(|end| cells.keys().any(|cell| pick(cell) == end));
            ends
        };
        let (from, to) = (order(|c| &c.0), order(|c| &c.1));
        Self { cells, labels, from, to }
    }

    /// Real moves between rows, largest first: neither stayers nor list changes nor failures.
    pub fn moves(&self) -> Vec<(End, End, Count)> {
        let real = |end: &End| !matches!(end, End::Entered | End::Left | End::Row(Row::Unreachable));
        let mut moves: Vec<(End, End, Count)> = self
            .cells
            .iter()
            .filter(|((from, to), _)| from != to && real(from) && real(to))
            .map(|((from, to), n)| (from.clone(), to.clone(), *n))
            .collect();
        moves.sort_by_key(|m| Reverse(m.2));
        moves
    }

    /// Moves between holders of the role alone: what nobody is named for may have been there before.
    pub fn finding(&self, unit: Unit, holder: &str) -> String {
        let holds = |end: &End| matches!(end, End::Row(Row::Named(_) | Row::Other | Row::SelfHosted));
        let moves: Vec<_> = self.moves().into_iter().filter(|(from, to, _)| holds(from) && holds(to)).collect();
        let total: Count = moves.iter().map(|m| m.2).sum();
        let noun = unit.noun(if total == Count::from_integer(1) { 1 } else { 2 });
        match moves.as_slice() {
            [] => format!("None of the {} measured on both sides changed {holder}", unit.noun(2)),
            [(from, to, n), ..] if moves.get(1).is_none_or(|second| second.2 < *n) => format!(
                "{} {noun} changed {holder}; the largest flow is {}, from {} to {}",
                words::count(&total),
                words::count(n),
                self.labels[from],
                self.labels[to]
            ),
            [(_, _, n), ..] => {
                format!("{} {noun} changed {holder}, no more than {} on any one way", words::count(&total), words::count(n))
            }
        }
    }

    /// What the title counts, for the footer; empty where there is nothing to count.
    pub fn counted(&self, table: &DiffTable) -> String {
        if self.cells.is_empty() {
            return String::new();
        }
        format!(
            "The title counts moves between {}, self-hosted among them, and none from or to unattributed, no-mail or unreachable.",
            table.by.noun(2)
        )
    }

    pub fn old_total(&self, end: &End) -> Count {
        self.sum(|c| c.0 == *end)
    }

    pub fn new_total(&self, end: &End) -> Count {
        self.sum(|c| c.1 == *end)
    }

    pub fn sum(&self, keep: impl Fn(&(End, End)) -> bool) -> Count {
        self.cells.iter().filter(|(cell, _)| keep(cell)).map(|(_, n)| *n).sum()
    }
}
