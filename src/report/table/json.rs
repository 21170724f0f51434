//! JSON: an object with the rows as objects under the names of the CSV columns. Numbers are written
//! with the same digits as in CSV.

use super::{Cell, Column, Table};

/// The whole table as one object.
pub fn json(table: &Table) -> String {
    let mut out = String::from("{\n");
    out.push_str(&format!("  \"table\": {},\n  \"title\": {},\n", string(table.name), string(&table.title)));
    for (name, value) in &table.facts {
        out.push_str(&format!("  {}: {value},\n", string(name)));
    }
    out.push_str("  \"rows\": ");
    list(&mut out, table.rows.iter().map(|row| json_row(&table.columns, row)));
    out.push_str(",\n  \"notes\": ");
    list(&mut out, table.notes.iter().map(|note| string(note)));
    out.push_str("\n}\n");
    out
}

/// One row as an object on one line, for JSON lines.
pub fn json_row(columns: &[Column], cells: &[Cell]) -> String {
    let field = |(column, cell): (&Column, &Cell)| format!("{}: {}", string(&column.name), value(cell));
    format!("{{{}}}", columns.iter().zip(cells).map(field).collect::<Vec<_>>().join(", "))
}

fn list(out: &mut String, items: impl ExactSizeIterator<Item = String>) {
    if items.len() == 0 {
        out.push_str("[]");
        return;
    }
    out.push_str("[\n");
    out.push_str(&items.map(|item| format!("    {item}")).collect::<Vec<_>>().join(",\n"));
    out.push_str("\n  ]");
}

fn value(cell: &Cell) -> String {
    match cell {
        Cell::Empty | Cell::New => "null".to_owned(),
        Cell::Text(_) | Cell::Word(_) | Cell::Withheld(_) => string(&cell.for_programs()),
        number => number.for_programs(),
    }
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
