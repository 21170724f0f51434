//! What nearly decided: rules that almost fired, hosts that contradict each other, and the records
//! without which a verdict would be another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::explain::{Seen, spf_tree};
use crate::classify::senders::match_term;
use crate::classify::{Attribution, Classification, Verdict, classify};
use crate::dns::{Question, Type};
use crate::mail::spf::Term;
use crate::observation::{Facts, Observation};
use crate::vendor::{Certainty, Role, Rule, Ruleset, Tier};

/// Why a rule did not decide though something of it was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss {
    /// The vendor's suffix stands in the name with more labels behind it.
    InsideName,
    /// The name ends like the suffix, but in the middle of a label.
    LabelBorder,
    /// The SPF term refuses senders.
    Negative,
    /// The SPF term stands behind `all`, or is a `redirect` beside it: nobody evaluates it.
    NotEvaluated,
    /// A rule of low certainty.
    LowCertainty,
    /// A sign of tier C: a tenant exists, which alone names no mailbox host.
    NeverAlone,
}

impl Miss {
    pub fn words(self) -> &'static str {
        match self {
            Self::InsideName => "the vendor's suffix has more labels behind it: a missing final dot, or a look-alike",
            Self::LabelBorder => "ends like the vendor's suffix, but not at a label's border",
            Self::Negative => "the term refuses senders",
            Self::NotEvaluated => "the term stands where no evaluation gets to",
            Self::LowCertainty => "the rule is too unsure to decide",
            Self::NeverAlone => "says that a tenant exists; alone it names no mailbox host",
        }
    }
}

/// A rule that nearly fired.
#[derive(Clone, Debug)]
pub struct Near<'r> {
    pub rule: &'r Rule,
    /// The text that came near, and where it stands.
    pub text: String,
    pub question: Question,
    pub miss: Miss,
}

/// A record that a verdict rests on, and what the verdict would be without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Without {
    pub role: Role,
    pub question: Question,
    /// The verdicts, in words, without it.
    pub verdict: String,
}

/// Rules that nearly fired, sorted by rule and text.
pub(super) fn near<'r>(
    observation: &Observation,
    rules: &'r Ruleset,
    classification: &Classification,
    unread: &[Seen],
    fired: &[(Seen, &'r Rule)],
    hints: &[(Seen, &'r Rule)],
) -> Vec<Near<'r>> {
    let mut found = Vec::new();
    let of = |seen: &Seen, rule, miss| Near { rule, text: seen.text.clone(), question: seen.question.clone(), miss };
    found.extend(hints.iter().map(|(seen, rule)| of(seen, rule, Miss::LowCertainty)));
    for seen in unread.iter().filter(|s| s.signal.is_name()) {
        let dotted = format!(".{}.", seen.text);
        for rule in &rules.rules {
            let same = rule.signal == seen.signal && rule.certainty > Certainty::Low && rule.pattern.contains('.');
            if same && dotted.contains(&format!(".{}.", rule.pattern)) {
                // At the end it would have fired, but for an expression that does not match.
                if !seen.text.ends_with(&rule.pattern) {
                    found.push(of(seen, rule, Miss::InsideName));
                }
            } else if same && seen.text.ends_with(&rule.pattern) {
                found.push(of(seen, rule, Miss::LabelBorder));
            }
        }
    }
    for node in spf_tree(observation).nodes {
        let reachable: Vec<&Term> = node.record.reachable().collect();
        for term in &node.record.terms {
            let miss = match reachable.contains(&term) {
                true if term.is_negative() => Miss::Negative,
                true => continue,
                false => Miss::NotEvaluated,
            };
            if let Some((rule, _)) = match_term(term, rules) {
                found.push(Near { rule, text: term.to_string(), question: Question::new(node.at.clone(), Type::Txt), miss });
            }
        }
    }
    let hosts: BTreeSet<&str> = classification.mailbox.iter().filter_map(vendor).collect();
    for (seen, rule) in fired {
        if rule.tier == Some(Tier::C) && !hosts.contains(&*rule.vendor) {
            found.push(of(seen, rule, Miss::NeverAlone));
        }
    }
    found.sort_by(|a, b| (&a.rule.id, &a.text, &a.question).cmp(&(&b.rule.id, &b.text, &b.question)));
    found
}

/// Mailbox hosts that records of tier A and B name, with the strongest tier of each; empty where they
/// agree with the verdict.
pub(super) fn conflicts<'r>(classification: &Classification, fired: &[(Seen, &'r Rule)]) -> Vec<(&'r str, Tier)> {
    let mut strongest: BTreeMap<&str, Tier> = BTreeMap::new();
    for (_, rule) in fired {
        if let Some(tier) = rule.tier.filter(|t| *t <= Tier::B) {
            let entry = strongest.entry(&rule.vendor).or_insert(tier);
            *entry = tier.min(*entry);
        }
    }
    let hosts: BTreeSet<&str> = classification.mailbox.iter().filter_map(vendor).collect();
    if strongest.keys().all(|v| hosts.contains(v)) {
        return Vec::new();
    }
    strongest.into_iter().collect()
}

/// The verdicts of both exclusive roles without each record that they rest on, where they differ from
/// those of today. The MX answer is left out: without it there is no verdict at all.
pub(super) fn without(observation: &Observation, rules: &Ruleset, classification: &Classification) -> Vec<Without> {
    let all: Vec<_> = observation.questions().into_iter().filter_map(|(q, a)| Some((q, a?.clone()))).collect();
    let mut found = Vec::new();
    for (question, _) in all.iter().filter(|(q, _)| q.qtype != Type::Mx) {
        let text = question.to_string();
        let facts_of = |a: &Attribution| a.evidence.iter().any(|e| text.starts_with(&*e.question));
        if !classification.gateway.iter().chain(&classification.mailbox).any(facts_of) {
            continue;
        }
        let facts = Facts::new(all.iter().filter(|(q, _)| q != question).cloned());
        let other = classify(&Observation { facts: &facts, ..*observation }, rules);
        for role in [Role::Gateway, Role::Mailbox] {
            let (now, then) = (words(classification.role(role)), words(other.role(role)));
            if now != then {
                found.push(Without { role, question: question.clone(), verdict: then });
            }
        }
    }
    found
}

fn vendor(attribution: &Attribution) -> Option<&str> {
    match &attribution.verdict {
        Verdict::Vendor { vendor, .. } => Some(vendor),
        _ => None,
    }
}

fn words(attributions: &[Attribution]) -> String {
    let one = |a: &Attribution| {
        let who = vendor(a).unwrap_or(a.verdict.as_str());
        a.confidence.map_or(who.to_owned(), |c| format!("{who}, {}", c.as_str()))
    };
    attributions.iter().map(one).collect::<Vec<_>>().join(" + ")
}
