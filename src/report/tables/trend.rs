//! Shares through time: wide for readers, long for programs, and the steps.

use serde_json::json;

use super::{citation, provenance_fact, role_title};
use crate::diff::DiffTable;
use crate::report::table::{Cell, Column, Table};
use crate::trend::TrendTable;

/// One row a vendor, one column a snapshot, counts with shares; and the whole change.
pub fn trend(table: &TrendTable) -> Table {
    let mut out = Table::new("trend", title(table), &[Column::new("vendor", "")]);
    out.columns[0].heading = Some(table.by.noun(1).into());
    out.columns.extend(table.snapshots.iter().map(|p| Column::named(p.observed_to.clone())));
    out.columns.extend([
        Column::new("net", "net"),
        Column::new("relative_change", "change"),
        Column::new("share_change_pp", "points"),
    ]);
    for series in &table.series {
        let mut cells = vec![Cell::text(&series.label)];
        cells.extend(series.points.iter().map(|point| match point {
            None => Cell::Word("gap"),
            Some(point) => point.share.map_or(Cell::Count(point.members), |share| Cell::CountAndShare(point.members, share)),
        }));
        let whole = table.whole.rows.iter().find(|row| row.row == series.row);
        cells.push(Cell::of(whole, |row| Cell::Change(row.net())));
        cells.push(Cell::of(whole.and_then(|row| row.relative_change), Cell::Relative));
        cells.push(Cell::of(whole.and_then(|row| row.share_change_pp), Cell::Points));
        out.rows.push(cells);
    }
    out.notes.push("net, change and points: the last snapshot against the first. `gap`: nobody was measured.".to_owned());
    finish(&mut out, table);
    out
}

/// One row a snapshot and vendor, with bounds; gaps have empty figures.
pub fn trend_long(table: &TrendTable) -> Table {
    let columns = [
        Column::new("observed_from", "from"),
        Column::new("observed_to", "to"),
        Column::new("population", "population"),
        Column::detail("snapshot"),
        Column::detail("role"),
        Column::new("vendor", "vendor"),
        Column::new("members", "members"),
        Column::new("share", "share"),
        Column::new("lower_bound", "at least"),
        Column::new("upper_bound", "at most"),
    ];
    let mut out = Table::new("trend_long", title(table), &columns);
    for (i, snapshot) in table.snapshots.iter().enumerate() {
        for series in &table.series {
            let point = series.points.get(i).copied().flatten();
            let mut cells: Vec<Cell> =
                [&snapshot.observed_from, &snapshot.observed_to, &snapshot.population, &snapshot.snapshot].map(Cell::text).into();
            cells.extend([Cell::text(table.role.as_str()), Cell::text(&series.label)]);
            cells.push(Cell::of(point, |p| Cell::Count(p.members)));
            cells.push(Cell::of(point.and_then(|p| p.share), Cell::Share));
            cells.push(Cell::of(point.and_then(|p| p.lower_bound), Cell::Share));
            cells.push(Cell::of(point.and_then(|p| p.upper_bound), Cell::Share));
            out.rows.push(cells);
        }
    }
    finish(&mut out, table);
    out
}

/// The decomposition of each step, and of the last snapshot against the first (`span` = `whole`).
pub fn trend_steps(table: &TrendTable) -> Table {
    let columns = [
        Column::new("span", "span"),
        Column::new("from", "from"),
        Column::new("to", "to"),
        Column::detail("role"),
        Column::new("vendor", "vendor"),
        Column::new("old", "old"),
        Column::new("new", "new"),
        Column::new("net", "net"),
        Column::new("relative_change", "change"),
        Column::new("share_change_pp", "points"),
        Column::new("gained", "gained"),
        Column::new("lost", "lost"),
        Column::new("entered", "entered"),
        Column::new("left", "left"),
        Column::new("appeared", "app."),
        Column::new("disappeared", "disapp."),
        Column::new("p_value", "p"),
        Column::new("p_holm", "p (Holm)"),
    ];
    let mut out = Table::new("trend_steps", format!("{}: step by step", title(table)), &columns);
    for step in &table.steps {
        step_rows(&mut out, "step", step);
    }
    step_rows(&mut out, "whole", &table.whole);
    out.notes.push(
        "The net changes of the steps sum to that of the whole; gains and losses do not where members came back.".to_owned(),
    );
    finish(&mut out, table);
    out
}

fn step_rows(out: &mut Table, span: &str, table: &DiffTable) {
    for row in &table.rows {
        let mut cells: Vec<Cell> =
            [span, &table.old.observed_to, &table.new.observed_to, table.role.as_str(), &row.label].map(Cell::text).into();
        cells.extend([Cell::Count(row.old), Cell::Count(row.new), Cell::Change(row.net())]);
        cells.push(Cell::of(row.relative_change, Cell::Relative));
        cells.push(Cell::of(row.share_change_pp, Cell::Points));
        cells.extend([row.gained, row.lost, row.entered, row.left, row.appeared, row.disappeared].map(Cell::Count));
        cells.extend([row.p_value, row.p_holm].map(|p| Cell::of(p, Cell::Probability)));
        out.rows.push(cells);
    }
}

fn title(table: &TrendTable) -> String {
    let cohort = table.cohort.as_ref().map_or_else(String::new, |c| format!(", {c}"));
    format!("{} by {}{cohort}: {} snapshots", role_title(table.role), table.by.noun(1), table.snapshots.len())
}

fn finish(out: &mut Table, table: &TrendTable) {
    for provenance in &table.snapshots {
        for line in citation(provenance, &table.ruleset) {
            if !out.notes.contains(&line) {
                out.notes.push(line);
            }
        }
    }
    out.facts = vec![
        ("role", json!(table.role)),
        ("by", json!(table.by)),
        ("ruleset", json!(table.ruleset)),
        ("cohort", json!(table.cohort)),
        ("snapshots", table.snapshots.iter().map(provenance_fact).collect()),
    ];
}
