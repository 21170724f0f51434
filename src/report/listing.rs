//! Listings of what the program knows: rules, snapshots, exchanges without a rule.

use std::fmt::Write;

use crate::classify::Group;
use crate::report::table::{Cell, Column, Table};
use crate::share::Count;
use crate::snapshot::{Manifest, Summary};
use crate::validate::{Rate, Validation};
use crate::vendor::{Reviewed, Role, Ruleset};

/// Vendors with their roles and number of rules.
pub fn rules_table(rules: &Ruleset, role: Option<Role>) -> Table {
    const COLUMNS: [Column; 5] = [
        Column::new("vendor", "vendor"),
        Column::new("name", "name"),
        Column::new("owner", "owner"),
        Column::new("roles", "roles"),
        Column::new("rules", "rules"),
    ];
    let mut table = Table::new("rules", "Vendors", &COLUMNS);
    for vendor in rules.vendors.values() {
        let mut roles: Vec<Role> = vendor.products.iter().flat_map(|p| p.roles.iter().copied()).collect();
        roles.sort();
        roles.dedup();
        if role.is_some_and(|wanted| !roles.contains(&wanted)) {
            continue;
        }
        let count = rules.rules.iter().filter(|r| *r.vendor == *vendor.id).count();
        table.rows.push(vec![
            Cell::text(&*vendor.id),
            Cell::text(&*vendor.name),
            Cell::text(vendor.owner(None)),
            Cell::text(roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(" ")),
            Cell::Integer(count as u64),
        ]);
    }
    table.notes.push(format!("rules {}", rules.short_digest()));
    table
}

/// The snapshots of a data folder.
pub fn snapshots_table(summaries: &[Summary]) -> Table {
    const COLUMNS: [Column; 7] = [
        Column::new("population", "population"),
        Column::new("date", "date"),
        Column::new("kind", "kind"),
        Column::new("members", "members"),
        Column::new("questions", "questions"),
        Column::new("digest", "digest"),
        Column::new("folder", "folder"),
    ];
    let mut table = Table::new("snapshots", "Snapshots", &COLUMNS);
    for Summary { dir, manifest } in summaries {
        table.rows.push(vec![
            Cell::text(&*manifest.population.name),
            Cell::text(&*manifest.date),
            Cell::text(manifest.kind.as_str()),
            Cell::Integer(manifest.population.size as u64),
            Cell::Integer(manifest.observations.questions as u64),
            Cell::text(manifest.provenance().snapshot),
            Cell::text(dir.display().to_string()),
        ]);
    }
    table
}

/// Exchanges that no rule knows, by what they have in common; those that were looked at before last.
pub fn unattributed_table(groups: &[Group], reviewed: &[(Group, Reviewed)], measured: usize) -> Table {
    const COLUMNS: [Column; 9] = [
        Column::new("exchange_domain", "exchanges under"),
        Column::new("members", "members"),
        Column::new("share", "share"),
        Column::new("exchanges", "exchanges"),
        Column::new("domains", "asked domains"),
        Column::new("hint", "hint"),
        Column::new("operators", "origin AS"),
        Column::new("shapes", "shape"),
        Column::new("reviewed", "reviewed"),
    ];
    let some = |list: Vec<String>| {
        let more = list.len().saturating_sub(3);
        let shown = list.into_iter().take(3).collect::<Vec<_>>().join(" ");
        if more == 0 { shown } else { format!("{shown} and {more} more") }
    };
    let mut table = Table::new("unattributed", "Exchanges that no rule knows", &COLUMNS);
    let open = groups.iter().map(|group| (group, None));
    for (group, review) in open.chain(reviewed.iter().map(|(group, why)| (group, Some(why)))) {
        let members = Count::new((*group.members.numer()).into(), (*group.members.denom()).into());
        let share = (measured > 0).then(|| members / Count::from_integer(measured as i128));
        table.rows.push(vec![
            Cell::text(&*group.key),
            Cell::Count(members),
            Cell::of(share, Cell::Share),
            Cell::text(some(group.exchanges.iter().cloned().collect())),
            Cell::text(some(group.domains.iter().cloned().collect())),
            Cell::of(group.hint.clone(), Cell::Text),
            Cell::text(some(group.operators.iter().map(|number| format!("AS{number}")).collect())),
            Cell::text(some(group.shapes.iter().cloned().collect())),
            Cell::of(review.map(|r| format!("{}: {}", r.on, r.why)), Cell::Text),
        ]);
    }
    table
}

/// Precision and recall of each vendor that the labels name.
pub fn scores_table(validation: &Validation) -> Table {
    const COLUMNS: [Column; 8] = [
        Column::new("role", "role"),
        Column::new("vendor", "vendor"),
        Column::new("measure", "measure"),
        Column::new("hits", "hits"),
        Column::new("trials", "of"),
        Column::new("rate", "rate"),
        Column::new("interval_low", "95 % from"),
        Column::new("interval_high", "to"),
    ];
    let mut table = Table::new("scores", format!("Scores: {}", validation.role.as_str()), &COLUMNS);
    let mut push = |vendor: &str, measure: &str, rate: &Rate| {
        table.rows.push(vec![
            Cell::text(validation.role.as_str()),
            Cell::text(vendor),
            Cell::text(measure),
            Cell::Integer(rate.hits as u64),
            Cell::Integer(rate.trials as u64),
            Cell::of(rate.value(), Cell::Estimate),
            Cell::of(rate.interval.map(|i| i.0), Cell::Estimate),
            Cell::of(rate.interval.map(|i| i.1), Cell::Estimate),
        ]);
    };
    push("(all)", "accuracy", &validation.accuracy);
    push("(all)", "accuracy where decided", &validation.decided);
    for score in &validation.scores {
        push(&score.vendor, "precision", &score.precision);
        push(&score.vendor, "recall", &score.recall);
    }
    table.notes.push(format!("{} labelled domains compared, {} not in the snapshot", validation.compared, validation.missing));
    table
}

/// Labels against verdicts.
pub fn confusion_table(validation: &Validation) -> Table {
    const COLUMNS: [Column; 4] = [
        Column::new("role", "role"),
        Column::new("label", "label"),
        Column::new("verdict", "verdict"),
        Column::new("domains", "domains"),
    ];
    let mut table = Table::new("confusion", format!("Labels and verdicts: {}", validation.role.as_str()), &COLUMNS);
    for ((label, verdict), count) in &validation.confusion {
        let cells = vec![
            Cell::text(validation.role.as_str()),
            Cell::text(&**label),
            Cell::text(&**verdict),
            Cell::Integer(*count as u64),
        ];
        table.rows.push(cells);
    }
    table
}

/// Every labelled domain on which verdict and label differ, with our evidence.
pub fn disagreements_table(validation: &Validation) -> Table {
    const COLUMNS: [Column; 6] = [
        Column::new("role", "role"),
        Column::new("domain", "domain"),
        Column::new("label", "label"),
        Column::new("verdict", "verdict"),
        Column::new("evidence", "evidence"),
        Column::new("note", "note of the label"),
    ];
    let mut table = Table::new("disagreements", format!("Disagreements: {}", validation.role.as_str()), &COLUMNS);
    for row in &validation.disagreements {
        let facts: Vec<String> = row.evidence.iter().map(|e| format!("{}: {} ({})", e.question, e.value, e.rule)).collect();
        table.rows.push(vec![
            Cell::text(validation.role.as_str()),
            Cell::text(&*row.domain),
            Cell::text(&*row.label),
            Cell::text(&*row.verdict),
            Cell::text(facts.join("; ")),
            Cell::text(&*row.note),
        ]);
    }
    table
}

/// A manifest in words.
pub fn manifest_text(manifest: &Manifest) -> String {
    let mut text = String::new();
    let population = &manifest.population;
    let unit = population.unit.noun(population.size);
    _ = writeln!(text, "{} ({} {unit}, series {})", population.name, population.size, population.series);
    _ = writeln!(text, "{} data of {}, observed {}", manifest.kind.as_str(), manifest.date, manifest.provenance().dates());
    for (label, value) in [("source", &manifest.source), ("licence", &manifest.licence), ("replay of", &manifest.replay_of)] {
        if let Some(value) = value {
            _ = writeln!(text, "{label}: {value}");
        }
    }
    _ = writeln!(text, "sealed by {}, digest {}", manifest.tool, manifest.digest);
    let kinds: Vec<_> = manifest.plan.kinds.iter().map(|k| k.as_str()).collect();
    _ = writeln!(text, "question kinds: {}", kinds.join(", "));
    if !manifest.limits.partial.is_empty() {
        let partial: Vec<_> = manifest.limits.partial.iter().map(|k| k.as_str()).collect();
        _ = writeln!(text, "partial (absence is no evidence): {}", partial.join(", "));
    }
    if !manifest.limits.reconstructed.is_empty() {
        let parts: Vec<_> = manifest.limits.reconstructed.iter().map(String::as_str).collect();
        _ = writeln!(text, "reconstructed: {}", parts.join(", "));
    }
    if let Some(crawl) = &manifest.crawl {
        _ = writeln!(
            text,
            "resolvers {}, timeout {} ms, {} retries",
            crawl.resolvers.join(", "),
            crawl.timeout_ms,
            crawl.retries
        );
    }
    for note in manifest.notes.iter().chain(&manifest.warnings) {
        _ = writeln!(text, "note: {note}");
    }
    _ = writeln!(text, "\n{} questions", manifest.observations.questions);
    for (qtype, outcomes) in &manifest.counts {
        let counts: Vec<_> = outcomes.iter().map(|(outcome, n)| format!("{n} {outcome}")).collect();
        _ = writeln!(text, "  {qtype:<6} {}", counts.join(", "));
    }
    super::escape::visible_lines(&text)
}
