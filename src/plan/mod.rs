//! Which questions a member needs: a pure function of the member, the set of question kinds and
//! the answers that came before.
//!
//! [`Plan::roots`] gives the questions known from the domain alone, [`Plan::follow`] those that an
//! answer makes known. Neither looks at anything else, so any order of arrival gives the same set.

mod kind;
mod known;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

use crate::dns::{Answer, Name, Question, Type, parse_a, parse_aaaa, parse_mx, registrable};
use crate::mail::{dmarc, spf, spf_macro};
use crate::population::Member;
pub use kind::{Depth, Kind, UnknownKind};
pub use known::Known;

/// Where Team Cymru answers which AS announces an IPv4 address (IP to ASN mapping by DNS).
const ORIGIN: &str = "origin.asn.cymru.com";
const ORIGIN6: &str = "origin6.asn.cymru.com";
/// The zone under which Exchange Online publishes a host for each accepted domain.
const TENANT_ZONE: &str = "mail.protection.outlook.com";

/// Exchanges of one domain that are looked into, the most preferred first. The longest real lists
/// seen have seven; without a limit one reply of 64 KiB would make four thousand names to ask about.
pub const MAX_EXCHANGES: usize = 32;
/// Addresses of one exchange, of each family, whose PTR and origin AS are asked.
pub const MAX_ADDRESSES: usize = 16;
/// Questions to hosted SPF records of one domain.
pub const MAX_HOSTED: usize = 16;

/// Names the ruleset contributes to the questions, as plain text so that the plan knows no vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// DKIM selectors that are CNAMEs into the mailbox host's zone.
    pub microsoft_selectors: Vec<String>,
    /// DKIM selectors that hold a key themselves.
    pub google_selectors: Vec<String>,
    /// Selectors of every other vendor, asked at depth `deep`.
    pub vendor_selectors: Vec<String>,
    /// Suffixes of exchanges that rules name: their addresses need no PTR and no origin AS.
    pub known_exchanges: Vec<String>,
    /// Suffixes under which hosted SPF records hide behind macros: asked at depth `deep`.
    pub opaque_spf: Vec<String>,
    /// Addresses of known senders that a hosted SPF record is asked about.
    pub sender_addresses: Vec<String>,
}

/// A question to a hosted SPF record: may this address send for the domain?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    pub question: Question,
    pub sender: IpAddr,
}

impl Labels {
    /// The questions that one term of a domain's record leads to, where a hosting service answers
    /// it: the term's macros filled in for each known sender. TXT for a record, A for `exists`
    /// (RFC 7208 sections 5.2 and 5.7).
    pub fn hosted_spf<'a>(&'a self, asked: &'a Name, term: &'a spf::Term) -> impl Iterator<Item = Hosted> + 'a {
        let hidden = |spec: &&spf::DomainSpec| {
            let tail = spec.has_macro().then(|| spec.literal_suffix()).flatten();
            tail.is_some_and(|t| t.suffixes().any(|s| self.opaque_spf.iter().any(|o| o == s.trim_end_matches('.'))))
        };
        let qtype = match term {
            spf::Term::Include(..) | spf::Term::Redirect(_) => Some(Type::Txt),
            spf::Term::Exists(..) => Some(Type::A),
            _ => None,
        };
        let spec = term.domain().filter(hidden).zip(qtype);
        let senders = self.sender_addresses.iter().filter_map(|a| a.parse::<IpAddr>().ok());
        spec.into_iter().flat_map(move |(spec, qtype)| {
            senders.clone().filter_map(move |sender| {
                let qname = spf_macro::expand(spec.as_str(), sender, asked)?;
                Some(Hosted { question: Question::new(qname, qtype), sender })
            })
        })
    }
}

/// The question kinds of a crawl and the labels they are made with. Recorded in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    pub depth: Depth,
    pub kinds: std::collections::BTreeSet<Kind>,
    #[serde(default)]
    pub labels: Labels,
    #[serde(skip)]
    pub known: Known,
}

/// One question and the reason it is asked; the reason decides what its answer leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    pub question: Question,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// A question whose answer leads to no other.
    Leaf,
    Mx,
    /// TXT that may hold an SPF record. `cost` is the least number of lookups that RFC 7208
    /// section 4.6.4 has counted when an evaluation gets here: each step down adds the position of
    /// the term among the lookup terms of its record. It grows with every step, so loops end, and
    /// it needs no global count, so the order of arrival does not matter.
    Spf {
        cost: u8,
    },
    Dmarc,
    /// A DKIM selector that may be a CNAME or hold the key itself.
    Selector,
    /// An address question of an exchange: PTR and origin AS may follow.
    ExchangeAddress,
}

impl Plan {
    pub fn new(depth: Depth, labels: Labels) -> Self {
        Self { depth, kinds: depth.kinds(), labels, known: Known::default() }
    }

    /// Whether every question is about the asked domain itself, so that a member can be judged by the
    /// answers at that name alone. True of depth `mx`.
    pub fn is_local(&self) -> bool {
        self.kinds.iter().all(|kind| matches!(kind, Kind::Mx | Kind::Txt | Kind::Address))
    }

    /// A plan of the given kinds: what a snapshot holds, or what two snapshots share.
    pub fn of(kinds: std::collections::BTreeSet<Kind>, labels: Labels) -> Self {
        Self { depth: Depth::Recorded, kinds, labels, known: Known::default() }
    }

    pub fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The questions known from the member's domain alone.
    pub fn roots(&self, member: &Member) -> Vec<Step> {
        let domain = member.asked();
        let mut steps = Steps::default();
        for &kind in &self.kinds {
            match kind {
                Kind::Mx => steps.push(domain.clone(), Type::Mx, Why::Mx),
                Kind::Txt => {
                    let why = if self.has(Kind::SpfTree) { Why::Spf { cost: 0 } } else { Why::Leaf };
                    steps.push(domain.clone(), Type::Txt, why);
                }
                Kind::Ns => steps.push(domain.clone(), Type::Ns, Why::Leaf),
                Kind::Dmarc => steps.below(domain, "_dmarc", Type::Txt, Why::Dmarc),
                Kind::DmarcCname => steps.below(domain, "_dmarc", Type::Cname, Why::Leaf),
                Kind::DmarcNs => steps.below(domain, "_dmarc", Type::Ns, Why::Leaf),
                Kind::MtaSts => steps.below(domain, "_mta-sts", Type::Txt, Why::Leaf),
                Kind::MtaStsCname => steps.below(domain, "mta-sts", Type::Cname, Why::Leaf),
                Kind::TlsRpt => steps.below(domain, "_smtp._tls", Type::Txt, Why::Leaf),
                Kind::Bimi => steps.below(domain, "default._bimi", Type::Txt, Why::Leaf),
                Kind::AutodiscoverCname => steps.below(domain, "autodiscover", Type::Cname, Why::Leaf),
                Kind::AutodiscoverSrv => steps.below(domain, "_autodiscover._tcp", Type::Srv, Why::Leaf),
                Kind::DkimMicrosoft => steps.selectors(domain, &self.labels.microsoft_selectors, Why::Leaf),
                Kind::DkimGoogle => steps.selectors(domain, &self.labels.google_selectors, Why::Selector),
                Kind::DkimVendors => steps.selectors(domain, &self.labels.vendor_selectors, Why::Selector),
                Kind::TenantHost => steps.extend(tenant_host(domain)),
                Kind::EnterpriseRegistration => steps.below(domain, "enterpriseregistration", Type::Cname, Why::Leaf),
                Kind::MailSrv => {
                    for service in ["_imaps._tcp", "_submission._tcp", "_submissions._tcp"] {
                        steps.below(domain, service, Type::Srv, Why::Leaf);
                    }
                }
                Kind::Control => steps.below(domain, &control_label(domain), Type::Txt, Why::Leaf),
                // Asked when an answer makes them known, in `follow`.
                Kind::Address
                | Kind::ExchangeAddress
                | Kind::ExchangeCname
                | Kind::SpfTree
                | Kind::Ptr
                | Kind::OriginAs
                | Kind::PtrAll
                | Kind::HostedSpf => {}
            }
        }
        steps.0
    }

    /// The questions that one answer makes known.
    pub fn follow(&self, member: &Member, step: &Step, answer: &Answer) -> Vec<Step> {
        let mut steps = Steps::default();
        match step.why {
            Why::Leaf => {}
            Why::Mx => self.follow_mx(member, answer, &mut steps),
            Why::Spf { cost } => {
                self.follow_spf(&step.question.qname, cost, answer, &mut steps);
                self.follow_hosted_spf(member, &step.question.qname, answer, &mut steps);
            }
            Why::Dmarc => {
                // RFC 7489 section 6.6.3: no record at the domain, then the organizational domain's.
                let missing = answer.outcome.is_definitive() && !answer.rdata(Type::Txt).any(dmarc::is_record);
                let organization = registrable(member.asked());
                if let Some(organization) = organization.filter(|o| missing && o != member.asked()) {
                    steps.below(&organization, "_dmarc", Type::Txt, Why::Leaf);
                }
            }
            Why::Selector => {
                if answer.outcome.is_negative() && answer.rdata(Type::Cname).next().is_none() {
                    steps.push(step.question.qname.clone(), Type::Txt, Why::Leaf);
                }
            }
            Why::ExchangeAddress => self.follow_address(&step.question.qname, answer, &mut steps),
        }
        steps.0
    }

    fn follow_mx(&self, member: &Member, answer: &Answer, steps: &mut Steps) {
        if answer.outcome.is_negative() && self.has(Kind::Address) {
            steps.push(member.asked().clone(), Type::A, Why::Leaf);
            steps.push(member.asked().clone(), Type::Aaaa, Why::Leaf);
        }
        if !self.has(Kind::ExchangeAddress) && !self.has(Kind::ExchangeCname) {
            return;
        }
        let listed = answer.rdata(Type::Mx).filter_map(parse_mx).filter(|mx| !mx.exchange.is_root());
        let mut listed: Vec<(u16, Name)> = listed.map(|mx| (mx.preference, mx.exchange)).collect();
        listed.sort();
        let mut exchanges: Vec<Name> = Vec::new();
        for (_, exchange) in listed {
            if exchanges.len() == MAX_EXCHANGES {
                break;
            }
            if !exchanges.contains(&exchange) {
                exchanges.push(exchange);
            }
        }
        for exchange in exchanges {
            if self.has(Kind::ExchangeAddress) {
                steps.push(exchange.clone(), Type::A, Why::ExchangeAddress);
                steps.push(exchange.clone(), Type::Aaaa, Why::ExchangeAddress);
            }
            if self.has(Kind::ExchangeCname) {
                steps.push(exchange, Type::Cname, Why::Leaf);
            }
        }
    }

    fn follow_spf(&self, at: &Name, cost: u8, answer: &Answer, steps: &mut Steps) {
        if !self.has(Kind::SpfTree) {
            return;
        }
        // Several records at one name share the limit, so that a tree has at most 2^10 names
        // however many records a stranger publishes (RFC 7208 section 4.5 allows one).
        let mut cost = usize::from(cost);
        for record in answer.rdata(Type::Txt).filter_map(spf::parse) {
            for lookup in record.lookups() {
                cost += 1;
                if cost > spf::MAX_LOOKUPS {
                    return;
                }
                let cost = u8::try_from(cost).expect("at most MAX_LOOKUPS");
                if let Some(target) = lookup.followed_target(at).filter(|target| target != at) {
                    steps.push(target, Type::Txt, Why::Spf { cost });
                }
            }
        }
    }

    /// One question an address for every include, redirect or `exists` of the domain's own record
    /// that a hosting service answers by macros.
    fn follow_hosted_spf(&self, member: &Member, at: &Name, answer: &Answer, steps: &mut Steps) {
        if !self.has(Kind::HostedSpf) || at != member.asked() {
            return;
        }
        let records: Vec<spf::Record> = answer.rdata(Type::Txt).filter_map(spf::parse).collect();
        let terms = records.iter().flat_map(spf::Record::lookups);
        for hosted in terms.flat_map(|term| self.labels.hosted_spf(member.asked(), term)).take(MAX_HOSTED) {
            steps.push(hosted.question.qname, hosted.question.qtype, Why::Leaf);
        }
    }

    fn follow_address(&self, exchange: &Name, answer: &Answer, steps: &mut Steps) {
        let named = |name: &Name| self.known.holds(&self.labels.known_exchanges, name);
        let known = named(exchange) || answer.cname_target(exchange).is_some_and(|target| named(&target));
        if known && !self.has(Kind::PtrAll) {
            return;
        }
        let v4 = answer.rdata(Type::A).filter_map(parse_a).map(|a| (reverse4(a), ORIGIN, "in-addr.arpa"));
        let v6 = answer.rdata(Type::Aaaa).filter_map(parse_aaaa).map(|a| (reverse6(a), ORIGIN6, "ip6.arpa"));
        let (v4, v6) = (v4.take(MAX_ADDRESSES), v6.take(MAX_ADDRESSES));
        for (reversed, origin, arpa) in v4.chain(v6) {
            if self.has(Kind::Ptr) || self.has(Kind::PtrAll) {
                steps.extend(Name::parse(&format!("{reversed}.{arpa}")).map(|q| Step::leaf(q, Type::Ptr)));
            }
            if self.has(Kind::OriginAs) || self.has(Kind::PtrAll) {
                steps.extend(Name::parse(&format!("{reversed}.{origin}")).map(|q| Step::leaf(q, Type::Txt)));
            }
        }
    }
}

impl Step {
    fn leaf(qname: Name, qtype: Type) -> Self {
        Self { question: Question::new(qname, qtype), why: Why::Leaf }
    }
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn push(&mut self, qname: Name, qtype: Type, why: Why) {
        self.0.push(Step { question: Question::new(qname, qtype), why });
    }

    /// A name that grows too long by the labels put in front of it cannot exist, so it is not asked.
    fn below(&mut self, domain: &Name, labels: &str, qtype: Type, why: Why) {
        if let Ok(qname) = domain.prepend(labels) {
            self.push(qname, qtype, why);
        }
    }

    fn selectors(&mut self, domain: &Name, selectors: &[String], why: Why) {
        for selector in selectors {
            self.below(domain, &format!("{selector}._domainkey"), Type::Cname, why);
        }
    }

    fn extend(&mut self, steps: impl IntoIterator<Item = Step>) {
        self.0.extend(steps);
    }
}

/// `<domain with dots as dashes>.mail.protection.outlook.com`, which exists where the domain is an
/// accepted domain of Exchange Online.
fn tenant_host(domain: &Name) -> Option<Step> {
    Some(Step::leaf(tenant_name(domain)?, Type::A))
}

/// The host Exchange Online publishes for an accepted domain; `None` where the label is too long.
pub fn tenant_name(domain: &Name) -> Option<Name> {
    Name::parse(&format!("{}.{TENANT_ZONE}", domain.bare().replace('.', "-"))).ok()
}

/// A label nobody has registered, the same in every run: a name below it exposes wildcards.
pub fn control_label(domain: &Name) -> String {
    let digest = Sha256::digest(domain.as_str().as_bytes());
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

fn reverse4(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("{d}.{c}.{b}.{a}")
}

fn reverse6(address: Ipv6Addr) -> String {
    let nibbles = address.octets().into_iter().rev().flat_map(|b| [b & 15, b >> 4]);
    nibbles.map(|n| format!("{n:x}")).collect::<Vec<_>>().join(".")
}

/// The reverse-lookup name of an address (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub fn ptr_name(address: std::net::IpAddr) -> Name {
    let text = match address {
        std::net::IpAddr::V4(a) => format!("{}.in-addr.arpa", reverse4(a)),
        std::net::IpAddr::V6(a) => format!("{}.ip6.arpa", reverse6(a)),
    };
    Name::parse(&text).expect("reversed addresses are names")
}

/// The name that answers which AS announces an address.
pub fn origin_name(address: std::net::IpAddr) -> Name {
    let text = match address {
        std::net::IpAddr::V4(a) => format!("{}.{ORIGIN}", reverse4(a)),
        std::net::IpAddr::V6(a) => format!("{}.{ORIGIN6}", reverse6(a)),
    };
    Name::parse(&text).expect("reversed addresses are names")
}
