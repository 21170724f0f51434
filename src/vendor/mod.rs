//! The vendor knowledge base: vendors, their products, and the DNS signals that name them.

mod block;
mod digest;
mod hash;
mod lint;
mod load;
mod matcher;
mod ruleset;
mod schema;

use std::sync::Arc;

pub use lint::{Finding, lint};
pub use load::{LoadError, VENDOR_FILES};
pub use ruleset::Ruleset;

/// What a vendor can be for a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Who receives inbound mail at the MX edge. Exclusive.
    Gateway,
    /// Who hosts the mailboxes, also behind a gateway. Exclusive.
    Mailbox,
    /// Who may send for the domain. Reach.
    Sender,
    /// Who receives its DMARC or TLS reports, or hosts its SPF, DMARC or MTA-STS records. Reach.
    Dmarc,
    /// API-integrated or awareness products that only leave tokens in DNS. Reach, a lower bound.
    Overlay,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Gateway, Self::Mailbox, Self::Sender, Self::Dmarc, Self::Overlay];

    /// Exclusive roles add up to the population; reach roles never do.
    pub fn is_exclusive(self) -> bool {
        matches!(self, Self::Gateway | Self::Mailbox)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Mailbox => "mailbox",
            Self::Sender => "sender",
            Self::Dmarc => "dmarc",
            Self::Overlay => "overlay",
        }
    }
}

/// The kind of DNS fact a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Host name of an exchange.
    MxHost,
    /// Where the CNAME chain of an exchange ends.
    MxTarget,
    /// Target of an SPF `include:`, `a:` or `mx:`.
    SpfInclude,
    SpfRedirect,
    /// Literal suffix behind the macros of an SPF `include:` or `exists:`.
    SpfMacro,
    /// An address block inside an SPF record (flattened records). Pattern: a CIDR block.
    SpfIp,
    /// Beginning of a TXT record at the domain, case-insensitive.
    TxtToken,
    /// CNAME target of a DKIM selector.
    DkimTarget,
    /// Presence of a TXT key under a selector. Pattern: the selector's label.
    DkimKey,
    /// Domain of a DMARC or TLS-RPT report address.
    DmarcRua,
    /// CNAME target of `_dmarc`.
    DmarcTarget,
    /// CNAME or SRV target of autodiscover.
    AutodiscoverTarget,
    /// CNAME target of `mta-sts`.
    MtaStsTarget,
    /// Existence of the tenant host. Pattern: the zone it stands under.
    TenantHost,
    /// PTR of an exchange's address.
    PtrHost,
    /// AS that announces an exchange's address. Pattern: `AS` and the number.
    OriginAs,
    /// Name server of the domain, or of `_dmarc` where it is delegated.
    NsHost,
}

impl Signal {
    pub const ALL: [Self; 17] = [
        Self::MxHost,
        Self::MxTarget,
        Self::SpfInclude,
        Self::SpfRedirect,
        Self::SpfMacro,
        Self::SpfIp,
        Self::TxtToken,
        Self::DkimTarget,
        Self::DkimKey,
        Self::DmarcRua,
        Self::DmarcTarget,
        Self::AutodiscoverTarget,
        Self::MtaStsTarget,
        Self::TenantHost,
        Self::PtrHost,
        Self::OriginAs,
        Self::NsHost,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::MxHost => "mx-host",
            Self::MxTarget => "mx-target",
            Self::SpfInclude => "spf-include",
            Self::SpfRedirect => "spf-redirect",
            Self::SpfMacro => "spf-macro",
            Self::SpfIp => "spf-ip",
            Self::TxtToken => "txt-token",
            Self::DkimTarget => "dkim-target",
            Self::DkimKey => "dkim-key",
            Self::DmarcRua => "dmarc-rua",
            Self::DmarcTarget => "dmarc-target",
            Self::AutodiscoverTarget => "autodiscover-target",
            Self::MtaStsTarget => "mta-sts-target",
            Self::TenantHost => "tenant-host",
            Self::PtrHost => "ptr-host",
            Self::OriginAs => "origin-as",
            Self::NsHost => "ns-host",
        }
    }

    /// The roles a signal can say anything about. SPF never shows a gateway, MX never a sender.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::MxHost | Self::MxTarget | Self::PtrHost | Self::OriginAs => &[Role::Gateway, Role::Mailbox],
            Self::SpfInclude | Self::SpfRedirect | Self::SpfMacro | Self::SpfIp => {
                &[Role::Mailbox, Role::Sender, Role::Dmarc, Role::Overlay]
            }
            Self::DkimTarget | Self::DkimKey => &[Role::Mailbox, Role::Sender],
            Self::TxtToken => &[Role::Mailbox, Role::Sender, Role::Overlay],
            Self::DmarcRua | Self::DmarcTarget | Self::MtaStsTarget | Self::NsHost => &[Role::Dmarc],
            Self::AutodiscoverTarget | Self::TenantHost => &[Role::Mailbox],
        }
    }

    /// Whether the pattern is a label-wise suffix of a domain name.
    pub fn is_name(self) -> bool {
        !matches!(self, Self::SpfIp | Self::TxtToken | Self::DkimKey | Self::OriginAs)
    }
}

/// How sure a rule is. Low never decides a verdict: it is a hint on `unattributed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    Low,
    Medium,
    High,
}

/// How much a signal says about the mailbox host (`vendors/ATTRIBUTION` research, measured).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Decides alone.
    A,
    /// Decides alone as `likely`; two of them as `confirmed`.
    B,
    /// Never alone: says that a tenant exists.
    C,
    /// Says nothing about mailboxes.
    None,
}

/// What an exchange that a rule names is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exchange {
    /// Receives the domain's mail.
    #[default]
    Mail,
    /// A registrar's parking host: the domain is not used for mail.
    Parking,
    /// Left from a domain verification, never routable: ignored.
    Verification,
    /// Receives bounces and replies for a sender: neither gateway nor mailbox host.
    Sender,
}

/// One signal that names a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Shared, as are vendor and product: every verdict names them.
    pub id: Arc<str>,
    pub vendor: Arc<str>,
    pub product: Arc<str>,
    pub signal: Signal,
    /// A label-wise suffix, token prefix, block or AS number, as the signal says.
    pub pattern: String,
    /// A regular expression over the whole text (names without their final dot) that must match
    /// besides the pattern; needs `reason`.
    pub regex: Option<String>,
    pub reason: Option<String>,
    /// A regular expression whose first group is the customer's id in the matched text.
    pub customer: Option<String>,
    /// What the rule can speak for: the roles of its product that its signal can show
    /// ([`Signal::roles`]). An SPF rule of Exchange Online speaks for sender and mailbox. A token of
    /// a product with mailboxes speaks for `mailbox` alone: it shows a tenant, not a sender.
    pub roles: Vec<Role>,
    pub exchange: Exchange,
    /// What it says about the mailbox host; set on every rule that speaks for `mailbox`.
    pub tier: Option<Tier>,
    /// Whether the SPF record goes on behind macros, so that the absence of an include says nothing.
    pub opaque: bool,
    /// Another vendor's product, `vendor/product`, without which this one cannot be used: a
    /// signature relay that works with Exchange Online alone. As good as tier B for that host.
    pub implies: Option<String>,
    pub certainty: Certainty,
    pub source: String,
    /// Since when, and until when, the vendor used the signal, as far as known. Facts for readers:
    /// matching never looks at them, because old records outlive their service.
    pub from: Option<String>,
    pub to: Option<String>,
    pub matches: Vec<String>,
    pub rejects: Vec<String>,
}

/// Something a vendor sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub id: String,
    pub name: String,
    pub roles: Vec<Role>,
    /// DKIM selectors that its customers use.
    pub selectors: Vec<String>,
    /// An address that it sends from: hosted SPF records are asked about it at depth `deep`.
    pub sender_address: Option<String>,
}

/// An interval of ownership: from this day on (empty for the first), this owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub name: String,
    pub from: Option<String>,
    /// Whether `source` was read; else the date rests on memory.
    pub verified: bool,
    pub source: String,
}

/// A brand, with its owners over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    pub id: String,
    pub name: String,
    pub website: String,
    /// Registrable domains of the vendor itself, for the flag `own_product`.
    pub domains: Vec<String>,
    /// Oldest first.
    pub owners: Vec<Owner>,
    pub products: Vec<Product>,
}

impl Vendor {
    /// The owner on a day (`YYYY-MM-DD`; partial dates compare by their beginning), or the newest.
    pub fn owner(&self, on: Option<&str>) -> &str {
        let held = |o: &&Owner| match (&o.from, on) {
            (Some(from), Some(day)) => from.as_str() <= day,
            _ => true,
        };
        self.owners.iter().rev().find(held).map_or(&self.name, |o| &o.name)
    }
}

/// How much a kind of signal weighs for the mailbox host, and how that was measured: among the
/// domains whose exchange is the vendor's own, and among those whose exchange is another's.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    pub signal: Signal,
    /// The vendor it holds for; `None` for all that have none of their own.
    pub vendor: Option<String>,
    pub tier: Tier,
    /// Share of the vendor's domains that show the signal, 0 to 1.
    pub own: Option<f64>,
    /// Share of other domains that show it, 0 to 1.
    pub other: Option<f64>,
    pub source: String,
    pub place: Place,
}

/// Where facts come from, written once and named by rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub text: String,
    pub place: Place,
}

/// Why the exchanges under a domain need no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// The day of the review.
    pub on: String,
    pub why: String,
    pub place: Place,
}

/// A text that looks like a vendor's and is not: no rule of the signal may match it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negative {
    pub signal: Signal,
    pub text: String,
    pub why: String,
    pub place: Place,
}

/// Where in the files something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
