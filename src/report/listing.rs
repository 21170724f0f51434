//! Listings of what the program knows: rules, snapshots, exchanges without a rule.

use std::fmt::Write;

use crate::snapshot::Manifest;

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
        _ = writeln!(text, "resolvers {}, timeout {} ms, {} retries", crawl.resolvers.join(", "), crawl.timeout_ms, crawl.retries);
    }
    for note in manifest.notes.iter().chain(&manifest.warnings) {
        _ = writeln!(text, "note: {note}");
    }
    _ = writeln!(text, "\n{} questions", manifest.observations.questions);
    for (qtype, outcomes) in &manifest.counts {
        let counts: Vec<_> = outcomes.iter().map(|(outcome, n)| format!("{n} {outcome}")).collect();
        _ = writeln!(text, "  {qtype:<6} {}", counts.join(", "));
    }
    text
}
