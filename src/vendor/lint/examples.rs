//! Examples and counter-examples, run against the whole set.

use super::Report;
use crate::dns::Name;
use crate::vendor::{Certainty, Rule, Ruleset, Signal, block};

pub fn check(report: &mut Report) {
    let rules = report.rules;
    for rule in &rules.rules {
        check_rule(report, rule);
    }
    for negative in &rules.negatives {
        match resolve(rules, negative.signal, &negative.text, false) {
            Ok(Some(rule)) => report.rule(rule, "pattern", format!("matches {}: {}", negative.text, negative.why)),
            Ok(None) => {}
            Err(problem) => {
                report.at(
                    &negative.place,
                    format!("negative {}", negative.signal.as_str()),
                    format!("{}: {problem}", negative.text),
                );
            }
        }
    }
}

fn check_rule(report: &mut Report, rule: &Rule) {
    let rules = report.rules;
    let hint = rule.certainty == Certainty::Low;
    if rule.matches.is_empty() {
        report.rule(rule, "matches", "give at least one text that the rule is for");
    }
    for text in &rule.matches {
        match resolve(rules, rule.signal, text, hint) {
            Ok(Some(found)) if found.id == rule.id => {}
            Ok(Some(found)) => report.rule(rule, "matches", format!("{text} is matched by rule {}", found.id)),
            Ok(None) => report.rule(rule, "matches", format!("{text} is matched by no rule")),
            Err(problem) => report.rule(rule, "matches", format!("{text}: {problem}")),
        }
    }
    let suffix_of_an_exchange = rule.signal == Signal::MxHost && rule.pattern != ".";
    if suffix_of_an_exchange && rule.rejects.is_empty() {
        report.rule(rule, "rejects", "give a host name that only looks like the vendor's");
    }
    let mut rejects = rule.rejects.clone();
    if rule.signal.is_name() && rule.pattern != "." {
        // A suffix ends at the border of a label, and the name ends where the suffix does.
        rejects.extend([format!("x{}", rule.pattern), format!("{}.example", rule.pattern)]);
    }
    for text in &rejects {
        if resolve(rules, rule.signal, text, hint).is_ok_and(|found| found.is_some_and(|r| r.id == rule.id)) {
            report.rule(rule, "rejects", format!("{text} is matched by this rule"));
        }
    }
    if rule.customer.is_some() && !rule.matches.iter().any(|text| rules.customer_of(rule, text).is_some()) {
        report.rule(rule, "customer", "finds no customer in any of the examples");
    }
}

/// The rule that a text of a signal leads to.
fn resolve<'r>(rules: &'r Ruleset, signal: Signal, text: &str, hint: bool) -> Result<Option<&'r Rule>, String> {
    Ok(match signal {
        Signal::TxtToken => rules.match_token(text.as_bytes()).max_by_key(|r| r.pattern.len()),
        Signal::SpfIp => match block::canonical_block(text) {
            Some(_) => rules.match_block(text),
            None => return Err("not an address block".to_owned()),
        },
        Signal::OriginAs => rules.match_as(block::parse_as(text).ok_or("not an AS; write AS and its number")?),
        Signal::DkimKey => rules.match_selector(text),
        _ => {
            let name = Name::parse(text).map_err(|e| e.to_string())?;
            if hint { rules.match_hint(signal, &name) } else { rules.match_name(signal, &name) }
        }
    })
}
