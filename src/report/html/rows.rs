//! Tables as HTML. What a program needs of a cell (exact counts, fractions) stands beside what a reader
//! sees: sorting and the saved CSV use the former.

use askama::Template;

use super::{Table, shown, words};
use crate::report::table::Cell;

#[derive(Template)]
#[template(path = "table.html")]
struct View<'a> {
    id: &'a str,
    caption: &'a str,
    columns: Vec<Column>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// Heading, and the name of the column in CSV.
pub struct Column {
    pub name: String,
    pub heading: String,
    pub numeric: bool,
}

impl Column {
    pub fn text(name: &str, heading: &str) -> Self {
        Self { name: name.to_owned(), heading: heading.to_owned(), numeric: false }
    }
}

/// One row; its id is the target of links.
#[derive(Default)]
pub struct Row {
    pub id: Option<String>,
    pub cells: Vec<CellView>,
}

/// One cell as a reader sees it.
#[derive(Default)]
pub struct CellView {
    pub text: String,
    /// Where it differs from the text.
    pub value: Option<String>,
    /// Id of the row that it links to.
    pub link: Option<String>,
    /// Lines that open on demand, and the words that open them.
    pub details: Vec<String>,
    pub summary: String,
}

impl CellView {
    pub fn text(text: &str) -> Self {
        Self { text: shown(text), ..Self::default() }
    }

    pub fn details(summary: String, lines: Vec<String>) -> Self {
        Self { summary, details: lines, ..Self::default() }
    }
}

/// A table of the report; notes about its source are left out, because the page says them once.
pub fn table(id: &str, caption: &str, table: Table) -> String {
    let seen: Vec<(usize, String)> = table.shown().map(|(i, heading)| (i, heading.to_owned())).collect();
    let column = |(i, heading): &(usize, String)| Column {
        name: table.columns[*i].name.to_string(),
        heading: heading.clone(),
        numeric: table.is_numeric(*i),
    };
    let cell = |cell: &Cell| {
        let text = shown(&cell.for_readers());
        let value = cell.for_programs();
        let value = (cell.is_number() && value != text).then_some(value);
        CellView { text, value, ..CellView::default() }
    };
    let row = |cells: &Vec<Cell>| Row {
        id: None,
        cells: seen.iter().map(|(i, _)| cells.get(*i).map(cell).unwrap_or_default()).collect(),
    };
    let notes = table.notes.iter().filter(|n| words::is_about_the_table(n)).map(|n| shown(n)).collect();
    render(id, caption, seen.iter().map(column).collect(), table.rows.iter().map(row).collect(), notes)
}

/// A table from its parts.
pub fn render(id: &str, caption: &str, columns: Vec<Column>, rows: Vec<Row>, notes: Vec<String>) -> String {
    View { id, caption, columns, rows, notes }.render().expect("writing to a string")
}
