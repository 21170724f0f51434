//! Tables of members: all of them with their evidence, those who moved, those that nobody could name or
//! reach.

use super::sheet::{Cell, Column, Sheet, Sheets};
use super::{Page, words};
use crate::classify::{Attribution, Classification, Evidence, Verdict};
use crate::diff::DiffTable;
use crate::report::explain::flag_words;
use crate::vendor::Role;

/// Every member with its verdicts; the evidence opens on demand.
pub fn members(page: &Page<'_>, sheets: &mut Sheets) -> String {
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
        Column { lines: "line", ..Column::text("evidence", "evidence") },
    ]);
    let mut rows = Vec::with_capacity(page.new.members.len());
    for m in page.new.members {
        let name = if named && !m.name.is_empty() { &m.name } else { &m.domain };
        let mut cells = vec![sheets.cell(name)];
        if named {
            cells.push(sheets.cell(&m.domain));
        }
        if ranked {
            cells.push(sheets.cell(&m.rank.map(|r| r.to_string()).unwrap_or_default()));
        }
        let flags: Vec<&str> = m.flags.iter().map(|f| f.as_str()).collect();
        cells.push(sheets.cell(&verdicts(&m.gateway, page)));
        cells.push(sheets.cell(&verdicts(&m.mailbox, page)));
        cells.push(sheets.cell(m.gateway.iter().filter_map(|a| a.confidence).min().map_or("", |c| c.as_str())));
        cells.push(sheets.cell(&flags.join(" ")));
        cells.push(evidence(m, page, sheets));
        rows.push((sheets.text(&m.id), cells));
    }
    sheets.add(Sheet {
        id: "members".to_owned(),
        caption: "All members",
        label: "All members".to_owned(),
        columns,
        own: true,
        rows,
    })
}

/// `Microsoft`, or `Microsoft 1/2 + Google 1/2` where they tie.
fn verdicts(attributions: &[Attribution], page: &Page<'_>) -> String {
    let one = |a: &Attribution| {
        let name = holder(a, page);
        if a.weight == 1.into() { name.to_owned() } else { format!("{name} {}", a.weight) }
    };
    attributions.iter().map(one).collect::<Vec<_>>().join(" + ")
}

fn holder<'a>(a: &'a Attribution, page: &'a Page<'_>) -> &'a str {
    match &a.verdict {
        Verdict::Vendor { vendor, .. } => page.vendors.get(&**vendor).map_or(&**vendor, String::as_str),
        other => other.as_str(),
    }
}

/// What every verdict rests on, a line each: role and holder, record, rule. Then what the flags mean.
fn evidence(m: &Classification, page: &Page<'_>, sheets: &mut Sheets) -> Cell {
    let mut lines = Vec::new();
    for role in Role::ALL {
        for a in m.role(role) {
            for e in &a.evidence {
                let mut line = vec![sheets.text(&format!("{} {}:", role.as_str(), holder(a, page)))];
                line.extend(record(e, sheets));
                lines.push(line);
            }
        }
    }
    for flag in m.flags.iter() {
        lines.push(sheets.line(&[&format!("{}:", flag.as_str()), flag_words(*flag)]));
    }
    lines.dedup();
    Cell::Lines(lines)
}

/// Name, type, value and rule: names stand in many lines, so they are texts of their own.
fn record(e: &Evidence, sheets: &mut Sheets) -> Vec<usize> {
    let rule = format!("[{}]", e.rule);
    match e.question.rsplit_once(' ') {
        Some((name, kind)) => sheets.line(&[name, kind, &e.value, &rule]),
        None => sheets.line(&[&e.question, &e.value, &rule]),
    }
}

/// Members whose verdict differs, with their records before and after.
pub fn movers(id: String, diff: &DiffTable, sheets: &mut Sheets) -> String {
    let columns = vec![
        Column::text("name", "name"),
        Column::text("domain", "domain"),
        Column::text("from", "from"),
        Column::text("to", "to"),
        Column::text("cause", "cause"),
        Column { lines: "record", ..Column::text("evidence_old", "records before") },
        Column { lines: "record", ..Column::text("evidence_new", "records after") },
    ];
    let records = |list: &[Evidence], sheets: &mut Sheets| {
        let mut lines: Vec<Vec<usize>> = list.iter().map(|e| record(e, sheets)).collect();
        lines.dedup();
        Cell::Lines(lines)
    };
    let mut rows = Vec::with_capacity(diff.switchers.len());
    for s in &diff.switchers {
        let domain =
            if s.domain_old == s.domain_new { s.domain_new.clone() } else { format!("{} -> {}", s.domain_old, s.domain_new) };
        let name = if s.name.is_empty() { &s.domain_new } else { &s.name };
        let mut cells = Vec::with_capacity(columns.len());
        for text in [name.as_str(), &domain, &s.from, &s.to, s.cause.as_str()] {
            cells.push(sheets.cell(text));
        }
        cells.push(records(&s.evidence_old, sheets));
        cells.push(records(&s.evidence_new, sheets));
        rows.push((sheets.text(&s.id), cells));
    }
    sheets.add(Sheet {
        id,
        caption: "Movers",
        label: format!("{}: Movers", words::role_title(diff.role)),
        columns,
        own: false,
        rows,
    })
}

/// Members whose mail is received by nobody known.
pub fn unattributed(page: &Page<'_>, sheets: &mut Sheets) -> String {
    let columns = vec![
        Column::text("name", "name"),
        Column::text("domain", "domain"),
        Column { lines: "record", ..Column::text("records", "records") },
    ];
    let mut rows = Vec::new();
    for m in page.new.members {
        let mut unnamed = m.gateway.iter().filter(|a| a.verdict == Verdict::Unattributed).peekable();
        if unnamed.peek().is_none() {
            continue;
        }
        let lines = unnamed.flat_map(|a| &a.evidence).map(|e| record(e, sheets)).collect();
        let cells =
            vec![sheets.cell(if m.name.is_empty() { &m.domain } else { &m.name }), sheets.cell(&m.domain), Cell::Lines(lines)];
        rows.push((sheets.text(&m.id), cells));
    }
    sheets.add(Sheet {
        id: "unattributed-members".to_owned(),
        caption: "Unattributed members",
        label: "Unattributed members".to_owned(),
        columns,
        own: false,
        rows,
    })
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
pub fn failures(failures: &[(&Classification, &'static str)], sheets: &mut Sheets) -> String {
    let columns = [("name", "name"), ("domain", "domain"), ("outcome", "outcome")].map(|(n, h)| Column::text(n, h)).into();
    let mut rows = Vec::with_capacity(failures.len());
    for (m, outcome) in failures {
        let name = if m.name.is_empty() { &m.domain } else { &m.name };
        let cells = [name, &*m.domain, outcome].map(|text| sheets.cell(text)).into();
        rows.push((sheets.text(&m.id), cells));
    }
    sheets.add(Sheet {
        id: "unreachable-members".to_owned(),
        caption: "Unreachable members",
        label: "Unreachable members".to_owned(),
        columns,
        own: false,
        rows,
    })
}
