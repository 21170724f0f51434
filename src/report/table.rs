//! One model for every table, and its four forms: aligned text, CSV, JSON, Markdown.
//!
//! A cell holds the exact value and its kind; how a kind is written is decided by the form alone, so
//! that a share is a percentage to a reader and a fraction to a program. Column names in CSV and JSON
//! are the same.

mod csv;
mod json;
mod latex;
mod markdown;
mod text;

use std::borrow::Cow;

use crate::share::{Count, number};

pub use csv::{csv, csv_header, csv_row};
pub use json::{json, json_row};
pub use latex::latex;
pub use markdown::markdown;
pub use text::text;

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Table,
    Csv,
    Json,
    Markdown,
}

/// Rows under named columns, with the words a reader needs beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the table is, one word: `share`, `transitions`. File stems are made of it.
    pub name: &'static str,
    pub title: String,
    pub columns: Vec<Column>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Under the table in text and Markdown, and in JSON: where the figures come from, what is withheld.
    pub notes: Vec<String>,
    /// Further values of the JSON form, before the rows.
    pub facts: Vec<(&'static str, serde_json::Value)>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// In CSV and JSON.
    pub name: Cow<'static, str>,
    /// In text and Markdown; `None` for columns that are left out there.
    pub heading: Option<Cow<'static, str>>,
}

impl Column {
    /// A column of every form.
    pub const fn new(name: &'static str, heading: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), heading: Some(Cow::Borrowed(heading)) }
    }

    /// A column whose name is known when the table is made only, the same in every form.
    pub fn named(name: impl Into<String>) -> Self {
        let name = Cow::Owned::<str>(name.into());
        Self { heading: Some(name.clone()), name }
    }

    /// A column for programs, left out of text and Markdown.
    pub const fn detail(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), heading: None }
    }
}

/// A value with its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    Text(String),
    /// A word in place of a number: `none`, `gap`.
    Word(&'static str),
    /// Members, exact.
    Count(Count),
    /// Members with their share: `78 (17.1 %)`. For readers; programs get the count.
    CountAndShare(Count, Count),
    /// A difference of counts, with its sign for readers.
    Change(Count),
    /// A fraction of 1; percent for readers.
    Share(Count),
    /// A relative change as a fraction of 1; signed percent for readers.
    Relative(Count),
    /// Percentage points.
    Points(Count),
    /// A p-value.
    Probability(f64),
    /// A fraction of 1 that is not exact, such as an end of an interval.
    Estimate(f64),
    /// An index or other exact figure, rounded for readers.
    Figure(Count),
    Integer(u64),
    /// A relative change from nothing: `new` for readers, empty for programs.
    New,
    /// Fewer members than this.
    Withheld(u32),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The cell of an optional value.
    pub fn of<T>(value: Option<T>, kind: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, kind)
    }

    pub(super) fn is_number(&self) -> bool {
        !matches!(self, Self::Empty | Self::Text(_))
    }

    /// For people. Text is returned as it is: each form escapes it.
    pub(super) fn for_readers(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Word(word) => (*word).to_owned(),
            Self::Count(value) => number::grouped(value),
            Self::CountAndShare(value, share) => format!("{} ({})", number::grouped(value), number::percent(share)),
            Self::Change(value) => number::change(value),
            Self::Share(value) => number::percent(value),
            Self::Relative(value) => number::relative(value),
            Self::Points(value) => number::points(value),
            Self::Probability(p) => number::probability(*p),
            Self::Estimate(value) => number::estimate(*value),
            Self::Figure(value) => number::grouped(&value.round()),
            Self::Integer(value) => number::grouped(&Count::from_integer(i128::from(*value))),
            Self::New => "new".to_owned(),
            Self::Withheld(n) => format!("<{n}"),
        }
    }

    /// For programs: counts exact or to six places, everything else to six places or digits.
    pub(crate) fn for_programs(&self) -> String {
        match self {
            Self::Empty | Self::New => String::new(),
            Self::Text(text) => text.clone(),
            Self::Word(word) => (*word).to_owned(),
            Self::Count(value) | Self::CountAndShare(value, _) | Self::Change(value) => number::exact(value),
            Self::Share(value) | Self::Relative(value) | Self::Points(value) | Self::Figure(value) => number::fixed(value, 6),
            Self::Probability(value) | Self::Estimate(value) => number::figure(*value),
            Self::Integer(value) => value.to_string(),
            Self::Withheld(n) => format!("<{n}"),
        }
    }
}

impl Table {
    pub fn new(name: &'static str, title: impl Into<String>, columns: &[Column]) -> Self {
        Self { name, title: title.into(), columns: columns.to_vec(), rows: Vec::new(), notes: Vec::new(), facts: Vec::new() }
    }

    /// The whole table in one form, with a final newline.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Table => text(self),
            Format::Csv => csv(self),
            Format::Json => json(self),
            Format::Markdown => markdown(self),
        }
    }

    /// The columns that readers see, by place.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, &str)> {
        self.columns.iter().enumerate().filter_map(|(i, column)| Some((i, column.heading.as_deref()?)))
    }

    /// Whether a column holds numbers, so that it is set flush right.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        cells().any(Cell::is_number) && !cells().any(|cell| matches!(cell, Cell::Text(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let columns = [
            Column::new("vendor", "vendor"),
            Column::new("members", "members"),
            Column::new("share", "share"),
            Column::detail("lower_bound"),
            Column::new("relative_change", "change"),
            Column::new("p_value", "p"),
        ];
        let third = Count::new(1, 3);
        let mut table = Table::new("share", "Who | <b>guards</b>", &columns);
        table.rows = vec![
            vec![
                Cell::text("=Evil\u{1b}[2J, Inc"),
                Cell::Count(Count::from_integer(2640)),
                Cell::Share(third),
                Cell::Share(third),
                Cell::New,
                Cell::Probability(0.375),
            ],
            vec![
                Cell::text("b|c_d"),
                Cell::Withheld(5),
                Cell::Empty,
                Cell::Empty,
                Cell::Relative(Count::new(-11, 89)),
                Cell::Empty,
            ],
        ];
        table.notes = vec!["a *note*".into()];
        table.facts = vec![("role", "gateway".into())];
        table
    }

    #[test]
    fn the_four_forms() {
        let table = sample();
        assert_eq!(
            table.render(Format::Csv),
            "vendor,members,share,lower_bound,relative_change,p_value\n\
             \"'=Evil\\u{1b}[2J, Inc\",2640,0.333333,0.333333,,0.375\n\
             b|c_d,<5,,,-0.123596,\n"
        );
        assert_eq!(
            table.render(Format::Json),
            "{\n  \"table\": \"share\",\n  \"title\": \"Who | <b>guards</b>\",\n  \"role\": \"gateway\",\n  \"rows\": [\n    \
             {\"vendor\": \"=Evil\\u001b[2J, Inc\", \"members\": 2640, \"share\": 0.333333, \"lower_bound\": 0.333333, \"relative_change\": null, \"p_value\": 0.375},\n    \
             {\"vendor\": \"b|c_d\", \"members\": \"<5\", \"share\": null, \"lower_bound\": null, \"relative_change\": -0.123596, \"p_value\": null}\n  ],\n  \
             \"notes\": [\n    \"a *note*\"\n  ]\n}\n"
        );
        assert_eq!(
            table.render(Format::Markdown),
            "### Who \\| &lt;b&gt;guards&lt;/b&gt;\n\n\
             | vendor | members | share | change | p |\n\
             |:---|---:|---:|---:|---:|\n\
             | =Evil\\\\u{1b}\\[2J, Inc | 2,640 | 33.3 % | new | 0.38 |\n\
             | b\\|c\\_d | &lt;5 |  | -12.4 % |  |\n\n\
             a \\*note\\*\n"
        );
        assert_eq!(
            table.render(Format::Table),
            "Who | <b>guards</b>\n\n\
             vendor               members   share   change     p\n\
             =Evil\\u{1b}[2J, Inc    2,640  33.3 %      new  0.38\n\
             b|c_d                     <5          -12.4 %\n\n\
             a *note*\n"
        );
    }

    #[test]
    fn latex_is_no_markup_of_strangers() {
        let table = latex(&sample(), "share");
        assert!(
            table
                .contains("\\caption{Who | \\textless{}b\\textgreater{}guards\\textless{}/b\\textgreater{}}\n\\label{tab:share}"),
            "{table}"
        );
        assert!(table.contains("\\begin{tabular}{lrrrr}"), "{table}");
        assert!(table.contains("=Evil\\textbackslash{}u\\{1b\\}[2J, Inc & 2,640 & 33.3\\,\\% & new & 0.38 \\\\"), "{table}");
        assert!(table.contains("b|c\\_d & \\textless{}5 &  & $-$12.4\\,\\% &  \\\\"), "{table}");
    }

    #[test]
    fn json_is_json() {
        let value: serde_json::Value = serde_json::from_str(&sample().render(Format::Json)).unwrap();
        assert_eq!(value["rows"][0]["members"], 2640);
    }

    #[test]
    fn a_table_without_rows_is_still_a_table() {
        let table = Table { rows: Vec::new(), notes: Vec::new(), ..sample() };
        assert_eq!(table.render(Format::Csv).lines().count(), 1);
        assert!(serde_json::from_str::<serde_json::Value>(&table.render(Format::Json)).is_ok());
        assert!(table.render(Format::Table).contains("(no rows)"));
    }
}
