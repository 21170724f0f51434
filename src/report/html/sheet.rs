//! Long tables: their rows stand in the page once, as data, and the script draws those in view.
//!
//! A member's domain, a rule or a record is told many times over, so every text is kept once and rows are
//! lists of numbers. The block that holds them is no script: nothing in it can run, and `<` is written
//! out, so that nothing in it can end it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

use askama::Template;

use super::shown;

/// Place of a text in order of its first use.
type TextId = usize;

/// One cell: a text, or lines that open on demand, each made of texts with spaces between.
pub enum Cell {
    Text(TextId),
    Lines(Vec<Vec<TextId>>),
}

/// One column: its name in CSV, and its heading.
pub struct Column {
    pub name: &'static str,
    pub heading: &'static str,
    pub numeric: bool,
    /// What a line of its cells is called; empty where cells hold one text.
    pub lines: &'static str,
}

impl Column {
    pub fn text(name: &'static str, heading: &'static str) -> Self {
        Self { name, heading, numeric: false, lines: "" }
    }
}

/// A table whose rows are data.
pub struct Sheet {
    pub id: String,
    pub caption: &'static str,
    /// The caption where it stands alone: unlike any other of the page.
    pub label: String,
    pub columns: Vec<Column>,
    /// Whether links to a member lead to its row here.
    pub own: bool,
    /// The member's id, and its cells.
    pub rows: Vec<(TextId, Vec<Cell>)>,
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct View<'a> {
    sheet: &'a Sheet,
}

/// All texts and sheets of a page.
#[derive(Default)]
pub struct Sheets {
    ids: HashMap<String, TextId>,
    texts: Vec<(String, usize)>,
    sheets: Vec<Sheet>,
}

impl Sheets {
    /// The place of a text, its acting characters written out.
    pub fn text(&mut self, text: &str) -> TextId {
        let text = shown(text);
        let id = match self.ids.get(&text) {
            Some(id) => *id,
            None => {
                self.ids.insert(text.clone(), self.texts.len());
                self.texts.push((text, 0));
                self.texts.len() - 1
            }
        };
        self.texts[id].1 += 1;
        id
    }

    pub fn cell(&mut self, text: &str) -> Cell {
        Cell::Text(self.text(text))
    }

    /// A line of a cell, from its parts.
    pub fn line(&mut self, parts: &[&str]) -> Vec<TextId> {
        parts.iter().map(|part| self.text(part)).collect()
    }

    /// Takes a sheet in and gives the empty table that its rows are drawn into.
    pub fn add(&mut self, sheet: Sheet) -> String {
        let view = View { sheet: &sheet }.render().expect("writing to a string");
        self.sheets.push(sheet);
        view
    }

    /// Everything as JSON. The most frequent texts have the shortest numbers.
    pub fn json(self) -> String {
        let mut order: Vec<TextId> = (0..self.texts.len()).collect();
        order.sort_by_key(|id| (Reverse(self.texts[*id].1), *id));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        let texts: Vec<&str> = order.iter().map(|id| self.texts[*id].0.as_str()).collect();
        let mut out = String::from("{\"texts\":");
        out.push_str(&serde_json::to_string(&texts).expect("texts are JSON"));
        out.push_str(",\"sheets\":{");
        for (i, sheet) in self.sheets.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            _ = write!(out, "{comma}\"{}\":[", sheet.id);
            for (i, (member, cells)) in sheet.rows.iter().enumerate() {
                out.push_str(if i > 0 { ",[" } else { "[" });
                _ = write!(out, "{}", place[*member]);
                for cell in cells {
                    out.push(',');
                    write_cell(&mut out, cell, &place);
                }
                out.push(']');
            }
            out.push(']');
        }
        out.push_str("}}");
        out.replace('<', "\\u003c")
    }
}

fn write_cell(out: &mut String, cell: &Cell, place: &[usize]) {
    match cell {
        Cell::Text(id) => _ = write!(out, "{}", place[*id]),
        Cell::Lines(lines) => {
            out.push('[');
            for (i, line) in lines.iter().enumerate() {
                out.push_str(if i > 0 { ",[" } else { "[" });
                for (i, id) in line.iter().enumerate() {
                    _ = write!(out, "{}{}", if i > 0 { "," } else { "" }, place[*id]);
                }
                out.push(']');
            }
            out.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_once_and_cannot_end_the_block() {
        let mut sheets = Sheets::default();
        let evil = "</script><script>alert(1)</script>";
        let (rare, often) = (sheets.text(evil), sheets.text("mx"));
        sheets.text("mx");
        let lines = Cell::Lines(vec![vec![often, rare], vec![often]]);
        sheets.add(Sheet {
            id: "members".into(),
            caption: "All members",
            label: "All members".into(),
            columns: vec![Column::text("name", "name"), Column { lines: "line", ..Column::text("evidence", "evidence") }],
            own: true,
            rows: vec![(rare, vec![Cell::Text(often), lines])],
        });
        let json = sheets.json();
        assert!(!json.contains('<'), "{json}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["texts"], serde_json::json!(["mx", evil]));
        assert_eq!(read["sheets"]["members"], serde_json::json!([[1, 0, [[0, 1], [0]]]]));
    }
}
