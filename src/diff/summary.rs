//! A diff in sentences that cannot be misread: every percentage beside its counts and points, what
//! switched apart from what the list or the measurement did, and whether chance would do as well.

use crate::diff::{DiffRow, DiffTable};
use crate::population::Unit;
use crate::share::{Count, Row, number};

/// What a diff table says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    pub role: crate::vendor::Role,
    /// Named rows, the largest change first.
    pub findings: Vec<Finding>,
    /// What a reader must know before quoting any of them.
    pub caveats: Vec<String>,
}

/// What a diff table says about one vendor.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub vendor: String,
    /// `Proofpoint +1.4 % (214 -> 217 domains, +0.1 points)`: all members of both lists.
    pub headline: String,
    /// The compared panel alone, with the test: `Proofpoint gained 3 of 2,640 domains (...)`.
    pub switching: String,
    /// Everything else worth knowing, a sentence each.
    pub remarks: Vec<String>,
}

/// The `most` largest changes in words.
pub fn summary(table: &DiffTable, most: usize) -> Summary {
    let shown = |row: &&DiffRow| matches!(row.row, Row::Named(_)) && row.withheld.is_none();
    let mut rows: Vec<&DiffRow> = table.rows.iter().filter(shown).filter(|r| has_changed(r)).collect();
    let size = |row: &DiffRow| row.net().max(-row.net());
    // Stable, so that ties keep the order of the table.
    rows.sort_by_key(|row| std::cmp::Reverse((size(row), row.panel.rose + row.panel.fell)));
    let further = rows.len().saturating_sub(most);
    rows.truncate(most);
    let mut caveats = caveats(table);
    if further > 0 {
        let (nouns, verb) = if further == 1 { (table.by.noun(1), "has") } else { (table.by.noun(2), "have") };
        caveats.push(format!("{further} further {nouns} {verb} changed as well."));
    }
    Summary { role: table.role, findings: rows.into_iter().map(|row| finding(table, row)).collect(), caveats }
}

fn has_changed(row: &DiffRow) -> bool {
    let zero = Count::from_integer(0);
    [row.gained, row.lost, row.entered, row.left, row.appeared, row.disappeared].iter().any(|part| *part > zero)
}

/// One row in words, whether it changed or not.
pub fn finding(table: &DiffTable, row: &DiffRow) -> Finding {
    Finding {
        vendor: row.label.clone(),
        headline: headline(table, row),
        switching: switching(table, row),
        remarks: remarks(table, row),
    }
}

/// `<vendor> +x % (a -> b companies, +y.y points)`: never a percentage without its counts and points.
pub fn headline(table: &DiffTable, row: &DiffRow) -> String {
    let change = match row.relative_change {
        Some(change) => number::relative(&change),
        None if row.new > Count::from_integer(0) => "new".to_owned(),
        None => "absent".to_owned(),
    };
    let points = row.share_change_pp.map_or_else(|| "shares unknown".to_owned(), |pp| format!("{} points", number::points(&pp)));
    format!(
        "{} {change} ({} -> {} {}, {points})",
        row.label,
        number::grouped(&row.old),
        number::grouped(&row.new),
        nouns(table.new.unit, &row.new)
    )
}

fn switching(table: &DiffTable, row: &DiffRow) -> String {
    let label = &row.label;
    let compared = Count::from_integer(table.compared as i128);
    let among = format!("{} {}", number::grouped(&compared), nouns(table.new.unit, &compared));
    let zero = Count::from_integer(0);
    let panel = &row.panel;
    if panel.rose + panel.fell == 0 {
        return format!("{label}: none of {among} came or went");
    }
    let net = panel.new - panel.old;
    let verb = match net.cmp(&zero) {
        std::cmp::Ordering::Greater => format!("gained {} of {among}", number::grouped(&net)),
        std::cmp::Ordering::Less => format!("lost {} of {among}", number::grouped(&-net)),
        std::cmp::Ordering::Equal => format!("won and lost alike among {among}"),
    };
    let change = if panel.old > zero { number::relative(&(net / panel.old)) } else { "new".to_owned() };
    let points = panel.share_old.zip(panel.share_new).map(|(old, new)| (new - old) * Count::from_integer(100));
    let points = points.map_or_else(|| "shares unknown".to_owned(), |pp| format!("{} points", number::points(&pp)));
    let in_part = if row.gained != whole(panel.rose) || row.lost != whole(panel.fell) { ", some in part" } else { "" };
    let mut sentence =
        format!("{label} {verb} ({change}, {points}; {} in, {} out{in_part}", thousands(panel.rose), thousands(panel.fell));
    if let (Some(p), Some(holm)) = (row.p_value, row.p_holm) {
        let verdict =
            if holm < 0.05 { "more than balanced switching explains" } else { "not distinguishable from balanced switching" };
        sentence.push_str(&format!("; exact p = {}, Holm p = {}: {verdict}", number::probability(p), number::probability(holm)));
    }
    sentence.push(')');
    sentence
}

fn remarks(table: &DiffTable, row: &DiffRow) -> Vec<String> {
    let zero = Count::from_integer(0);
    let count = |value: &Count| number::grouped(value);
    let mut remarks = Vec::new();
    let changed = row.panel.rose + row.panel.fell;
    if row.p_holm.is_some_and(|p| p >= 0.05) {
        let with = format!("With {} {}", thousands(changed), if changed == 1 { "change" } else { "changes" });
        remarks.push(match row.panel.needed {
            Some(needed) => {
                format!("{with}, a difference of {needed} between in and out would have reached p < 0.05 on its own.")
            }
            None => format!("{with}, no split could have reached p < 0.05."),
        });
    }
    let outside = [row.entered, row.left, row.appeared, row.disappeared];
    if outside.iter().any(|part| *part > zero) {
        let mut terms = vec![format!("{} by switching", number::change(&(row.gained - row.lost)))];
        let named = [
            (number::change(&row.entered), row.entered, "entered the list"),
            (number::change(&-row.left), row.left, "left it"),
            (number::change(&row.appeared), row.appeared, "became reachable"),
            (number::change(&-row.disappeared), row.disappeared, "became unreachable"),
        ];
        terms.extend(named.into_iter().filter(|(_, part, _)| *part > zero).map(|(text, _, why)| format!("{text} {why}")));
        remarks.push(format!("{} -> {}: {}.", count(&row.old), count(&row.new), terms.join(", ")));
    }
    if let (Some(by_count), Some(by_base)) = (row.count_effect_pp, row.denominator_effect_pp)
        && by_base != zero
    {
        let base = |base: &crate::share::Base| number::grouped(&base.measured());
        remarks.push(format!(
            "Of the change in share, {} points come from its count and {} from the denominator ({} -> {} measured).",
            number::points(&by_count),
            number::points(&by_base),
            base(&table.base_old),
            base(&table.base_new)
        ));
    }
    if row.gained_from_unattributed > zero || row.lost_to_unattributed > zero {
        remarks.push(format!(
            "{} of what it gained came from unattributed and {} of what it lost went there: detection, not market.",
            count(&row.gained_from_unattributed),
            count(&row.lost_to_unattributed)
        ));
    }
    if row.gained_domain > zero || row.lost_domain > zero {
        remarks.push(format!(
            "{} gained and {} lost because another domain was asked for the same member.",
            count(&row.gained_domain),
            count(&row.lost_domain)
        ));
    }
    remarks
}

fn caveats(table: &DiffTable) -> Vec<String> {
    let zero = Count::from_integer(0);
    let total = table.rows.iter().find(|row| row.row == Row::Total);
    let unreachable = table.rows.iter().find(|row| row.row == Row::Unreachable);
    let mut caveats = Vec::new();
    if let Some(total) = total.filter(|t| t.entered > zero || t.left > zero) {
        caveats.push(format!(
            "The lists differ: {} {} entered and {} left. They count in both totals, and in no one's gains or losses.",
            number::grouped(&total.entered),
            nouns(table.new.unit, &total.entered),
            number::grouped(&total.left)
        ));
    }
    if let Some(row) = unreachable.filter(|r| r.appeared > zero || r.disappeared > zero) {
        caveats.push(format!(
            "{} became unreachable and {} reachable again: not measured, hence no switch.",
            number::grouped(&row.appeared),
            number::grouped(&row.disappeared)
        ));
    }
    if table.switchers.is_empty() {
        caveats.push("Nobody that was resolved on both sides switched.".to_owned());
    }
    if table.rows.iter().any(|row| row.p_holm.is_some()) {
        caveats.push(
            "p: exact McNemar against balanced switching; Holm over all that changed. Crawl noise is not in it (see `noise`)."
                .to_owned(),
        );
    }
    if !table.role.is_exclusive() {
        caveats.push("Reach: one member counts for several, and the figures do not sum.".to_owned());
    }
    caveats
}

fn whole(n: u64) -> Count {
    Count::from_integer(i128::from(n))
}

fn thousands(n: u64) -> String {
    number::grouped(&whole(n))
}

fn nouns(unit: Unit, count: &Count) -> &'static str {
    unit.noun(if *count == Count::from_integer(1) { 1 } else { 2 })
}
