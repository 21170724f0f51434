//! The whole knowledge base, and the questions that can be put to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use super::{LoadError, Product, Rule, Signal, Vendor, matcher};
use crate::dns::Name;
use crate::plan;

/// The whole knowledge base.
#[derive(Debug)]
pub struct Ruleset {
    pub vendors: BTreeMap<String, Vendor>,
    /// Sorted by id.
    pub rules: Vec<Rule>,
    /// Domains that carry the mail of one company only, and whose they are.
    pub private_brands: BTreeMap<String, String>,
    /// Names that the plan needs: selectors and known exchanges.
    pub labels: plan::Labels,
    /// SHA-256 over the canonical rules, as hex: stands on every table, chart and page.
    pub digest: String,
    index: matcher::Index,
}

impl Ruleset {
    /// The rules compiled into the program.
    pub fn embedded() -> &'static Self {
        static RULES: OnceLock<Ruleset> = OnceLock::new();
        RULES.get_or_init(|| Ruleset {
            vendors: BTreeMap::new(),
            rules: Vec::new(),
            private_brands: BTreeMap::new(),
            labels: plan::Labels::default(),
            digest: "0".repeat(64),
            index: matcher::Index::default(),
        })
    }

    /// Reads every `.toml` file of a folder; file names and their order do not matter.
    ///
    /// # Errors
    /// Everything that is wrong with the files, each with file and key.
    pub fn load(_dir: &Path) -> Result<Self, Vec<LoadError>> {
        Err(Vec::new())
    }

    /// The first 12 hex digits of the digest.
    pub fn short_digest(&self) -> &str {
        &self.digest[..12]
    }

    /// The rule whose suffix is the longest one of `name`; a rule with a regular expression goes
    /// before a plain one of the same suffix. Rules of low certainty are left out.
    pub fn match_name(&self, _signal: Signal, _name: &Name) -> Option<&Rule> {
        let _ = &self.index;
        None
    }

    /// As [`Self::match_name`], among the rules of low certainty alone: a hint, never a verdict.
    pub fn match_hint(&self, _signal: Signal, _name: &Name) -> Option<&Rule> {
        None
    }

    /// The rules whose token a TXT record begins with (joined character strings), whatever its case.
    pub fn match_token<'r>(&'r self, _text: &[u8]) -> impl Iterator<Item = &'r Rule> {
        std::iter::empty()
    }

    /// The rule whose address block holds the block (`192.0.2.0/24`, `2001:db8::/32`, or a single
    /// address); the smallest such block wins.
    pub fn match_block(&self, _block: &str) -> Option<&Rule> {
        None
    }

    /// The rule for an autonomous system.
    pub fn match_as(&self, _asn: u32) -> Option<&Rule> {
        None
    }

    /// The rule for a DKIM selector that holds a key itself.
    pub fn match_selector(&self, _selector: &str) -> Option<&Rule> {
        None
    }

    pub fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.get(id)
    }

    /// A product by its vendor's id and its own.
    pub fn product(&self, vendor: &str, product: &str) -> Option<&Product> {
        self.vendor(vendor)?.products.iter().find(|p| p.id == product)
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.binary_search_by(|r| r.id.as_str().cmp(id)).ok().map(|at| &self.rules[at])
    }

    /// The customer's id that a rule reads out of the text it matched (names without final dot).
    pub fn customer_of(&self, _rule: &Rule, _text: &str) -> Option<String> {
        None
    }

    /// The company whose private mail domain the name stands under.
    pub fn private_brand(&self, _name: &Name) -> Option<&str> {
        None
    }
}
