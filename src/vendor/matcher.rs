//! Finding the rule for a name, a token, an address block, an AS or a selector.
//!
//! A name is matched by looking up each of its suffixes, longest first: the cost grows with the
//! labels of the name and not with the number of rules, and nothing is allocated. A regular
//! expression runs only for names under the suffix it is written with.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use regex_lite::{Regex, RegexBuilder};

use super::{Certainty, Rule, Signal};
use crate::dns::Name;

/// Position of a rule in the ruleset.
type At = u32;

/// The rules by what they look at.
#[derive(Debug, Default)]
pub struct Index {
    /// By signal.
    names: [Suffixes; Signal::ALL.len()],
    hints: [Suffixes; Signal::ALL.len()],
    /// By the first three bytes, in lower case.
    tokens: HashMap<[u8; 3], Vec<(At, Option<Regex>)>>,
    blocks: HashMap<Block, At>,
    /// Prefix lengths in use, longest first.
    block_lengths: Vec<u8>,
    systems: HashMap<u32, At>,
    selectors: HashMap<String, At>,
    customers: HashMap<At, Regex>,
    brands: HashMap<String, At>,
}

/// Rules of one signal, by suffix in canonical form (lower case, final dot).
#[derive(Debug, Default)]
struct Suffixes {
    slots: HashMap<Box<str>, Slot>,
    longest: usize,
    /// Rules with a regular expression and no suffix: conventions of host names. Hints only.
    conventions: Vec<(Regex, At)>,
}

#[derive(Debug, Default)]
struct Slot {
    plain: Option<At>,
    gated: Vec<(Regex, At)>,
}

impl Suffixes {
    fn find(&self, name: &Name) -> Option<At> {
        for suffix in name.suffixes() {
            if suffix.len() > self.longest {
                continue;
            }
            if let Some(slot) = self.slots.get(suffix) {
                let gated = slot.gated.iter().find(|(regex, _)| regex.is_match(name.bare()));
                if let Some(at) = gated.map(|(_, at)| *at).or(slot.plain) {
                    return Some(at);
                }
            }
        }
        self.conventions.iter().find(|(regex, _)| regex.is_match(name.bare())).map(|(_, at)| *at)
    }
}

/// An address block; IPv4 stands in `::ffff:0:0/96`, so that one key serves both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Block {
    bits: u128,
    length: u8,
}

impl Block {
    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address; host bits are cleared.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let (address, offset, width) = match address.parse().ok()? {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped(), 96, 32),
            IpAddr::V6(v6) => (v6, 0, 128),
        };
        let length = length.unwrap_or(width);
        (length <= width).then(|| Self { bits: address.to_bits(), length: offset + length }.cut(offset + length))
    }

    fn cut(self, length: u8) -> Self {
        let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
        Self { bits: self.bits & mask, length }
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let address = Ipv6Addr::from_bits(self.bits);
        match address.to_ipv4_mapped() {
            Some(v4) if self.length >= 96 => write!(f, "{v4}/{}", self.length - 96),
            _ => write!(f, "{address}/{}", self.length),
        }
    }
}

/// The block in its shortest form, host bits cleared; `None` where it is no block.
pub fn canonical_block(text: &str) -> Option<String> {
    Block::parse(text).map(|b| b.to_string())
}

/// `AS8075` as a number.
pub fn parse_as(text: &str) -> Option<u32> {
    text.strip_prefix("AS").filter(|n| !n.starts_with(['+', '0']))?.parse().ok()
}

impl Index {
    /// Sorts the rules in. Rules are taken in order of id, so of two that tie the first wins; the
    /// lint reports the tie.
    ///
    /// Returns the index and what could not be used: position of the rule, key and reason.
    pub fn new(rules: &[Rule], brands: &[(String, String)]) -> (Self, Vec<(usize, &'static str, String)>) {
        let (mut index, mut errors) = (Self::default(), Vec::new());
        for (position, rule) in rules.iter().enumerate() {
            let at = At::try_from(position).expect("fewer than 2^32 rules");
            if let Err((key, problem)) = index.add(at, rule) {
                errors.push((position, key, problem));
            }
        }
        for (position, (domain, _)) in brands.iter().enumerate() {
            if let Ok(name) = Name::parse(domain) {
                index.brands.insert(name.as_str().to_owned(), At::try_from(position).expect("fewer than 2^32 brands"));
            }
        }
        index.block_lengths = index.blocks.keys().map(|b| b.length).collect();
        index.block_lengths.sort_by(|a, b| b.cmp(a));
        index.block_lengths.dedup();
        (index, errors)
    }

    fn add(&mut self, at: At, rule: &Rule) -> Result<(), (&'static str, String)> {
        let compile = |key, text: &str| {
            let insensitive = rule.signal == Signal::TxtToken;
            let regex = RegexBuilder::new(text).case_insensitive(insensitive).build();
            regex.map_err(|e| (key, format!("not a regular expression: {e}")))
        };
        let regex = rule.regex.as_deref().map(|r| compile("regex", r)).transpose()?;
        if let Some(customer) = &rule.customer {
            self.customers.insert(at, compile("customer", customer)?);
        }
        let hint = rule.certainty == Certainty::Low;
        let bad = |problem: String| Err(("pattern", problem));
        match rule.signal {
            Signal::TxtToken => {
                let Some(first) = rule.pattern.as_bytes().first_chunk::<3>() else {
                    return bad("a token needs three characters".to_owned());
                };
                if !hint {
                    self.tokens.entry(first.map(|b| b.to_ascii_lowercase())).or_default().push((at, regex));
                }
            }
            Signal::SpfIp => match Block::parse(&rule.pattern) {
                Some(block) if !hint => _ = self.blocks.entry(block).or_insert(at),
                Some(_) => {}
                None => return bad("not an address block; write 192.0.2.0/24 or 2001:db8::/32".to_owned()),
            },
            Signal::OriginAs => match parse_as(&rule.pattern) {
                Some(asn) if !hint => _ = self.systems.entry(asn).or_insert(at),
                Some(_) => {}
                None => return bad("not an AS; write AS and its number".to_owned()),
            },
            Signal::DkimKey => {
                if !hint {
                    self.selectors.entry(rule.pattern.clone()).or_insert(at);
                }
            }
            _ => {
                let suffixes = if hint { &mut self.hints } else { &mut self.names };
                suffixes[rule.signal as usize].add(at, rule, regex)?;
            }
        }
        Ok(())
    }

    /// The rule for a name among those of certainty medium and high, or among the hints.
    pub fn name(&self, signal: Signal, name: &Name, hint: bool) -> Option<At> {
        let suffixes = if hint { &self.hints } else { &self.names };
        signal.family().iter().find_map(|&s| suffixes[s as usize].find(name))
    }

    /// Rules whose pattern `text` begins with.
    pub fn tokens<'a>(&'a self, rules: &'a [Rule], text: &[u8]) -> impl Iterator<Item = &'a Rule> {
        let first = text.first_chunk::<3>().map(|b| b.map(|b| b.to_ascii_lowercase()));
        let slots = first.and_then(|key| self.tokens.get(&key)).map_or(&[][..], Vec::as_slice);
        slots.iter().filter_map(move |(at, regex)| {
            let rule = &rules[*at as usize];
            let begins = text.get(..rule.pattern.len()).is_some_and(|t| t.eq_ignore_ascii_case(rule.pattern.as_bytes()));
            let fits = || regex.as_ref().is_none_or(|r| std::str::from_utf8(text).is_ok_and(|t| r.is_match(t)));
            (begins && fits()).then_some(rule)
        })
    }

    pub fn block(&self, text: &str) -> Option<At> {
        let block = Block::parse(text)?;
        let wider = self.block_lengths.iter().filter(|&&length| length <= block.length);
        wider.filter_map(|&length| self.blocks.get(&block.cut(length))).next().copied()
    }

    pub fn system(&self, asn: u32) -> Option<At> {
        self.systems.get(&asn).copied()
    }

    pub fn selector(&self, selector: &str) -> Option<At> {
        self.selectors.get(selector).copied()
    }

    /// The first group of a rule's customer expression in the text it matched.
    pub fn customer<'t>(&self, at: At, text: &'t str) -> Option<&'t str> {
        Some(self.customers.get(&at)?.captures(text)?.get(1)?.as_str())
    }

    /// Position of the private brand the name stands under.
    pub fn brand(&self, name: &Name) -> Option<usize> {
        name.suffixes().find_map(|s| self.brands.get(s)).map(|at| *at as usize)
    }
}

impl Suffixes {
    fn add(&mut self, at: At, rule: &Rule, regex: Option<Regex>) -> Result<(), (&'static str, String)> {
        let name = Name::parse(&rule.pattern).map_err(|e| ("pattern", e.to_string()))?;
        if name.is_root() {
            return match regex {
                Some(regex) if rule.certainty == Certainty::Low => {
                    self.conventions.push((regex, at));
                    Ok(())
                }
                _ => Err(("pattern", "only a hint with a regular expression may do without a suffix".to_owned())),
            };
        }
        self.longest = self.longest.max(name.as_str().len());
        let slot = self.slots.entry(name.as_str().into()).or_default();
        match regex {
            Some(regex) => slot.gated.push((regex, at)),
            None => _ = slot.plain.get_or_insert(at),
        }
        Ok(())
    }
}

impl Signal {
    /// The signals whose rules answer for this one, its own first. A CNAME target of an exchange
    /// is named like an exchange, and a domain in an SPF record means the same in every term. Not
    /// so PTR names: many vendors also sell lines and servers whose PTR names stand under their domain.
    fn family(self) -> &'static [Self] {
        match self {
            Self::MxHost => &[Self::MxHost],
            Self::MxTarget => &[Self::MxTarget, Self::MxHost],
            Self::SpfInclude => &[Self::SpfInclude],
            Self::SpfRedirect => &[Self::SpfRedirect, Self::SpfInclude],
            Self::SpfMacro => &[Self::SpfMacro, Self::SpfInclude],
            Self::DkimTarget => &[Self::DkimTarget],
            Self::DmarcRua => &[Self::DmarcRua],
            Self::DmarcTarget => &[Self::DmarcTarget],
            Self::AutodiscoverTarget => &[Self::AutodiscoverTarget],
            Self::MtaStsTarget => &[Self::MtaStsTarget],
            Self::TenantHost => &[Self::TenantHost],
            Self::PtrHost => &[Self::PtrHost],
            Self::NsHost => &[Self::NsHost],
            // Not names.
            Self::SpfIp | Self::TxtToken | Self::DkimKey | Self::OriginAs => &[],
        }
    }
}
