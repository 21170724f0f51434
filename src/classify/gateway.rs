//! Who receives inbound mail at the MX edge.

use std::collections::{BTreeMap, BTreeSet};

use num_rational::Ratio;

use crate::classify::exchange::{Exchange, Holder, exchanges};
use crate::classify::{Attribution, Confidence, Evidence, Flag, Verdict};
use crate::dns::{Outcome, Type};
use crate::observation::Observation;
use crate::plan::Kind;
use crate::vendor::{Role, Ruleset};

/// The verdict on the gateway, with the exchanges it rests on for the mailbox stage.
pub(super) struct Gateway<'r> {
    pub attributions: Vec<Attribution>,
    /// Exchanges that can receive mail, most preferred first.
    pub exchanges: Vec<Exchange<'r>>,
    /// How many of them stand at the lowest preference.
    pub primary: usize,
    pub failure: Option<Outcome>,
}

impl<'r> Gateway<'r> {
    pub fn primary(&self) -> &[Exchange<'r>] {
        &self.exchanges[..self.primary]
    }

    pub fn backup(&self) -> &[Exchange<'r>] {
        &self.exchanges[self.primary..]
    }
}

pub(super) fn gateway<'r>(observation: &Observation, rules: &'r Ruleset, flags: &mut BTreeSet<Flag>) -> Gateway<'r> {
    let asked = observation.member.asked();
    let said = |rule: &str, value: &str| vec![super::exchange::evidence(rule, asked, Type::Mx, value)];
    let answer = observation.answer(Kind::Mx, asked, Type::Mx);
    let outcome = answer.map_or(Outcome::Unrecorded, |a| a.outcome);
    let Some(answer) = answer.filter(|a| a.outcome.is_definitive()) else {
        let alone = single(Verdict::Unreachable, None, said("(no-answer)", outcome.as_str()));
        return Gateway { attributions: alone, exchanges: Vec::new(), primary: 0, failure: Some(outcome) };
    };
    let none = |attributions| Gateway { attributions, exchanges: Vec::new(), primary: 0, failure: None };
    if answer.outcome.is_negative() {
        let address = |t| observation.answer(Kind::Address, asked, t).is_some_and(|a| a.outcome == Outcome::Answered);
        if address(Type::A) || address(Type::Aaaa) {
            flags.insert(Flag::ImplicitMx);
        }
        return none(single(Verdict::NoMail, None, said("(no-mx)", outcome.as_str())));
    }
    let mut list = exchanges(observation, answer, rules);
    let nulls = list.iter().filter(|x| x.host.is_root()).count();
    if nulls > 0 && nulls == list.len() {
        flags.insert(Flag::NullMx);
        let value = list[0].evidence.first().map_or("0 .", |e| &e.value).to_owned();
        return none(single(Verdict::NoMail, None, said("(null-mx)", &value)));
    }
    if list.iter().any(|x| matches!(x.holder, Holder::Dead)) {
        flags.insert(Flag::Misconfigured);
    }
    let parked = list.iter().any(|x| matches!(x.holder, Holder::Parking));
    let all: Vec<Evidence> = list.iter().flat_map(|x| x.evidence.clone()).collect();
    let dead = list.iter().any(|x| matches!(x.holder, Holder::Dead));
    list.retain(|x| x.holder.receives());
    if list.is_empty() {
        return none(if dead {
            single(Verdict::Unattributed, Some(Confidence::Weak), all)
        } else {
            flags.extend(parked.then_some(Flag::Parked));
            single(Verdict::NoMail, None, all)
        });
    }
    if list.iter().any(|x| matches!(x.holder, Holder::Own { private_brand: true })) {
        flags.insert(Flag::PrivateBrand);
    }
    if observation.limits.preference_unknown() && list.len() > 1 {
        flags.insert(Flag::PreferenceUnknown);
    }
    let best = list[0].preference;
    let primary = list.iter().take_while(|x| x.preference == best).count();
    let attributions = split(&list[..primary]);
    if attributions.iter().any(|a| vendor_key(&a.verdict) != vendor_key(&attributions[0].verdict)) {
        flags.insert(Flag::Split);
    }
    if is_transition(&list[..primary], &list[primary..]) {
        flags.insert(Flag::Transition);
    }
    Gateway { attributions, exchanges: list, primary, failure: None }
}

pub(super) fn single(verdict: Verdict, confidence: Option<Confidence>, evidence: Vec<Evidence>) -> Vec<Attribution> {
    vec![Attribution { verdict, weight: Ratio::from_integer(1), confidence, customer: None, evidence }]
}

/// What makes two verdicts different ones: the vendor, not the product.
fn vendor_key(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Vendor { vendor, .. } => ("vendor", vendor),
        other => (other.as_str(), ""),
    }
}

/// Equal parts per distinct verdict among the most preferred exchanges, not per host; products of
/// one vendor share that vendor's part.
fn split(primary: &[Exchange]) -> Vec<Attribution> {
    let mut found: Vec<Attribution> = Vec::with_capacity(1);
    for exchange in primary {
        let (verdict, confidence, customer) = match &exchange.holder {
            Holder::Vendor { rule, confidence, customer } => {
                let verdict = Verdict::Vendor { vendor: rule.vendor.clone(), product: rule.product.clone() };
                (verdict, *confidence, customer.clone())
            }
            Holder::Own { .. } => (Verdict::SelfHosted, Confidence::Weak, None),
            _ => (Verdict::Unattributed, Confidence::Weak, None),
        };
        let at = found.iter().position(|a| a.verdict == verdict).unwrap_or_else(|| {
            let (weight, evidence) = (Ratio::from_integer(0), Vec::new());
            found.push(Attribution { verdict, weight, confidence: Some(confidence), customer: None, evidence });
            found.len() - 1
        });
        let entry = &mut found[at];
        entry.confidence = entry.confidence.max(Some(confidence));
        entry.customer = entry.customer.take().or(customer);
        entry.evidence.extend(exchange.evidence.iter().cloned());
    }
    found.sort_by(|a, b| a.verdict.cmp(&b.verdict));
    share_out(found)
}

/// Weights by vendor first, then by product.
pub(super) fn share_out(mut attributions: Vec<Attribution>) -> Vec<Attribution> {
    if let [only] = &mut attributions[..] {
        only.weight = Ratio::from_integer(1);
        return attributions;
    }
    let mut products: BTreeMap<_, i64> = BTreeMap::new();
    for attribution in &attributions {
        *products.entry(vendor_key(&attribution.verdict)).or_default() += 1;
    }
    let parts = i64::try_from(products.len()).unwrap_or(i64::MAX);
    let weights: Vec<_> = attributions.iter().map(|a| Ratio::new(1, parts * products[&vendor_key(&a.verdict)])).collect();
    for (attribution, weight) in attributions.iter_mut().zip(weights) {
        attribution.weight = weight;
    }
    attributions
}

/// A backup exchange that speaks of a move: a vendor's filter behind another holder's exchange. A
/// mailbox host behind a filter is a fallback, not a move.
fn is_transition(primary: &[Exchange], backup: &[Exchange]) -> bool {
    if backup.is_empty() {
        return false;
    }
    let vendors: BTreeSet<&str> = primary.iter().filter_map(vendor_of).collect();
    let filtered =
        primary.iter().any(|x| matches!(&x.holder, Holder::Vendor { rule, .. } if !rule.roles.contains(&Role::Mailbox)));
    backup.iter().any(|x| match &x.holder {
        Holder::Vendor { rule, .. } if vendors.contains(&*rule.vendor) => false,
        Holder::Vendor { rule, .. } => !(filtered && rule.roles.contains(&Role::Mailbox)),
        _ => false,
    })
}

fn vendor_of<'x>(exchange: &'x Exchange) -> Option<&'x str> {
    match &exchange.holder {
        Holder::Vendor { rule, .. } => Some(&rule.vendor),
        _ => None,
    }
}
