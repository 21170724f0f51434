//! What every form of the report says in the same words: meaning of the roles, provenance, methods,
//! limits.

use std::collections::BTreeMap;

use num_traits::Zero;

use super::{Page, Side};
use crate::classify::Classification;
use crate::provenance::Kind;
use crate::share::{Count, ShareTable, number};
use crate::vendor::Role;

/// The heading of a role.
pub fn role_title(role: Role) -> &'static str {
    match role {
        Role::Gateway => "E-mail gateways",
        Role::Mailbox => "Mailbox hosts",
        Role::Sender => "Senders",
        Role::Dmarc => "DMARC and TLS reporting",
        Role::Overlay => "Overlay products",
    }
}

/// What holding a role means, and how it is seen.
pub fn role_meaning(role: Role) -> &'static str {
    match role {
        Role::Gateway => {
            "Who receives inbound mail: the operator of the most preferred MX. Mail straight to Microsoft 365 counts as Microsoft. \
             Every member counts once, in parts where several vendors tie."
        }
        Role::Mailbox => {
            "Who hosts the mailboxes, also behind a gateway: read from DKIM, autodiscover, SPF and the exchanges behind the first. \
             Every member counts once."
        }
        Role::Sender => "Who may send for the domain, by SPF and DKIM. A member can have several: rows do not sum.",
        Role::Dmarc => {
            "Who receives the domain's DMARC or TLS reports, or holds its policy records. A member can have several: rows do not sum."
        }
        Role::Overlay => "Products seen by tokens in DNS alone: a lower bound. A member can have several: rows do not sum.",
    }
}

/// Said of a role whose questions nobody has an answer to; empty where somebody was measured.
pub fn unmeasured(share: &ShareTable) -> String {
    if !share.base.measured().is_zero() {
        return String::new();
    }
    format!("Not measured: the snapshot holds no answer to these questions for any {}.", share.provenance.unit.noun(1))
}

/// What a reader must know before any figure, where the data is not a live crawl.
pub fn kind_warnings(page: &Page<'_>) -> Vec<String> {
    let said = |kind: Kind| match kind {
        Kind::Live => None,
        Kind::Replay => Some("replayed from recorded answers, not crawled from the live DNS"),
        Kind::Imported => Some("imported, recorded by others and converted"),
        Kind::Synthetic => Some("SYNTHETIC, made up for tests and measuring nothing"),
    };
    let new = page.new.provenance;
    let Some(old) = page.old else {
        return said(new.kind).map(|what| format!("The data is {what}.")).into_iter().collect();
    };
    let old = old.provenance;
    if old.kind == new.kind {
        return said(new.kind).map(|what| format!("The data of both sides is {what}.")).into_iter().collect();
    }
    let sides = [("old", old), ("new", new)];
    sides.iter().filter_map(|(name, p)| said(p.kind).map(|what| format!("The data of the {name} side is {what}."))).collect()
}

/// Name and value of everything that identifies a snapshot; the same names for every side.
pub fn facts(side: Side<'_>) -> Vec<(&'static str, String)> {
    let p = side.provenance;
    let kind = match p.kind {
        Kind::Live => "live crawl",
        Kind::Replay => "crawl of a replay",
        Kind::Imported => "imported",
        Kind::Synthetic => "synthetic",
    };
    vec![
        ("population", p.population.clone()),
        ("size", format!("{} {}", whole(p.members), p.unit.noun(p.members))),
        ("observed", p.dates()),
        ("kind of data", kind.to_owned()),
        ("source", p.source.clone().unwrap_or_else(|| "this program".to_owned())),
        ("snapshot", p.snapshot.clone()),
        ("questions asked", side.plan.to_owned()),
    ]
}

fn whole(n: usize) -> String {
    number::grouped(&Count::from_integer(n as i128))
}

/// Members unreachable for the gateway role, in the order of the list, with what came in place of an answer.
pub fn failures(members: &[Classification]) -> Vec<(&Classification, &'static str)> {
    let failed = members.iter().filter(|m| !m.is_measured(Role::Gateway));
    failed.map(|m| (m, m.failure.map_or("no answer", |o| o.as_str()))).collect()
}

/// How often each outcome, most frequent first.
pub fn failure_counts(failures: &[(&Classification, &'static str)]) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (_, outcome) in failures {
        *counts.entry(outcome).or_default() += 1;
    }
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    list
}

/// Whether a table's note is about the table and not a repetition of where its figures come from.
pub fn is_about_the_table(note: &str) -> bool {
    note.starts_with("net =")
        || note.starts_with("`at least`")
        || note.starts_with("Shares are of")
        || note.starts_with("Reach,")
        || note.starts_with("A reach role")
        || note.contains("withheld")
        || note.contains("were resolved on both sides")
}

/// The paragraph for the paper: every parameter that decides a figure.
pub fn methods(page: &Page<'_>) -> Vec<String> {
    let new = page.new.provenance;
    let mut first = format!(
        "DNS was asked about {} {} of the list {}, observed {}: {}.",
        whole(new.members),
        new.unit.noun(new.members),
        new.population,
        new.dates(),
        page.new.plan
    );
    if let Some(old) = page.old {
        let p = old.provenance;
        first += &format!(
            " The earlier side is {}, {} {}, observed {}: {}.",
            p.population,
            whole(p.members),
            p.unit.noun(p.members),
            p.dates(),
            old.plan
        );
    }
    let both = if page.old.is_some() { "Both sides were classified" } else { "The answers were classified" };
    let mut texts = vec![
        first,
        format!("{both} with the same rules, digest {}; every attribution lists the record and the rule that read it.", page.ruleset),
        "Share = members of a row / R, where R are the members with a definitive answer that receive mail. Lower bound = members / (R + U), \
         upper bound = (members + unattributed + weakly self-hosted + U) / (R + U), where U are the unreachable."
            .to_owned(),
    ];
    if let Some(diff) = page.diffs.first() {
        texts.push(format!(
            "Relative change = (new - old) / old in members; points = change of the share in percentage points. {} {} stand in both lists; {} of \
             them have a definitive gateway answer on both sides (the compared panel). For every row new - old = gained - lost + entered - left + \
             appeared - disappeared. p is the exact two-sided McNemar test over the compared panel, p (Holm) corrected for the number of vendors \
             of the role that changed.",
            whole(diff.panel),
            diff.new.unit.noun(diff.panel),
            whole(diff.compared)
        ));
    }
    texts
}

/// What the figures cannot show.
pub fn limits(page: &Page<'_>) -> Vec<String> {
    let mut texts = vec![
        "DNS shows where mail enters, not what inspects it later: products that connect to the mailbox by an interface leave no MX record.".to_owned(),
        "The most preferred exchange is the front door of one domain. A company may use other domains for its mail.".to_owned(),
        "The bounds hold what missing answers and unnamed exchanges could change. A wrong rule is outside the bounds.".to_owned(),
    ];
    if page.new.provenance.unit == crate::population::Unit::Domain {
        texts.push("The list holds domains, not companies: one body may own several.".to_owned());
    }
    if page.old.is_some() {
        texts.push(
            "Two observations cannot tell a lasting switch from a passing one; the rate of chance differences is measured by crawling twice in a week."
                .to_owned(),
        );
    }
    texts
}
