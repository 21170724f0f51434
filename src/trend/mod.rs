//! Shares over several snapshots: the series, the steps between neighbours, and first against last.

#[cfg(test)]
mod laws;

use crate::classify::Classification;
use crate::diff::{self, DiffTable, Sides, compare};
use crate::provenance::Provenance;
use crate::share::{self, Count, Fault, Grouping, Row, ShareTable, View, measure};
use crate::vendor::Role;

/// Why there is no trend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrendError {
    #[error("a trend needs at least two snapshots, and {0} was given")]
    TooFew(usize),
    #[error(
        "snapshots {first} and {second} were both observed up to {day}; a trend has one snapshot a day. Compare them with `noise`"
    )]
    SameDay { first: String, second: String, day: String },
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// One row of one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub members: Count,
    /// Fractions of 1; `None` for rows without a share.
    pub share: Option<Count>,
    pub lower_bound: Option<Count>,
    pub upper_bound: Option<Count>,
}

/// One row through time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub row: Row,
    pub label: String,
    /// One for each snapshot. `None` is a gap: nobody was measured for the role there, so that 0
    /// members would say something that is not known. A vendor without members among measured ones
    /// has a point of 0.
    pub points: Vec<Option<Point>>,
}

/// Shares of one role over two or more snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendTable {
    pub role: Role,
    pub by: Grouping,
    /// Digest of the ruleset that classified all snapshots, shortened.
    pub ruleset: String,
    pub cohort: Option<String>,
    /// Oldest first.
    pub snapshots: Vec<Provenance>,
    /// The share table of each snapshot.
    pub shares: Vec<ShareTable>,
    /// Named rows, the largest of the newest snapshot first, then the rest rows.
    pub series: Vec<Series>,
    /// Each snapshot against the one before.
    pub steps: Vec<DiffTable>,
    /// The last against the first. Its net change is the sum of the steps'; its gains and losses are
    /// not, where members went and came back.
    pub whole: DiffTable,
}

/// Lines up snapshots in order of their days of observation, whatever order they come in.
///
/// # Errors
/// Fewer than two snapshots, two of the same last day, or a [`Fault`] of one of the tables.
pub fn trend(
    snapshots: &[(Provenance, Vec<Classification>)],
    view: View<'_>,
    ruleset: &str,
    cohort: Option<&str>,
) -> Result<TrendTable, TrendError> {
    let mut ordered: Vec<&(Provenance, Vec<Classification>)> = snapshots.iter().collect();
    ordered.sort_by(|(a, _), (b, _)| (&a.observed_to, &a.snapshot).cmp(&(&b.observed_to, &b.snapshot)));
    for pair in ordered.windows(2) {
        let ((first, _), (second, _)) = (pair[0], pair[1]);
        if first.observed_to == second.observed_to {
            let day = first.observed_to.clone();
            return Err(TrendError::SameDay { first: first.snapshot.clone(), second: second.snapshot.clone(), day });
        }
    }
    let (Some(first), Some(last), true) = (ordered.first(), ordered.last(), ordered.len() > 1) else {
        return Err(TrendError::TooFew(ordered.len()));
    };
    let cohort = cohort.map(str::to_owned);
    let options = share::Options { cohort: cohort.clone(), ..share::Options::default() };
    let mut shares = Vec::with_capacity(ordered.len());
    for (provenance, members) in &ordered {
        shares.push(measure(members, view, provenance, ruleset, &options)?);
    }
    let against = |old: &(Provenance, Vec<Classification>), new: &(Provenance, Vec<Classification>)| {
        let options = diff::Options { cohort: cohort.clone(), ..diff::Options::default() };
        compare(&old.1, &new.1, view, Sides { old: &old.0, new: &new.0, ruleset }, &options)
    };
    let mut steps = Vec::with_capacity(ordered.len() - 1);
    for pair in ordered.windows(2) {
        steps.push(against(pair[0], pair[1])?);
    }
    Ok(TrendTable {
        role: view.role,
        by: view.by,
        ruleset: ruleset.to_owned(),
        series: series(&shares),
        whole: against(first, last)?,
        snapshots: ordered.iter().map(|(provenance, _)| provenance.clone()).collect(),
        cohort,
        shares,
        steps,
    })
}

fn series(shares: &[ShareTable]) -> Vec<Series> {
    let zero = Count::from_integer(0);
    let mut rows: Vec<(&Row, &str)> = Vec::new();
    // From the newest back: its order comes first, then what only older ones have.
    for table in shares.iter().rev() {
        for row in table.rows.iter().filter(|r| !rows.iter().any(|(known, _)| **known == r.row)).collect::<Vec<_>>() {
            rows.push((&row.row, &row.label));
        }
    }
    rows.sort_by_key(|(row, _)| if matches!(row, Row::Named(_)) { None } else { Some((*row).clone()) });
    let point = |table: &ShareTable, row: &Row| {
        let rest = matches!(row, Row::NoMail | Row::Unreachable | Row::Total);
        let is_gap = !rest && table.base.measured() == zero && table.base.population > zero;
        let found = table.rows.iter().find(|r| r.row == *row);
        let nobody = (table.base.measured() > zero && !rest).then_some(zero);
        (!is_gap).then(|| match found {
            Some(r) => Point { members: r.members, share: r.share, lower_bound: r.lower_bound, upper_bound: r.upper_bound },
            None => Point { members: zero, share: nobody, lower_bound: nobody, upper_bound: upper_bound_of_nobody(table) },
        })
    };
    let line = |(row, label): (&Row, &str)| Series {
        row: row.clone(),
        label: label.to_owned(),
        points: shares.iter().map(|table| point(table, row)).collect(),
    };
    rows.into_iter().map(line).collect()
}

/// What missing answers could make of a vendor that no member has.
fn upper_bound_of_nobody(table: &ShareTable) -> Option<Count> {
    if table.role.is_exclusive() {
        // The row `unattributed` holds the same terms: itself, the weakly self-hosted, the unreachable.
        return table.rows.iter().find(|r| r.row == Row::Unattributed)?.upper_bound;
    }
    let measurable = table.base.measurable();
    (measurable > Count::from_integer(0)).then(|| table.base.unreachable / measurable)
}
