//! What each exchange of a domain is: a vendor's, the company's own, nobody known, or no exchange at all.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::classify::{Confidence, Evidence};
use crate::dns::{Answer, Mx, Name, Type, parse_a, parse_aaaa, parse_mx, registrable_str};
use crate::observation::Observation;
use crate::plan::{self, Kind};
use crate::vendor::{self, Certainty, Rule, Ruleset, Signal};

/// One exchange with what the rules make of it.
#[derive(Clone, Debug)]
pub(super) struct Exchange<'r> {
    pub host: Name,
    pub preference: u16,
    pub holder: Holder<'r>,
    pub evidence: Vec<Evidence>,
}

/// Whose an exchange is.
#[derive(Clone, Debug)]
pub(super) enum Holder<'r> {
    Vendor {
        rule: &'r Rule,
        confidence: Confidence,
        customer: Option<Arc<str>>,
    },
    /// Under the member's own domain, or a private mail brand of its company.
    Own {
        private_brand: bool,
    },
    Unknown,
    /// Bounces and replies of a sender: receives mail, but nobody's mailbox.
    Sender,
    /// A registrar's parking host.
    Parking,
    /// Left from a domain verification: not an exchange.
    Verification,
    /// Cannot receive mail: its name does not exist, or is none.
    Dead,
}

impl Holder<'_> {
    /// Whether mail can go there.
    pub fn receives(&self) -> bool {
        !matches!(self, Self::Parking | Self::Verification | Self::Dead)
    }
}

/// The exchanges of an answered MX question, by preference and name.
pub(super) fn exchanges<'r>(observation: &Observation, answer: &Answer, rules: &'r Ruleset) -> Vec<Exchange<'r>> {
    let asked = observation.member.asked();
    let question = question(asked, Type::Mx);
    let level = observation.limits.preference_unknown();
    let mut list: Vec<(Mx, &str)> = answer.rdata(Type::Mx).filter_map(|rdata| Some((parse_mx(rdata)?, rdata))).collect();
    list.sort_by(|(a, _), (b, _)| (a.preference, &a.exchange).cmp(&(b.preference, &b.exchange)));
    // A host listed at several preferences counts once, at its best.
    let mut seen: Vec<Name> = Vec::new();
    list.retain(|(mx, _)| {
        !seen.contains(&mx.exchange) && {
            seen.push(mx.exchange.clone());
            true
        }
    });
    list.into_iter()
        .map(|(mx, rdata)| {
            let preference = if level { 0 } else { mx.preference };
            let value: Arc<str> = rdata.into();
            let mx_evidence = |rule| Evidence { rule, question: question.clone(), value: value.clone() };
            let (holder, evidence) = hold(observation, &mx.exchange, rules, &mx_evidence);
            Exchange { host: mx.exchange, preference, holder, evidence }
        })
        .collect()
}

fn hold<'r>(
    observation: &Observation,
    host: &Name,
    rules: &'r Ruleset,
    mx: &dyn Fn(Arc<str>) -> Evidence,
) -> (Holder<'r>, Vec<Evidence>) {
    let asked = observation.member.asked();
    if let Some(rule) = rules.match_name(Signal::MxHost, host) {
        return (by_rule(rule, rules, host), vec![mx(rule.id.clone())]);
    }
    if !is_routable(host) {
        return (Holder::Dead, vec![mx("(not-a-host)".into())]);
    }
    let addresses = Addresses::of(observation, host);
    if addresses.gone {
        return (Holder::Dead, vec![mx("(exchange-does-not-exist)".into())]);
    }
    if let Some(target) = &addresses.target {
        let rule = rules.match_name(Signal::MxTarget, target).or_else(|| rules.match_name(Signal::MxHost, target));
        if let Some(rule) = rule {
            let link =
                Evidence { rule: rule.id.clone(), question: format!("{host} CNAME").into(), value: target.as_str().into() };
            return (by_rule(rule, rules, target), vec![mx("(cname)".into()), link]);
        }
    }
    if let Some((holder, mut evidence)) = by_address(observation, &addresses.list, rules) {
        evidence.insert(0, mx("(address)".into()));
        return (holder, evidence);
    }
    if let Some(lost) = without_own_suffix(host, asked)
        && let Some(rule) = rules.match_name(Signal::MxHost, &lost)
    {
        // A final dot was forgotten in the zone: `mx.vendor.example.own.example` is nobody's exchange.
        return (Holder::Dead, vec![mx(format!("(missing-final-dot:{})", rule.id).into())]);
    }
    if rules.private_brand(host).is_some() {
        return (Holder::Own { private_brand: true }, vec![mx("(private-brand)".into())]);
    }
    if is_own(host, asked) || addresses.target.as_ref().is_some_and(|t| is_own(t, asked)) {
        return (Holder::Own { private_brand: false }, vec![mx("(own-domain)".into())]);
    }
    (Holder::Unknown, vec![mx("(unknown-exchange)".into())])
}

fn by_rule<'r>(rule: &'r Rule, rules: &Ruleset, host: &Name) -> Holder<'r> {
    match rule.exchange {
        vendor::Exchange::Parking => Holder::Parking,
        vendor::Exchange::Verification => Holder::Verification,
        vendor::Exchange::Sender => Holder::Sender,
        vendor::Exchange::Mail => Holder::Vendor {
            rule,
            confidence: if rule.certainty == Certainty::High { Confidence::Confirmed } else { Confidence::Likely },
            customer: rules.customer_of(rule, host.bare()).map(Into::into),
        },
    }
}

/// A customer-named exchange on a vendor's network: the origin AS belongs to one mail product, or
/// every PTR is the vendor's; both together are as good as a name.
fn by_address<'r>(observation: &Observation, addresses: &[IpAddr], rules: &'r Ruleset) -> Option<(Holder<'r>, Vec<Evidence>)> {
    let mut found: Vec<(&Rule, Evidence)> = Vec::new();
    for &address in addresses {
        let ptr = plan::ptr_name(address);
        for kind in [Kind::Ptr, Kind::PtrAll] {
            let targets = observation.answer(kind, &ptr, Type::Ptr).into_iter().flat_map(|a| a.rdata(Type::Ptr));
            for target in targets {
                let rule = Name::parse(target).ok().and_then(|t| rules.match_name(Signal::PtrHost, &t));
                found.extend(rule.map(|r| (r, evidence(r.id.clone(), &ptr, Type::Ptr, target))));
            }
        }
        let origin = plan::origin_name(address);
        for kind in [Kind::OriginAs, Kind::PtrAll] {
            let texts = observation.answer(kind, &origin, Type::Txt).into_iter().flat_map(|a| a.rdata(Type::Txt));
            for text in texts {
                let rule = origin_as(text).and_then(|number| rules.match_as(number));
                found.extend(rule.map(|r| (r, evidence(r.id.clone(), &origin, Type::Txt, text))));
            }
        }
    }
    let (first, _) = found.first()?;
    let agreed = found.iter().all(|(rule, _)| rule.vendor == first.vendor);
    if !agreed || first.exchange != vendor::Exchange::Mail {
        return None;
    }
    let both = [Signal::PtrHost, Signal::OriginAs].iter().all(|s| found.iter().any(|(rule, _)| rule.signal == *s));
    let confidence = if both { Confidence::Confirmed } else { Confidence::Likely };
    let holder = Holder::Vendor { rule: first, confidence, customer: None };
    let mut evidence: Vec<Evidence> = found.into_iter().map(|(_, e)| e).collect();
    evidence.dedup();
    Some((holder, evidence))
}

/// The origin ASes of an exchange's addresses, as far as they were asked.
pub(super) fn origins(observation: &Observation, host: &Name) -> BTreeSet<u32> {
    let asked = Addresses::of(observation, host).list.into_iter().map(plan::origin_name);
    let texts = asked.flat_map(|origin| {
        let answers = [Kind::OriginAs, Kind::PtrAll].map(|kind| observation.answer(kind, &origin, Type::Txt));
        answers.into_iter().flatten().flat_map(|a| a.rdata(Type::Txt)).filter_map(origin_as).collect::<Vec<_>>()
    });
    texts.collect()
}

/// `"8075 | 40.107.0.0/16 | US | arin | 2015-02-23"` gives 8075 (Team Cymru's answer format).
fn origin_as(rdata: &str) -> Option<u32> {
    let text = crate::dns::txt_bytes(rdata);
    let text = std::str::from_utf8(&text).ok()?;
    text.split('|').next()?.split_whitespace().next()?.parse().ok()
}

pub(super) fn evidence(rule: impl Into<Arc<str>>, qname: &Name, qtype: Type, value: &str) -> Evidence {
    Evidence { rule: rule.into(), question: question(qname, qtype), value: value.into() }
}

/// A question as evidence shows it.
pub(super) fn question(qname: &Name, qtype: Type) -> Arc<str> {
    match qtype.mnemonic() {
        Some(mnemonic) => [qname.as_str(), " ", mnemonic].concat().into(),
        None => format!("{qname} {qtype}").into(),
    }
}

struct Addresses {
    list: Vec<IpAddr>,
    target: Option<Name>,
    /// Both address questions say definitively that there is none.
    gone: bool,
}

impl Addresses {
    fn of(observation: &Observation, host: &Name) -> Self {
        let v4 = observation.answer(Kind::ExchangeAddress, host, Type::A);
        let v6 = observation.answer(Kind::ExchangeAddress, host, Type::Aaaa);
        let link = observation.answer(Kind::ExchangeCname, host, Type::Cname);
        let mut list: Vec<IpAddr> = v4.into_iter().flat_map(|a| a.rdata(Type::A)).filter_map(parse_a).map(IpAddr::V4).collect();
        list.extend(v6.into_iter().flat_map(|a| a.rdata(Type::Aaaa)).filter_map(parse_aaaa).map(IpAddr::V6));
        let chain = |a: &Answer| a.cname_target(host);
        let target = v4
            .and_then(chain)
            .or_else(|| v6.and_then(chain))
            .or_else(|| link.and_then(|a| a.rdata(Type::Cname).next()).and_then(|t| Name::parse(t).ok()));
        let none = |a: Option<&Answer>| a.is_some_and(|a| a.outcome.is_negative());
        Self { list, target, gone: none(v4) && none(v6) }
    }
}

/// Whether a name can be an exchange at all: not localhost, not one label, not an address literal
/// (RFC 5321 section 5.1 wants a domain name with address records).
fn is_routable(host: &Name) -> bool {
    let special = [".localhost.", ".invalid.", ".local.", ".onion.", ".test."];
    let text = host.as_str();
    let under = |zone: &&str| text.ends_with(*zone) || *text == zone[1..];
    host.labels().count() > 1 && host.bare().parse::<IpAddr>().is_err() && !special.iter().any(under)
}

/// Whether two names stand under one registrable domain.
pub(super) fn is_own(host: &Name, asked: &Name) -> bool {
    host.is_within(asked) || registrable_str(host).is_some_and(|own| Some(own) == registrable_str(asked))
}

fn without_own_suffix(host: &Name, asked: &Name) -> Option<Name> {
    let own = registrable_str(asked).unwrap_or(asked.as_str());
    let head = host.as_str().strip_suffix(own)?.strip_suffix('.')?;
    if head.ends_with('\\') { None } else { Name::parse(head).ok() }
}
