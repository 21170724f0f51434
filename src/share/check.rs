//! The self-check of a share table: one whose rows do not add up is never shown.

use crate::share::{Count, Row, ShareRow, ShareTable, number};

/// Why a table cannot be made or must not be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Exact sums would not fit.
    #[error(
        "a member is split into {parts} parts, and exact sums over this list would need more than 128 bits; \
         leave the members whose exchanges tie between so many vendors out of the list"
    )]
    TooFine { parts: i128 },
    /// A self-check failed. This is a fault of the program or of the classifications it was given.
    #[error("the {role} table does not add up in row `{row}`: {what}; it is not written. Please report this with both snapshots")]
    Unbalanced { role: &'static str, row: String, what: String },
}

/// Checks that the rows add up to the population, that shares sum to 1 and lie within their bounds.
///
/// # Errors
/// [`Fault::Unbalanced`] names the first row that breaks a law, and the law.
pub fn check(table: &ShareTable) -> Result<(), Fault> {
    let fault = |row: &str, what: String| Fault::Unbalanced { role: table.role.as_str(), row: row.to_owned(), what };
    let zero = Count::from_integer(0);
    let one = Count::from_integer(1);
    let of = |row: Row| table.rows.iter().find(|r| r.row == row).map_or(zero, |r| r.members);
    for (i, row) in table.rows.iter().enumerate() {
        if table.rows[..i].iter().any(|other| other.row == row.row) {
            return Err(fault(&row.label, "it stands there twice".into()));
        }
        check_row(row, &table.base.measured()).map_err(|what| fault(&row.label, what))?;
    }
    let expect = |row: Row, expected: Count| {
        let found = of(row.clone());
        let says = || format!("{} members, but the denominators have {}", number::exact(&found), number::exact(&expected));
        if found == expected { Ok(()) } else { Err(fault(row.rest_label().unwrap_or("other"), says())) }
    };
    expect(Row::Total, table.base.population)?;
    expect(Row::Unreachable, table.base.unreachable)?;
    expect(Row::NoMail, table.base.no_mail)?;
    let listed = Count::from_integer(table.provenance.members as i128);
    if table.cohort.is_none() && table.base.population != listed {
        let what =
            format!("{} members, but the population has {}", number::exact(&table.base.population), table.provenance.members);
        return Err(fault("total", what));
    }
    if table.role.is_exclusive() {
        let parts: Count = table.rows.iter().filter(|r| r.row != Row::Total).map(|r| r.members).sum();
        if parts != table.base.population {
            return Err(fault("total", format!("the rows sum to {}", number::exact(&parts))));
        }
        let shares: Count = table.rows.iter().filter_map(|r| r.share).sum();
        if table.base.measured() > zero && shares != one {
            return Err(fault("total", format!("the shares sum to {}", number::exact(&shares))));
        }
    }
    Ok(())
}

/// The laws of one row, as the words for the one it breaks.
fn check_row(row: &ShareRow, measured: &Count) -> Result<(), String> {
    let zero = Count::from_integer(0);
    if row.members < zero || row.confirmed < zero || row.likely < zero || row.weak < zero {
        return Err("it counts fewer than no members".into());
    }
    if row.confirmed + row.likely + row.weak > row.members {
        return Err("confirmed, likely and weak are more than its members".into());
    }
    let rest = matches!(row.row, Row::NoMail | Row::Unreachable | Row::Total);
    if rest != row.share.is_none() && *measured > zero {
        return Err("no-mail, unreachable and total alone have no share".into());
    }
    if let (Some(share), Some(lower), Some(upper)) = (row.share, row.lower_bound, row.upper_bound)
        && !(zero <= lower && lower <= share && share <= upper && upper <= Count::from_integer(1))
    {
        return Err("its share is not within its bounds, or these not within 0 and 1".into());
    }
    Ok(())
}
