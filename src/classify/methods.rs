//! Other ways to say who guards a domain, each as its users apply it: to show how much of a headline
//! is the method.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::{Attribution, Classification, Confidence, Evidence, Flag, Verdict, Weight, classify};
use crate::dns::{Mx, Name, Question, Type, parse_mx, registrable};
use crate::observation::{Limits, Observation};
use crate::plan::Kind;
use crate::population::Member;
use crate::vendor::{Exchange, Rule, Ruleset, Signal};

/// What a source without preferences says of itself; see [`Limits::preference_unknown`].
const NO_PREFERENCE: &str = "mx-preference";
/// A word that stands for a vendor in a host name is at least this long: `mx` says nothing.
const SHORTEST_WORD: usize = 5;

/// A way to name the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// This program's own.
    Reference,
    /// One exchange of the lowest preference, the first by name where several tie; a vendor where its
    /// name stands anywhere in the host name. Nobody is self-hosted. The founding post's.
    LowestMxSubstring,
    /// The registrable domains of the exchanges of the lowest preference.
    MxRegistrable,
    /// This program's rules, with backup exchanges counting as much as the most preferred ones.
    AllMxEqual,
    /// Who may send (SPF): reach, so that it does not sum.
    SpfSenders,
    /// This program's rules, with all members of one customer of a vendor counting once.
    CustomerLevel,
    /// The listed domain, often that of the web site, where another one is known to carry the mail.
    WebsiteDomain,
    /// A domain without MX but with an address counts as receiving mail (RFC 5321 section 5.1).
    ImplicitMx,
}

impl Method {
    pub const ALL: [Self; 8] = [
        Self::Reference,
        Self::LowestMxSubstring,
        Self::MxRegistrable,
        Self::AllMxEqual,
        Self::SpfSenders,
        Self::CustomerLevel,
        Self::WebsiteDomain,
        Self::ImplicitMx,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::LowestMxSubstring => "lowest-mx-substring",
            Self::MxRegistrable => "mx-registrable",
            Self::AllMxEqual => "all-mx-equal",
            Self::SpfSenders => "spf-senders",
            Self::CustomerLevel => "customer-level",
            Self::WebsiteDomain => "website-domain",
            Self::ImplicitMx => "implicit-mx",
        }
    }

    /// What the method does, in a sentence for readers of the table.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Reference => "this program's own: most preferred exchanges, suffix rules, ties split",
            Self::LowestMxSubstring => "one exchange of lowest preference, a vendor's name anywhere in it",
            Self::MxRegistrable => "registrable domain of the most preferred exchanges",
            Self::AllMxEqual => "backup exchanges count as much as preferred ones",
            Self::SpfSenders => "vendors in the SPF record: senders, not gateways; does not sum",
            Self::CustomerLevel => "all domains of one customer of a vendor count once",
            Self::WebsiteDomain => "the listed domain in place of the mail domain; unasked ones are unreachable",
            Self::ImplicitMx => "no MX but an address counts as receiving mail",
        }
    }
}

/// The methods, with what they need of a ruleset.
pub struct Methods<'r> {
    rules: &'r Ruleset,
    /// Longest first.
    words: Vec<(String, &'r Rule)>,
    domains: BTreeMap<Name, &'r Rule>,
}

impl<'r> Methods<'r> {
    pub fn new(rules: &'r Ruleset) -> Self {
        let receives = |rule: &&Rule| matches!(rule.signal, Signal::MxHost | Signal::MxTarget) && rule.exchange == Exchange::Mail;
        let mut words: BTreeMap<String, &Rule> = BTreeMap::new();
        let mut domains: BTreeMap<Name, BTreeMap<&str, Vec<&Rule>>> = BTreeMap::new();
        for rule in rules.rules.iter().filter(receives) {
            let Ok(pattern) = Name::parse(&rule.pattern) else { continue };
            let domain = registrable(&pattern).unwrap_or_else(|| pattern.clone());
            let first = domain.labels().next().unwrap_or_default();
            let word = if first.len() >= SHORTEST_WORD { first } else { pattern.bare() };
            words.entry(word.to_owned()).or_insert(rule);
            domains.entry(domain).or_default().entry(&rule.vendor).or_default().push(rule);
        }
        let mut words: Vec<(String, &Rule)> = words.into_iter().collect();
        words.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        // Where two vendors share a domain, the one with more rules there has it.
        let owner = |vendors: BTreeMap<&str, Vec<&'r Rule>>| {
            vendors.into_values().rev().max_by_key(Vec::len).and_then(|rules| rules.first().copied())
        };
        let domains = domains.into_iter().filter_map(|(domain, vendors)| Some((domain, owner(vendors)?))).collect();
        Self { rules, words, domains }
    }

    /// All members under a method, in the order given. Under [`Method::CustomerLevel`] there are fewer.
    pub fn classify<'o>(&self, method: Method, observations: impl IntoIterator<Item = Observation<'o>>) -> Vec<Classification> {
        let members = observations.into_iter().map(|observation| self.one(method, &observation));
        if method != Method::CustomerLevel {
            return members.collect();
        }
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        members.filter(|member| is_new_customer(member, &mut seen)).collect()
    }

    fn one(&self, method: Method, observation: &Observation) -> Classification {
        match method {
            Method::Reference | Method::SpfSenders | Method::CustomerLevel => classify(observation, self.rules),
            Method::LowestMxSubstring => self.by_exchanges(observation, |list| self.substring(list)),
            Method::MxRegistrable => {
                let asked = observation.member.asked();
                self.by_exchanges(observation, |list| self.registrable(list, asked))
            }
            Method::AllMxEqual => {
                let mut limits: Limits = observation.limits.clone();
                limits.reconstructed.insert(NO_PREFERENCE.to_owned());
                classify(&Observation { limits: &limits, ..*observation }, self.rules)
            }
            Method::WebsiteDomain => {
                let member = Member { mail_domain: None, ..observation.member.clone() };
                classify(&Observation { member: &member, ..*observation }, self.rules)
            }
            Method::ImplicitMx => {
                let mut member = classify(observation, self.rules);
                if member.flags.contains(&Flag::ImplicitMx) {
                    for attribution in member.gateway.iter_mut().chain(&mut member.mailbox) {
                        if attribution.verdict == Verdict::NoMail {
                            attribution.verdict = Verdict::Unattributed;
                            attribution.confidence = Some(Confidence::Weak);
                        }
                    }
                }
                member
            }
        }
    }

    /// Puts another reading of the exchanges in place of the gateway; members without any exchange
    /// stay what they are.
    fn by_exchanges(
        &self,
        observation: &Observation,
        read: impl FnOnce(&[(Mx, String)]) -> Vec<(Verdict, String)>,
    ) -> Classification {
        let mut member = classify(observation, self.rules);
        let asked = observation.member.asked();
        let answer = observation.answer(Kind::Mx, asked, Type::Mx).filter(|a| a.outcome.is_definitive());
        let mut list: Vec<(Mx, String)> = answer
            .iter()
            .flat_map(|a| a.rdata(Type::Mx))
            .filter_map(|rdata| Some((parse_mx(rdata)?, rdata.to_owned())))
            .filter(|(mx, _)| !mx.exchange.is_root())
            .collect();
        if list.is_empty() {
            return member;
        }
        let level = observation.limits.preference_unknown();
        list.sort_by(|(a, _), (b, _)| {
            let preference = |mx: &Mx| if level { 0 } else { mx.preference };
            (preference(a), &a.exchange).cmp(&(preference(b), &b.exchange))
        });
        if !level {
            let best = list[0].0.preference;
            list.retain(|(mx, _)| mx.preference == best);
        }
        let question: std::sync::Arc<str> = Question::new(asked.clone(), Type::Mx).to_string().into();
        let mut parts: BTreeMap<Verdict, Vec<Evidence>> = BTreeMap::new();
        for (verdict, value) in read(&list) {
            let rule = "(other-method)".into();
            parts.entry(verdict).or_default().push(Evidence { rule, question: question.clone(), value: value.into() });
        }
        let weight = Weight::new(1, i64::try_from(parts.len()).unwrap_or(i64::MAX).max(1));
        let made =
            |(verdict, evidence)| Attribution { verdict, weight, confidence: Some(Confidence::Weak), customer: None, evidence };
        member.gateway = parts.into_iter().map(made).collect();
        member
    }

    /// The founding post's reading: the first exchange alone, a name anywhere in it.
    fn substring(&self, list: &[(Mx, String)]) -> Vec<(Verdict, String)> {
        let Some((mx, rdata)) = list.first() else { return Vec::new() };
        let found = self.words.iter().find(|(word, _)| mx.exchange.as_str().contains(word.as_str()));
        vec![(found.map_or(Verdict::Unattributed, |(_, rule)| by_vendor(rule)), rdata.clone())]
    }

    fn registrable(&self, list: &[(Mx, String)], asked: &Name) -> Vec<(Verdict, String)> {
        let own = registrable(asked);
        let read = |(mx, rdata): &(Mx, String)| {
            let domain = registrable(&mx.exchange);
            let verdict = match &domain {
                Some(domain) if self.domains.contains_key(domain) => by_vendor(self.domains[domain]),
                Some(_) if domain == own => Verdict::SelfHosted,
                _ => Verdict::Unattributed,
            };
            (verdict, rdata.clone())
        };
        list.iter().map(read).collect()
    }
}

/// These methods see vendors only: a product would tie with itself.
fn by_vendor(rule: &Rule) -> Verdict {
    Verdict::Vendor { vendor: rule.vendor.clone(), product: "".into() }
}

/// Whether a member is the first of its customer. Without a customer's id a member is its own; a
/// member of several vendors is new if it is new to any.
fn is_new_customer(member: &Classification, seen: &mut BTreeSet<(String, String)>) -> bool {
    let mut new = false;
    for attribution in &member.gateway {
        let (Verdict::Vendor { vendor, .. }, Some(customer)) = (&attribution.verdict, &attribution.customer) else {
            new = true;
            continue;
        };
        new |= seen.insert((vendor.to_string(), customer.to_string()));
    }
    new
}
