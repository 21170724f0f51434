//! What explains a change: duels, noise, rule drift, owners; and the summary as rows.

use serde_json::json;

use super::diff::{finish, title};
use super::role_title;
use crate::diff::{Corner, DiffTable, Drift, Noise, OwnershipEvent, Summary, win_loss as duels};
use crate::report::table::{Cell, Column, Table};

/// From whom each vendor won and to whom it lost.
pub fn win_loss(table: &DiffTable) -> Table {
    let columns = [
        Column::detail("role"),
        Column::new("vendor", "vendor"),
        Column::new("counterpart", "against"),
        Column::new("won", "won"),
        Column::new("lost", "lost"),
        Column::new("net", "net"),
    ];
    let mut out = Table::new("win_loss", title(table, "wins and losses"), &columns);
    out.columns[1].heading = Some(table.by.noun(1).into());
    for duel in duels(table) {
        let net = duel.net();
        out.rows.push(vec![
            Cell::text(table.role.as_str()),
            Cell::Text(duel.vendor),
            Cell::Text(duel.counterpart),
            Cell::Count(duel.won),
            Cell::Count(duel.lost),
            Cell::Change(net),
        ]);
    }
    finish(&mut out, table);
    out
}

/// Flip rates of two crawls of the same week, one row a role.
pub fn noise(found: &[Noise]) -> Table {
    let columns = [
        Column::new("role", "role"),
        Column::new("panel", "in both lists"),
        Column::new("resolved", "resolved in both"),
        Column::new("flipped", "flipped"),
        Column::new("flip_rate", "flip rate"),
        Column::new("wilson_low", "95 % from"),
        Column::new("wilson_high", "to"),
        Column::new("half_reachable", "reachable once"),
    ];
    let mut out = Table::new("noise", "Noise: verdicts that differ between two crawls", &columns);
    for noise in found {
        let (low, high) = noise.interval().unzip();
        out.rows.push(vec![
            Cell::text(noise.role.as_str()),
            Cell::Integer(noise.panel as u64),
            Cell::Integer(noise.resolved as u64),
            Cell::Integer(noise.flipped as u64),
            Cell::of(noise.rate(), Cell::Share),
            Cell::of(low, Cell::Estimate),
            Cell::of(high, Cell::Estimate),
            Cell::Count(noise.half_reachable),
        ]);
    }
    out.notes.push("flip rate = members with another verdict / members resolved in both crawls.".to_owned());
    out
}

/// Old and new data under old and new rules.
pub fn drift(found: &Drift) -> Table {
    let columns = [
        Column::detail("role"),
        Column::new("vendor", "vendor"),
        Column::new("old_data_old_rules", "old data, old rules"),
        Column::new("old_data_new_rules", "old data, new rules"),
        Column::new("new_data_old_rules", "new data, old rules"),
        Column::new("new_data_new_rules", "new data, new rules"),
        Column::new("apparent", "apparent"),
        Column::new("data_effect", "data effect"),
        Column::new("rule_effect", "rule effect"),
        Column::detail("share_old_data_old_rules"),
        Column::detail("share_old_data_new_rules"),
        Column::detail("share_new_data_old_rules"),
        Column::detail("share_new_data_new_rules"),
        Column::new("data_effect_pp", "data, points"),
        Column::new("rule_effect_pp", "rules, points"),
    ];
    let mut out =
        Table::new("drift", format!("{}: what the rules moved, and what the DNS moved", role_title(found.role)), &columns);
    out.columns[1].heading = Some(found.by.noun(1).into());
    for row in &found.rows {
        let corners = [row.old_data_old_rules, row.old_data_new_rules, row.new_data_old_rules, row.new_data_new_rules];
        let mut cells = vec![Cell::text(found.role.as_str()), Cell::text(&row.label)];
        cells.extend(corners.map(|corner: Corner| Cell::Count(corner.members)));
        cells.extend([row.apparent(), row.data_effect(), row.rule_effect()].map(Cell::Change));
        cells.extend(corners.map(|corner: Corner| Cell::of(corner.share, Cell::Share)));
        cells.extend([row.data_effect_pp(), row.rule_effect_pp()].map(|value| Cell::of(value, Cell::Points)));
        out.rows.push(cells);
    }
    out.notes.push(
        "apparent = data effect (both sides under the new rules) + rule effect (the old data under both rules).".to_owned(),
    );
    out.notes.push(format!("Old rules {}, new rules {}.", found.old_rules, found.new_rules));
    out.facts = vec![("role", json!(found.role)), ("old_rules", json!(found.old_rules)), ("new_rules", json!(found.new_rules))];
    out
}

/// Brands that changed hands between the snapshots.
pub fn ownership(events: &[OwnershipEvent]) -> Table {
    let columns = [
        Column::new("vendor", "brand"),
        Column::new("owner_old", "owner before"),
        Column::new("owner_new", "owner after"),
        Column::new("date", "since"),
        Column::new("verified", "source read"),
        Column::new("members_old", "members before"),
        Column::new("members_new", "members after"),
    ];
    let mut out = Table::new("ownership", "Brands that changed hands", &columns);
    for event in events {
        out.rows.push(vec![
            Cell::text(&event.vendor),
            Cell::text(&event.from),
            Cell::text(&event.to),
            Cell::of(event.on.as_deref(), Cell::text),
            Cell::text(if event.verified { "yes" } else { "no" }),
            Cell::Count(event.members_old),
            Cell::Count(event.members_new),
        ]);
    }
    out.notes.push(
        "An acquisition is no growth: brands and owners are separate series, and both sides are counted under one day's owners."
            .to_owned(),
    );
    out
}

/// The summary as rows, for CSV and JSON; `report::summary` writes it as prose.
pub fn summary(found: &Summary) -> Table {
    let columns = [
        Column::detail("role"),
        Column::new("vendor", "vendor"),
        Column::new("headline", "headline"),
        Column::new("switching", "switching"),
        Column::detail("remarks"),
    ];
    let mut out = Table::new("summary", format!("{}: summary", role_title(found.role)), &columns);
    for finding in &found.findings {
        let cells = [found.role.as_str(), &finding.vendor, &finding.headline, &finding.switching, &finding.remarks.join(" ")];
        out.rows.push(cells.map(Cell::text).into());
    }
    out.notes.clone_from(&found.caveats);
    out
}
