//! The tables of the vendor files as they are written (`data/vendors/README.md`).
//!
//! Unknown keys are errors: a misspelt key would otherwise be a rule that quietly says less.

use serde::Deserialize;

use super::{Certainty, Exchange, Role, Signal, Tier};

/// The head of a vendor's file, without its owners and products.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub id: String,
    pub name: String,
    pub website: String,
    #[serde(default)]
    pub domains: Vec<String>,
}

/// `[[owner]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub name: String,
    pub from: Option<String>,
    pub verified: bool,
    pub source: String,
}

/// `[[product]]`, without its rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub id: String,
    pub name: String,
    pub roles: Vec<Role>,
    #[serde(default)]
    pub selectors: Vec<String>,
    pub sender_address: Option<String>,
}

/// `[[product.rule]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    pub signal: Signal,
    pub pattern: String,
    pub certainty: Certainty,
    pub regex: Option<String>,
    pub reason: Option<String>,
    pub customer: Option<String>,
    #[serde(default)]
    pub exchange: Exchange,
    pub tier: Option<Tier>,
    #[serde(default)]
    pub opaque: bool,
    pub implies: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub source: String,
    #[serde(default)]
    pub matches: Vec<String>,
    #[serde(default)]
    pub rejects: Vec<String>,
}

/// `[[source]]`: a source that many rules name by its id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub id: String,
    pub text: String,
}

/// `[[weight]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    pub signal: Signal,
    pub vendor: Option<String>,
    pub tier: Tier,
    pub own: Option<f64>,
    pub other: Option<f64>,
    pub source: String,
}

/// `[[private_brand]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateBrand {
    pub domain: String,
    pub company: String,
    #[allow(dead_code, reason = "written for readers; its presence is what the schema demands")]
    pub source: String,
}

/// `[[reviewed]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    pub domain: String,
    pub on: String,
    pub why: String,
}

/// `[[negative]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Negative {
    pub signal: Signal,
    pub texts: Vec<String>,
    pub why: String,
}
