//! Every fact of a member that a rule can read, with the rules that read it: why a verdict is what it
//! is, and why it is not another one.

use std::collections::BTreeSet;

use crate::classify::hosted_spf::{self, Asked};
use crate::classify::near::{self, Near, Without};
use crate::classify::{Classification, classify};
use crate::dns::{Mx, Name, Outcome, Question, Type, parse_mx, parse_srv, txt_bytes};
use crate::mail::{dmarc, spf, spf_walk};
use crate::observation::Observation;
use crate::vendor::{Certainty, Rule, Ruleset, Signal, Tier};

/// One fact: what a signal saw, and in which answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    pub signal: Signal,
    /// The text that rules are matched against: a name without final dot, a token, a block.
    pub text: String,
    pub question: Question,
}

/// A member's verdicts with everything they rest on.
#[derive(Clone, Debug)]
pub struct Explanation<'r> {
    pub classification: Classification,
    /// Every question of the plan, its outcome and its records; `None` where it was not asked.
    pub questions: Vec<(Question, Option<Outcome>, Vec<String>)>,
    /// Facts with the rule that reads them.
    pub fired: Vec<(Seen, &'r Rule)>,
    /// Facts that only rules of low certainty read: hints, never verdicts.
    pub hints: Vec<(Seen, &'r Rule)>,
    /// Facts that no rule reads.
    pub unread: Vec<Seen>,
    /// Rules that nearly fired, and why they did not.
    pub near: Vec<Near<'r>>,
    /// Mailbox hosts that records name beside the verdict, with their strongest tier.
    pub conflicts: Vec<(&'r str, Tier)>,
    /// Records without which a verdict would be another one.
    pub without: Vec<Without>,
    pub spf: SpfReport,
    /// What a hosting service of SPF records said of the senders we know.
    pub hosted: Vec<Asked<'r>>,
}

/// What is wrong with the SPF tree (RFC 7208), none of which hides its vendors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpfReport {
    pub records: usize,
    pub lookups: usize,
    pub void_lookups: usize,
    pub over_limits: bool,
    pub several_records: bool,
    pub findings: BTreeSet<spf::Finding>,
    pub unread: Vec<String>,
}

/// Why a vendor was not named.
#[derive(Clone, Debug)]
pub struct WhyNot<'r> {
    pub vendor: String,
    /// Signals the vendor has rules for, with the facts of that signal and the rules that hold.
    pub signals: Vec<SignalReport<'r>>,
    /// Questions whose answers could have shown the vendor and did not come.
    pub open: Vec<(Question, Outcome)>,
}

#[derive(Clone, Debug)]
pub struct SignalReport<'r> {
    pub signal: Signal,
    pub patterns: Vec<&'r str>,
    pub seen: Vec<Seen>,
    pub fired: Vec<(Seen, &'r Rule)>,
}

pub fn explain<'r>(observation: &Observation, rules: &'r Ruleset) -> Explanation<'r> {
    let questions = observation.questions();
    let mut explanation = Explanation {
        classification: classify(observation, rules),
        questions: questions
            .iter()
            .map(|(question, answer)| {
                let records = answer.iter().flat_map(|a| a.records()).map(|r| format!("{} {} {}", r.owner, r.rtype, r.rdata));
                (question.clone(), answer.map(|a| a.outcome), records.collect())
            })
            .collect(),
        fired: Vec::new(),
        hints: Vec::new(),
        unread: Vec::new(),
        near: Vec::new(),
        conflicts: Vec::new(),
        without: Vec::new(),
        spf: spf_report(observation),
        hosted: hosted(observation, rules),
    };
    for seen in seen(observation) {
        let found = reading(&seen, rules);
        if found.is_empty() {
            match hint(&seen, rules) {
                Some(rule) => explanation.hints.push((seen, rule)),
                None => explanation.unread.push(seen),
            }
        } else {
            explanation.fired.extend(found.into_iter().map(|rule| (seen.clone(), rule)));
        }
    }
    let Explanation { classification, fired, hints, unread, .. } = &explanation;
    let near = near::near(observation, rules, classification, unread, fired, hints);
    let conflicts = near::conflicts(classification, fired);
    let without = near::without(observation, rules, classification);
    Explanation { near, conflicts, without, ..explanation }
}

/// What the rules of one vendor looked for and what they met; `None` for an unknown vendor id.
pub fn why_not<'r>(observation: &Observation, rules: &'r Ruleset, vendor: &str) -> Option<WhyNot<'r>> {
    rules.vendor(vendor)?;
    let all = seen(observation);
    let mut signals = Vec::new();
    for signal in Signal::ALL {
        let own: Vec<&Rule> = rules.rules.iter().filter(|r| *r.vendor == *vendor && r.signal == signal).collect();
        if own.is_empty() {
            continue;
        }
        // A CNAME target may fall under the rules for exchanges, as in the classifier.
        let facts: Vec<Seen> = all.iter().filter(|s| s.signal == signal).cloned().collect();
        let read =
            |s: &Seen| reading(s, rules).into_iter().chain(hint(s, rules)).filter(|r| *r.vendor == *vendor).collect::<Vec<_>>();
        let fired = facts.iter().flat_map(|s| read(s).into_iter().map(|rule| (s.clone(), rule))).collect();
        signals.push(SignalReport { signal, patterns: own.iter().map(|r| r.pattern.as_str()).collect(), seen: facts, fired });
    }
    let open = observation.questions().into_iter().filter_map(|(question, answer)| {
        let outcome = answer.map_or(Outcome::Unrecorded, |a| a.outcome);
        (!outcome.is_definitive()).then_some((question, outcome))
    });
    Some(WhyNot { vendor: vendor.to_owned(), signals, open: open.collect() })
}

/// The strongest tier among the records, exchanges aside, that speak for a mailbox host; `None` where
/// no record does.
pub fn seen_by_tier(observation: &Observation, rules: &Ruleset) -> Option<Tier> {
    let edge = [Signal::MxHost, Signal::MxTarget, Signal::PtrHost, Signal::OriginAs];
    let facts = seen(observation).into_iter().filter(|s| !edge.contains(&s.signal));
    let tiers = facts.flat_map(|s| reading(&s, rules).into_iter().filter_map(|r| r.tier).min());
    tiers.min().filter(|tier| *tier < Tier::None)
}

fn reading<'r>(seen: &Seen, rules: &'r Ruleset) -> Vec<&'r Rule> {
    let name = || Name::parse(&seen.text).ok();
    match seen.signal {
        Signal::TxtToken => rules.match_token(seen.text.as_bytes()).collect(),
        Signal::SpfIp => rules.match_block(&seen.text).into_iter().collect(),
        Signal::OriginAs => seen.text.parse().ok().and_then(|asn| rules.match_as(asn)).into_iter().collect(),
        Signal::DkimKey => rules.match_selector(&seen.text).into_iter().collect(),
        Signal::MxTarget | Signal::SpfMacro | Signal::SpfRedirect => {
            let fallback = if seen.signal == Signal::MxTarget { Signal::MxHost } else { Signal::SpfInclude };
            let found = name().and_then(|n| rules.match_name(seen.signal, &n).or_else(|| rules.match_name(fallback, &n)));
            found.into_iter().collect()
        }
        signal => name().and_then(|n| rules.match_name(signal, &n)).into_iter().collect(),
    }
}

fn hint<'r>(seen: &Seen, rules: &'r Ruleset) -> Option<&'r Rule> {
    if !seen.signal.is_name() {
        return None;
    }
    rules.match_hint(seen.signal, &Name::parse(&seen.text).ok()?).filter(|r| r.certainty == Certainty::Low)
}

/// Every fact of a member that some signal looks at, sorted, each once.
pub fn seen(observation: &Observation) -> Vec<Seen> {
    let asked = observation.member.asked();
    let mut facts = BTreeSet::new();
    for (question, answer) in observation.questions() {
        let Some(answer) = answer else { continue };
        let first = question.qname.labels().next().unwrap_or_default().to_owned();
        let is_exchange = question.qname != *asked && matches!(question.qtype, Type::A | Type::Aaaa | Type::Cname);
        let mut add = |signal: Signal, text: &str| {
            facts.insert(Seen { signal, text: text.to_owned(), question: question.clone() });
        };
        let dkim = question.qname.as_str().contains("._domainkey.");
        for record in answer.records() {
            match (record.rtype, first.as_str()) {
                (Type::Mx, _) => {
                    if let Some(Mx { exchange, .. }) = parse_mx(&record.rdata) {
                        add(Signal::MxHost, exchange.bare());
                    }
                }
                (Type::Cname, _) if dkim => add(Signal::DkimTarget, bare(&record.rdata)),
                (Type::Cname, "autodiscover") => add(Signal::AutodiscoverTarget, bare(&record.rdata)),
                (Type::Cname, "_dmarc") => add(Signal::DmarcTarget, bare(&record.rdata)),
                (Type::Cname, "mta-sts") => add(Signal::MtaStsTarget, bare(&record.rdata)),
                (Type::Cname, _) if is_exchange => add(Signal::MxTarget, bare(&record.rdata)),
                (Type::Srv, "_autodiscover") => {
                    if let Some(srv) = parse_srv(&record.rdata) {
                        add(Signal::AutodiscoverTarget, srv.target.bare());
                    }
                }
                (Type::Ptr, _) => add(Signal::PtrHost, bare(&record.rdata)),
                (Type::Ns, "_dmarc") => add(Signal::NsHost, bare(&record.rdata)),
                (Type::Txt, _) if dkim => add(Signal::DkimKey, &first),
                (Type::Txt, _) => {
                    let bytes = txt_bytes(&record.rdata);
                    let text = String::from_utf8_lossy(&bytes);
                    if question.qname.as_str().ends_with(".asn.cymru.com.") {
                        add(
                            Signal::OriginAs,
                            text.split('|').next().unwrap_or_default().split_whitespace().next().unwrap_or_default(),
                        );
                    } else if let Some(policy) = dmarc::parse(&record.rdata) {
                        policy.rua.iter().chain(&policy.ruf).for_each(|d| add(Signal::DmarcRua, d.bare()));
                    } else if spf::parse(&record.rdata).is_none() && question.qname == *asked {
                        add(Signal::TxtToken, &text);
                    } else {
                        dmarc::tls_rpt(&record.rdata).iter().for_each(|d| add(Signal::DmarcRua, d.bare()));
                    }
                }
                (Type::A, _) if plan_tenant(asked).is_some_and(|t| t == question.qname) => {
                    add(Signal::TenantHost, question.qname.bare())
                }
                _ => {}
            }
        }
    }
    facts.extend(spf_facts(observation));
    facts.into_iter().collect()
}

fn plan_tenant(asked: &Name) -> Option<Name> {
    crate::plan::tenant_name(asked)
}

fn bare(rdata: &str) -> &str {
    rdata.strip_suffix('.').unwrap_or(rdata)
}

pub(super) fn spf_tree(observation: &Observation) -> spf_walk::Tree {
    let asked = observation.member.asked();
    let answer = |name: &Name| {
        let kind = if name == asked { crate::plan::Kind::Txt } else { crate::plan::Kind::SpfTree };
        observation.answer(kind, name, Type::Txt)
    };
    spf_walk::walk(asked, answer, |_, _| true)
}

fn spf_facts(observation: &Observation) -> Vec<Seen> {
    let tree = spf_tree(observation);
    let mut facts = Vec::new();
    for node in &tree.nodes {
        let question = Question::new(node.at.clone(), Type::Txt);
        for term in node.record.reachable() {
            let (signal, text) = match term {
                spf::Term::Ip(_, block) => (Signal::SpfIp, block.to_string()),
                _ => {
                    let Some(name) = term.domain().and_then(spf::DomainSpec::literal_suffix) else { continue };
                    let macros = term.domain().is_some_and(spf::DomainSpec::has_macro) || matches!(term, spf::Term::Exists(..));
                    let signal = match term {
                        _ if macros => Signal::SpfMacro,
                        spf::Term::Redirect(_) => Signal::SpfRedirect,
                        _ => Signal::SpfInclude,
                    };
                    (signal, name.bare().to_owned())
                }
            };
            facts.push(Seen { signal, text, question: question.clone() });
        }
    }
    facts
}

fn hosted<'r>(observation: &Observation, rules: &'r Ruleset) -> Vec<Asked<'r>> {
    let asked = observation.member.asked();
    let tree = spf_tree(observation);
    let own = tree.nodes.iter().filter(|node| node.at == *asked);
    own.flat_map(|node| node.record.reachable().flat_map(|term| hosted_spf::ask(observation, rules, term))).collect()
}

fn spf_report(observation: &Observation) -> SpfReport {
    let tree = spf_tree(observation);
    SpfReport {
        records: tree.nodes.len(),
        lookups: tree.lookups,
        void_lookups: tree.void_lookups,
        over_limits: tree.over_limits(),
        several_records: tree.several_records,
        findings: tree.nodes.iter().flat_map(|n| n.record.findings.iter().copied()).collect(),
        unread: tree.unread,
    }
}
