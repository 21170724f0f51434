//! Who hosts the mailboxes, also behind a gateway.
//!
//! The exchange decides where it belongs to a mailbox host. Behind a filter, or an exchange of
//! nobody known, the other records are weighed by tier: A decides alone, B alone is `likely`, C never
//! decides. Absence is never evidence against anyone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::classify::exchange::{self, Holder, evidence, is_own};
use crate::classify::gateway::{Gateway, share_out, single};
use crate::classify::senders::SpfUse;
use crate::classify::{Attribution, Confidence, Evidence, Flag, Verdict};
use crate::dns::{Name, Outcome, Type, parse_srv, txt_bytes};
use crate::observation::Observation;
use crate::plan::{self, Kind};
use crate::vendor::{Role, Rule, Ruleset, Signal, Tier};

/// One signal that names a mailbox host.
struct Sign<'r> {
    rule: &'r Rule,
    /// Whom it names: the rule's own, or what its product cannot work without.
    vendor: &'r str,
    product: &'r str,
    tier: Tier,
    customer: Option<Arc<str>>,
    evidence: Evidence,
}

pub(super) fn mailbox(
    observation: &Observation,
    rules: &Ruleset,
    gateway: &Gateway,
    (spf, tokens): (&SpfUse, &[Token]),
    flags: &mut BTreeSet<Flag>,
) -> Vec<Attribution> {
    let edge = &gateway.attributions;
    if let Some(closed) = edge.iter().find(|a| matches!(a.verdict, Verdict::NoMail | Verdict::Unreachable)) {
        return single(closed.verdict.clone(), None, closed.evidence.clone());
    }
    let signs = signs(observation, rules, gateway, spf, tokens);
    let direct: Vec<Attribution> = edge.iter().filter(|a| hosts_mailboxes(&a.verdict, rules)).cloned().collect();
    if !direct.is_empty() {
        let hosts: BTreeSet<_> = direct.iter().filter_map(vendor_of).collect();
        let other = signs.iter().any(|s| s.tier == Tier::A && !hosts.contains(s.vendor));
        flags.extend(other.then_some(Flag::MailboxOther));
        return share_out(direct);
    }
    let own_edge = gateway.primary().iter().all(|x| matches!(x.holder, Holder::Own { private_brand: false }));
    if let Some(found) = look_through(&signs, own_edge, flags).filter(|found| fits_autodiscover(observation, rules, found, flags))
    {
        return hybrid(observation, gateway, found, flags);
    }
    if let Some(own) = self_hosted(observation, gateway) {
        return own;
    }
    let facts: Vec<Evidence> = edge.iter().flat_map(|a| a.evidence.clone()).collect();
    match unanswered(observation, spf) {
        Some(open) => single(Verdict::Unreachable, None, vec![open]),
        None => single(Verdict::Unattributed, Some(Confidence::Weak), facts),
    }
}

fn hosts_mailboxes(verdict: &Verdict, rules: &Ruleset) -> bool {
    match verdict {
        Verdict::Vendor { vendor, product } => rules.product(vendor, product).is_some_and(|p| p.roles.contains(&Role::Mailbox)),
        _ => false,
    }
}

fn vendor_of(attribution: &Attribution) -> Option<&str> {
    match &attribution.verdict {
        Verdict::Vendor { vendor, .. } => Some(vendor),
        _ => None,
    }
}

/// Every record that speaks for a mailbox host.
fn signs<'r>(
    observation: &Observation,
    rules: &'r Ruleset,
    gateway: &Gateway<'r>,
    spf: &SpfUse<'r>,
    tokens: &[Token<'r>],
) -> Vec<Sign<'r>> {
    let mut signs: Vec<Sign<'r>> = Vec::new();
    let mut push = |rule: &'r Rule, tier: Tier, customer: Option<Arc<str>>, evidence: Evidence| {
        if let Some((vendor, product)) = rule.implies.as_deref().and_then(|i| i.split_once('/')) {
            signs.push(Sign { rule, vendor, product, tier: Tier::B, customer: None, evidence: evidence.clone() });
        }
        if tier < Tier::None && rule.roles.contains(&Role::Mailbox) {
            signs.push(Sign { rule, vendor: &rule.vendor, product: &rule.product, tier, customer, evidence });
        }
    };
    for exchange in gateway.backup() {
        if let Holder::Vendor { rule, customer, .. } = &exchange.holder {
            push(rule, Tier::A, customer.clone(), exchange.evidence[0].clone());
        }
    }
    dkim(observation, rules, &mut push);
    autodiscover(observation, rules, &mut push);
    tenant(observation, rules, &mut push);
    for used in &spf.direct {
        push(used.rule, used.tier, used.customer.clone(), used.evidence.clone());
    }
    for (rule, found) in tokens {
        push(rule, rule.tier.unwrap_or(Tier::C), None, found.clone());
    }
    signs
}

type Push<'p, 'r> = dyn FnMut(&'r Rule, Tier, Option<Arc<str>>, Evidence) + 'p;

fn dkim<'r>(observation: &Observation, rules: &'r Ruleset, push: &mut Push<'_, 'r>) {
    let asked = observation.member.asked();
    let wildcard = wildcard_target(observation);
    let labels = &observation.plan.labels;
    let groups = [
        (Kind::DkimMicrosoft, &labels.microsoft_selectors),
        (Kind::DkimGoogle, &labels.google_selectors),
        (Kind::DkimVendors, &labels.vendor_selectors),
    ];
    for (kind, selectors) in groups {
        for selector in selectors.iter().filter(|_| observation.asks(kind)) {
            let Ok(qname) = asked.prepend(&format!("{selector}._domainkey")) else { continue };
            let cname = observation.answer(kind, &qname, Type::Cname).and_then(|a| a.rdata(Type::Cname).next());
            if let Some(target) = cname.and_then(|t| Name::parse(t).ok()) {
                let rule = rules.match_name(Signal::DkimTarget, &target).filter(|_| wildcard.as_ref() != Some(&target));
                if let Some(rule) = rule {
                    // A selector that signs for a sister domain says less about this one.
                    let tier = rule.tier.unwrap_or(Tier::B);
                    let tier = if tier == Tier::A && !names_domain(&target, asked) { Tier::B } else { tier };
                    let customer = rules.customer_of(rule, target.bare()).map(Into::into);
                    push(rule, tier, customer, evidence(rule.id.clone(), &qname, Type::Cname, target.as_str()));
                }
            }
            let key = observation.answer(kind, &qname, Type::Txt).and_then(|a| a.rdata(Type::Txt).find(|t| is_key(t)));
            if let (Some(key), Some(rule)) = (key, rules.match_selector(selector)) {
                push(rule, rule.tier.unwrap_or(Tier::B), None, evidence(rule.id.clone(), &qname, Type::Txt, key));
            }
        }
    }
}

/// DKIM key records hold a `p=` tag (RFC 6376 section 3.6.1).
fn is_key(rdata: &str) -> bool {
    let bytes = txt_bytes(rdata);
    String::from_utf8_lossy(&bytes).split(';').any(|tag| tag.trim_start().starts_with("p="))
}

/// Whether the first label of a DKIM target spells the domain, as vendors do with dots as hyphens
/// and hyphens dropped: `selector1-sinttruiden-be01b._domainkey...` for sint-truiden.be.
fn names_domain(target: &Name, domain: &Name) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>();
    target.labels().next().is_some_and(|label| plain(label).contains(&plain(domain.bare())))
}

fn autodiscover<'r>(observation: &Observation, rules: &'r Ruleset, push: &mut Push<'_, 'r>) {
    let wildcard = wildcard_target(observation);
    for (qname, qtype, target, text) in autodiscover_targets(observation) {
        if qtype == Type::Cname && wildcard.as_ref() == Some(&target) {
            continue;
        }
        if let Some(rule) = rules.match_name(Signal::AutodiscoverTarget, &target) {
            push(rule, rule.tier.unwrap_or(Tier::B), None, evidence(rule.id.clone(), &qname, qtype, &text));
        }
    }
}

fn autodiscover_targets(observation: &Observation) -> Vec<(Name, Type, Name, String)> {
    let asked = observation.member.asked();
    let mut targets = Vec::new();
    let spelled = |kind, label: &str| if observation.asks(kind) { asked.prepend(label).ok() } else { None };
    if let Some(qname) = spelled(Kind::AutodiscoverCname, "autodiscover") {
        let answer = observation.answer(Kind::AutodiscoverCname, &qname, Type::Cname);
        for text in answer.into_iter().flat_map(|a| a.rdata(Type::Cname)) {
            targets.extend(Name::parse(text).ok().map(|t| (qname.clone(), Type::Cname, t, text.to_owned())));
        }
    }
    if let Some(qname) = spelled(Kind::AutodiscoverSrv, "_autodiscover._tcp") {
        let answer = observation.answer(Kind::AutodiscoverSrv, &qname, Type::Srv);
        for text in answer.into_iter().flat_map(|a| a.rdata(Type::Srv)) {
            targets.extend(parse_srv(text).map(|s| (qname.clone(), Type::Srv, s.target, text.to_owned())));
        }
    }
    targets
}

fn tenant<'r>(observation: &Observation, rules: &'r Ruleset, push: &mut Push<'_, 'r>) {
    if !observation.asks(Kind::TenantHost) {
        return;
    }
    let Some(host) = plan::tenant_name(observation.member.asked()) else { return };
    let Some(address) = observation.answer(Kind::TenantHost, &host, Type::A).and_then(|a| a.rdata(Type::A).next()) else {
        return;
    };
    if let Some(rule) = rules.match_name(Signal::TenantHost, &host) {
        push(rule, rule.tier.unwrap_or(Tier::A), None, evidence(rule.id.clone(), &host, Type::A, address));
    }
}

/// A verification token and the rule that knows it.
pub(super) type Token<'r> = (&'r Rule, Evidence);

/// Verification tokens at the domain.
pub(super) fn tokens<'r>(observation: &Observation, rules: &'r Ruleset) -> Vec<Token<'r>> {
    let asked = observation.member.asked();
    let answer = observation.answer(Kind::Txt, asked, Type::Txt);
    let mut found = Vec::new();
    let mut question: Option<Arc<str>> = None;
    for rdata in answer.into_iter().flat_map(|a| a.rdata(Type::Txt)) {
        let bytes = txt_bytes(rdata);
        for rule in rules.match_token(&bytes) {
            let question = question.get_or_insert_with(|| exchange::question(asked, Type::Txt)).clone();
            found.push((rule, Evidence { rule: rule.id.clone(), question, value: rdata.into() }));
        }
    }
    found
}

/// Where every name below the domain leads, if a wildcard CNAME stands there.
fn wildcard_target(observation: &Observation) -> Option<Name> {
    if !observation.asks(Kind::Control) {
        return None;
    }
    let asked = observation.member.asked();
    let control = asked.prepend(&plan::control_label(asked)).ok()?;
    observation.answer(Kind::Control, &control, Type::Txt)?.cname_target(&control)
}

/// The host that the signs name, if they agree well enough. Where mail goes to the company's own
/// exchange, one sign of tier B says that a host may send, not that the mailboxes left the house.
fn look_through(signs: &[Sign], own_edge: bool, flags: &mut BTreeSet<Flag>) -> Option<Vec<Attribution>> {
    let mut by_vendor: BTreeMap<&str, Vec<&Sign>> = BTreeMap::new();
    for sign in signs {
        by_vendor.entry(sign.vendor).or_default().push(sign);
    }
    let best = signs.iter().map(|s| s.tier).min()?;
    if best > Tier::B {
        return None;
    }
    let mut leaders: Vec<&str> =
        by_vendor.iter().filter(|(_, list)| list.iter().any(|s| s.tier == best)).map(|(&vendor, _)| vendor).collect();
    if best == Tier::B && leaders.len() > 1 {
        // SPF of two hosts says that both may send, not where the mailboxes are: more signals win,
        // a tie names nobody.
        let count = |vendor: &&str| distinct_signals(&by_vendor[*vendor]);
        let most = leaders.iter().map(count).max()?;
        leaders.retain(|vendor| count(vendor) == most);
        if leaders.len() > 1 {
            return None;
        }
    }
    if best == Tier::B && own_edge && leaders.iter().any(|vendor| signals_of_tier_b(&by_vendor[vendor]) < 2) {
        flags.insert(Flag::MailboxOther);
        return None;
    }
    let others = by_vendor.iter().any(|(vendor, list)| !leaders.contains(vendor) && list.iter().any(|s| s.tier <= Tier::B));
    flags.extend(others.then_some(Flag::MailboxOther));
    if leaders.len() > 1 {
        flags.insert(Flag::Split);
    }
    let attributions = leaders.into_iter().map(|vendor| attribution(&by_vendor[vendor])).collect();
    Some(share_out(attributions))
}

fn signals_of_tier_b(signs: &[&Sign]) -> usize {
    signs.iter().filter(|s| s.tier == Tier::B).map(|s| s.kind()).collect::<BTreeSet<_>>().len()
}

fn distinct_signals(signs: &[&Sign]) -> usize {
    signs.iter().map(|s| s.kind()).collect::<BTreeSet<_>>().len()
}

impl Sign<'_> {
    /// What makes two signs independent: another kind of record, or another product's word. All
    /// terms of an SPF record are one kind.
    fn kind(&self) -> (Signal, bool) {
        let signal = match self.rule.signal {
            Signal::SpfRedirect | Signal::SpfMacro | Signal::SpfIp => Signal::SpfInclude,
            other => other,
        };
        (signal, *self.rule.vendor != *self.vendor)
    }
}

fn attribution(signs: &[&Sign]) -> Attribution {
    let strongest = signs.iter().min_by_key(|s| s.tier).expect("a leader has signs");
    // Two independent signals, or the tenant host, which the vendor alone can create.
    let sure =
        distinct_signals(signs) > 1 && (strongest.tier == Tier::A || signs.iter().filter(|s| s.tier == Tier::B).count() > 1);
    let created = signs.iter().any(|s| s.rule.signal == Signal::TenantHost);
    Attribution {
        verdict: Verdict::Vendor { vendor: strongest.vendor.into(), product: strongest.product.into() },
        weight: num_rational::Ratio::from_integer(1),
        confidence: Some(if sure || created { Confidence::Confirmed } else { Confidence::Likely }),
        customer: signs.iter().find_map(|s| s.customer.clone()),
        evidence: signs.iter().map(|s| s.evidence.clone()).collect(),
    }
}

/// Autodiscover at the company's own host beside a vendor's other signs: Exchange on both sides.
fn hybrid(
    observation: &Observation,
    gateway: &Gateway,
    mut found: Vec<Attribution>,
    flags: &mut BTreeSet<Flag>,
) -> Vec<Attribution> {
    let asked = observation.member.asked();
    let own_autodiscover = autodiscover_targets(observation).iter().any(|(_, _, target, _)| is_own(target, asked));
    let own_exchange = gateway.primary().iter().any(|x| matches!(x.holder, Holder::Own { .. }));
    if own_autodiscover || own_exchange {
        flags.insert(Flag::HybridPossible);
    }
    if own_autodiscover {
        for attribution in &mut found {
            attribution.confidence = match attribution.confidence {
                Some(Confidence::Confirmed) => Some(Confidence::Likely),
                _ => Some(Confidence::Weak),
            };
        }
    }
    found
}

/// Autodiscover at the company's own host shows an Exchange server of its own. It goes together with
/// a host that speaks the protocol (a hybrid); beside one that has none of it, a lone SPF include
/// says that the host may send.
fn fits_autodiscover(observation: &Observation, rules: &Ruleset, found: &[Attribution], flags: &mut BTreeSet<Flag>) -> bool {
    let asked = observation.member.asked();
    let own = autodiscover_targets(observation).iter().any(|(_, _, target, _)| is_own(target, asked));
    let speaks = |a: &Attribution| {
        let rule = |r: &Rule| r.signal == Signal::AutodiscoverTarget && vendor_of(a) == Some(&*r.vendor);
        a.confidence == Some(Confidence::Confirmed) || rules.rules.iter().any(rule)
    };
    let fits = !own || found.iter().all(speaks);
    flags.extend((!fits).then_some(Flag::MailboxOther));
    fits
}

/// No vendor signal, and the mail ends at the company's own hosts.
fn self_hosted(observation: &Observation, gateway: &Gateway) -> Option<Vec<Attribution>> {
    let asked = observation.member.asked();
    let own = autodiscover_targets(observation).into_iter().find(|(_, _, target, _)| is_own(target, asked));
    let autodiscover = own.map(|(qname, qtype, _, text)| evidence("(own-autodiscover)", &qname, qtype, &text));
    let behind = gateway.backup().iter().find(|x| matches!(x.holder, Holder::Own { .. }));
    let edge = gateway.primary().iter().find(|x| matches!(x.holder, Holder::Own { .. }));
    let mut facts: Vec<Evidence> = edge.or(behind).map(|x| x.evidence.clone()).unwrap_or_default();
    let likely = autodiscover.is_some() || behind.is_some();
    facts.extend(autodiscover);
    if facts.is_empty() {
        return None;
    }
    Some(single(Verdict::SelfHosted, Some(if likely { Confidence::Likely } else { Confidence::Weak }), facts))
}

/// A question that could have named the host and has no definitive answer.
fn unanswered(observation: &Observation, spf: &SpfUse) -> Option<Evidence> {
    let asked = observation.member.asked();
    let labels = &observation.plan.labels;
    let mut open: Vec<(Kind, Name, Type)> = Vec::new();
    let groups = [(Kind::DkimMicrosoft, &labels.microsoft_selectors), (Kind::DkimGoogle, &labels.google_selectors)];
    for (kind, selectors) in groups.into_iter().filter(|(kind, _)| observation.asks(*kind)) {
        let names = selectors.iter().filter_map(|s| asked.prepend(&format!("{s}._domainkey")).ok());
        open.extend(names.map(|name| (kind, name, Type::Cname)));
    }
    if observation.asks(Kind::AutodiscoverCname) {
        open.extend(asked.prepend("autodiscover").ok().map(|n| (Kind::AutodiscoverCname, n, Type::Cname)));
    }
    if observation.asks(Kind::AutodiscoverSrv) {
        open.extend(asked.prepend("_autodiscover._tcp").ok().map(|n| (Kind::AutodiscoverSrv, n, Type::Srv)));
    }
    if observation.asks(Kind::TenantHost) {
        open.extend(plan::tenant_name(asked).map(|n| (Kind::TenantHost, n, Type::A)));
    }
    open.push((Kind::Txt, asked.clone(), Type::Txt));
    for (kind, qname, qtype) in open {
        let Some(answer) = observation.answer(kind, &qname, qtype) else { continue };
        let silent = kind == Kind::Txt && !observation.complete(kind) && !spf.has_record;
        if !answer.outcome.is_definitive() {
            return Some(evidence("(no-answer)", &qname, qtype, answer.outcome.as_str()));
        }
        if silent {
            return Some(evidence("(no-answer)", &qname, qtype, Outcome::Unrecorded.as_str()));
        }
    }
    None
}
