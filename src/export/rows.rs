//! Tables written row by row, in any of the forms.

use std::io::{self, Write};

use crate::report::table::{Cell, Column, csv_header, csv_row, json_row};

#[cfg(feature = "parquet")]
use super::columnar::Columnar;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Typed columns, zstd, with the digests of what the rows were made from in the file's metadata.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// What a column holds, where a form has types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    /// Counts of members and everything made of them; the digits are those of the CSV.
    Number,
}

/// A column with its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub column: Column,
    pub kind: Kind,
}

impl Field {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { column: Column::named(name), kind }
    }

    /// The columns of a table; those in neither list are text.
    pub(super) fn of(columns: &[Column], integers: &[&str], text: &[&str]) -> Vec<Self> {
        let kind = |name: &str| match name {
            _ if integers.contains(&name) => Kind::Integer,
            _ if text.contains(&name) => Kind::Text,
            _ => Kind::Number,
        };
        columns.iter().map(|column| Self { kind: kind(&column.name), column: column.clone() }).collect()
    }
}

/// Key and value pairs for forms that can carry them: digests, dates, versions.
pub type Metadata = Vec<(String, String)>;

/// A table in the making.
pub struct Rows<W: Write + Send>(Form<W>);

enum Form<W: Write + Send> {
    Csv(W),
    Jsonl(W, Vec<Column>),
    #[cfg(feature = "parquet")]
    Parquet(Box<Columnar<W>>),
}

impl<W: Write + Send> Rows<W> {
    #[cfg_attr(not(feature = "parquet"), allow(unused_variables))]
    pub fn new(format: Format, fields: Vec<Field>, metadata: &Metadata, mut output: W) -> io::Result<Self> {
        let columns = || fields.iter().map(|f| f.column.clone()).collect::<Vec<_>>();
        Ok(Self(match format {
            Format::Csv => {
                output.write_all(csv_header(&columns()).as_bytes())?;
                Form::Csv(output)
            }
            Format::Jsonl => Form::Jsonl(output, columns()),
            #[cfg(feature = "parquet")]
            Format::Parquet => Form::Parquet(Box::new(Columnar::new(fields, metadata, output)?)),
        }))
    }

    /// One row, as long as the columns.
    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        match &mut self.0 {
            Form::Csv(output) => output.write_all(csv_row(cells).as_bytes()),
            Form::Jsonl(output, columns) => output.write_all((json_row(columns, cells) + "\n").as_bytes()),
            #[cfg(feature = "parquet")]
            Form::Parquet(columnar) => columnar.row(cells),
        }
    }

    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Form::Csv(mut output) | Form::Jsonl(mut output, _) => output.flush(),
            #[cfg(feature = "parquet")]
            Form::Parquet(columnar) => columnar.finish(),
        }
    }
}
