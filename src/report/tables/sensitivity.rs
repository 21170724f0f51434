//! The headline under other methods, and beside what others published.

use serde_json::json;

use super::{citation, provenance_fact};
use crate::report::table::{Cell, Column, Table};
use crate::share::{Count, Overlay, Row, Sensitivity, Spread};

/// One row a vendor, one column a method; of the vendors the `top` first ones.
pub fn sensitivity(found: &Sensitivity, top: usize) -> Table {
    let mut out = Table::new("sensitivity", "E-mail gateways under other methods", &[Column::new("vendor", "vendor")]);
    out.columns.extend(found.tables.iter().map(|(method, _)| Column::named(method.as_str())));
    let (vendors, rest): (Vec<Spread>, Vec<Spread>) = found.spreads().into_iter().partition(|s| matches!(s.row, Row::Named(_)));
    let further = vendors.len().saturating_sub(top);
    for spread in vendors.into_iter().take(top).chain(rest) {
        let mut cells = vec![Cell::text(&spread.label)];
        cells.extend(spread.found.iter().map(|found| match found {
            Some((members, Some(share))) => Cell::CountAndShare(*members, *share),
            Some((members, None)) => Cell::Count(*members),
            None => Cell::Empty,
        }));
        out.rows.push(cells);
    }
    if further > 0 {
        out.notes.push(format!("{further} further vendors are not shown."));
    }
    finish(&mut out, found);
    out
}

/// One row a method and vendor, with the difference from the reference in percentage points.
pub fn sensitivity_long(found: &Sensitivity) -> Table {
    let columns = [
        Column::new("method", "method"),
        Column::new("vendor", "vendor"),
        Column::new("members", "members"),
        Column::new("share", "share"),
        Column::new("difference_pp", "points from reference"),
    ];
    let mut out = Table::new("sensitivity_long", "E-mail gateways under other methods", &columns);
    let spreads = found.spreads();
    for (i, (method, _)) in found.tables.iter().enumerate() {
        for spread in &spreads {
            let Spread { label, found, .. } = spread;
            let Some((members, share)) = found[i] else { continue };
            let reference = found.first().copied().flatten().and_then(|(_, share)| share);
            let difference = share.zip(reference).map(|(share, reference)| (share - reference) * Count::from_integer(100));
            out.rows.push(vec![
                Cell::text(method.as_str()),
                Cell::text(label),
                Cell::Count(members),
                Cell::of(share, Cell::Share),
                Cell::of(difference, Cell::Points),
            ]);
        }
    }
    finish(&mut out, found);
    out
}

fn finish(out: &mut Table, found: &Sensitivity) {
    out.notes.extend(found.tables.iter().map(|(method, _)| format!("{}: {}.", method.as_str(), method.describe())));
    let Some((_, reference)) = found.tables.first() else { return };
    out.notes.extend(citation(&reference.provenance, &reference.ruleset));
    out.facts = vec![("ruleset", json!(reference.ruleset)), ("provenance", provenance_fact(&reference.provenance))];
}

/// What others published, beside the same rows of ours, with a warning where they do not compare.
pub fn published(overlays: &[Overlay]) -> Table {
    let columns = [
        Column::new("as_of", "as of"),
        Column::new("population", "population"),
        Column::new("signal", "signal"),
        Column::new("vendor", "vendor"),
        Column::new("published_share_pct", "published, %"),
        Column::new("share", "ours"),
        Column::new("comparable", "comparable"),
        Column::new("warning", "warning"),
        Column::detail("source"),
        Column::detail("licence"),
    ];
    let mut out = Table::new("published", "Published shares beside ours", &columns);
    for overlay in overlays {
        let them = &overlay.published;
        out.rows.push(vec![
            Cell::text(&them.as_of),
            Cell::text(&them.population),
            Cell::text(&them.signal),
            Cell::text(&overlay.label),
            Cell::text(&them.share_pct),
            Cell::of(overlay.share, Cell::Share),
            Cell::text(if overlay.warnings.is_empty() { "yes" } else { "no" }),
            Cell::text(overlay.warnings.join("; ")),
            Cell::text(&them.source),
            Cell::text(&them.licence),
        ]);
    }
    out
}
