//! Parts of a population: the members of one sector, one country, or the first hundred.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::Classification;
use crate::share::{Tally, View};

/// Rank bands: the first 50, 100, 250 and 500 of a ranked list, each with those before it.
pub const BANDS: [u32; 4] = [50, 100, 250, 500];

/// Which members a table is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cohort {
    /// One table for each value of a column.
    Column(String),
    /// One value of a column.
    Value(String, String),
    /// One table for each of [`BANDS`]: the column `rank`, where no cohort column has that name.
    Bands,
    /// The members ranked up to this: `rank=100`.
    Top(u32),
}

/// Why a cohort cannot be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCohort {
    #[error("the population has no column `{column}` to make cohorts of; it has {columns}")]
    Column { column: String, columns: String },
    #[error("no member has `{column}` = `{value}`; the column holds {values}")]
    Value { column: String, value: String, values: String },
    #[error("`{0}` is not a rank: a cohort of ranks is `rank` or `rank=100`")]
    Rank(String),
}

impl Cohort {
    /// Reads `COLUMN` or `COLUMN=VALUE`, given the population's cohort columns.
    ///
    /// # Errors
    /// The column does not exist, or a rank is not a number.
    pub fn parse(text: &str, columns: &[String]) -> Result<Self, UnknownCohort> {
        let (column, value) = text.split_once('=').map_or((text, None), |(c, v)| (c, Some(v)));
        if columns.iter().any(|c| c == column) {
            let column = column.to_owned();
            return Ok(value.map_or(Self::Column(column.clone()), |v| Self::Value(column, v.to_owned())));
        }
        match (column, value) {
            ("rank", None) => Ok(Self::Bands),
            ("rank", Some(rank)) => rank.parse().map(Self::Top).map_err(|_| UnknownCohort::Rank(rank.to_owned())),
            _ => {
                let mut known: Vec<&str> = columns.iter().map(String::as_str).collect();
                known.push("rank");
                Err(UnknownCohort::Column { column: column.to_owned(), columns: known.join(", ") })
            }
        }
    }

    /// Whether a member belongs to the cohort, and under which label: `sector=Energy`. Bands put a
    /// member into several.
    pub fn labels(&self, columns: &[String], member: &Classification) -> Vec<String> {
        let value = |column: &String| {
            let at = columns.iter().position(|c| c == column)?;
            Some(member.cohorts.get(at).map_or("", |v| &**v))
        };
        let shown = |column: &str, value: &str| format!("{column}={}", if value.is_empty() { "(blank)" } else { value });
        let within = |band: &u32| member.rank.is_some_and(|rank| rank <= *band);
        match self {
            Self::Column(column) => value(column).map(|v| shown(column, v)).into_iter().collect(),
            Self::Value(column, wanted) => {
                let held = value(column).filter(|v| *v == wanted || (v.is_empty() && wanted == "(blank)"));
                held.map(|v| shown(column, v)).into_iter().collect()
            }
            Self::Bands => BANDS.iter().filter(|b| within(b)).map(|b| format!("top {b}")).collect(),
            Self::Top(band) => within(band).then(|| format!("top {band}")).into_iter().collect(),
        }
    }
}

/// The share tables of all cohorts in the making, for members that come one by one.
pub struct Tallies<'a> {
    view: View<'a>,
    columns: &'a [String],
    cohort: Option<Cohort>,
    chosen: BTreeMap<String, Tally<'a>>,
    /// Values of the column that one value was asked of, for the reader who mistyped it.
    values: BTreeSet<Box<str>>,
}

impl<'a> Tallies<'a> {
    /// One table where no cohort is asked for.
    pub fn new(view: View<'a>, columns: &'a [String], cohort: Option<Cohort>) -> Self {
        let mut chosen = BTreeMap::new();
        if cohort.is_none() {
            chosen.insert(String::new(), Tally::new(view));
        }
        Self { view, columns, cohort, chosen, values: BTreeSet::new() }
    }

    pub fn add(&mut self, member: &Classification) {
        let Some(cohort) = &self.cohort else {
            return self.chosen.values_mut().for_each(|tally| tally.add(member));
        };
        for label in cohort.labels(self.columns, member) {
            self.chosen.entry(label).or_insert_with(|| Tally::new(self.view)).add(member);
        }
        if let Cohort::Value(column, _) = cohort
            && let Some(value) = self.columns.iter().position(|c| c == column).and_then(|at| member.cohorts.get(at))
            && !value.is_empty()
        {
            self.values.insert(value.clone());
        }
    }

    /// The table of each cohort with its label, in the order of [`select`].
    ///
    /// # Errors
    /// As [`select`].
    pub fn finish(self) -> Result<Vec<(Option<String>, Tally<'a>)>, UnknownCohort> {
        let Some(cohort) = self.cohort else {
            return Ok(self.chosen.into_values().map(|tally| (None, tally)).collect());
        };
        let values = self.values;
        let chosen = in_order(self.chosen, &cohort, || listed(values))?;
        Ok(chosen.into_iter().map(|(label, tally)| (Some(label), tally)).collect())
    }
}

/// The members of each cohort with its label, in order of the labels (bands: by size).
///
/// # Errors
/// [`UnknownCohort::Value`] where nobody has the wanted value.
pub fn select<'m>(
    members: &'m [Classification],
    columns: &[String],
    cohort: &Cohort,
) -> Result<Vec<(String, Vec<&'m Classification>)>, UnknownCohort> {
    let mut chosen: BTreeMap<String, Vec<&Classification>> = BTreeMap::new();
    for member in members {
        for label in cohort.labels(columns, member) {
            chosen.entry(label).or_default().push(member);
        }
    }
    let named = |column: &str| columns.iter().position(|c| c == column);
    let values = || match cohort {
        Cohort::Value(column, _) => {
            let held = |m: &'m Classification| named(column).and_then(|i| m.cohorts.get(i)).filter(|v| !v.is_empty()).cloned();
            listed(members.iter().filter_map(held).collect())
        }
        _ => String::new(),
    };
    in_order(chosen, cohort, values)
}

/// Cohorts in order of their labels, bands by size.
fn in_order<T>(
    chosen: BTreeMap<String, T>,
    cohort: &Cohort,
    values: impl FnOnce() -> String,
) -> Result<Vec<(String, T)>, UnknownCohort> {
    let mut chosen: Vec<_> = chosen.into_iter().collect();
    match cohort {
        Cohort::Value(column, value) if chosen.is_empty() => {
            return Err(UnknownCohort::Value { column: column.clone(), value: value.clone(), values: values() });
        }
        Cohort::Bands => {
            let place = |label: &str| BANDS.iter().position(|b| label == format!("top {b}"));
            chosen.sort_by_key(|(label, _)| place(label));
        }
        _ => {}
    }
    Ok(chosen)
}

/// So many values of a column are told to the reader who mistyped one.
const MOST_VALUES: usize = 12;

fn listed(distinct: BTreeSet<Box<str>>) -> String {
    let more = distinct.len().saturating_sub(MOST_VALUES);
    let mut text = distinct.into_iter().take(MOST_VALUES).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    if text.is_empty() { "no values".to_owned() } else { text }
}
