//! CSV files as rows of named fields.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

pub struct Row(BTreeMap<String, String>);

impl Row {
    /// The field of a column; empty where the table has no such column.
    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }
}

pub fn read(path: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rows = reader.deserialize().map(|row| row.map(Row));
    Ok(rows.collect::<Result<_, _>>().map_err(|error| format!("{}: {error}", path.display()))?)
}
