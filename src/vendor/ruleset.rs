//! The whole knowledge base, and the questions that can be put to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use super::hash::HashMap;
use super::load::{self, Contents};
use super::{
    Certainty, Exchange, LoadError, Negative, Place, Product, Reviewed, Role, Rule, Signal, Source, Tier, VENDOR_FILES, Vendor,
    Weight, digest, matcher,
};
use crate::dns::Name;
use crate::plan;

/// The vendors whose DKIM selectors are asked at depth `standard`; all others at `deep`.
const MICROSOFT: &str = "microsoft";
const GOOGLE: &str = "google";

/// The whole knowledge base.
#[derive(Debug)]
pub struct Ruleset {
    pub vendors: BTreeMap<String, Vendor>,
    /// Sorted by id.
    pub rules: Vec<Rule>,
    /// Domains that carry the mail of one company only, and whose they are.
    pub private_brands: BTreeMap<String, String>,
    /// Domains of exchanges that somebody looked at without finding a vendor: no verdict, only off the
    /// list of what to look at next, so they are not part of the digest.
    pub reviewed: BTreeMap<String, Reviewed>,
    /// What each kind of signal weighs for the mailbox host.
    pub weights: Vec<Weight>,
    /// Texts that no rule may match, for the lint.
    pub negatives: Vec<Negative>,
    /// Sources that rules name by id.
    pub sources: BTreeMap<String, Source>,
    /// Names that the plan needs: selectors and known exchanges.
    pub labels: plan::Labels,
    /// SHA-256 over the canonical rules, as hex: stands on every table, chart and page.
    pub digest: String,
    /// Where the vendors (by id) and the rules (by position) are written.
    pub(super) vendor_places: BTreeMap<String, Place>,
    pub(super) rule_places: Vec<Place>,
    index: matcher::Index,
    /// Vendors by their own domains.
    sellers: HashMap<String, String>,
}

impl Ruleset {
    /// The rules compiled into the program.
    pub fn embedded() -> &'static Self {
        static RULES: OnceLock<Ruleset> = OnceLock::new();
        RULES.get_or_init(|| Self::from_files(VENDOR_FILES.iter().copied()).expect("a test loads the embedded rules"))
    }

    /// Reads every `.toml` file of a folder; file names and their order do not matter.
    ///
    /// # Errors
    /// Everything that is wrong with the files, each with file, line and key.
    pub fn load(dir: &Path) -> Result<Self, Vec<LoadError>> {
        let files = load::read_dir(dir)?;
        Self::from_files(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// As [`Self::load`], from file names and texts.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<LoadError>> {
        let mut contents = Contents::default();
        for (file, text) in files {
            contents.read(file, text);
        }
        Self::put_together(contents)
    }

    fn put_together(contents: Contents) -> Result<Self, Vec<LoadError>> {
        let mut errors = contents.errors;
        let mut fail = |place: &Place, key: String, problem: String| {
            errors.push(LoadError::Invalid { place: place.clone(), key, problem });
        };

        let mut vendors = BTreeMap::new();
        let mut vendor_places: BTreeMap<String, Place> = BTreeMap::new();
        for (vendor, place) in contents.vendors.into_iter().zip(contents.vendor_places) {
            if let Some(other) = vendor_places.get(&vendor.id) {
                fail(&place, "id".to_owned(), format!("vendor {} is written in {} already", vendor.id, other.file));
            } else {
                vendor_places.insert(vendor.id.clone(), place);
                vendors.insert(vendor.id.clone(), vendor);
            }
        }

        let mut placed: Vec<(Rule, Place)> = contents.rules.into_iter().zip(contents.rule_places).collect();
        placed.sort_by(|a, b| (&a.0.id, &a.1).cmp(&(&b.0.id, &b.1)));
        for pair in placed.windows(2) {
            if pair[0].0.id == pair[1].0.id {
                let problem = format!("another rule has this id, at {}", pair[0].1);
                fail(&pair[1].1, format!("rule {}", pair[1].0.id), problem);
            }
        }
        for (rule, place) in &mut placed {
            let speaks = rule.roles.contains(&Role::Mailbox);
            match rule.tier.or_else(|| tier(&contents.weights, rule)) {
                Some(_) if !speaks && rule.tier.is_some() => {
                    let problem = "a tier, but neither its product nor its signal is about mailboxes: remove it";
                    fail(place, format!("rule {}: tier", rule.id), problem.to_owned());
                }
                None if speaks => {
                    let problem = format!("no tier: give one here, or a [[weight]] for {}", rule.signal.as_str());
                    fail(place, format!("rule {}", rule.id), problem);
                }
                tier => rule.tier = tier.filter(|_| speaks),
            }
        }
        let (rules, rule_places): (Vec<Rule>, Vec<Place>) = placed.into_iter().unzip();
        let private_brands: BTreeMap<String, String> = contents.private_brands.into_iter().collect();
        let brands: Vec<_> = private_brands.clone().into_iter().collect();
        let (index, unusable) = matcher::Index::new(&rules, &brands);
        for (position, key, problem) in unusable {
            fail(&rule_places[position], format!("rule {}: {key}", rules[position].id), problem);
        }
        if !errors.is_empty() {
            return Err(errors);
        }

        let labels = labels(&vendors, &rules);
        let mut sellers = HashMap::default();
        for vendor in vendors.values() {
            for domain in &vendor.domains {
                sellers.entry(domain.clone()).or_insert_with(|| vendor.id.clone());
            }
        }
        let mut ruleset = Self {
            vendors,
            rules,
            private_brands,
            reviewed: contents.reviewed.into_iter().collect(),
            weights: contents.weights,
            negatives: contents.negatives,
            sources: contents.sources.into_iter().collect(),
            labels,
            digest: String::new(),
            vendor_places,
            rule_places,
            index,
            sellers,
        };
        ruleset.digest = digest::digest(&ruleset);
        Ok(ruleset)
    }

    /// The first 12 hex digits of the digest.
    pub fn short_digest(&self) -> &str {
        &self.digest[..12]
    }

    /// The rule whose suffix is the longest one of `name`; a rule with a regular expression goes
    /// before a plain one of the same suffix. Rules of low certainty are left out.
    ///
    /// A CNAME target of an exchange is also matched by the rules for exchanges, and a redirect or
    /// the literal end of a macro by those for includes.
    pub fn match_name(&self, signal: Signal, name: &Name) -> Option<&Rule> {
        self.index.name(signal, name, false).map(|at| self.at(at))
    }

    /// As [`Self::match_name`], among the rules of low certainty alone: a hint, never a verdict.
    pub fn match_hint(&self, signal: Signal, name: &Name) -> Option<&Rule> {
        self.index.name(signal, name, true).map(|at| self.at(at))
    }

    /// The rules whose token a TXT record begins with (joined character strings), whatever its case.
    pub fn match_token<'r>(&'r self, text: &[u8]) -> impl Iterator<Item = &'r Rule> {
        self.index.tokens(&self.rules, text)
    }

    /// The rule whose address block holds the block (`192.0.2.0/24`, `2001:db8::/32`, or a single
    /// address); the smallest such block wins.
    pub fn match_block(&self, block: &str) -> Option<&Rule> {
        self.index.block(block).map(|at| self.at(at))
    }

    /// The rule for an autonomous system.
    pub fn match_as(&self, asn: u32) -> Option<&Rule> {
        self.index.system(asn).map(|at| self.at(at))
    }

    /// The rule for a DKIM selector that holds a key itself.
    pub fn match_selector(&self, selector: &str) -> Option<&Rule> {
        self.index.selector(selector).map(|at| self.at(at))
    }

    fn at(&self, at: u32) -> &Rule {
        &self.rules[at as usize]
    }

    pub fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.get(id)
    }

    /// The vendor that a registrable domain is one's own of, written without its final dot.
    pub fn seller(&self, domain: &str) -> Option<&Vendor> {
        self.vendor(self.sellers.get(domain)?)
    }

    /// A product by its vendor's id and its own.
    pub fn product(&self, vendor: &str, product: &str) -> Option<&Product> {
        self.vendor(vendor)?.products.iter().find(|p| p.id == product)
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.position(id).map(|at| &self.rules[at])
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|r| (*r.id).cmp(id)).ok()
    }

    /// The customer's id that a rule reads out of the text it matched (names without final dot).
    pub fn customer_of(&self, rule: &Rule, text: &str) -> Option<String> {
        rule.customer.as_ref()?;
        self.index.customer(&rule.id, text.strip_suffix('.').unwrap_or(text)).map(str::to_owned)
    }

    /// The company whose private mail domain the name stands under.
    pub fn private_brand(&self, name: &Name) -> Option<&str> {
        self.private_brands.values().nth(self.index.brand(name)?).map(String::as_str)
    }

    /// Where a rule is written.
    pub fn place(&self, rule: &Rule) -> Option<&Place> {
        self.rule_places.get(self.position(&rule.id)?)
    }

    /// The source of a rule, written out.
    pub fn source<'a>(&'a self, rule: &'a Rule) -> &'a str {
        self.sources.get(&rule.source).map_or(&rule.source, |s| &s.text)
    }
}

/// What the measured weights say of a rule: those of its vendor before those of all.
fn tier(weights: &[Weight], rule: &Rule) -> Option<Tier> {
    let of = |vendor: Option<&str>| weights.iter().find(|w| w.signal == rule.signal && w.vendor.as_deref() == vendor);
    of(Some(&rule.vendor)).or_else(|| of(None)).map(|w| w.tier)
}

fn labels(vendors: &BTreeMap<String, Vendor>, rules: &[Rule]) -> plan::Labels {
    let selectors = |of: fn(&str) -> bool| -> BTreeSet<&String> {
        let vendors = vendors.values().filter(|v| of(&v.id));
        vendors.flat_map(|v| &v.products).flat_map(|p| &p.selectors).collect()
    };
    let (microsoft, google) = (selectors(|id| id == MICROSOFT), selectors(|id| id == GOOGLE));
    let others = selectors(|id| id != MICROSOFT && id != GOOGLE);
    let others = others.into_iter().filter(|s| !microsoft.contains(s) && !google.contains(s));
    let known = rules.iter().filter(|r| {
        r.signal == Signal::MxHost && r.exchange == Exchange::Mail && r.certainty > Certainty::Low && r.regex.is_none()
    });
    let mut known: Vec<String> = known.map(|r| r.pattern.clone()).collect();
    known.sort_unstable();
    known.dedup();
    let opaque = rules.iter().filter(|r| r.opaque && r.signal.is_name() && r.certainty > Certainty::Low);
    let opaque: BTreeSet<&String> = opaque.map(|r| &r.pattern).collect();
    let senders: BTreeSet<&String> =
        vendors.values().flat_map(|v| &v.products).filter_map(|p| p.sender_address.as_ref()).collect();
    plan::Labels {
        opaque_spf: opaque.into_iter().cloned().collect(),
        sender_addresses: senders.into_iter().cloned().collect(),
        vendor_selectors: others.cloned().collect(),
        microsoft_selectors: microsoft.into_iter().cloned().collect(),
        google_selectors: google.into_iter().cloned().collect(),
        known_exchanges: known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn product_of(signal: Signal, text: &str) -> String {
        let rule = Ruleset::embedded().match_name(signal, &name(text));
        rule.map_or_else(|| "-".to_owned(), |r| format!("{}/{}", r.vendor, r.product))
    }

    #[test]
    fn the_embedded_rules_load() {
        if let Err(errors) = Ruleset::from_files(VENDOR_FILES.iter().copied()) {
            panic!("{}", errors.iter().map(|e| format!("{e}\n")).collect::<String>());
        }
        let rules = Ruleset::embedded();
        assert_eq!(rules.short_digest().len(), 12);
        assert!(rules.labels.microsoft_selectors.iter().eq(["selector1", "selector2"]));
        assert!(rules.labels.google_selectors.iter().eq(["google"]));
        assert!(rules.labels.known_exchanges.contains(&"pphosted.com".to_owned()));
        assert!(!rules.labels.known_exchanges.contains(&"amazonaws.com".to_owned()));
    }

    #[test]
    fn the_longest_suffix_names_the_product() {
        for (host, product) in [
            ("hotmail-com.olc.protection.outlook.com", "microsoft/consumer"),
            ("example-com.mail.protection.outlook.com", "microsoft/exchange-online"),
            ("ikea-com.i-v1.mx.microsoft", "microsoft/exchange-online"),
            ("example-com.mail.protection.office365.us", "microsoft/government"),
            ("example-com.mail.protection.partner.outlook.cn", "microsoft/china"),
            ("gmail-smtp-in.l.google.com", "google/gmail"),
            ("alt2.aspmx.l.google.com", "google/workspace"),
            ("mx0a-001b2d01.pphosted.com", "proofpoint/email-protection"),
            ("mxa-00026101.gslb.gpphosted.com", "proofpoint/government"),
            ("inbound-smtp.us-east-1.amazonaws.com", "amazon/ses-inbound"),
            ("res.cisco.com", "-"),
            ("mxb-00870b02.gslb.pphosted.com.pizarra.es", "-"),
        ] {
            assert_eq!(product_of(Signal::MxHost, host), product, "{host}");
        }
        assert_eq!(product_of(Signal::MxTarget, "mx0a-001b2d01.pphosted.com"), "proofpoint/email-protection");
        assert_eq!(product_of(Signal::SpfMacro, "spf.has.pphosted.com"), "proofpoint/email-fraud-defense");
        assert_eq!(product_of(Signal::SpfRedirect, "_spf.google.com"), "google/workspace");
    }
}
