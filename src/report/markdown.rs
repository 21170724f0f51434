//! The report as one Markdown page.

use std::fmt::Write as _;

use num_traits::Zero;

use super::table::{Format, Table};
use super::{Page, Picture, Side, escape, headline, summary, tables, words};
use crate::classify::Evidence;
use crate::diff::{self, DiffTable};
use crate::share::ShareTable;
use crate::vendor::Role;

/// Movers of a role that the page lists with their records; the rest stands in the CSV table.
const MOVERS: usize = 60;
/// Members without an answer that the page lists.
const FAILURES: usize = 60;

/// The whole page: headline, what was measured, shares, changes, movers, failures, methods, limits.
pub fn markdown(page: &Page<'_>) -> String {
    let mut out = format!("# {}\n\n", escape::markdown(page.title));
    for warning in words::kind_warnings(page) {
        _ = writeln!(out, "> **{}**\n", escape::markdown(&warning));
    }
    headlines(&mut out, page);
    measured(&mut out, page);
    for share in page.new.shares {
        let diff = page.diffs.iter().find(|d| d.role == share.role);
        role(&mut out, page, share, diff);
    }
    failures(&mut out, page);
    methods(&mut out, page);
    out
}

fn paragraph(out: &mut String, text: &str) {
    _ = writeln!(out, "{}\n", escape::markdown(text));
}

/// The sentences people quote, each with its counts and points.
fn headlines(out: &mut String, page: &Page<'_>) {
    out.push_str("## In short\n\n");
    for diff in page.diffs.iter().filter(|d| d.role.is_exclusive()) {
        _ = writeln!(
            out,
            "{}, observed {}, compared with {}:\n",
            words::role_title(diff.role),
            diff.new.dates(),
            diff.old.dates()
        );
        _ = writeln!(out, "{}", summary::markdown(&diff::summary(diff, 5)));
    }
    if page.diffs.is_empty() {
        for share in page.new.shares.iter().filter(|s| s.role.is_exclusive()) {
            _ = writeln!(out, "{}, {}:\n", words::role_title(share.role), share.provenance.dates());
            for line in headline::share_lines(share, 5) {
                _ = writeln!(out, "- **{}**", escape::markdown(&line));
            }
            out.push('\n');
        }
    }
}

/// Where both sides come from.
fn measured(out: &mut String, page: &Page<'_>) {
    out.push_str("## What was measured\n\n");
    let sides: Vec<(&str, Side<'_>)> = page
        .old
        .map(|old| ("old", old))
        .into_iter()
        .chain([(if page.old.is_some() { "new" } else { "snapshot" }, page.new)])
        .collect();
    let heads: Vec<&str> = sides.iter().map(|s| s.0).collect();
    _ = writeln!(out, "| | {} |\n|:---{}|", heads.join(" | "), "|:---".repeat(heads.len()));
    for (i, (name, _)) in words::facts(page.new).iter().enumerate() {
        let values: Vec<String> = sides.iter().map(|(_, s)| escape::markdown(&words::facts(*s)[i].1)).collect();
        _ = writeln!(out, "| {name} | {} |", values.join(" | "));
    }
    out.push('\n');
    for (head, side) in &sides {
        for note in &side.provenance.notes {
            _ = writeln!(out, "- {head}: {}", escape::markdown(note));
        }
    }
    out.push('\n');
}

/// Charts, shares, change and movers of one role.
fn role(out: &mut String, page: &Page<'_>, share: &ShareTable, diff: Option<&DiffTable>) {
    _ = writeln!(out, "## {}\n", words::role_title(share.role));
    paragraph(out, words::role_meaning(share.role));
    let unmeasured = words::unmeasured(share);
    if !unmeasured.is_empty() {
        paragraph(out, &unmeasured);
        if diff.is_none_or(|d| d.base_old.measured().is_zero()) {
            return;
        }
    }
    for picture in page.pictures.iter().filter(|p| of_role(p, share.role)) {
        let alt = escape::markdown(&picture.title).replace('\n', " ");
        _ = writeln!(out, "![{alt}]({})\n", link(&picture.path));
    }
    section(out, "Shares", tables::share(share));
    let Some(diff) = diff else { return };
    section(out, "Change", tables::diff(diff));
    if share.role.is_exclusive() {
        section(out, "Switching in the compared panel", tables::panel(diff));
        section(out, "Who went where", moves(diff));
    }
    if !page.aggregate_only {
        movers(out, diff);
    }
}

fn of_role(picture: &Picture, role: Role) -> bool {
    picture
        .path
        .rsplit('/')
        .next()
        .and_then(|file| file.split('.').next())
        .is_some_and(|stem| stem.split('-').any(|word| word == role.as_str()))
}

/// A path as a link target: spaces and brackets would end it.
fn link(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_./".contains(&b) {
            out.push(char::from(b));
        } else {
            _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// A table under a heading of the page; what it says of its source stands on the page already.
fn section(out: &mut String, heading: &str, mut table: Table) {
    table.title = heading.to_owned();
    table.notes.retain(|note| words::is_about_the_table(note));
    _ = writeln!(out, "{}", table.render(Format::Markdown));
}

/// Transitions without the diagonal.
fn moves(diff: &DiffTable) -> Table {
    let moved = DiffTable { transitions: diff.transitions.iter().filter(|t| t.from != t.to).cloned().collect(), ..diff.clone() };
    tables::transitions(&moved)
}

/// Members whose verdict differs, each with its old and new records.
fn movers(out: &mut String, diff: &DiffTable) {
    _ = writeln!(out, "### Movers\n");
    if diff.switchers.is_empty() {
        paragraph(out, "Nobody whose answers were definitive on both sides moved.");
        return;
    }
    for s in diff.switchers.iter().take(MOVERS) {
        let domain =
            if s.domain_old == s.domain_new { s.domain_new.clone() } else { format!("{} -> {}", s.domain_old, s.domain_new) };
        let name = if s.name.is_empty() || s.name == domain { String::new() } else { format!(" ({domain})") };
        let shown = if name.is_empty() { &domain } else { &s.name };
        _ = writeln!(
            out,
            "- **{}**{}: {} -> {}",
            escape::markdown(shown),
            escape::markdown(&name),
            escape::markdown(&s.from),
            escape::markdown(&s.to)
        );
        for (side, evidence) in [("old", &s.evidence_old), ("new", &s.evidence_new)] {
            _ = writeln!(out, "  - {side}: {}", escape::markdown(&records(evidence)));
        }
    }
    if diff.switchers.len() > MOVERS {
        _ = writeln!(out, "\n{} more stand in the table `switchers-{}.csv`.", diff.switchers.len() - MOVERS, diff.role.as_str());
    }
    out.push('\n');
}

/// Each record once, in order.
fn records(evidence: &[Evidence]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for e in evidence {
        let text = format!("{} {} [{}]", e.question, e.value, e.rule);
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    if seen.is_empty() { "no record".to_owned() } else { seen.join("; ") }
}

/// Members without a definitive answer, with what came instead.
fn failures(out: &mut String, page: &Page<'_>) {
    let side = page.new;
    out.push_str("## Without a definitive answer\n\n");
    let failed = words::failures(side.members);
    if failed.is_empty() {
        paragraph(out, "Every question that could change a gateway verdict was answered.");
        return;
    }
    let counts: Vec<String> = words::failure_counts(&failed).iter().map(|(outcome, n)| format!("{n} {outcome}")).collect();
    paragraph(
        out,
        &format!(
            "{} {} could not be given a gateway: {}. They are outside the shares and inside the bounds.",
            failed.len(),
            side.provenance.unit.noun(failed.len()),
            counts.join(", ")
        ),
    );
    if page.aggregate_only {
        return;
    }
    out.push_str("| name | domain | outcome |\n|:---|:---|:---|\n");
    for (member, outcome) in failed.iter().take(FAILURES) {
        _ = writeln!(out, "| {} | {} | {outcome} |", escape::markdown(&member.name), escape::markdown(&member.domain));
    }
    if failed.len() > FAILURES {
        _ = writeln!(out, "\n{} more stand in the table `attributions.csv`.", failed.len() - FAILURES);
    }
    out.push('\n');
}

/// How it was done, what it cannot show, and how to do it again.
fn methods(out: &mut String, page: &Page<'_>) {
    out.push_str("## Methods\n\n");
    for text in words::methods(page) {
        paragraph(out, &text);
    }
    out.push_str("## Limits\n\n");
    for text in words::limits(page) {
        _ = writeln!(out, "- {}", escape::markdown(&text));
    }
    if !page.commands.is_empty() {
        out.push_str("\n## Make it again\n\n```sh\n");
        for command in page.commands {
            // A fence inside would end the block.
            _ = writeln!(out, "{}", escape::visible(command).replace("```", "` ` `"));
        }
        out.push_str("```\n");
    }
}

#[cfg(all(test, feature = "charts"))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::chart::tests::usual;

    fn page(hostile: &str) -> String {
        let world = usual();
        let (mut shares, mut diff) = (world.shares(), world.diff());
        shares.rows[0].label = hostile.to_owned();
        diff.rows[0].label = hostile.to_owned();
        let (old, vendors) = (diff.old.clone(), BTreeMap::new());
        let pictures = [Picture { path: "charts/share-gateway.svg".into(), title: hostile.into(), description: String::new() }];
        let provenance = shares.provenance.clone();
        let shares = [shares];
        let side = |provenance| Side { provenance, shares: &shares, members: &[], plan: "mx, txt" };
        markdown(&Page {
            title: "Synthetic page",
            new: side(&provenance),
            old: Some(side(&old)),
            diffs: &[diff],
            cuts: &[],
            ruleset: "0123456789abcdef",
            vendors: &vendors,
            pictures: &pictures,
            aggregate_only: false,
            commands: &["mxcensus report new old".to_owned()],
        })
    }

    #[test]
    fn the_headline_cannot_be_misread() {
        let page = page("Proofpoint");
        assert!(page.contains("- **Proofpoint +9.4 % (138 -&gt; 151 companies, +2.9 points)**"), "{page}");
        assert!(page.contains("SYNTHETIC"));
        for heading in
            ["## In short", "## What was measured", "## E-mail gateways", "### Change", "### Movers", "## Methods", "## Limits"]
        {
            assert!(page.contains(&format!("\n{heading}\n")), "{heading}");
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let page = page("x](javascript:1) <script> | # \u{202e}\n# y");
        // An escaped bracket opens no link.
        let unescaped = page.replace("\\]", "");
        for bad in ["<script", "](javascript", "\u{202e}", "\n# y"] {
            assert!(!unescaped.contains(bad), "{bad:?}");
        }
    }
}
