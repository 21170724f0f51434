//! The tables of a snapshot with the types of their columns.

use std::io::{self, Write};

use super::{Field, Format, Kind, Metadata, Rows};
use crate::observation::Facts;
use crate::report::table::{Cell, Column, Table};
use crate::report::tables::ATTRIBUTIONS;
use crate::snapshot;

pub fn attribution_fields() -> Vec<Field> {
    let columns = ATTRIBUTIONS;
    let text: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
    Field::of(&columns, &["weight_num", "weight_den"], &text)
}

/// The columns of [`crate::report::tables::share`].
pub fn share_fields(table: &Table) -> Vec<Field> {
    Field::of(&table.columns, &[], &["role", "vendor"])
}

/// The columns of [`crate::report::tables::diff`].
pub fn diff_fields(table: &Table) -> Vec<Field> {
    share_fields(table)
}

/// The answers, one row a record, in the columns and the order of `observations.csv`; as CSV they
/// are its bytes.
pub fn observations<W: Write + Send>(facts: &Facts, format: Format, metadata: &Metadata, output: W) -> io::Result<()> {
    if format == Format::Csv {
        return snapshot::observations::write(facts, output);
    }
    let fields = snapshot::observations::COLUMNS.map(|name| Field { column: Column::new(name, name), kind: Kind::Text });
    let mut rows = Rows::new(format, fields.to_vec(), metadata, output)?;
    for (question, answer) in facts.iter() {
        let asked = [question.qname.to_string(), question.qtype.to_string(), answer.outcome.to_string()].map(Cell::Text);
        if answer.records().is_empty() {
            rows.row(&[&asked[..], &[Cell::Empty, Cell::Empty, Cell::Empty]].concat())?;
        }
        for record in answer.records() {
            let record = [record.owner.to_string(), record.rtype.to_string(), record.rdata.to_string()].map(Cell::Text);
            rows.row(&[&asked[..], &record].concat())?;
        }
    }
    rows.finish()
}
