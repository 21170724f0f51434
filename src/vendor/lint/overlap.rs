//! Rules in each other's way: ties, rules that say nothing new, rules that can never win.

use std::collections::HashMap;

use super::Report;
use crate::dns::Name;
use crate::vendor::{Certainty, Rule, Signal};

pub fn check(report: &mut Report) {
    let rules = report.rules;
    let mut plain: HashMap<(Signal, bool, String), &Rule> = HashMap::new();
    for rule in rules.rules.iter().filter(|r| r.regex.is_none()) {
        let key = (rule.signal, is_hint(rule), canonical(rule));
        if let Some(other) = plain.get(&key) {
            report.rule(rule, "pattern", format!("rule {} has the same pattern: only one can win", other.id));
        } else {
            plain.insert(key, rule);
        }
    }
    for rule in rules.rules.iter().filter(|r| r.signal.is_name()) {
        let Ok(name) = Name::parse(&rule.pattern) else { continue };
        let under = |hint: bool, name: &Name| {
            name.suffixes()
                .find_map(|s| plain.get(&(rule.signal, hint, s.to_owned())))
                .copied()
                .filter(|other| other.id != rule.id)
        };
        if is_hint(rule) {
            if let Some(other) = under(false, &name) {
                report.rule(rule, "pattern", format!("never asked: rule {} decides for such names", other.id));
            }
        } else if rule.regex.is_none()
            && let Some(other) = name.parent().and_then(|parent| under(false, &parent))
            && says_the_same(rule, other)
        {
            report.rule(rule, "pattern", format!("says nothing that rule {} does not say of {}", other.id, other.pattern));
        }
    }
}

fn is_hint(rule: &Rule) -> bool {
    rule.certainty == Certainty::Low
}

/// The pattern as the index keys it, so that a tie is seen however it is written.
fn canonical(rule: &Rule) -> String {
    if rule.signal.is_name() {
        Name::parse(&rule.pattern).map_or_else(|_| rule.pattern.clone(), |n| n.as_str().to_owned())
    } else {
        rule.pattern.to_lowercase()
    }
}

fn says_the_same(a: &Rule, b: &Rule) -> bool {
    let said = |r: &Rule| {
        (
            (r.vendor.clone(), r.product.clone(), r.customer.clone(), r.implies.clone()),
            (r.exchange, r.tier, r.certainty, r.opaque),
        )
    };
    said(a) == said(b) && a.from == b.from && a.to == b.to
}
