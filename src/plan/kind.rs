//! Question kinds and the named sets of them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal from $depth:ident;)*) => {
        /// A kind of question. Manifests list the kinds that were asked; `diff` classifies both
        /// sides on the kinds that both hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                }
            }

            /// The shallowest depth that asks it.
            fn depth(self) -> Depth {
                match self {
                    $(Self::$kind => Depth::$depth,)*
                }
            }
        }
    };
}

kinds! {
    /// MX of the asked domain.
    Mx = "mx" from Mx;
    /// TXT of the asked domain: SPF and verification tokens.
    Txt = "txt" from Mx;
    /// A and AAAA of the asked domain where it has no MX (RFC 5321 section 5.1).
    Address = "address" from Mx;
    /// `_dmarc` TXT, then that of the organizational domain.
    Dmarc = "dmarc" from Standard;
    DmarcCname = "dmarc-cname" from Standard;
    DmarcNs = "dmarc-ns" from Standard;
    /// `_mta-sts` TXT (RFC 8461).
    MtaSts = "mta-sts" from Standard;
    MtaStsCname = "mta-sts-cname" from Standard;
    /// `_smtp._tls` TXT (RFC 8460).
    TlsRpt = "tls-rpt" from Standard;
    /// `default._bimi` TXT.
    Bimi = "bimi" from Standard;
    Ns = "ns" from Standard;
    /// A and AAAA of every exchange, with the CNAME chain.
    ExchangeAddress = "exchange-address" from Standard;
    /// CNAME of every exchange alone: only in imports whose source kept no addresses.
    ExchangeCname = "exchange-cname" from Recorded;
    /// TXT of every SPF include and redirect target.
    SpfTree = "spf-tree" from Standard;
    DkimMicrosoft = "dkim-microsoft" from Standard;
    DkimGoogle = "dkim-google" from Standard;
    AutodiscoverCname = "autodiscover-cname" from Standard;
    AutodiscoverSrv = "autodiscover-srv" from Standard;
    /// PTR of the addresses of exchanges that no rule names.
    Ptr = "ptr" from Standard;
    /// Origin AS of the same addresses.
    OriginAs = "origin-as" from Standard;
    TenantHost = "tenant-host" from Standard;
    /// TXT of a name that nobody has registered: exposes wildcards.
    Control = "control" from Standard;
    /// Selectors of every vendor in the ruleset's list.
    DkimVendors = "dkim-vendors" from Deep;
    /// PTR and origin AS of every exchange address.
    PtrAll = "ptr-all" from Deep;
    /// A hosted SPF record asked with a known sender address.
    HostedSpf = "hosted-spf" from Deep;
    EnterpriseRegistration = "enterprise-registration" from Deep;
    MailSrv = "mail-srv" from Deep;
}

/// A named set of question kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    Mx,
    Standard,
    Deep,
    /// The set that a snapshot holds, whatever it is.
    Recorded,
}

impl Depth {
    /// The kinds of this depth and the shallower ones. `Recorded` has none of its own: its set
    /// comes from a manifest.
    pub fn kinds(self) -> BTreeSet<Kind> {
        if self == Self::Recorded {
            return BTreeSet::new();
        }
        Kind::ALL.iter().copied().filter(|k| k.depth() <= self).collect()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Standard => "standard",
            Self::Deep => "deep",
            Self::Recorded => "recorded",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A question kind this program does not know: the snapshot was written by a newer one.
#[derive(Debug, thiserror::Error)]
#[error("unknown question kind {0:?}; a newer mxcensus may know it")]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|k| k.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
