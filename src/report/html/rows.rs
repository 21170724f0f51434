//! Short tables as HTML. What a program needs of a cell (exact counts, fractions) stands beside what a
//! reader sees: sorting and the saved CSV use the former.

use askama::Template;

use super::{Table, shown, typeset, words};
use crate::report::table::Cell;

#[derive(Template)]
#[template(path = "table.html")]
struct View<'a> {
    id: &'a str,
    caption: &'a str,
    /// The caption where it stands alone: unlike any other of the page.
    label: String,
    columns: Vec<Column>,
    rows: Vec<Vec<CellView>>,
    notes: Vec<String>,
}

/// Heading, and the name of the column in CSV.
struct Column {
    name: String,
    heading: String,
    numeric: bool,
}

/// One cell as a reader sees it.
#[derive(Default)]
struct CellView {
    text: String,
    /// Where it differs from the text.
    value: Option<String>,
}

/// A table of the report; notes about its source are left out, because the page says them once.
pub fn table(id: &str, caption: &str, subject: &str, table: Table) -> String {
    let seen: Vec<(usize, String)> = table.shown().map(|(i, heading)| (i, heading.to_owned())).collect();
    let column = |(i, heading): &(usize, String)| Column {
        name: table.columns[*i].name.to_string(),
        heading: heading.clone(),
        numeric: table.is_numeric(*i),
    };
    let cell = |cell: &Cell| {
        let text = cell.for_readers();
        let text = if cell.is_number() { typeset(&text) } else { shown(&text) };
        let value = cell.for_programs();
        let value = (cell.is_number() && value != text).then_some(value);
        CellView { text, value }
    };
    let row = |cells: &Vec<Cell>| seen.iter().map(|(i, _)| cells.get(*i).map(cell).unwrap_or_default()).collect();
    let view = View {
        id,
        caption,
        label: format!("{subject}: {caption}"),
        columns: seen.iter().map(column).collect(),
        rows: table.rows.iter().map(row).collect(),
        notes: table.notes.iter().filter(|n| words::is_about_the_table(n)).map(|n| typeset(n)).collect(),
    };
    view.render().expect("writing to a string")
}
