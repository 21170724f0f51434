//! What charts say in words: findings, measures, sources. A change in percent never stands without its
//! counts and points.

use num_traits::Zero;

use crate::diff::{DiffRow, DiffTable};
use crate::population::Unit;
use crate::provenance::{Kind, Provenance};
use crate::share::{Count, Grouping, Row, ShareTable, number};
use crate::vendor::Role;

/// Signs as printers set them: a true minus, and no line break before a per cent sign.
pub fn typeset(figure: &str) -> String {
    figure.replace('-', "\u{2212}").replace(" %", "\u{a0}%")
}

/// A count, to one decimal where members are split between vendors.
pub fn count(value: &Count) -> String {
    typeset(&number::rounded(value))
}

pub fn whole(n: usize) -> String {
    count(&Count::from_integer(n as i128))
}

pub fn percent(fraction: &Count) -> String {
    typeset(&number::percent(fraction))
}

pub fn points(value: &Count) -> String {
    typeset(&number::points(value))
}

/// `+12.0 %`, or `new` where there was nothing before.
pub fn relative(value: Option<&Count>) -> String {
    value.map_or_else(|| "new".to_owned(), |v| typeset(&number::relative(v)))
}

/// `89 → 78`, which never breaks.
pub fn ends(old: &Count, new: &Count) -> String {
    format!("{}\u{a0}\u{2192}\u{a0}{}", count(old), count(new))
}

/// What a role's holder does, for a sentence: "... of 12 companies".
pub fn verb(role: Role) -> &'static str {
    match role {
        Role::Gateway => "receives the mail of",
        Role::Mailbox => "hosts the mailboxes of",
        Role::Sender => "may send mail for",
        Role::Dmarc => "gets the reports or holds the policy records of",
        Role::Overlay => "leaves a token at",
    }
}

/// What is measured, for a subtitle.
pub fn measure(role: Role) -> &'static str {
    match role {
        Role::Gateway => "Inbound mail gateway, by the most preferred MX",
        Role::Mailbox => "Mailbox host, also behind a gateway",
        Role::Sender => "Authorised senders, by SPF and DKIM (several a member)",
        Role::Dmarc => "DMARC and TLS reporting, hosted policy records (several a member)",
        Role::Overlay => "Products seen by their DNS tokens alone (a lower bound, several a member)",
    }
}

pub fn grouping(by: Grouping) -> &'static str {
    match by {
        Grouping::Vendor => "",
        Grouping::Product => ", by product",
        Grouping::Owner => ", by owner on the day of observation",
        Grouping::Customer => ", by customer account",
    }
}

/// The mark on the face of a chart whose data is not a live crawl; none for live data.
pub fn mark(sides: &[&Provenance]) -> Option<String> {
    let word = |kind: Kind| match kind {
        Kind::Live => "LIVE CRAWL",
        Kind::Replay => "REPLAY OF RECORDED DATA",
        Kind::Imported => "IMPORTED DATA",
        Kind::Synthetic => "SYNTHETIC DATA, NOT A MEASUREMENT",
    };
    let first = sides.first()?.kind;
    if sides.iter().all(|s| s.kind == first) {
        return (first != Kind::Live).then(|| word(first).to_owned());
    }
    let kinds: Vec<String> = sides
        .iter()
        .map(|s| if s.kind == Kind::Live { format!("{}: LIVE", s.dates()) } else { format!("{}: {}", s.dates(), word(s.kind)) })
        .collect();
    Some(kinds.join(" \u{b7} "))
}

/// One snapshot in the footer of a chart on a page that says the rest.
pub fn short_source(name: &str, p: &Provenance) -> String {
    format!("{name}: {}, observed {}; snapshot {}.", p.population, p.dates(), p.snapshot)
}

/// One snapshot in the footer.
pub fn source(name: &str, p: &Provenance) -> String {
    let kind = match p.kind {
        Kind::Live => "crawled live",
        Kind::Replay => "crawled from a replay of recorded answers",
        Kind::Imported => "imported",
        Kind::Synthetic => "synthetic, made up for tests",
    };
    let from = p.source.as_deref().map(|s| format!(" from {}", s.trim_end_matches('.'))).unwrap_or_default();
    let size = whole(p.members);
    let mut text = format!(
        "{name}: {}, {size} {}, observed {}, {kind}{from}; snapshot {}.",
        p.population,
        p.unit.noun(p.members),
        p.dates(),
        p.snapshot
    );
    for note in &p.notes {
        text.push(' ');
        text.push_str(note.trim());
        if !note.trim_end().ends_with('.') {
            text.push('.');
        }
    }
    text
}

/// `n = 455 of 500 companies measured`, with what the rest is.
pub fn measured(base: &crate::share::Base, unit: Unit) -> String {
    let noun = unit.noun(2);
    let mut text = format!("n = {} of {} {noun} measured", count(&base.measured()), count(&base.population));
    let mut rest = Vec::new();
    if !base.no_mail.is_zero() {
        rest.push(format!("{} without mail", count(&base.no_mail)));
    }
    if !base.unreachable.is_zero() {
        rest.push(format!("{} unreachable", count(&base.unreachable)));
    }
    if !rest.is_empty() {
        text.push_str(&format!(" ({})", rest.join(", ")));
    }
    text
}

/// The finding of a share table.
pub fn share_finding(table: &ShareTable) -> String {
    let unit = table.provenance.unit;
    let base = table.base.measured();
    let named = table.rows.iter().find(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none() && !r.members.is_zero());
    match named {
        Some(top) => format!(
            "{} {} {} of {} {}{}",
            top.label,
            verb(table.role),
            count(&top.members),
            count(&base),
            unit.noun(2),
            top.share.map(|s| format!(" ({})", percent(&s))).unwrap_or_default()
        ),
        None if base.is_zero() => format!("Nothing measured: no {} with mail answered", unit.noun(1)),
        None => format!("No {} is named for any of {} {}", table.by.noun(1), count(&base), unit.noun(2)),
    }
}

/// `Proofpoint +12.0 % (150 → 168 companies, +3.1 points)`.
pub fn change_phrase(row: &DiffRow, unit: Unit) -> String {
    let points = row.share_change_pp.map(|p| format!(", {} points", points(&p))).unwrap_or_default();
    let noun = unit.noun(2);
    match row.relative_change {
        Some(change) => format!("{} {} ({} {noun}{points})", row.label, relative(Some(&change)), ends(&row.old, &row.new)),
        None => format!("{} new ({} {noun}{points})", row.label, ends(&row.old, &row.new)),
    }
}

/// The vendor that gained most members and the one that lost most.
pub fn extremes(table: &DiffTable) -> (Option<&DiffRow>, Option<&DiffRow>) {
    let named = || table.rows.iter().filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none());
    // The first of equals: rows are sorted by size.
    let winner = named().rev().max_by_key(|r| r.net()).filter(|r| r.net() > Count::zero());
    let loser = named().rev().min_by_key(|r| r.net()).filter(|r| r.net() < Count::zero());
    (winner, loser)
}

/// How much of the titled changes is switching and how much the list or reachability.
pub fn sources(table: &DiffTable) -> String {
    let (winner, loser) = extremes(table);
    let mixed = |r: &&DiffRow| r.entered != r.left || r.appeared != r.disappeared;
    let sentence = |r: &DiffRow| {
        let signed = |v: Count| if v > Count::zero() { format!("+{}", count(&v)) } else { count(&v) };
        format!(
            "{}: {} by switching, {} by the list, {} by reachability.",
            r.label,
            signed(r.gained - r.lost),
            signed(r.entered - r.left),
            signed(r.appeared - r.disappeared)
        )
    };
    winner.into_iter().chain(loser).filter(mixed).map(sentence).collect::<Vec<_>>().join(" ")
}

/// The finding of a diff table: who gained and who lost most members.
pub fn change_finding(table: &DiffTable) -> String {
    let unit = table.new.unit;
    match extremes(table) {
        (Some(w), Some(l)) => format!("{}; {}", change_phrase(w, unit), change_phrase(l, unit)),
        (Some(one), None) | (None, Some(one)) => change_phrase(one, unit),
        (None, None) if table.rows.iter().all(|r| r.old.is_zero() && r.new.is_zero()) => "Nothing to compare".to_owned(),
        (None, None) => format!("No {} gained or lost a {}", table.by.noun(1), unit.noun(1)),
    }
}

/// A note for tables in which members count in parts; empty where all are whole.
pub fn parts<'a>(counts: impl IntoIterator<Item = &'a Count>) -> String {
    if counts.into_iter().all(Count::is_integer) {
        return String::new();
    }
    "A member whose most preferred exchanges belong to several vendors counts in equal parts.".to_owned()
}
