//! Who may send for a domain (SPF tree, DKIM), who receives its reports, and what only leaves tokens.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use crate::classify::exchange;
use crate::classify::exchange::evidence;
use crate::classify::hosted_spf::{self, Asked, Said};
use crate::classify::mailbox::Token;
use crate::classify::{Attribution, Confidence, Evidence, Flag, Reached, Verdict};
use crate::dns::{Answer, Name, Outcome, Type, registrable};
use crate::mail::spf::Term;
use crate::mail::{dmarc, spf_walk};
use crate::observation::Observation;
use crate::plan::Kind;
use crate::vendor::{Certainty, Role, Rule, Ruleset, Signal, Tier};

/// A vendor that the SPF tree names.
pub(super) struct Used<'r> {
    pub rule: &'r Rule,
    pub customer: Option<Arc<str>>,
    pub evidence: Evidence,
    /// What it says about the mailbox host.
    pub tier: Tier,
}

/// What the SPF tree of a domain says.
#[derive(Default)]
pub(super) struct SpfUse<'r> {
    pub has_record: bool,
    /// Vendors that the domain's own records name, its own shards included; a vendor's record is
    /// not searched for further vendors, since what it includes is its own business.
    pub direct: Vec<Used<'r>>,
}

pub(super) fn spf_use<'r>(observation: &Observation, rules: &'r Ruleset, flags: &mut BTreeSet<Flag>) -> SpfUse<'r> {
    let asked = observation.member.asked();
    let answer = |name: &Name| -> Option<&Answer> {
        let kind = if name == asked { Kind::Txt } else { Kind::SpfTree };
        observation.answer(kind, name, Type::Txt)
    };
    let descends = observation.asks(Kind::SpfTree);
    let tree = spf_walk::walk(asked, answer, |_, term| descends && match_term(term, rules).is_none());
    let mut used = SpfUse { has_record: !tree.nodes.is_empty(), direct: Vec::new() };
    let mut written = String::new();
    for node in &tree.nodes {
        let mut question: Option<Arc<str>> = None;
        for term in node.record.reachable().filter(|t| !t.is_negative()) {
            if let Some((rule, matched)) = match_term(term, rules) {
                flags.extend(rule.opaque.then_some(Flag::SpfOpaque));
                let customer = rules.customer_of(rule, &matched).map(Into::into);
                written.clear();
                _ = write!(written, "{term}");
                let question = question.get_or_insert_with(|| exchange::question(&node.at, Type::Txt)).clone();
                let fact = Evidence { rule: rule.id.clone(), question, value: written.as_str().into() };
                let tier = rule.tier.unwrap_or(Tier::B);
                used.direct.push(Used { rule, customer, evidence: fact, tier });
            }
            if node.at == *asked {
                used.direct.extend(hosted_spf::ask(observation, rules, term).into_iter().filter_map(authorised));
            }
        }
    }
    used
}

/// Of a hosting service's answers only one is evidence: that it lets the sender through.
fn authorised(asked: Asked<'_>) -> Option<Used<'_>> {
    let Said::Authorised { record } = asked.said else { return None };
    let question = &asked.question;
    let evidence = evidence(asked.rule.id.clone(), &question.qname, question.qtype, &record);
    Some(Used { rule: asked.rule, customer: None, evidence, tier: Tier::B })
}

/// The rule a term falls under, and the text it matched where that may show a customer.
pub(super) fn match_term<'r, 't>(term: &'t Term, rules: &'r Ruleset) -> Option<(&'r Rule, Cow<'t, str>)> {
    if let Term::Ip(_, block) = term {
        return rules.match_block(block).map(|rule| (rule, Cow::Borrowed(&**block)));
    }
    let domain = term.domain()?;
    let name = domain.literal_suffix()?;
    let signals: &[Signal] = match term {
        _ if domain.has_macro() => &[Signal::SpfMacro, Signal::SpfInclude],
        Term::Redirect(_) => &[Signal::SpfRedirect, Signal::SpfInclude],
        Term::Exists(..) => &[Signal::SpfMacro],
        _ => &[Signal::SpfInclude],
    };
    let rule = signals.iter().find_map(|&signal| rules.match_name(signal, &name))?;
    // Most rules read no customer from it.
    let matched = if rule.customer.is_some() { Cow::Owned(name.bare().to_owned()) } else { Cow::Borrowed("") };
    Some((rule, matched))
}

/// A TXT answer that is definitive and, where it is only part of the records, not silent.
fn txt_reached(observation: &Observation, heard: bool) -> Reached {
    let answer = observation.answer(Kind::Txt, observation.member.asked(), Type::Txt);
    match answer.map_or(Outcome::Unrecorded, |a| a.outcome) {
        outcome if !outcome.is_definitive() => Reached::Unreachable(outcome),
        _ if heard || observation.complete(Kind::Txt) => Reached::Measured,
        _ => Reached::Unreachable(Outcome::Unrecorded),
    }
}

pub(super) fn senders(observation: &Observation, rules: &Ruleset, spf: &SpfUse) -> (Reached, Vec<Attribution>) {
    let mut found = Found::default();
    for used in &spf.direct {
        if !is_report_service(used.rule) {
            found.add(used.rule, used.customer.clone(), used.evidence.clone());
        }
    }
    let asked = observation.member.asked();
    let labels = &observation.plan.labels;
    let groups = [(Kind::DkimMicrosoft, &labels.microsoft_selectors), (Kind::DkimVendors, &labels.vendor_selectors)];
    for (kind, selectors) in groups.into_iter().filter(|(kind, _)| observation.asks(*kind)) {
        for qname in selectors.iter().filter_map(|s| asked.prepend(&format!("{s}._domainkey")).ok()) {
            let target = observation.answer(kind, &qname, Type::Cname).and_then(|a| a.rdata(Type::Cname).next());
            let rule = target.and_then(|t| rules.match_name(Signal::DkimTarget, &Name::parse(t).ok()?));
            if let (Some(rule), Some(target)) = (rule, target) {
                found.add(rule, None, evidence(rule.id.clone(), &qname, Type::Cname, target));
            }
        }
    }
    (txt_reached(observation, spf.has_record), found.into_attributions())
}

/// Hosting a domain's SPF record is no sending: such a product counts under `dmarc`.
fn is_report_service(rule: &Rule) -> bool {
    rule.roles == [Role::Dmarc]
}

pub(super) fn dmarc(observation: &Observation, rules: &Ruleset, spf: &SpfUse) -> (Reached, Vec<Attribution>) {
    let asked = observation.member.asked();
    let mut found = Found::default();
    let below = |domain: &Name, label: &str| domain.prepend(label).ok();
    let mut reached = Reached::Unreachable(Outcome::Unrecorded);
    let organization = registrable(asked).filter(|o| o != asked);
    for domain in std::iter::once(asked.clone()).chain(organization).filter(|_| observation.asks(Kind::Dmarc)) {
        let Some(qname) = below(&domain, "_dmarc") else { continue };
        let Some(answer) = observation.answer(Kind::Dmarc, &qname, Type::Txt) else { continue };
        reached = if answer.outcome.is_definitive() { Reached::Measured } else { Reached::Unreachable(answer.outcome) };
        let mut records = answer.rdata(Type::Txt).filter_map(dmarc::parse).peekable();
        let has_record = records.peek().is_some();
        for record in records {
            for receiver in record.rua.iter().chain(&record.ruf) {
                found.by_name(rules, Signal::DmarcRua, receiver, &qname, Type::Txt, receiver.bare());
            }
        }
        if has_record || reached != Reached::Measured {
            break;
        }
    }
    let facts = [
        (Kind::DmarcCname, "_dmarc", Type::Cname, Signal::DmarcTarget),
        (Kind::DmarcNs, "_dmarc", Type::Ns, Signal::NsHost),
        (Kind::MtaStsCname, "mta-sts", Type::Cname, Signal::MtaStsTarget),
    ];
    for (kind, label, qtype, signal) in facts.into_iter().filter(|(kind, ..)| observation.asks(*kind)) {
        let Some(qname) = below(asked, label) else { continue };
        for text in observation.answer(kind, &qname, qtype).into_iter().flat_map(|a| a.rdata(qtype)) {
            if let Ok(name) = Name::parse(text) {
                found.by_name(rules, signal, &name, &qname, qtype, text);
            }
        }
    }
    if observation.asks(Kind::TlsRpt)
        && let Some(qname) = below(asked, "_smtp._tls")
    {
        for text in observation.answer(Kind::TlsRpt, &qname, Type::Txt).into_iter().flat_map(|a| a.rdata(Type::Txt)) {
            for receiver in dmarc::tls_rpt(text) {
                found.by_name(rules, Signal::DmarcRua, &receiver, &qname, Type::Txt, receiver.bare());
            }
        }
    }
    for used in spf.direct.iter().filter(|u| is_report_service(u.rule)) {
        found.add(used.rule, used.customer.clone(), used.evidence.clone());
    }
    (reached, found.into_attributions())
}

pub(super) fn overlay(observation: &Observation, tokens: &[Token], spf: &SpfUse) -> (Reached, Vec<Attribution>) {
    let is_overlay = |rule: &Rule| rule.roles.contains(&Role::Overlay);
    let mut found = Found::default();
    for (rule, fact) in tokens {
        if is_overlay(rule) {
            found.add(rule, None, fact.clone());
        }
    }
    for used in spf.direct.iter().filter(|u| is_overlay(u.rule)) {
        found.add(used.rule, used.customer.clone(), used.evidence.clone());
    }
    (txt_reached(observation, false), found.into_attributions())
}

/// Vendors found for a reach role, each once.
#[derive(Default)]
struct Found(Vec<Attribution>);

impl Found {
    fn add(&mut self, rule: &Rule, customer: Option<Arc<str>>, evidence: Evidence) {
        let is_its = |a: &Attribution| matches!(&a.verdict, Verdict::Vendor { vendor, product } if *vendor == rule.vendor && *product == rule.product);
        let confidence = Some(if rule.certainty == Certainty::High { Confidence::Confirmed } else { Confidence::Likely });
        let at = self.0.iter().position(is_its).unwrap_or_else(|| {
            self.0.push(Attribution {
                verdict: Verdict::Vendor { vendor: rule.vendor.clone(), product: rule.product.clone() },
                weight: num_rational::Ratio::from_integer(1),
                confidence,
                customer: None,
                evidence: Vec::new(),
            });
            self.0.len() - 1
        });
        let entry = &mut self.0[at];
        entry.confidence = entry.confidence.max(confidence);
        entry.customer = entry.customer.take().or(customer);
        if !entry.evidence.contains(&evidence) {
            entry.evidence.push(evidence);
        }
    }

    fn by_name(&mut self, rules: &Ruleset, signal: Signal, name: &Name, qname: &Name, qtype: Type, value: &str) {
        if let Some(rule) = rules.match_name(signal, name) {
            let customer = rules.customer_of(rule, value).map(Into::into);
            self.add(rule, customer, evidence(rule.id.clone(), qname, qtype, value));
        }
    }

    fn into_attributions(mut self) -> Vec<Attribution> {
        self.0.sort_by(|a, b| a.verdict.cmp(&b.verdict));
        self.0
    }
}
