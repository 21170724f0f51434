//! Markdown (the table extension of GitHub Flavored Markdown).

use super::{Cell, Table};
use crate::report::escape;

/// Heading, table, notes.
pub fn markdown(table: &Table) -> String {
    let mut out = String::new();
    if !table.title.is_empty() {
        out.push_str(&format!("### {}\n\n", escape::markdown(&table.title)));
    }
    let shown: Vec<(usize, &str)> = table.shown().collect();
    let headings: Vec<String> = shown.iter().map(|(_, heading)| escape::markdown(heading)).collect();
    let rules: Vec<&str> = shown.iter().map(|(i, _)| if table.is_numeric(*i) { "---:" } else { ":---" }).collect();
    out.push_str(&format!("| {} |\n|{}|\n", headings.join(" | "), rules.join("|")));
    for row in &table.rows {
        let cell = |i: usize| row.get(i).map_or_else(String::new, |cell: &Cell| escape::markdown(&cell.for_readers()));
        let cells: Vec<String> = shown.iter().map(|(i, _)| cell(*i)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    for note in &table.notes {
        out.push_str(&format!("\n{}\n", escape::markdown(note)));
    }
    out
}
