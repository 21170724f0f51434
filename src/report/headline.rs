//! The figures people quote, in a form that cannot be misread: a relative change never stands without
//! its counts and its points.

use std::fmt::Write;

use crate::diff::{DiffRow, DiffTable, headline};
use crate::share::{Count, Row, ShareRow, ShareTable, number};

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
    let movers = movers(table, most);
    if movers.is_empty() {
        text += "  no vendor gained or lost a member\n";
    }
    for row in movers {
        let sources = sources(row).map(|s| format!(": {s}")).unwrap_or_default();
        _ = writeln!(text, "  {}{sources}", headline(table, row));
    }
    text
}

/// The named rows that moved most, largest move first.
pub fn movers(table: &DiffTable, most: usize) -> Vec<&DiffRow> {
    let mut rows: Vec<&DiffRow> =
        table.rows.iter().filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none() && r.old != r.new).collect();
    rows.sort_by(|a, b| {
        let size = |r: &DiffRow| if r.net() < 0.into() { -r.net() } else { r.net() };
        size(b).cmp(&size(a)).then_with(|| a.label.cmp(&b.label))
    });
    rows.truncate(most);
    rows
}

/// Where a change came from, in members, as far as not all of it is switching:
/// `+20 switched, +38 by the list, +3 by reachability`.
pub fn sources(row: &DiffRow) -> Option<String> {
    let (list, reach) = (row.entered - row.left, row.appeared - row.disappeared);
    if list == 0.into() && reach == 0.into() {
        return None;
    }
    let mut parts = vec![format!("{} switched", signed(&(row.gained - row.lost)))];
    for (value, name) in [(list, "by the list"), (reach, "by reachability")] {
        if value != 0.into() {
            parts.push(format!("{} {name}", signed(&value)));
        }
    }
    Some(parts.join(", "))
}

fn signed(value: &Count) -> String {
    let text = number::rounded(value);
    if *value > 0.into() { format!("+{text}") } else { text }
}

/// The largest named rows of one snapshot, a line each.
pub fn shares(table: &ShareTable, most: usize) -> String {
    let place = &table.provenance;
    let mut text = format!("{}: {} on {} ({} data)\n", table.role.as_str(), place.population, place.dates(), place.kind.as_str());
    for line in share_lines(table, most) {
        _ = writeln!(text, "  {line}");
    }
    text
}

/// The largest named rows of one snapshot: `Microsoft 64.6 % (3,045 domains)`.
pub fn share_lines(table: &ShareTable, most: usize) -> Vec<String> {
    let line = |row: &ShareRow| {
        let share = row.share.as_ref().map_or_else(|| "no share".to_owned(), number::percent);
        let unit = table.provenance.unit.noun(usize::try_from(row.members.to_integer()).unwrap_or(2));
        format!("{} {share} ({} {unit})", row.label, number::rounded(&row.members))
    };
    table.rows.iter().filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none()).take(most).map(line).collect()
}
