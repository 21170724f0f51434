//! CSV (RFC 4180, with LF line ends), safe to open in a spreadsheet.

use std::borrow::Cow;

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
    line(columns.iter().map(|column| escape::spreadsheet(&column.name)))
}

/// One line, for tables written row by row.
pub fn csv_row(cells: &[Cell]) -> String {
    line(cells.iter().map(|cell| match cell {
        Cell::Text(text) => escape::spreadsheet(text),
        other => Cow::Owned(other.for_programs()),
    }))
}

fn line<'c>(fields: impl Iterator<Item = Cow<'c, str>>) -> String {
    let mut out = String::new();
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        let special = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
        if field.bytes().any(special) || field.starts_with(' ') || field.ends_with(' ') {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    // A lone empty field would read as an empty line, which readers skip.
    if out.is_empty() {
        out.push_str("\"\"");
    }
    out.push('\n');
    out
}
