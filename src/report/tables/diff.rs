//! Two snapshots compared, as tables: the change, the panel, who went where, and who they are.

use serde_json::json;

use super::{base_fact, citation, denominators, provenance_fact, role_title, withheld};
use crate::classify::Evidence;
use crate::diff::{DiffRow, DiffTable};
use crate::report::table::{Cell, Column, Table};
use crate::share::{Count, Row, number};

const DIFF: [Column; 23] = [
    Column::detail("role"),
    Column::new("vendor", ""),
    Column::new("old", "old"),
    Column::new("new", "new"),
    Column::new("net", "net"),
    Column::new("relative_change", "change"),
    Column::new("share_old", "old share"),
    Column::new("share_new", "new share"),
    Column::new("share_change_pp", "points"),
    Column::detail("count_effect_pp"),
    Column::detail("denominator_effect_pp"),
    Column::new("gained", "gained"),
    Column::new("lost", "lost"),
    Column::new("entered", "entered"),
    Column::new("left", "left"),
    Column::new("appeared", "app."),
    Column::new("disappeared", "disapp."),
    Column::detail("gained_from_unattributed"),
    Column::detail("lost_to_unattributed"),
    Column::detail("gained_domain"),
    Column::detail("lost_domain"),
    Column::new("p_value", "p"),
    Column::new("p_holm", "p (Holm)"),
];

/// The diff table: all members of both sides.
pub fn diff(table: &DiffTable) -> Table {
    let mut out = Table::new("diff", title(table, "change"), &DIFF);
    out.columns[1].heading = Some(table.by.noun(1).into());
    out.rows = table.rows.iter().map(|row| cells(table, row)).collect();
    out.notes.push(
        "net = gained - lost (switched) + entered - left (the list) + app. - disapp. (reachable on one side only).".to_owned(),
    );
    for (side, base) in [("Old", &table.base_old), ("New", &table.base_new)] {
        out.notes.push(format!("{side}: {}", denominators(base, table.role.is_exclusive())));
    }
    let few: Vec<u32> = table.rows.iter().filter_map(|row| row.withheld).collect();
    out.notes.extend(withheld(few.len(), few.first().copied().unwrap_or(0)));
    finish(&mut out, table);
    out
}

fn cells(table: &DiffTable, row: &DiffRow) -> Vec<Cell> {
    let mut cells = vec![Cell::text(table.role.as_str()), Cell::text(&row.label)];
    if let Some(n) = row.withheld {
        cells.extend([Cell::Withheld(n), Cell::Withheld(n)]);
        cells.resize(DIFF.len(), Cell::Empty);
        return cells;
    }
    cells.extend([Cell::Count(row.old), Cell::Count(row.new), Cell::Change(row.net())]);
    cells.push(relative(row.relative_change, row.new));
    cells.extend([row.share_old, row.share_new].map(|value| Cell::of(value, Cell::Share)));
    let points = [row.share_change_pp, row.count_effect_pp, row.denominator_effect_pp];
    cells.extend(points.map(|value| Cell::of(value, Cell::Points)));
    cells.extend([row.gained, row.lost, row.entered, row.left, row.appeared, row.disappeared].map(Cell::Count));
    cells.extend([row.gained_from_unattributed, row.lost_to_unattributed].map(Cell::Count));
    cells.extend([row.gained_domain, row.lost_domain].map(Cell::Count));
    cells.extend([row.p_value, row.p_holm].map(|p| Cell::of(p, Cell::Probability)));
    cells
}

/// `new` where there was nothing to change from.
fn relative(change: Option<Count>, new: Count) -> Cell {
    match change {
        Some(change) => Cell::Relative(change),
        None if new > Count::from_integer(0) => Cell::New,
        None => Cell::Empty,
    }
}

const PANEL: [Column; 15] = [
    Column::detail("role"),
    Column::new("vendor", ""),
    Column::new("old", "old"),
    Column::new("new", "new"),
    Column::new("net", "net"),
    Column::new("relative_change", "change"),
    Column::new("share_old", "old share"),
    Column::new("share_new", "new share"),
    Column::new("share_change_pp", "points"),
    Column::new("members_in", "in"),
    Column::new("members_out", "out"),
    Column::new("difference", "in - out"),
    Column::new("difference_needed", "needed"),
    Column::new("p_value", "p"),
    Column::new("p_holm", "p (Holm)"),
];

/// The compared panel alone: the same members on both sides, all of them resolved.
pub fn panel(table: &DiffTable) -> Table {
    let mut out = Table::new("panel", title(table, "switching in the compared panel"), &PANEL);
    out.columns[1].heading = Some(table.by.noun(1).into());
    out.rows = table
        .rows
        .iter()
        .filter(|row| !matches!(row.row, Row::Total | Row::Unreachable))
        .map(|row| panel_cells(table, row))
        .collect();
    out.notes.push(format!(
        "{} of {} in both lists were resolved on both sides; `needed` is the smallest |in - out| that reaches p < 0.05.",
        number::grouped(&Count::from_integer(table.compared as i128)),
        number::grouped(&Count::from_integer(table.panel as i128)),
    ));
    finish(&mut out, table);
    out
}

fn panel_cells(table: &DiffTable, row: &DiffRow) -> Vec<Cell> {
    let mut cells = vec![Cell::text(table.role.as_str()), Cell::text(&row.label)];
    if let Some(n) = row.withheld {
        cells.extend([Cell::Withheld(n), Cell::Withheld(n)]);
        cells.resize(PANEL.len(), Cell::Empty);
        return cells;
    }
    let panel = &row.panel;
    let net = panel.new - panel.old;
    cells.extend([Cell::Count(panel.old), Cell::Count(panel.new), Cell::Change(net)]);
    let some = panel.old > Count::from_integer(0);
    cells.push(relative(some.then(|| net / panel.old), panel.new));
    cells.extend([panel.share_old, panel.share_new].map(|value| Cell::of(value, Cell::Share)));
    let points = panel.share_old.zip(panel.share_new).map(|(old, new)| (new - old) * Count::from_integer(100));
    cells.push(Cell::of(points, Cell::Points));
    cells.extend([Cell::Integer(panel.rose), Cell::Integer(panel.fell)]);
    cells.push(Cell::Change(Count::from_integer(i128::from(panel.rose) - i128::from(panel.fell))));
    cells.push(match (row.p_value, panel.needed) {
        (Some(_), None) => Cell::Word("none"),
        (_, needed) => Cell::of(needed, Cell::Integer),
    });
    cells.extend([row.p_value, row.p_holm].map(|p| Cell::of(p, Cell::Probability)));
    cells
}

/// Who went where, the diagonal included, so that the margins are the old and new counts.
pub fn transitions(table: &DiffTable) -> Table {
    let columns =
        [Column::detail("role"), Column::new("from", "from"), Column::new("to", "to"), Column::new("members", "members")];
    let mut out = Table::new("transitions", title(table, "transitions"), &columns);
    out.rows = (table.transitions.iter())
        .map(|t| {
            vec![Cell::text(table.role.as_str()), Cell::text(&t.from_label), Cell::text(&t.to_label), Cell::Count(t.members)]
        })
        .collect();
    if !table.role.is_exclusive() {
        out.notes.push("A reach role has no transitions: a vendor that is added displaces nobody.".to_owned());
    }
    finish(&mut out, table);
    out
}

/// The members behind the change, each with the old and new records as proof.
pub fn switchers(table: &DiffTable) -> Table {
    let columns = [
        Column::new("id", "id"),
        Column::new("name", "name"),
        Column::new("domain_old", "old domain"),
        Column::new("domain_new", "new domain"),
        Column::detail("role"),
        Column::new("from", "from"),
        Column::new("to", "to"),
        Column::new("cause", "cause"),
        Column::detail("evidence_old"),
        Column::detail("evidence_new"),
    ];
    let mut out = Table::new("switchers", title(table, "switchers"), &columns);
    out.rows = (table.switchers.iter())
        .map(|s| {
            [
                s.id.as_str(),
                &s.name,
                &s.domain_old,
                &s.domain_new,
                table.role.as_str(),
                &s.from,
                &s.to,
                s.cause.as_str(),
                &evidence(&s.evidence_old),
                &evidence(&s.evidence_new),
            ]
            .map(Cell::text)
            .into()
        })
        .collect();
    finish(&mut out, table);
    out
}

/// Records with the rule that read each, joined: `example.com. MX 10 mx.example.net. [rule]`.
pub(super) fn evidence(list: &[Evidence]) -> String {
    list.iter().map(|e| format!("{} {} [{}]", e.question, e.value, e.rule)).collect::<Vec<_>>().join("; ")
}

pub(super) fn title(table: &DiffTable, what: &str) -> String {
    let cohort = table.cohort.as_ref().map_or_else(String::new, |c| format!(", {c}"));
    format!("{} by {}{cohort}: {what}", role_title(table.role), table.by.noun(1))
}

/// Citations of both sides, and the facts of the JSON form.
pub(super) fn finish(out: &mut Table, table: &DiffTable) {
    for (side, provenance) in [("Old", &table.old), ("New", &table.new)] {
        out.notes.extend(citation(provenance, &table.ruleset).into_iter().map(|line| format!("{side}: {line}")));
    }
    out.facts = vec![
        ("role", json!(table.role)),
        ("by", json!(table.by)),
        ("ruleset", json!(table.ruleset)),
        ("cohort", json!(table.cohort)),
        ("panel", json!(table.panel)),
        ("compared", json!(table.compared)),
        ("denominators_old", base_fact(&table.base_old)),
        ("denominators_new", base_fact(&table.base_new)),
        ("old", provenance_fact(&table.old)),
        ("new", provenance_fact(&table.new)),
    ];
}
