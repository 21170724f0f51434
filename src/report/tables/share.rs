//! Market share of one snapshot as a table.

use serde_json::json;

use super::{base_fact, citation, denominators, provenance_fact, withheld};
use crate::report::table::{Cell, Column, Table};
use crate::share::{ShareRow, ShareTable};

const COLUMNS: [Column; 9] = [
    Column::detail("role"),
    Column::new("vendor", ""),
    Column::new("members", "members"),
    Column::new("share", "share"),
    Column::new("lower_bound", "at least"),
    Column::new("upper_bound", "at most"),
    Column::new("confirmed", "confirmed"),
    Column::new("likely", "likely"),
    Column::new("weak", "weak"),
];

/// The share table; `wilson_low` and `wilson_high` follow where they were asked for.
pub fn share(table: &ShareTable) -> Table {
    let cohort = table.cohort.as_ref().map_or_else(String::new, |c| format!(", {c}"));
    let title = format!("{} by {}{cohort}", super::role_title(table.role), table.by.noun(1));
    let wilson = table.rows.iter().any(|row| row.wilson.is_some());
    let mut out = Table::new("share", title, &COLUMNS);
    out.columns[1].heading = Some(table.by.noun(1).into());
    if wilson {
        out.columns.extend([Column::new("wilson_low", "95 % from"), Column::new("wilson_high", "to")]);
    }
    out.rows = table.rows.iter().map(|row| cells(table, row, wilson)).collect();
    out.notes.push(denominators(&table.base, table.role.is_exclusive()));
    out.notes.push("`at least` and `at most` are what missing answers and weak readings could change.".to_owned());
    let few: Vec<u32> = table.rows.iter().filter_map(|row| row.withheld).collect();
    out.notes.extend(withheld(few.len(), few.first().copied().unwrap_or(0)));
    out.notes.extend(citation(&table.provenance, &table.ruleset));
    out.facts = vec![
        ("role", json!(table.role)),
        ("by", json!(table.by)),
        ("ruleset", json!(table.ruleset)),
        ("cohort", json!(table.cohort)),
        ("denominators", base_fact(&table.base)),
        ("provenance", provenance_fact(&table.provenance)),
    ];
    out
}

fn cells(table: &ShareTable, row: &ShareRow, wilson: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::text(table.role.as_str()), Cell::text(&row.label)];
    if let Some(n) = row.withheld {
        cells.push(Cell::Withheld(n));
        cells.resize(COLUMNS.len() + if wilson { 2 } else { 0 }, Cell::Empty);
        return cells;
    }
    cells.push(Cell::Count(row.members));
    cells.extend([row.share, row.lower_bound, row.upper_bound].map(|value| Cell::of(value, Cell::Share)));
    cells.extend([row.confirmed, row.likely, row.weak].map(Cell::Count));
    if wilson {
        let (low, high) = row.wilson.unzip();
        cells.extend([low, high].map(|value| Cell::of(value, Cell::Estimate)));
    }
    cells
}

/// How much the largest hold; empty for reach roles.
pub fn concentration(table: &ShareTable) -> Table {
    let columns = [Column::detail("role"), Column::new("measure", "measure"), Column::new("value", "value")];
    let mut out = Table::new("concentration", format!("Concentration: {}", table.role.as_str()), &columns);
    if let Some(found) = &table.concentration {
        let row = |measure: &str, value: Cell| vec![Cell::text(table.role.as_str()), Cell::text(measure), value];
        out.rows = vec![
            row("top_1_share", Cell::Share(found.top1)),
            row("top_3_share", Cell::Share(found.top3)),
            row("top_5_share", Cell::Share(found.top5)),
            row("hhi", Cell::Figure(found.hhi)),
        ];
        out.notes.push(
            "hhi: Herfindahl-Hirschman index of the named rows, 0 to 10,000; unattributed members are left out, so it is a lower bound."
                .to_owned(),
        );
    }
    out
}
