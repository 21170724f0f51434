//! Aligned text for terminals and mails: no lines, no colours, numbers flush right.

use comfy_table::{CellAlignment, Row, presets};

use super::{Cell, Table};
use crate::report::escape;

/// Title, table, notes.
pub fn text(table: &Table) -> String {
    let mut out = String::new();
    if !table.title.is_empty() {
        out.push_str(&format!("{}\n\n", escape::visible(&table.title)));
    }
    let shown: Vec<(usize, &str)> = table.shown().collect();
    let mut grid = comfy_table::Table::new();
    grid.load_style(presets::NOTHING);
    grid.set_header(shown.iter().map(|(_, heading)| escape::visible(heading).into_owned()));
    for row in &table.rows {
        let cell = |i: usize| row.get(i).map_or_else(String::new, Cell::for_readers);
        grid.add_row(Row::from(shown.iter().map(|(i, _)| escape::visible(&cell(*i)).into_owned())));
    }
    for (place, (i, _)) in shown.iter().enumerate() {
        if let Some(column) = grid.column_mut(place) {
            let first = u16::from(place > 0);
            column.set_padding((first, u16::from(place + 1 < shown.len())));
            column.set_cell_alignment(if table.is_numeric(*i) { CellAlignment::Right } else { CellAlignment::Left });
        }
    }
    for line in grid.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if table.rows.is_empty() {
        out.push_str("(no rows)\n");
    }
    if !table.notes.is_empty() {
        out.push('\n');
    }
    for note in &table.notes {
        out.push_str(&format!("{}\n", escape::visible(note)));
    }
    out
}
