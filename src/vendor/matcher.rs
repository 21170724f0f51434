//! Finding the rule for a name, a token, an address block, an AS or a selector.
//!
//! A name is matched by looking up each of its suffixes, longest first: the cost grows with the
//! labels of the name and not with the number of rules, and nothing is allocated. A regular
//! expression runs only for names under the suffix it is written with.

use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use super::block::{self, Block};
use super::hash::HashMap;
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
    /// By the rule's id.
    customers: HashMap<Arc<str>, Regex>,
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
                let gated = slot.gated.iter().find(|(regex, _)| regex.is_match(name.bare().as_bytes()));
                if let Some(at) = gated.map(|(_, at)| *at).or(slot.plain) {
                    return Some(at);
                }
            }
        }
        self.conventions.iter().find(|(regex, _)| regex.is_match(name.bare().as_bytes())).map(|(_, at)| *at)
    }
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
            let regex = RegexBuilder::new(text).unicode(false).case_insensitive(insensitive).build();
            regex.map_err(|e| (key, format!("not a regular expression: {e}")))
        };
        let regex = rule.regex.as_deref().map(|r| compile("regex", r)).transpose()?;
        if let Some(customer) = &rule.customer {
            self.customers.insert(rule.id.clone(), compile("customer", customer)?);
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
            Signal::OriginAs => match block::parse_as(&rule.pattern) {
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
            let fits = || regex.as_ref().is_none_or(|r| std::str::from_utf8(text).is_ok() && r.is_match(text));
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
    pub fn customer<'t>(&self, id: &str, text: &'t str) -> Option<&'t str> {
        text.get(self.customers.get(id)?.captures(text.as_bytes())?.get(1)?.range())
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

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use crate::dns::Name;
    use crate::vendor::{Ruleset, Signal};

    /// A ruleset with one plain mx-host rule for each pattern.
    fn ruleset(patterns: &[String]) -> Ruleset {
        let mut text = String::from(
            "id = 'acme'\nname = 'Acme'\nwebsite = 'https://acme.com'\n[[product]]\nid = 'p'\nname = 'P'\nroles = ['gateway']\n",
        );
        for (i, pattern) in patterns.iter().enumerate() {
            let rule = ["signal = 'mx-host'", "certainty = 'high'", "source = 'a test'"].join("\n");
            writeln!(text, "[[product.rule]]\nid = 'acme-{i}'\npattern = '{pattern}'\n{rule}").unwrap();
        }
        Ruleset::from_files([("acme.toml", text.as_str())]).unwrap()
    }

    fn name() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab]{1,2}", 1..4).prop_map(|labels| labels.join("."))
    }

    proptest! {
        #[test]
        fn the_longest_suffix_on_label_borders_wins(patterns in proptest::collection::btree_set(name(), 1..8), host in name()) {
            let patterns: Vec<String> = patterns.into_iter().collect();
            let rules = ruleset(&patterns);
            let host = Name::parse(&host).unwrap();
            let ends = |p: &&String| host.bare() == **p || host.bare().ends_with(&format!(".{p}"));
            let longest = patterns.iter().filter(ends).max_by_key(|p| p.len());
            prop_assert_eq!(rules.match_name(Signal::MxHost, &host).map(|r| &r.pattern), longest);
        }

        #[test]
        fn nothing_from_outside_makes_it_panic(text in "\\PC*", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let rules = Ruleset::embedded();
            rules.match_token(&bytes).count();
            rules.match_token(text.as_bytes()).count();
            rules.match_block(&text);
            rules.match_selector(&text);
            for label in [bytes.get(..bytes.len().min(63)).unwrap_or_default()] {
                if let Ok(name) = Name::from_labels([label, b"mail", b"protection", b"outlook", b"com"]) {
                    let rule = rules.match_name(Signal::MxHost, &name).unwrap();
                    rules.customer_of(rule, name.as_str());
                }
            }
        }
    }

    #[test]
    fn a_regular_expression_runs_under_its_suffix_alone() {
        let rules = Ruleset::embedded();
        let found = |text: &str| rules.match_name(Signal::MxHost, &Name::parse(text).unwrap()).map(|r| &*r.id);
        assert_eq!(found("inbound-smtp.us-east-1.amazonaws.com"), Some("amazon-mx-ses-inbound"));
        assert_eq!(found("inbound-smtp.us-east-1.amazonaws.com.example.org"), None);
        assert_eq!(found("ec2-192-0-2-1.amazonaws.com"), None);
        assert_eq!(found("in.tmes-sg.trendmicro.com"), None);
        assert_eq!(found("x.in.tmes-sg.trendmicro.com"), Some("trend-micro-mx-regions"));
        // The longer suffix goes before the expression of the shorter one.
        assert_eq!(found("x.in.tmes-anz.trendmicro.com"), Some("trend-micro-mx-tmes-anz-trendmicro-com"));
    }

    #[test]
    fn tokens_blocks_systems_and_selectors() {
        let rules = Ruleset::embedded();
        let tokens = |text: &str| rules.match_token(text.as_bytes()).map(|r| &*r.id).collect::<Vec<_>>();
        assert_eq!(tokens("ms=MS31389061"), ["microsoft-txt-ms"]);
        assert_eq!(tokens("sfmc-abc"), ["salesforce-txt-sfmc"]);
        assert_eq!(tokens("pardot is not a token"), [""; 0]);
        assert_eq!(tokens("ms"), [""; 0]);
        let block = |text: &str| rules.match_block(text).map(|r| &*r.vendor);
        assert_eq!(block("40.107.0.0/16"), Some("microsoft"));
        assert_eq!(block("40.107.3.128/25"), Some("microsoft"));
        assert_eq!(block("40.107.3.1"), Some("microsoft"));
        // A block around the vendor's holds others too.
        assert_eq!(block("40.0.0.0/8"), None);
        assert_eq!(block("40.107.0.0"), Some("microsoft"));
        assert_eq!(rules.match_as(22843).map(|r| &*r.vendor), Some("proofpoint"));
        // Clouds that anybody rents from never decide.
        for asn in [8075, 13335, 14618, 15169, 16509, 396_982] {
            assert!(rules.match_as(asn).is_none(), "AS{asn}");
        }
        assert_eq!(rules.match_selector("google").map(|r| &*r.vendor), Some("google"));
        assert!(rules.match_selector("selector1").is_none());
    }

    #[test]
    fn customers_are_read_from_names() {
        let rules = Ruleset::embedded();
        let customer = |signal, text: &str| {
            let name = Name::parse(text).unwrap();
            rules.match_name(signal, &name).and_then(|r| rules.customer_of(r, name.as_str()))
        };
        for (signal, text, expected) in [
            (Signal::MxHost, "mxa-000c7201.gslb.pphosted.com", Some("000c72")),
            (Signal::MxHost, "mx0a-001b2d01.pphosted.com", Some("001b2d")),
            (Signal::SpfInclude, "spf-001b2d05.pphosted.com", Some("001b2d")),
            (Signal::MxHost, "mx1.hc2860-13.iphmx.com", Some("hc2860-13")),
            (Signal::MxHost, "mx1.wba.c3s2.iphmx.com", Some("wba")),
            (Signal::SpfMacro, "spf.hc4673-96.iphmx.com", Some("hc4673-96")),
            (Signal::DkimTarget, "selector1-a-com._domainkey.contoso.onmicrosoft.com", Some("contoso")),
            (Signal::DkimTarget, "selector1-a-com._domainkey.contoso.d-v1.dkim.mail.microsoft", Some("contoso")),
            (Signal::MxHost, "us-smtp-inbound-1.mimecast.com", None),
        ] {
            assert_eq!(customer(signal, text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn hints_and_private_brands_stand_apart() {
        let rules = Ruleset::embedded();
        let name = |text: &str| Name::parse(text).unwrap();
        let hint = |text: &str| rules.match_hint(Signal::MxHost, &name(text)).map(|r| &*r.vendor);
        assert!(rules.match_name(Signal::MxHost, &name("fortimail.example.com")).is_none());
        assert_eq!(hint("fortimail.example.com"), Some("fortinet"));
        assert_eq!(hint("mail.example.com"), None);
        assert_eq!(rules.private_brand(&name("mail1.corpmailsvcs.com")), Some("UnitedHealth Group"));
        assert_eq!(rules.private_brand(&name("amazon-smtp.amazon.com")), Some("Amazon"));
        assert_eq!(rules.private_brand(&name("mx.notapple.com")), None);
    }
}
