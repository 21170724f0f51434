//! From one member's answers to who guards, hosts and sends its mail, with the evidence.

mod exchange;
pub mod explain;
mod gateway;
pub mod hosted_spf;
mod mailbox;
pub mod methods;
mod near;
mod senders;
mod unattributed;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use num_rational::Ratio;

use crate::dns::{Name, Outcome, Type, registrable_str};
use crate::observation::Observation;
use crate::plan::{self, Kind};
use crate::vendor::{Role, Ruleset};

pub use near::{Miss, Near, Without};
pub use unattributed::{Common, Group, Unattributed, unattributed};

/// Part of a member: 1, or an equal part of it where verdicts tie. Always exact.
pub type Weight = Ratio<i64>;

/// Who holds an exclusive role, or why nobody is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    Vendor { vendor: Arc<str>, product: Arc<str> },
    SelfHosted,
    Unattributed,
    NoMail,
    Unreachable,
}

impl Verdict {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Vendor { .. } => "vendor",
            Self::SelfHosted => "self-hosted",
            Self::Unattributed => "unattributed",
            Self::NoMail => "no-mail",
            Self::Unreachable => "unreachable",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    Weak,
    Likely,
    Confirmed,
}

impl Confidence {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        }
    }
}

/// One fact that speaks for an attribution: the record and the rule that read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evidence {
    /// The rule's id, or a built-in rule in brackets such as `(own-domain)`.
    pub rule: Arc<str>,
    /// The question: `example.com. MX`.
    pub question: Arc<str>,
    /// The rdata, or the outcome where there is none.
    pub value: Arc<str>,
}

/// A thing a reader of a verdict should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// Different verdicts tie at the lowest preference.
    Split,
    /// A vendor's gateway stands behind another vendor's exchange: a move under way.
    Transition,
    HybridPossible,
    /// Exchanges that do not exist, or a vendor's name with more labels behind it.
    Misconfigured,
    Parked,
    /// A vendor's own domain on its own product.
    OwnProduct,
    PrivateBrand,
    /// Hosted SPF behind macros: absence of an include says nothing.
    SpfOpaque,
    Wildcard,
    NullMx,
    /// No MX but an address (RFC 5321 section 5.1).
    ImplicitMx,
    PreferenceUnknown,
    /// An exclusive mailbox verdict with strong evidence for another host too.
    MailboxOther,
}

impl Flag {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Transition => "transition",
            Self::HybridPossible => "hybrid_possible",
            Self::Misconfigured => "misconfigured",
            Self::Parked => "parked",
            Self::OwnProduct => "own_product",
            Self::PrivateBrand => "private_brand",
            Self::SpfOpaque => "spf_opaque",
            Self::Wildcard => "wildcard",
            Self::NullMx => "null_mx",
            Self::ImplicitMx => "implicit_mx",
            Self::PreferenceUnknown => "preference_unknown",
            Self::MailboxOther => "mailbox_other",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One verdict on one role, with the part of the member it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    pub verdict: Verdict,
    /// The parts of an exclusive role sum to 1; a reach attribution is always 1.
    pub weight: Weight,
    /// `None` for no-mail and unreachable.
    pub confidence: Option<Confidence>,
    /// The vendor's id for the customer, where the records show one.
    pub customer: Option<Arc<str>>,
    pub evidence: Vec<Evidence>,
}

/// How the question for a reach role ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reached {
    /// Answered definitively; attributions may still be empty, which is the row `none`.
    Measured,
    /// No definitive answer; the member is outside the denominator.
    Unreachable(Outcome),
}

/// Everything the rules say about one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    pub id: Box<str>,
    pub name: Box<str>,
    /// The asked domain, without final dot.
    pub domain: Box<str>,
    pub rank: Option<u32>,
    /// In the order of the population's cohort columns.
    pub cohorts: Vec<Box<str>>,
    /// Never empty; weights sum to 1; sorted by verdict.
    pub gateway: Vec<Attribution>,
    /// Never empty; weights sum to 1; sorted by verdict.
    pub mailbox: Vec<Attribution>,
    pub sender: (Reached, Vec<Attribution>),
    pub dmarc: (Reached, Vec<Attribution>),
    pub overlay: (Reached, Vec<Attribution>),
    pub flags: BTreeSet<Flag>,
    /// The outcome that made the gateway role unreachable, where it is.
    pub failure: Option<Outcome>,
}

impl Classification {
    /// The attributions of a role.
    pub fn role(&self, role: Role) -> &[Attribution] {
        match role {
            Role::Gateway => &self.gateway,
            Role::Mailbox => &self.mailbox,
            Role::Sender => &self.sender.1,
            Role::Dmarc => &self.dmarc.1,
            Role::Overlay => &self.overlay.1,
        }
    }

    /// Whether the question for a role was answered definitively. For exclusive roles this is the
    /// verdict `unreachable` itself.
    pub fn is_measured(&self, role: Role) -> bool {
        match role {
            Role::Gateway => self.gateway.iter().all(|a| a.verdict != Verdict::Unreachable),
            Role::Mailbox => self.mailbox.iter().all(|a| a.verdict != Verdict::Unreachable),
            Role::Sender => self.sender.0 == Reached::Measured,
            Role::Dmarc => self.dmarc.0 == Reached::Measured,
            Role::Overlay => self.overlay.0 == Reached::Measured,
        }
    }
}

/// What the rules say about one member, from its answers alone: same answers and same rules, same
/// classification, on any machine.
pub fn classify(observation: &Observation, rules: &Ruleset) -> Classification {
    classify_for(observation, rules, |_| true)
}

/// As [`classify`], for one role of many members: the other roles are left empty, which says nothing
/// about them, and flags that only they would raise are missing.
pub fn classify_role(observation: &Observation, rules: &Ruleset, role: Role) -> Classification {
    let mut found = classify_for(observation, rules, |wanted| wanted == role);
    if role != Role::Gateway {
        found.gateway = Vec::new();
    }
    found
}

fn classify_for(observation: &Observation, rules: &Ruleset, wants: impl Fn(Role) -> bool) -> Classification {
    let mut flags = BTreeSet::new();
    let member = observation.member;
    let nobody = || (Reached::Unreachable(Outcome::Unrecorded), Vec::new());
    let reads_spf = Role::ALL.into_iter().any(|role| role != Role::Gateway && wants(role));
    let spf = if reads_spf { senders::spf_use(observation, rules, &mut flags) } else { senders::SpfUse::default() };
    let reads_tokens = wants(Role::Mailbox) || wants(Role::Overlay);
    let tokens = if reads_tokens { mailbox::tokens(observation, rules) } else { Vec::new() };
    let edge = gateway::gateway(observation, rules, &mut flags);
    let mailbox =
        if wants(Role::Mailbox) { mailbox::mailbox(observation, rules, &edge, (&spf, &tokens), &mut flags) } else { Vec::new() };
    let sender = if wants(Role::Sender) { senders::senders(observation, rules, &spf) } else { nobody() };
    let dmarc = if wants(Role::Dmarc) { senders::dmarc(observation, rules, &spf) } else { nobody() };
    let overlay = if wants(Role::Overlay) { senders::overlay(observation, &tokens, &spf) } else { nobody() };
    flags.extend(is_wildcard(observation).then_some(Flag::Wildcard));
    flags.extend(uses_own_product(member.asked(), &edge.attributions, rules).then_some(Flag::OwnProduct));
    Classification {
        id: member.id.clone(),
        name: member.name.clone(),
        domain: member.asked().bare().into(),
        rank: member.rank,
        cohorts: member.cohorts.clone(),
        gateway: edge.attributions,
        mailbox,
        sender,
        dmarc,
        overlay,
        flags,
        failure: edge.failure,
    }
}

/// A name that nobody has registered exists: what stands below the domain may be a wildcard's.
fn is_wildcard(observation: &Observation) -> bool {
    if !observation.asks(Kind::Control) {
        return false;
    }
    let asked = observation.member.asked();
    let control = asked.prepend(&plan::control_label(asked)).ok();
    let answer = control.and_then(|name| observation.answer(Kind::Control, &name, Type::Txt));
    answer.is_some_and(|a| matches!(a.outcome, Outcome::Answered | Outcome::Nodata))
}

fn uses_own_product(asked: &Name, edge: &[Attribution], rules: &Ruleset) -> bool {
    let own = registrable_str(asked).and_then(|own| rules.seller(own.trim_end_matches('.')));
    own.is_some_and(|seller| {
        edge.iter().any(|a| match &a.verdict {
            Verdict::Vendor { vendor, .. } => **vendor == *seller.id,
            Verdict::SelfHosted => true,
            _ => false,
        })
    })
}
