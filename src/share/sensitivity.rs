//! The headline under other methods, side by side.

use crate::classify::Classification;
use crate::classify::methods::{Method, Methods};
use crate::observation::Observation;
use crate::provenance::Provenance;
use crate::share::{Count, Fault, Grouping, Labels, Options, Row, ShareTable, View, measure};
use crate::vendor::{Role, Ruleset};

/// One snapshot measured under several methods, [`Method::Reference`] first.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    pub tables: Vec<(Method, ShareTable)>,
}

/// One vendor under every method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    pub row: Row,
    pub label: String,
    /// Members and share under each method, in the order of the tables; `None` for a rest row that a
    /// method does not have.
    pub found: Vec<Option<(Count, Option<Count>)>>,
}

impl Sensitivity {
    /// Vendors by the reference, largest first, then what other methods alone see, then the rest rows.
    pub fn spreads(&self) -> Vec<Spread> {
        let mut rows: Vec<(&Row, &str)> = Vec::new();
        for (_, table) in &self.tables {
            for row in &table.rows {
                if !rows.iter().any(|(known, _)| **known == row.row) {
                    rows.push((&row.row, &row.label));
                }
            }
        }
        rows.sort_by_key(|(row, _)| if matches!(row, Row::Named(_)) { None } else { Some((*row).clone()) });
        let at = |table: &ShareTable, row: &Row| {
            let found = table.rows.iter().find(|r| r.row == *row).map(|r| (r.members, r.share));
            let nobody = (table.base.measured() > Count::default()).then(Count::default);
            found.or_else(|| matches!(row, Row::Named(_)).then_some((Count::default(), nobody)))
        };
        let spread = |(row, label): (&Row, &str)| Spread {
            row: row.clone(),
            label: label.to_owned(),
            found: self.tables.iter().map(|(_, table)| at(table, row)).collect(),
        };
        rows.into_iter().map(spread).collect()
    }
}

/// Measures the gateway by vendor under every method; [`Method::SpfSenders`] is the reach of senders.
///
/// # Errors
/// [`Fault`] where the sums of a table do not fit or do not add up.
pub fn sensitivity<'o, I>(
    observations: impl Fn() -> I,
    rules: &Ruleset,
    labels: &Labels,
    provenance: &Provenance,
) -> Result<Sensitivity, Fault>
where
    I: Iterator<Item = Observation<'o>>,
{
    let methods = Methods::new(rules);
    let mut tables = Vec::with_capacity(Method::ALL.len());
    for method in Method::ALL {
        let members: Vec<Classification> = methods.classify(method, observations());
        let role = if method == Method::SpfSenders { Role::Sender } else { Role::Gateway };
        let view = View { role, by: Grouping::Vendor, labels };
        // Customers are fewer than members: the table is about a part of the population.
        let cohort = (method == Method::CustomerLevel).then(|| "one member a customer".to_owned());
        let options = Options { cohort, ..Options::default() };
        tables.push((method, measure(&members, view, provenance, rules.short_digest(), &options)?));
    }
    Ok(Sensitivity { tables })
}
