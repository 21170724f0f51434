//! The error bar of a yearly diff: how many verdicts flip between two crawls of the same week.

use crate::diff::DiffTable;
use crate::share::{Count, Row, wilson};
use crate::vendor::Role;

/// What two crawls that should agree do not agree on.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    pub role: Role,
    /// Members in both lists, and those of them resolved in both crawls.
    pub panel: usize,
    pub resolved: usize,
    /// Resolved in both, with another verdict.
    pub flipped: usize,
    /// Panel members reachable in one crawl only.
    pub half_reachable: Count,
}

impl Noise {
    /// Members with another verdict / members resolved in both; `None` where nobody was.
    pub fn rate(&self) -> Option<Count> {
        (self.resolved > 0).then(|| Count::new(self.flipped as i128, self.resolved as i128))
    }

    /// 95 % Wilson interval of the rate.
    pub fn interval(&self) -> Option<(f64, f64)> {
        wilson(&Count::from_integer(self.flipped as i128), &Count::from_integer(self.resolved as i128))
    }

    /// How many switchers this rate alone would make of so many members resolved on both sides.
    pub fn expected(&self, compared: usize) -> Option<Count> {
        Some(self.rate()? * Count::from_integer(compared as i128))
    }
}

/// Reads the flips off a comparison of two crawls of the same week.
pub fn noise(table: &DiffTable) -> Noise {
    let total = table.rows.iter().find(|row| row.row == Row::Total);
    Noise {
        role: table.role,
        panel: table.panel,
        resolved: table.compared,
        flipped: table.switchers.len(),
        half_reachable: total.map_or_else(Count::default, |row| row.appeared),
    }
}
