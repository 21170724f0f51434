//! Tables too long for a picture: named rows beyond the first few, taken together.

use std::cmp::Reverse;

use num_traits::Zero;

use super::words;
use crate::diff::{DiffRow, DiffTable};
use crate::share::{Count, Grouping, Row, ShareRow, ShareTable};

/// Named rows one by one and the rest of them as one; then the rows that are not named. `total` is left out.
pub struct Folded<R> {
    pub named: Vec<R>,
    pub rest: Vec<R>,
    /// Named rows left out: a member of a reach role can have several, so that their counts have no sum.
    pub hidden: usize,
}

impl<R> Folded<R> {
    /// A note on what is left out; empty where nothing is.
    pub fn note(&self, by: Grouping) -> String {
        match self.hidden {
            0 => String::new(),
            n => format!("{n} smaller {} are not drawn: their members overlap, so that they have no sum.", by.noun(n)),
        }
    }
}

fn other_label(by: Grouping, folded: usize, already: bool) -> String {
    match (folded, already) {
        (0, _) | (_, true) => format!("other {}", by.noun(2)),
        (n, false) => format!("{n} other {}", by.noun(n)),
    }
}

pub fn shares(table: &ShareTable, top: usize) -> Folded<ShareRow> {
    let (mut named, mut rest, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for row in &table.rows {
        match row.row {
            Row::Named(_) if named.len() < top && row.withheld.is_none() => named.push(row.clone()),
            Row::Named(_) | Row::Other => other.push(row),
            Row::Total => {}
            _ => rest.push(row.clone()),
        }
    }
    let mut hidden = 0;
    // One row alone is named, not folded: "1 other vendor" would hide a name for no gain in room.
    if let [only] = other.as_slice()
        && only.withheld.is_none()
        && matches!(only.row, Row::Named(_))
    {
        named.push((*only).clone());
    } else if !other.is_empty() && !table.role.is_exclusive() && other.iter().any(|r| r.row != Row::Other) {
        hidden = other.len();
    } else if !other.is_empty() {
        let sum = |f: fn(&ShareRow) -> Count| other.iter().map(|r| f(r)).sum::<Count>();
        let already = other.iter().any(|r| r.row == Row::Other);
        named.push(ShareRow {
            row: Row::Other,
            label: other_label(table.by, other.len(), already),
            members: sum(|r| r.members),
            // Several of them may share one member of a reach role: no sum of shares there.
            share: other.iter().map(|r| r.share).sum::<Option<Count>>().filter(|_| table.role.is_exclusive()),
            lower_bound: None,
            upper_bound: None,
            confirmed: sum(|r| r.confirmed),
            likely: sum(|r| r.likely),
            weak: sum(|r| r.weak),
            wilson: None,
            withheld: None,
        });
    }
    Folded { named, rest, hidden }
}

/// Named rows by their larger count, those that titles name among them. Rows that were zero on both sides are
/// left out.
pub fn diffs(table: &DiffTable, top: usize) -> Folded<DiffRow> {
    let (mut named, mut rest, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for row in &table.rows {
        match row.row {
            Row::Named(_) | Row::Other if row.old.is_zero() && row.new.is_zero() => {}
            Row::Named(_) if row.withheld.is_none() => named.push(row.clone()),
            Row::Named(_) | Row::Other => other.push(row.clone()),
            Row::Total => {}
            _ => rest.push(row.clone()),
        }
    }
    named.sort_by_key(|r| Reverse(r.old.max(r.new)));
    if named.len() > top + usize::from(other.is_empty()) {
        let (winner, loser) = words::extremes(table);
        let titled = |r: &DiffRow| winner.into_iter().chain(loser).any(|t| t.row == r.row);
        // The largest keep their order; what is titled and small takes the place of the smallest of them.
        let mut places = top.saturating_sub(named.iter().filter(|r| titled(r)).count());
        let (kept, folded): (Vec<DiffRow>, Vec<DiffRow>) = named.into_iter().partition(|r| {
            let fits = places > 0 && !titled(r);
            places -= usize::from(fits);
            fits || titled(r)
        });
        named = kept;
        other.extend(folded);
    }
    let mut hidden = 0;
    if !table.role.is_exclusive() && other.iter().any(|r| r.row != Row::Other) {
        hidden = other.len();
    } else if !other.is_empty() {
        named.push(together(table, &other));
    }
    Folded { named, rest, hidden }
}

fn together(table: &DiffTable, rows: &[DiffRow]) -> DiffRow {
    let mut sum = rows[0].clone();
    let already = rows.iter().any(|r| r.row == Row::Other);
    for row in &rows[1..] {
        sum.old += row.old;
        sum.new += row.new;
        for (to, from) in [
            (&mut sum.share_old, row.share_old),
            (&mut sum.share_new, row.share_new),
            (&mut sum.share_change_pp, row.share_change_pp),
        ] {
            *to = to.zip(from).map(|(a, b)| a + b);
        }
    }
    sum.row = Row::Other;
    sum.label = other_label(table.by, rows.len(), already);
    sum.relative_change = (!sum.old.is_zero()).then(|| (sum.new - sum.old) / sum.old);
    sum.withheld = None;
    if !table.role.is_exclusive() {
        (sum.share_old, sum.share_new, sum.share_change_pp) = (None, None, None);
    }
    (sum.p_value, sum.p_holm) = (None, None);
    sum
}
