//! Tables of members: all of them with their evidence, those who moved, those that nobody could name or
//! reach.

use std::fmt::Write as _;

use super::rows::{CellView, Column, Row, render};
use super::{Page, shown, words};
use crate::classify::{Attribution, Classification, Evidence, Verdict};
use crate::diff::DiffTable;
use crate::report::explain::flag_words;
use crate::vendor::Role;

/// The id of a member's row, safe in a link: letters, digits and `-.` as they are, other bytes as `_xx`.
pub fn anchor(id: &str) -> String {
    let mut out = String::from("m-");
    for b in id.bytes() {
        if b.is_ascii_alphanumeric() || b == b'-' || b == b'.' {
            out.push(char::from(b));
        } else {
            write!(out, "_{b:02x}").expect("writing to a string");
        }
    }
    out
}

/// Every member with its verdicts; the evidence opens on demand.
pub fn members(page: &Page<'_>) -> String {
    let ranked = page.new.members.iter().any(|m| m.rank.is_some());
    let named = page.new.members.iter().any(|m| !m.name.is_empty() && m.name != m.domain);
    let mut columns = vec![Column::text("name", if named { "name" } else { "domain" })];
    if named {
        columns.push(Column::text("domain", "domain"));
    }
    if ranked {
        columns.push(Column { numeric: true, ..Column::text("rank", "rank") });
    }
    columns.extend([
        Column::text("gateway", "gateway"),
        Column::text("mailbox", "mailbox host"),
        Column::text("confidence", "confidence"),
        Column::text("flags", "flags"),
        Column::text("evidence", "evidence"),
    ]);
    let row = |m: &Classification| {
        let id = anchor(&m.id);
        let name = if named && !m.name.is_empty() { &m.name } else { &m.domain };
        let mut cells = vec![CellView { link: Some(id.clone()), ..CellView::text(name) }];
        if named {
            cells.push(CellView::text(&m.domain));
        }
        if ranked {
            cells.push(CellView::text(&m.rank.map(|r| r.to_string()).unwrap_or_default()));
        }
        let flags: Vec<&str> = m.flags.iter().map(|f| f.as_str()).collect();
        let lines = evidence(m, page);
        cells.extend([
            CellView::text(&verdicts(&m.gateway, page)),
            CellView::text(&verdicts(&m.mailbox, page)),
            CellView::text(m.gateway.iter().filter_map(|a| a.confidence).min().map_or("", |c| c.as_str())),
            CellView::text(&flags.join(" ")),
            if lines.is_empty() { CellView::text("none") } else { CellView::details(count(lines.len(), "line"), lines) },
        ]);
        Row { id: Some(id), cells }
    };
    render("members", "All members", columns, page.new.members.iter().map(row).collect(), Vec::new())
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `Microsoft`, or `Microsoft 1/2 + Google 1/2` where they tie.
fn verdicts(attributions: &[Attribution], page: &Page<'_>) -> String {
    let one = |a: &Attribution| {
        let name = match &a.verdict {
            Verdict::Vendor { vendor, .. } => page.vendors.get(&**vendor).map_or(&**vendor, String::as_str),
            other => other.as_str(),
        };
        if a.weight == 1.into() { name.to_owned() } else { format!("{name} {}", a.weight) }
    };
    attributions.iter().map(one).collect::<Vec<_>>().join(" + ")
}

/// What every verdict rests on, a line each: role and holder, record, rule. Then what the flags mean.
fn evidence(m: &Classification, page: &Page<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for role in Role::ALL {
        for a in m.role(role) {
            let holder = match &a.verdict {
                Verdict::Vendor { vendor, .. } => page.vendors.get(&**vendor).map_or(&**vendor, String::as_str),
                other => other.as_str(),
            };
            for e in &a.evidence {
                lines.push(shown(&format!("{} {holder}: {}", role.as_str(), record(e))));
            }
        }
    }
    lines.extend(m.flags.iter().map(|f| shown(&format!("{}: {}", f.as_str(), flag_words(*f)))));
    lines.dedup();
    lines
}

fn record(e: &Evidence) -> String {
    format!("{} {} [{}]", e.question, e.value, e.rule)
}

/// Members whose verdict differs, with their records before and after.
pub fn movers(id: &str, diff: &DiffTable) -> String {
    let columns = [
        ("name", "name"),
        ("domain", "domain"),
        ("from", "from"),
        ("to", "to"),
        ("cause", "cause"),
        ("evidence_old", "records before"),
        ("evidence_new", "records after"),
    ];
    let records = |list: &[Evidence]| {
        let mut lines: Vec<String> = list.iter().map(|e| shown(&record(e))).collect();
        lines.dedup();
        if lines.is_empty() { CellView::text("none") } else { CellView::details(count(lines.len(), "record"), lines) }
    };
    let rows = diff.switchers.iter().map(|s| {
        let domain =
            if s.domain_old == s.domain_new { s.domain_new.clone() } else { format!("{} -> {}", s.domain_old, s.domain_new) };
        let name = if s.name.is_empty() { &s.domain_new } else { &s.name };
        let mut cells = vec![CellView { link: Some(anchor(&s.id)), ..CellView::text(name) }];
        cells.extend([domain.as_str(), &s.from, &s.to, s.cause.as_str()].map(CellView::text));
        cells.extend([records(&s.evidence_old), records(&s.evidence_new)]);
        Row { id: None, cells }
    });
    let columns = columns.map(|(name, heading)| Column::text(name, heading)).into();
    render(id, "Movers", columns, rows.collect(), Vec::new())
}

/// Members whose mail is received by nobody known.
pub fn unattributed(page: &Page<'_>) -> String {
    let rows = page.new.members.iter().filter_map(|m| {
        let lines: Vec<String> = m
            .gateway
            .iter()
            .filter(|a| a.verdict == Verdict::Unattributed)
            .flat_map(|a| a.evidence.iter().map(|e| format!("{} {}", shown(&e.question), shown(&e.value))))
            .collect();
        let is_one = m.gateway.iter().any(|a| a.verdict == Verdict::Unattributed);
        is_one.then(|| Row {
            id: None,
            cells: vec![
                CellView { link: Some(anchor(&m.id)), ..CellView::text(if m.name.is_empty() { &m.domain } else { &m.name }) },
                CellView::text(&m.domain),
                CellView::text(&lines.join("; ")),
            ],
        })
    });
    let columns = [("name", "name"), ("domain", "domain"), ("records", "records")].map(|(n, h)| Column::text(n, h)).into();
    render("unattributed-members", "Unattributed members", columns, rows.collect(), Vec::new())
}

/// How many members failed, and how.
pub fn failed(page: &Page<'_>, failures: &[(&Classification, &'static str)]) -> String {
    if failures.is_empty() {
        return "Every question that could change a gateway verdict was answered.".to_owned();
    }
    let counts: Vec<String> = words::failure_counts(failures).iter().map(|(outcome, n)| format!("{n} {outcome}")).collect();
    format!(
        "{} {} could not be given a gateway: {}. They are outside the shares and inside the bounds.",
        failures.len(),
        page.new.provenance.unit.noun(failures.len()),
        counts.join(", ")
    )
}

/// Members without a gateway verdict, with what came in place of an answer.
pub fn failures(failures: &[(&Classification, &'static str)]) -> String {
    let row = |(m, outcome): &(&Classification, &'static str)| {
        let name = if m.name.is_empty() { &m.domain } else { &m.name };
        let first = CellView { link: Some(anchor(&m.id)), ..CellView::text(name) };
        Row { id: None, cells: vec![first, CellView::text(&m.domain), CellView::text(outcome)] }
    };
    let columns = [("name", "name"), ("domain", "domain"), ("outcome", "outcome")].map(|(n, h)| Column::text(n, h)).into();
    render("unreachable-members", "Unreachable members", columns, failures.iter().map(row).collect(), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::anchor;

    #[test]
    fn anchors_differ_and_need_no_escaping() {
        assert_eq!(anchor("walmart"), "m-walmart");
        assert_eq!(anchor("a b\"<é"), "m-a_20b_22_3c_c3_a9");
        assert_ne!(anchor("a_b"), anchor("a_5fb"));
    }
}
