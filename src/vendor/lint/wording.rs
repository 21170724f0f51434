//! How things are written: ids, names, patterns, dates, sources.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use crate::dns::Name;
use crate::vendor::{Certainty, Exchange, Role, Rule, Signal, Vendor, block};

/// The source that says that nothing was read. A rule that rests on it is at best of medium certainty.
const KNOWLEDGE: &str = "knowledge";

pub fn check(report: &mut Report) {
    let rules = report.rules;
    let mut domains: BTreeMap<&str, &str> = BTreeMap::new();
    for vendor in rules.vendors.values() {
        check_vendor(report, vendor);
        for domain in &vendor.domains {
            if let Some(other) = domains.insert(domain, &vendor.id) {
                report.vendor(&vendor.id, "domains", format!("{domain} stands with {other} too"));
            }
        }
    }
    for rule in &rules.rules {
        check_rule(report, rule);
    }
    check_shared(report);
}

fn check_vendor(report: &mut Report, vendor: &Vendor) {
    let id = vendor.id.as_str();
    if !is_kebab(id) {
        report.vendor(id, "id", "use lower-case letters, digits and hyphens");
    }
    let file = report.rules.vendor_places.get(id).map(|p| p.file.clone());
    if file.is_some_and(|f| f != format!("{id}.toml")) {
        report.vendor(id, "id", format!("the file must be called {id}.toml"));
    }
    if !vendor.website.starts_with("https://") {
        report.vendor(id, "website", "write it with https://");
    }
    if vendor.domains.is_empty() {
        report.vendor(id, "domains", "name the vendor's own domain");
    }
    for domain in &vendor.domains {
        if psl::domain_str(domain) != Some(domain) {
            report.vendor(id, "domains", format!("{domain} is not a registrable domain"));
        }
    }
    for (i, owner) in vendor.owners.iter().enumerate() {
        check_source(report, &owner.source, |report, problem| report.vendor(id, format!("owner[{i}].source"), problem));
        let key = format!("owner[{i}].from");
        match (&owner.from, i) {
            (None, 0) => {}
            (Some(_), 0) => report.vendor(id, key, "the first owner holds from the beginning: leave it out"),
            (None, _) => report.vendor(id, key, "say since when"),
            (Some(from), _) => {
                if !is_date(from) {
                    report.vendor(id, key, "not a date; write 2024, 2024-07 or 2024-07-31");
                } else if vendor.owners[i - 1].from.as_ref().is_some_and(|before| before >= from) {
                    report.vendor(id, key, "not later than the owner before: oldest first");
                }
            }
        }
    }
    let mut products = BTreeSet::new();
    for product in &vendor.products {
        let key = |field: &str| format!("product {}: {field}", product.id);
        if !is_kebab(&product.id) {
            report.vendor(id, key("id"), "use lower-case letters, digits and hyphens");
        }
        if !products.insert(&product.id) {
            report.vendor(id, key("id"), "another product has this id");
        }
        let mut of_product = report.rules.rules.iter().filter(|r| *r.vendor == *id && *r.product == *product.id).peekable();
        if of_product.peek().is_none() {
            report.vendor(id, key("rule"), "no rule: nothing in DNS can show it");
        } else if product.roles.is_empty() && of_product.any(|r| r.exchange == Exchange::Mail) {
            report.vendor(id, key("roles"), "say what the product is for");
        }
        if product.roles.iter().collect::<BTreeSet<_>>().len() != product.roles.len() {
            report.vendor(id, key("roles"), "a role stands twice");
        }
        if let Some(sender) = &product.sender_address
            && report.rules.match_block(sender).is_none_or(|r| *r.vendor != *id || *r.product != *product.id)
        {
            report.vendor(id, key("sender_address"), format!("{sender:?} is in no spf-ip block of this product"));
        }
        for selector in &product.selectors {
            if Name::parse(selector).map(|n| n.bare() != selector).unwrap_or(true) {
                report.vendor(id, key("selectors"), format!("{selector:?} is not a label in lower case"));
            }
        }
    }
}

fn check_rule(report: &mut Report, rule: &Rule) {
    if !rule.id.starts_with(&format!("{}-", rule.vendor)) {
        report.rule(rule, "id", format!("must begin with {}-", rule.vendor));
    }
    if !is_kebab(&rule.id) {
        report.rule(rule, "id", "use lower-case letters, digits and hyphens");
    }
    check_source(report, &rule.source, |report, problem| report.rule(rule, "source", problem));
    if rule.certainty == Certainty::High && rule.source == KNOWLEDGE {
        report.rule(rule, "certainty", "high needs a source that was read");
    }
    if rule.certainty == Certainty::Low && rule.signal != Signal::MxHost {
        report.rule(rule, "certainty", "low is a hint on an exchange: other signals have no use for it");
    }
    match (&rule.regex, &rule.reason) {
        (Some(_), None) => report.rule(rule, "reason", "say why a suffix does not do"),
        (None, Some(_)) => report.rule(rule, "reason", "a reason without a regular expression"),
        _ => {}
    }
    if rule.roles.is_empty() && rule.exchange == Exchange::Mail && rule.certainty > Certainty::Low {
        let problem = format!("the product has none of the roles that {} can show", rule.signal.as_str());
        report.rule(rule, "signal", problem);
    }
    if rule.exchange != Exchange::Mail && !matches!(rule.signal, Signal::MxHost | Signal::MxTarget) {
        report.rule(rule, "exchange", "only an exchange has a class");
    }
    let spf = matches!(rule.signal, Signal::SpfInclude | Signal::SpfRedirect | Signal::SpfMacro);
    if rule.opaque && !spf {
        report.rule(rule, "opaque", "only an SPF record can be opaque");
    }
    if let Some(implied) = &rule.implies {
        let product = implied.split_once('/').and_then(|(v, p)| report.rules.product(v, p));
        if product.is_none_or(|p| !p.roles.contains(&Role::Mailbox)) {
            report.rule(rule, "implies", "write vendor/product of a product with the role mailbox");
        }
    }
    for (key, date) in [("from", &rule.from), ("to", &rule.to)] {
        if date.as_ref().is_some_and(|d| !is_date(d)) {
            report.rule(rule, key, "not a date; write 2024, 2024-07 or 2024-07-31");
        }
    }
    if let (Some(from), Some(to)) = (&rule.from, &rule.to)
        && to < from
    {
        report.rule(rule, "to", "before from");
    }
    check_pattern(report, rule);
}

fn check_pattern(report: &mut Report, rule: &Rule) {
    let pattern = rule.pattern.as_str();
    let canonical = match rule.signal {
        Signal::SpfIp => block::canonical_block(pattern),
        Signal::OriginAs => block::parse_as(pattern).map(|asn| format!("AS{asn}")),
        Signal::TxtToken | Signal::DkimKey => Some(pattern.to_lowercase()),
        _ => Name::parse(pattern).ok().map(|n| n.bare().to_owned()),
    };
    if let Some(canonical) = canonical.filter(|c| c != pattern) {
        report.rule(rule, "pattern", format!("write it as {canonical}"));
    }
    // The list's private part holds vendors' own zones, such as `awsapps.com`: those may be patterns.
    let public = |s: &psl::Suffix<'_>| s.typ() != Some(psl::Type::Private) && s.as_bytes() == pattern.as_bytes();
    if rule.signal.is_name() && pattern != "." && psl::suffix(pattern.as_bytes()).as_ref().is_some_and(public) {
        report.rule(rule, "pattern", "a public suffix: everybody's names stand under it");
    }
}

fn check_shared(report: &mut Report) {
    let rules = report.rules;
    let mut seen = BTreeSet::new();
    for weight in &rules.weights {
        let key = format!("weight of {}", weight.signal.as_str());
        check_source(report, &weight.source, |report, problem| report.at(&weight.place, format!("{key}: source"), problem));
        if !seen.insert((weight.signal, &weight.vendor)) {
            report.at(&weight.place, &key, "stands twice");
        }
        if !weight.signal.roles().contains(&Role::Mailbox) {
            report.at(&weight.place, &key, "the signal says nothing about mailboxes");
        }
        if weight.vendor.as_ref().is_some_and(|v| !rules.vendors.contains_key(v)) {
            report.at(&weight.place, format!("{key}: vendor"), "no such vendor");
        }
        if [weight.own, weight.other].into_iter().flatten().any(|share| !(0.0..=1.0).contains(&share)) {
            report.at(&weight.place, format!("{key}: own, other"), "a share is between 0 and 1");
        }
    }
    for (domain, reviewed) in &rules.reviewed {
        let key = format!("reviewed {domain}");
        if !is_date(&reviewed.on) {
            report.at(&reviewed.place, format!("{key}: on"), "not a date: write 2026-11-30");
        }
        if reviewed.why.trim().is_empty() {
            report.at(&reviewed.place, format!("{key}: why"), "empty: say what was looked at and what was found");
        }
        if let Some(rule) = Name::parse(domain).ok().and_then(|name| rules.match_name(Signal::MxHost, &name)) {
            report.at(&reviewed.place, &key, format!("rule {} names it: remove the review", rule.id));
        }
    }
    let named: BTreeSet<&str> = (rules.rules.iter().map(|r| &r.source))
        .chain(rules.weights.iter().map(|w| &w.source))
        .chain(rules.vendors.values().flat_map(|v| &v.owners).map(|o| &o.source))
        .map(String::as_str)
        .collect();
    for (id, source) in &rules.sources {
        if !named.contains(id.as_str()) {
            report.at(&source.place, format!("source {id}"), "nothing names it");
        }
    }
}

fn check_source(report: &mut Report, source: &str, fail: impl Fn(&mut Report, String)) {
    if source.trim().is_empty() {
        fail(report, "say where the fact comes from".to_owned());
    } else if !source.contains(' ') && !source.contains("://") && !report.rules.sources.contains_key(source) {
        fail(report, format!("no [[source]] has the id {source}"));
    }
}

fn is_kebab(id: &str) -> bool {
    !id.is_empty()
        && id.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, since the beginnings of mail on the Internet.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let within = |part: Option<&&str>, digits: usize, range: std::ops::RangeInclusive<u16>| {
        part.is_none_or(|p| p.len() == digits && p.parse().is_ok_and(|n| range.contains(&n)))
    };
    (1..=3).contains(&parts.len())
        && within(parts.first(), 4, 1982..=2100)
        && within(parts.get(1), 2, 1..=12)
        && within(parts.get(2), 2, 1..=31)
}
