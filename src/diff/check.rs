//! The self-check of a diff table: one in which a moved member is unaccounted for is never shown.

use std::collections::BTreeMap;

use num_traits::Zero;

use crate::diff::{DiffRow, DiffTable, End};
use crate::share::{Count, Fault, Row, number};

type Column = (&'static str, fn(&DiffRow) -> Count);

const COLUMNS: [Column; 12] = [
    ("old", |r| r.old),
    ("new", |r| r.new),
    ("gained", |r| r.gained),
    ("lost", |r| r.lost),
    ("entered", |r| r.entered),
    ("left", |r| r.left),
    ("appeared", |r| r.appeared),
    ("disappeared", |r| r.disappeared),
    ("gained_from_unattributed", |r| r.gained_from_unattributed),
    ("lost_to_unattributed", |r| r.lost_to_unattributed),
    ("gained_domain", |r| r.gained_domain),
    ("lost_domain", |r| r.lost_domain),
];

/// Checks the identity of every row, that rows sum to the total, that the two effects sum to the
/// change in share, and that the margins of the transitions are the old and new counts.
///
/// # Errors
/// [`Fault::Unbalanced`] names the first row that breaks a law, and the law.
pub fn check(table: &DiffTable) -> Result<(), Fault> {
    let fault = |row: &str, what: String| Fault::Unbalanced { role: table.role.as_str(), row: row.to_owned(), what };
    for (i, row) in table.rows.iter().enumerate() {
        if table.rows[..i].iter().any(|other| other.row == row.row) {
            return Err(fault(&row.label, "it stands there twice".into()));
        }
        check_row(row).map_err(|what| fault(&row.label, what))?;
    }
    let Some(total) = table.rows.iter().find(|r| r.row == Row::Total) else {
        return Err(fault("total", "it is missing".into()));
    };
    for (side, count, base, listed) in [
        ("old", total.old, table.base_old.population, table.old.members),
        ("new", total.new, table.base_new.population, table.new.members),
    ] {
        let expected = if table.cohort.is_none() { Count::from_integer(listed as i128) } else { base };
        if count != base || count != expected {
            let what = format!("{} {side} members, but the population has {}", number::exact(&count), number::exact(&expected));
            return Err(fault("total", what));
        }
    }
    if total.gained != total.lost || total.appeared != total.disappeared {
        return Err(fault("total", "gains are not losses, or appearances not disappearances".into()));
    }
    if table.role.is_exclusive() {
        for (name, column) in COLUMNS {
            let sum: Count = table.rows.iter().filter(|r| r.row != Row::Total).map(column).sum();
            if sum != column(total) {
                let what = format!("column {name} sums to {}, not {}", number::exact(&sum), number::exact(&column(total)));
                return Err(fault("total", what));
            }
        }
        check_margins(table).map_err(|(row, what)| fault(&row, what))?;
    }
    Ok(())
}

fn check_row(row: &DiffRow) -> Result<(), String> {
    let moved = row.gained - row.lost + row.entered - row.left + row.appeared - row.disappeared;
    if row.net() != moved {
        return Err(format!("it changed by {}, of which {} is accounted for", number::exact(&row.net()), number::exact(&moved)));
    }
    if row.panel.new - row.panel.old != row.gained - row.lost {
        return Err("its change over the compared panel is not gained minus lost".into());
    }
    if let Some((name, _)) = COLUMNS.iter().find(|(_, column)| column(row) < Count::zero()) {
        return Err(format!("column {name} is below zero"));
    }
    if row.gained_from_unattributed > row.gained || row.gained_domain > row.gained {
        return Err("a part of what it gained is more than what it gained".into());
    }
    if row.lost_to_unattributed > row.lost || row.lost_domain > row.lost {
        return Err("a part of what it lost is more than what it lost".into());
    }
    let effects = row.count_effect_pp.zip(row.denominator_effect_pp).map(|(count, denominator)| count + denominator);
    let shares = row.share_old.zip(row.share_new).map(|(old, new)| (new - old) * Count::from_integer(100));
    if row.share_change_pp != effects || row.share_change_pp != shares {
        return Err("its effects do not sum to the change of its share".into());
    }
    Ok(())
}

/// The table's own row for an end of a transition; transitions name also what `other` folds.
fn shown<'t>(table: &'t DiffTable, row: &Row) -> &'t Row {
    table.rows.iter().find(|r| r.row == *row).map_or(&Row::Other, |r| &r.row)
}

fn check_margins(table: &DiffTable) -> Result<(), (String, String)> {
    let mut margins: BTreeMap<&Row, (Count, Count)> = BTreeMap::new();
    for transition in &table.transitions {
        if let End::Row(row) = &transition.from {
            margins.entry(shown(table, row)).or_default().0 += transition.members;
        }
        if let End::Row(row) = &transition.to {
            margins.entry(shown(table, row)).or_default().1 += transition.members;
        }
    }
    for row in table.rows.iter().filter(|r| r.row != Row::Total) {
        let margin = margins.remove(&row.row).unwrap_or_default();
        if margin != (row.old, row.new) {
            return Err((row.label.clone(), "the transitions from and to it are not its old and new count".into()));
        }
    }
    match margins.keys().next() {
        None => Ok(()),
        Some(_) => Err(("other".into(), "transitions name a row that the table does not have".into())),
    }
}
