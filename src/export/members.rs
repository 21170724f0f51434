//! The list of a snapshot.

use std::io::{self, Write};

use super::{Field, Format, Kind, Metadata, Rows};
use crate::population::Population;
use crate::report::table::Cell;

/// One row a member with the columns of `population.csv`; as CSV its bytes.
pub fn members<W: Write + Send>(population: &Population, format: Format, metadata: &Metadata, mut output: W) -> io::Result<()> {
    if format == Format::Csv {
        output.write_all(&population.to_csv())?;
        return output.flush();
    }
    let own = ["id", "rank", "name", "domain", "mail_domain"];
    let mut fields: Vec<Field> =
        own.map(|name| Field::new(name, if name == "rank" { Kind::Integer } else { Kind::Text })).to_vec();
    fields.extend(population.cohorts.iter().map(|column| Field::new(column, Kind::Text)));
    let mut rows = Rows::new(format, fields, metadata, output)?;
    for member in &population.members {
        let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::text(text) };
        let mut cells = vec![
            text(&member.id),
            Cell::of(member.rank, |rank| Cell::Integer(rank.into())),
            text(&member.name),
            text(member.domain.bare()),
            member.mail_domain.as_ref().map_or(Cell::Empty, |domain| text(domain.bare())),
        ];
        cells.extend((0..population.cohorts.len()).map(|i| member.cohorts.get(i).map_or(Cell::Empty, |value| text(value))));
        rows.row(&cells)?;
    }
    rows.finish()
}
