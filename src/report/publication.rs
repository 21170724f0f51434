//! The words of a publication folder: what is in it, how it was made, how to cite it.

use std::fmt::Write as _;

use super::{Page, escape, headline, summary, words};
use crate::diff;
use crate::snapshot::Manifest;

/// Methods, parameters and limits as one Markdown page.
pub fn methods(page: &Page<'_>, new: &Manifest, old: Option<&Manifest>, more: &[(&str, String)]) -> String {
    let mut out = "# Methods\n\n".to_owned();
    for text in words::methods(page) {
        _ = writeln!(out, "{}\n", escape::markdown(&text));
    }
    out.push_str("## Parameters\n\n");
    let sides: Vec<(&str, Vec<(&str, String)>)> = match old {
        Some(old) => vec![("old", parameters(old)), ("new", parameters(new))],
        None => vec![("snapshot", parameters(new))],
    };
    let heads: Vec<&str> = sides.iter().map(|s| s.0).collect();
    _ = writeln!(out, "| | {} |\n|:---{}|", heads.join(" | "), "|:---".repeat(heads.len()));
    for (i, (name, _)) in sides[0].1.iter().enumerate() {
        let values: Vec<String> = sides.iter().map(|(_, rows)| escape::markdown(&rows[i].1)).collect();
        _ = writeln!(out, "| {name} | {} |", values.join(" | "));
    }
    out.push_str("\n| of both | |\n|:---|:---|\n");
    for (name, value) in more {
        _ = writeln!(out, "| {name} | {} |", escape::markdown(value));
    }
    out.push_str("\n## Limits\n\n");
    for text in words::limits(page) {
        _ = writeln!(out, "- {}", escape::markdown(&text));
    }
    for note in new.notes.iter().chain(old.iter().flat_map(|m| &m.notes)) {
        let line = format!("- {}\n", escape::markdown(note));
        if !out.contains(&line) {
            out.push_str(&line);
        }
    }
    out
}

/// Name and value of everything in a manifest that decides a figure; the same names for every manifest.
fn parameters(m: &Manifest) -> Vec<(&'static str, String)> {
    let list = |items: &mut dyn Iterator<Item = &str>| {
        let all: Vec<&str> = items.collect();
        if all.is_empty() { "none".to_owned() } else { all.join(", ") }
    };
    let crawl =
        |value: &dyn Fn(&crate::snapshot::Crawl) -> String| m.crawl.as_ref().map_or_else(|| "not known".to_owned(), value);
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    vec![
        ("snapshot (SHA-256)", m.digest.clone()),
        ("format of the snapshot", m.schema.to_string()),
        ("sealed by", m.tool.clone()),
        ("kind of data", m.kind.as_str().to_owned()),
        ("list", m.population.name.clone()),
        ("list (SHA-256)", m.population.digest.clone()),
        ("members", m.population.size.to_string()),
        ("first and last day of observation", format!("{} to {}", m.observed_from, m.observed_to)),
        ("start of the crawl", word(&m.started)),
        ("end of the crawl", word(&m.finished)),
        ("source", m.source.clone().unwrap_or_else(|| "this program".to_owned())),
        ("licence of the answers", m.licence.clone().unwrap_or_else(|| "none stated".to_owned())),
        ("question kinds", list(&mut m.plan.kinds.iter().map(|k| k.as_str()))),
        ("DKIM selectors, mailbox hosts", {
            let labels = &m.plan.labels;
            list(&mut labels.microsoft_selectors.iter().chain(&labels.google_selectors).map(String::as_str))
        }),
        ("DKIM selectors, other vendors", list(&mut m.plan.labels.vendor_selectors.iter().map(String::as_str))),
        ("kinds with part of the records", list(&mut m.limits.partial.iter().map(|k| k.as_str()))),
        ("filled in by the import", list(&mut m.limits.reconstructed.iter().map(String::as_str))),
        ("resolvers", crawl(&|c| c.resolvers.join(", "))),
        ("time for one try", crawl(&|c| format!("{} ms", c.timeout_ms))),
        ("tries after the first", crawl(&|c| c.retries.to_string())),
        ("questions", m.observations.questions.to_string()),
        ("questions with two definitive answers", m.conflicts.to_string()),
    ]
}

/// What the folder holds, and how to make it again.
pub fn readme(page: &Page<'_>, licences: &[String], script: &str) -> String {
    let mut out = format!("# {}\n\n", escape::markdown(page.title));
    for warning in words::kind_warnings(page) {
        _ = writeln!(out, "> **{}**\n", escape::markdown(&warning));
    }
    for diff in page.diffs.iter().filter(|d| d.role.is_exclusive()) {
        _ = writeln!(out, "{}:\n\n{}", words::role_title(diff.role), summary::markdown(&diff::summary(diff, 3)));
    }
    for share in page.new.shares.iter().filter(|s| page.diffs.is_empty() && s.role.is_exclusive()) {
        _ = writeln!(out, "{}:\n", words::role_title(share.role));
        for line in headline::share_lines(share, 3) {
            _ = writeln!(out, "- {}", escape::markdown(&line));
        }
        out.push('\n');
    }
    let files = [
        ("report.html", "the whole report as one page, to be opened in a browser"),
        ("report.md", "the same as Markdown"),
        ("charts/", "every chart as SVG and PNG with the CSV it was drawn from; the dark ones in charts/dark/"),
        ("tables/", "every table as CSV and, where the program was built with it, Parquet"),
        ("print/", "short tables for a paper: LaTeX (booktabs) and Markdown"),
        ("datapackage.json", "data dictionary: what every column means (Frictionless Data Package)"),
        ("methods.md", "how it was measured, with every parameter"),
        ("CITATION.cff", "how to cite it"),
        ("rebuild.sh", "the commands that make this folder again"),
        ("SHA256SUMS", "checksums: `sha256sum --check SHA256SUMS`"),
    ];
    out.push_str("## Files\n\n| file | what it is |\n|:---|:---|\n");
    for (name, what) in files {
        _ = writeln!(out, "| `{name}` | {what} |");
    }
    if page.aggregate_only {
        out.push_str("\nThis edition holds aggregates alone: no name, domain or record of a single member.\n");
    }
    _ = write!(out, "\n## Make it again\n\nThe same snapshots, rules and program give the same bytes.\n\n```sh\n{script}```\n");
    if !licences.is_empty() {
        out.push_str("\n## Licence of the answers\n\n");
        for licence in licences {
            _ = writeln!(out, "- {}", escape::markdown(licence));
        }
    }
    out
}

/// A citation file (Citation File Format 1.2.0). Strings are written as JSON, which YAML reads alike.
pub fn citation(title: &str, authors: &[String], version: &str, date: &str, licence: Option<&str>) -> String {
    let quoted = |text: &str| serde_json::Value::from(escape::visible(text)).to_string();
    let mut out = format!(
        "cff-version: 1.2.0\nmessage: If you use these figures, please cite them with the digests of snapshot and rules.\ntitle: {}\ntype: dataset\nauthors:\n",
        quoted(title)
    );
    for author in authors {
        _ = writeln!(out, "  - name: {}", quoted(author));
    }
    _ = writeln!(out, "version: {}\ndate-released: {}", quoted(version), quoted(date));
    if let Some(licence) = licence {
        _ = writeln!(out, "abstract: {}", quoted(&format!("Made from answers under this licence: {licence}")));
    }
    _ = writeln!(
        out,
        "references:\n  - type: software\n    title: mxcensus\n    version: {}\n    authors:\n      - name: The mxcensus developers",
        quoted(env!("CARGO_PKG_VERSION"))
    );
    out
}
