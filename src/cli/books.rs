//! How the resolvers of a crawl did: a line each for the user, `run.json` for machines.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::crawl::{Crawled, ResolverFigures, Settings};
use crate::dns::Outcome;
use crate::snapshot::Attempts;

/// The books of a crawl, complete or interrupted. Latencies are milliseconds to a reply of any kind.
pub fn of<A>(crawled: &Crawled<A>, population: &str, settings: &Settings) -> Value {
    let counts = &crawled.counts;
    let outcomes: serde_json::Map<String, Value> =
        Outcome::ALL.into_iter().map(|outcome| (outcome.to_string(), counts.of(outcome).into())).collect();
    json!({
        "tool": concat!("mxcensus ", env!("CARGO_PKG_VERSION")),
        "population": population,
        "started": crawled.started.format(&Rfc3339).ok(),
        "finished": crawled.finished.format(&Rfc3339).ok(),
        "interrupted": crawled.interrupted,
        "settings": {
            "concurrency": settings.concurrency.to_string(),
            "qps": settings.qps,
            "timeout_ms": millis(settings.timeout),
            "retries": settings.retries,
            "domain_budget_ms": millis(settings.domain_budget),
            "outage_ms": millis(settings.outage),
        },
        "questions": {
            "asked": counts.asked,
            "answered": counts.answered(),
            "negative": counts.negative(),
            "failed": counts.failed(),
            "outcomes": outcomes,
            "sent": counts.sent,
            "retries": counts.retries,
            "second_pass": counts.second_pass,
            "recovered": counts.recovered,
            "over_budget": counts.over_budget,
            "truncated": counts.truncated,
            "canaries": counts.canaries,
            "resumed": counts.resumed,
        },
        "resolvers": crawled.figures.iter().map(resolver).collect::<Vec<_>>(),
        "warnings": crawled.warnings,
    })
}

fn resolver(figures: &ResolverFigures) -> Value {
    let attempts = attempts(figures);
    let [p50, p90, p99] = figures.latency.map(|latency| latency.as_secs_f64() * 1e3);
    json!({
        "resolver": attempts.resolver,
        "attempts": attempts.sent,
        "outcomes": attempts.outcomes,
        "late": attempts.late,
        "latency_ms": { "p50": p50, "p90": p90, "p99": p99 },
    })
}

/// What one resolver was asked in this run, as a manifest keeps it.
pub fn attempts(figures: &ResolverFigures) -> Attempts {
    Attempts {
        resolver: figures.resolver.clone(),
        sent: figures.attempts,
        late: figures.late,
        outcomes: ended(figures).map(|(outcome, n)| (outcome.to_string(), n)).collect(),
    }
}

/// As `192.0.2.53:53: 812 attempts, 809 answered, 3 timeout; replies in 12.1 ms, 90 % in 31.0, 99 % in 88.2`.
pub fn line(figures: &ResolverFigures) -> String {
    let ends: Vec<String> = ended(figures).map(|(outcome, n)| format!(", {n} {outcome}")).collect();
    let [p50, p90, p99] = figures.latency.map(|latency| latency.as_secs_f64() * 1e3);
    let late = if figures.late > 0 { format!(" ({} replied late)", figures.late) } else { String::new() };
    format!(
        "{}: {} attempts{}{late}; half of the replies within {p50:.1} ms, 90 % {p90:.1}, 99 % {p99:.1}",
        figures.resolver,
        figures.attempts,
        ends.concat()
    )
}

fn ended(figures: &ResolverFigures) -> impl Iterator<Item = (Outcome, u64)> {
    Outcome::ALL.into_iter().zip(figures.outcomes).filter(|(_, n)| *n > 0)
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
