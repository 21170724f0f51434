//! The figures people quote, in a form that cannot be misread: a relative change never stands without
//! its counts and its points.

use std::fmt::Write;

use crate::diff::{DiffRow, DiffTable};
use crate::share::{Row, ShareTable, number};

/// `Proofpoint +12 % (43 -> 48 domains, +0.2 points)`.
pub fn change(row: &DiffRow, table: &DiffTable) -> String {
    let unit = table.new.unit.noun(usize::try_from(row.new.to_integer()).unwrap_or(2));
    let relative = row.relative_change.as_ref().map_or_else(|| "new".to_owned(), number::relative);
    let points = row.share_change_pp.as_ref().map_or_else(|| "no share".to_owned(), |p| format!("{} points", number::points(p)));
    format!("{} {relative} ({} -> {} {unit}, {points})", row.label, number::grouped(&row.old), number::grouped(&row.new))
}

/// The named rows that moved most, a line each, with what is being compared above them.
pub fn changes(table: &DiffTable, most: usize) -> String {
    let mut text = format!(
        "{}: {} -> {}, {} of {}\n",
        table.role.as_str(),
        table.old.dates(),
        table.new.dates(),
        table.new.population,
        table.new.kind.as_str()
    );
    let mut rows: Vec<&DiffRow> =
        table.rows.iter().filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none() && r.old != r.new).collect();
    rows.sort_by(|a, b| {
        let size = |r: &DiffRow| if r.net() < 0.into() { -r.net() } else { r.net() };
        size(b).cmp(&size(a)).then_with(|| a.label.cmp(&b.label))
    });
    if rows.is_empty() {
        text += "  no vendor gained or lost a member\n";
    }
    for row in rows.into_iter().take(most) {
        _ = writeln!(text, "  {}", change(row, table));
    }
    text
}

/// The largest named rows of one snapshot, a line each.
pub fn shares(table: &ShareTable, most: usize) -> String {
    let place = &table.provenance;
    let mut text = format!("{}: {} on {} ({} data)\n", table.role.as_str(), place.population, place.dates(), place.kind.as_str());
    for row in table.rows.iter().filter(|r| matches!(r.row, Row::Named(_))).take(most) {
        let share = row.share.as_ref().map_or_else(|| "no share".to_owned(), number::percent);
        let unit = place.unit.noun(usize::try_from(row.members.to_integer()).unwrap_or(2));
        _ = writeln!(text, "  {} {share} ({} {unit})", row.label, number::grouped(&row.members));
    }
    text
}
