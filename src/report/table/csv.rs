//! CSV (RFC 4180, with LF line ends), safe to open in a spreadsheet.

use super::{Cell, Column, Table};
use crate::report::escape;

/// Header and rows.
pub fn csv(table: &Table) -> String {
    let mut out = csv_header(&table.columns);
    for row in &table.rows {
        out.push_str(&csv_row(row));
    }
    out
}

/// The header line, for tables written row by row.
pub fn csv_header(columns: &[Column]) -> String {
    line(columns.iter().map(|column| escape::spreadsheet(&column.name).into_owned()))
}

/// One line, for tables written row by row.
pub fn csv_row(cells: &[Cell]) -> String {
    line(cells.iter().map(|cell| match cell {
        Cell::Text(text) => escape::spreadsheet(text).into_owned(),
        other => other.for_programs(),
    }))
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let quoted = |field: String| {
        let plain = !field.contains([',', '"', '\n', '\r']) && !field.starts_with(' ') && !field.ends_with(' ');
        if plain { field } else { format!("\"{}\"", field.replace('"', "\"\"")) }
    };
    let mut out = fields.map(quoted).collect::<Vec<_>>().join(",");
    // A lone empty field would read as an empty line, which readers skip.
    if out.is_empty() {
        out.push_str("\"\"");
    }
    out.push('\n');
    out
}
