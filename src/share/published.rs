//! Shares that others have published, beside ours: comparable only where population and question are
//! the same.

use crate::provenance::Provenance;
use crate::share::{Count, Row, ShareTable};
use crate::vendor::Role;

/// The published shares that are shipped with the program.
pub const PUBLISHED: &str = include_str!("../../data/published/shares.csv");

/// A figure from a public page.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Published {
    /// Day of the figure, `YYYY-MM-DD` or its beginning.
    pub as_of: String,
    /// In the words of the source.
    pub population: String,
    /// Our name for a population of the same list, empty where we have none.
    pub series: String,
    /// How many the population has; empty where the source does not say.
    pub population_size: String,
    /// What was looked at: `primary MX`, `MX`.
    pub signal: String,
    /// In the words of the source, and our id of the vendor.
    pub provider: String,
    pub vendor: String,
    /// Domains and percent as printed; either may be empty.
    pub domains: String,
    pub share_pct: String,
    /// The address of the page.
    pub source: String,
    pub licence: String,
}

/// A published figure beside the same vendor's row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    pub published: Published,
    pub label: String,
    pub members: Count,
    pub share: Option<Count>,
    /// Why the two must not be compared; empty where they can be.
    pub warnings: Vec<String>,
}

/// Reads the table of published shares (CSV with the fields of [`Published`] as its header).
///
/// # Errors
/// The first line that cannot be read, with its number.
pub fn published(text: &str) -> Result<Vec<Published>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect()
}

/// Puts published figures beside the rows of a table by vendor, in their order; vendors that the
/// table does not have count nobody.
pub fn overlay(table: &ShareTable, figures: &[Published]) -> Vec<Overlay> {
    let beside = |figure: &Published| {
        let row = table.rows.iter().find(|r| matches!(&r.row, Row::Named(id) if *id == figure.vendor));
        let nobody = (table.base.measured() > Count::default()).then(Count::default);
        Overlay {
            label: row.map_or_else(|| figure.provider.clone(), |r| r.label.clone()),
            members: row.map_or_else(Count::default, |r| r.members),
            share: row.map_or(nobody, |r| r.share).filter(|_| !figure.vendor.is_empty()),
            warnings: warnings(table, figure),
            published: figure.clone(),
        }
    };
    figures.iter().map(beside).collect()
}

fn warnings(table: &ShareTable, figure: &Published) -> Vec<String> {
    let mut warnings = Vec::new();
    let ours: &Provenance = &table.provenance;
    if figure.series != ours.series {
        warnings.push(format!("another population: {}", figure.population));
    }
    if figure.vendor.is_empty() || figure.share_pct.is_empty() {
        warnings.push("not the share of one vendor".to_owned());
    }
    if table.cohort.is_some() {
        warnings.push("our figure is for a part of the population".to_owned());
    }
    if table.role != Role::Gateway {
        warnings.push(format!("another question: theirs is {}", figure.signal));
    }
    let year = |day: &str| day.get(..4).and_then(|y| y.parse::<i32>().ok());
    match year(&figure.as_of).zip(year(&ours.observed_to)) {
        Some((theirs, our)) if (theirs - our).abs() <= 1 => {}
        _ => warnings.push(format!("of another time: {}", figure.as_of)),
    }
    warnings
}
