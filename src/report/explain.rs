//! The evidence tree of one member, in plain words.

use std::fmt::Write;

use super::escape::{visible, visible_lines};
use crate::classify::explain::{Explanation, Seen, WhyNot};
use crate::classify::{Attribution, Classification, Flag, Reached, Verdict};
use crate::dns::Question;
use crate::provenance::Provenance;
use crate::vendor::{Role, Rule, Ruleset};

/// What a flag means for the reader of a verdict.
pub fn flag_words(flag: Flag) -> &'static str {
    match flag {
        Flag::Split => "different holders tie, so the member is split between them in equal parts",
        Flag::Transition => "another vendor's exchange stands at a backup preference: a move may be under way",
        Flag::HybridPossible => "own Exchange hosts beside a hosted tenant: mailboxes may be on both sides",
        Flag::Misconfigured => "exchanges that cannot receive mail (no such name, or a missing final dot)",
        Flag::Parked => "only a registrar's parking exchanges",
        Flag::OwnProduct => "a vendor's own domain on its own hosts",
        Flag::PrivateBrand => "exchanges under a mail domain that one company alone uses",
        Flag::SpfOpaque => "the SPF record goes on behind macros: a vendor missing in it proves nothing",
        Flag::Wildcard => "names that nobody registered exist below the domain: records below it may be a wildcard's",
        Flag::NullMx => "a null MX: the domain accepts no mail (RFC 7505)",
        Flag::ImplicitMx => "no MX, but an address that mail could be tried at (RFC 5321 section 5.1)",
        Flag::PreferenceUnknown => "the source kept no preferences: all exchanges count as equal",
        Flag::MailboxOther => "records of another mailbox host exist too",
    }
}

/// The whole explanation as text.
pub fn text(explanation: &Explanation, provenance: &Provenance, rules: &Ruleset) -> String {
    let c = &explanation.classification;
    let mut out = String::new();
    let name = if c.name.is_empty() || *c.name == *c.domain { String::new() } else { format!(" ({})", visible(&c.name)) };
    _ = writeln!(
        out,
        "{}{name} in {}, observed {}, {} data",
        c.domain,
        provenance.population,
        provenance.dates(),
        provenance.kind.as_str()
    );
    _ = writeln!(out, "rules {}", rules.short_digest());
    for role in Role::ALL {
        role_text(&mut out, c, role, rules);
    }
    if !c.flags.is_empty() {
        _ = writeln!(out, "\nFlags");
        for flag in &c.flags {
            _ = writeln!(out, "  {flag}: {}", flag_words(*flag));
        }
    }
    spf_text(&mut out, explanation);
    facts(&mut out, "Records that rules read", explanation.fired.iter().map(|(s, r)| (s, Some(*r))));
    near_text(&mut out, explanation);
    facts(&mut out, "Records that no rule reads", explanation.unread.iter().map(|s| (s, None)));
    let open: Vec<_> =
        explanation.questions.iter().filter(|(_, outcome, _)| outcome.is_none_or(|o| !o.is_definitive())).collect();
    if !open.is_empty() {
        _ = writeln!(out, "\nQuestions without a definitive answer (their answers could change a verdict)");
        for (question, outcome, _) in open {
            _ = writeln!(out, "  {question}: {}", outcome.map_or("not asked", |o| o.as_str()));
        }
    }
    _ = writeln!(out, "\nAll answers");
    for (question, outcome, records) in &explanation.questions {
        _ = writeln!(out, "  {question}: {}", outcome.map_or("not asked", |o| o.as_str()));
        for record in records {
            _ = writeln!(out, "    {record}");
        }
    }
    visible_lines(&out)
}

/// What nearly decided, what contradicts, and what would change a verdict.
fn near_text(out: &mut String, explanation: &Explanation) {
    if !explanation.near.is_empty() {
        _ = writeln!(out, "\nRules that nearly fired");
        for near in &explanation.near {
            _ = writeln!(out, "  {} on {} from {}: {}", near.rule.id, near.text, near.question, near.miss.words());
        }
    }
    if !explanation.conflicts.is_empty() {
        _ = writeln!(out, "\nMailbox hosts that records name beside the verdict (a decides, b is one sign)");
        for (vendor, tier) in &explanation.conflicts {
            _ = writeln!(out, "  {vendor}, tier {}", format!("{tier:?}").to_lowercase());
        }
    }
    let c = &explanation.classification;
    _ = writeln!(out, "\nWhat would change the verdicts");
    _ = writeln!(out, "  gateway: other MX records, or where their exchanges lead; SPF, tokens and report addresses never do");
    let open = |a: &Attribution| matches!(a.verdict, Verdict::Unattributed | Verdict::Unreachable);
    if c.mailbox.iter().any(open) {
        _ = writeln!(
            out,
            "  mailbox: a record of tier a, or of tier b for one host alone (DKIM, autodiscover, tenant host, SPF)"
        );
    } else if explanation.without.iter().all(|w| w.role != Role::Mailbox) {
        _ = writeln!(out, "  mailbox: no single record besides the MX");
    }
    for without in &explanation.without {
        _ = writeln!(out, "  {} without {}: {}", without.role.as_str(), without.question, without.verdict);
    }
}

fn role_text(out: &mut String, c: &Classification, role: Role, rules: &Ruleset) {
    let attributions = c.role(role);
    _ = writeln!(out, "\n{}", heading(role));
    if attributions.is_empty() {
        let reached = match role {
            Role::Sender => c.sender.0,
            Role::Dmarc => c.dmarc.0,
            _ => c.overlay.0,
        };
        _ = match reached {
            Reached::Measured => writeln!(out, "  none that a rule knows"),
            Reached::Unreachable(outcome) => writeln!(out, "  unreachable: the records were not obtained ({outcome})"),
        };
    }
    for attribution in attributions {
        _ = writeln!(out, "  {}", attribution_line(attribution, rules));
        for fact in &attribution.evidence {
            let source = rules.rule(&fact.rule).map(|r| format!(" [{}]", r.source)).unwrap_or_default();
            _ = writeln!(out, "    {} -> {}  by {}{source}", fact.question, fact.value, fact.rule);
        }
    }
}

fn heading(role: Role) -> &'static str {
    match role {
        Role::Gateway => "Gateway: who receives inbound mail",
        Role::Mailbox => "Mailbox: who hosts the mailboxes",
        Role::Sender => "Senders: who may send for the domain",
        Role::Dmarc => "DMARC: who receives reports or hosts policy records",
        Role::Overlay => "Overlay: products seen only by their tokens (a lower bound)",
    }
}

fn attribution_line(attribution: &Attribution, rules: &Ruleset) -> String {
    let mut line = match &attribution.verdict {
        Verdict::Vendor { vendor, product } => {
            let name = rules.vendor(vendor).map_or(&**vendor, |v| &v.name);
            let product = rules.product(vendor, product).map_or(&**product, |p| &p.name);
            if name == product { name.to_owned() } else { format!("{name}: {product}") }
        }
        other => other.as_str().to_owned(),
    };
    if let Some(confidence) = attribution.confidence {
        _ = write!(line, ", {}", confidence.as_str());
    }
    if *attribution.weight.denom() != 1 {
        _ = write!(line, ", {} of the member", attribution.weight);
    }
    if let Some(customer) = &attribution.customer {
        _ = write!(line, ", customer {customer}");
    }
    line
}

fn spf_text(out: &mut String, explanation: &Explanation) {
    let spf = &explanation.spf;
    if spf.records == 0 {
        return;
    }
    _ = writeln!(out, "\nSPF tree: {} records, {} lookup terms, {} void", spf.records, spf.lookups, spf.void_lookups);
    if spf.over_limits {
        _ = writeln!(out, "  over the limits of RFC 7208 (10 lookups, 2 void): an evaluation ends in permerror");
    }
    if spf.several_records {
        _ = writeln!(out, "  more than one SPF record at one name: an evaluation ends in permerror");
    }
    for finding in &spf.findings {
        _ = writeln!(out, "  finding: {finding:?}");
    }
    if !spf.unread.is_empty() {
        _ = writeln!(out, "  not followed: {}", spf.unread.join(", "));
    }
    for asked in &explanation.hosted {
        let Question { qname, qtype } = &asked.question;
        _ = writeln!(out, "  a sender of {} ({qname} {qtype}): {}", asked.rule.vendor, asked.said.words());
    }
}

fn facts<'a>(out: &mut String, title: &str, list: impl Iterator<Item = (&'a Seen, Option<&'a Rule>)>) {
    let mut list = list.peekable();
    if list.peek().is_none() {
        return;
    }
    _ = writeln!(out, "\n{title}");
    for (seen, rule) in list {
        let by = rule.map(|r| format!("  by {}", r.id)).unwrap_or_default();
        _ = writeln!(out, "  {:<20} {}  from {}{by}", seen.signal.as_str(), seen.text, seen.question);
    }
}

/// Why a vendor was not named, signal by signal.
pub fn why_not_text(why: &WhyNot, classification: &Classification, rules: &Ruleset) -> String {
    let name = rules.vendor(&why.vendor).map_or(why.vendor.as_str(), |v| &v.name);
    let mut out = format!("Why not {name} for {}?\n", classification.domain);
    let held: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|role| {
            classification
                .role(*role)
                .iter()
                .any(|a| matches!(&a.verdict, Verdict::Vendor { vendor, .. } if **vendor == *why.vendor))
        })
        .collect();
    if !held.is_empty() {
        let roles: Vec<_> = held.iter().map(|r| r.as_str()).collect();
        _ = writeln!(out, "  It is named: {}.", roles.join(", "));
    }
    for report in &why.signals {
        let roles: Vec<_> = report.signal.roles().iter().map(|r| r.as_str()).collect();
        _ = writeln!(out, "\n  {} (speaks for {})", report.signal.as_str(), roles.join(", "));
        _ = writeln!(out, "    rules look for: {}", report.patterns.join(", "));
        if report.seen.is_empty() {
            _ = writeln!(out, "    the answers hold no such record");
        }
        for seen in &report.seen {
            match report.fired.iter().find(|(s, _)| s == seen) {
                Some((_, rule)) => {
                    let speaks: Vec<_> = rule.roles.iter().map(|r| r.as_str()).collect();
                    let silent = rule.roles.iter().all(|role| !held.contains(role));
                    let end = if silent { ", and other evidence decided" } else { "" };
                    _ = writeln!(out, "    {} matches {}, which speaks for {}{end}", seen.text, rule.id, speaks.join(", "));
                }
                None => _ = writeln!(out, "    {} is none of them", seen.text),
            }
        }
    }
    if !why.open.is_empty() {
        _ = writeln!(out, "\n  These questions have no definitive answer and could still show it:");
        for (question, outcome) in &why.open {
            _ = writeln!(out, "    {question}: {outcome}");
        }
    }
    visible_lines(&out)
}
