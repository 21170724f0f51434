//! How a crawl asks: whom, how much at once, how patiently. The library owns the defaults.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{ResolverSpec, RootHints};

/// Questions a second that the polite default sends to each resolver.
pub const POLITE_QPS: u32 = 100;

/// The settings of a crawl. The defaults are safe for a public resolver: at most 64 questions in
/// flight and 100 a second for each resolver, far below what the large public ones allow a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whom to ask. Several resolvers share the load and stand in for each other.
    pub resolvers: Vec<ResolverSpec>,
    /// A PEM file of the authorities that must have signed the certificates of encrypted resolvers; the
    /// public ones where it is `None`.
    pub authorities: Option<PathBuf>,
    /// Where [`ResolverSpec::Recursive`] begins; the root of the Internet where it is `None`.
    pub root_hints: Option<RootHints>,
    /// Questions in flight over all resolvers.
    pub concurrency: Concurrency,
    /// Questions a second over all resolvers, spread evenly, never in bursts. `None` is the polite
    /// default, [`POLITE_QPS`] for each resolver; `Some(0)` is no limit, for servers of one's own.
    pub qps: Option<u32>,
    /// How long the first attempt waits for a reply; later ones wait longer, up to five times this.
    pub timeout: Duration,
    /// Attempts after the first where no reply comes.
    pub retries: u32,
    /// Attempts after the first where the reply is a failure (SERVFAIL, REFUSED, garbage): fewer, as
    /// the resolver has heard the question and is not to be hammered. Never more than `retries`.
    pub refusal_retries: u32,
    /// Time after which no question of a member is asked again; what is open then is a timeout.
    pub domain_budget: Duration,
    /// Asks what still fails once more when everything else is done.
    pub second_pass: bool,
    /// How long to wait where no resolver is fit to be asked, before the crawl ends with an error and
    /// its journal. Zero never waits: what fails is recorded as what it is.
    pub outage: Duration,
    /// Checks the resolvers before the first question.
    pub preflight: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            resolvers: vec![ResolverSpec::System],
            authorities: None,
            root_hints: None,
            concurrency: Concurrency::Fixed(64),
            qps: None,
            timeout: Duration::from_secs(1),
            retries: 7,
            refusal_retries: 2,
            domain_budget: Duration::from_secs(120),
            second_pass: true,
            outage: Duration::from_secs(300),
            preflight: true,
        }
    }
}

impl Settings {
    /// For a server of one's own on loopback, such as a replay: no rate limit, and what it refuses
    /// it refuses for good. Silence is asked again all the same: loopback drops what a full socket
    /// cannot hold.
    pub fn loopback(resolver: std::net::SocketAddr) -> Self {
        Self {
            resolvers: vec![ResolverSpec::Plain(resolver)],
            concurrency: Concurrency::Fixed(100),
            qps: Some(0),
            timeout: Duration::from_millis(250),
            retries: 4,
            refusal_retries: 0,
            second_pass: false,
            outage: Duration::ZERO,
            ..Self::default()
        }
    }
}

impl Settings {
    /// The questions in flight to begin with.
    pub(super) fn in_flight(&self) -> usize {
        match self.concurrency {
            Concurrency::Fixed(limit) => limit.clamp(1, MAX_CONCURRENCY),
            Concurrency::Auto => AUTO_START,
        }
    }
}

/// Questions in flight where the level is left to the program.
const AUTO_START: usize = 64;

/// How many questions are in flight at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    Fixed(usize),
    /// Finds its level by watching loss and latency.
    Auto,
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(n) => write!(f, "{n}"),
            Self::Auto => f.write_str("auto"),
        }
    }
}

/// A number of questions in flight that is neither `auto` nor from 1 to [`MAX_CONCURRENCY`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("concurrency must be `auto` or a number from 1 to {MAX_CONCURRENCY}, not {0:?}")]
pub struct BadConcurrency(String);

/// More questions than this in flight would outgrow the ids of the sockets and the memory bound.
pub const MAX_CONCURRENCY: usize = 50_000;

impl FromStr for Concurrency {
    type Err = BadConcurrency;

    fn from_str(text: &str) -> Result<Self, BadConcurrency> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse() {
            Ok(n) if (1..=MAX_CONCURRENCY).contains(&n) => Ok(Self::Fixed(n)),
            _ => Err(BadConcurrency(text.to_owned())),
        }
    }
}
