//! From what the user wrote to resolvers that can be asked.

use std::fmt;
use std::net::SocketAddr;

use super::transport::{Exchange, Transport};
use super::{CrawlError, ResolverSpec};

/// A resolver that can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Upstream {
    Plain(SocketAddr),
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(addr) => write!(f, "{addr}"),
        }
    }
}

impl Upstream {
    /// A fresh way to ask it. Must be called within a tokio runtime.
    pub fn open(&self) -> Result<Box<dyn Transport>, CrawlError> {
        let unusable =
            |e: hickory_resolver::net::NetError| CrawlError::Preflight { resolver: self.to_string(), problem: e.to_string() };
        match self {
            Self::Plain(addr) => Ok(Box::new(Exchange::plain(*addr).map_err(unusable)?)),
        }
    }
}

/// The resolvers of a crawl, each once.
pub(super) fn upstreams(specs: &[ResolverSpec]) -> Result<Vec<Upstream>, CrawlError> {
    let mut upstreams: Vec<Upstream> = Vec::new();
    for spec in specs {
        let not_yet = |what| Err(CrawlError::NotYet { resolver: spec.to_string(), what });
        let addresses = match spec {
            ResolverSpec::Plain(addr) => vec![*addr],
            ResolverSpec::System => system()?,
            ResolverSpec::Tls { .. } => return not_yet("DNS over TLS"),
            ResolverSpec::Https { .. } => return not_yet("DNS over HTTPS"),
            ResolverSpec::Quic { .. } => return not_yet("DNS over QUIC"),
            ResolverSpec::Recursive => return not_yet("recursion from the root"),
        };
        for upstream in addresses.into_iter().map(Upstream::Plain) {
            if !upstreams.contains(&upstream) {
                upstreams.push(upstream);
            }
        }
    }
    if upstreams.is_empty() { Err(CrawlError::NoResolver) } else { Ok(upstreams) }
}

/// The name servers of the system's configuration. Search lists and the hosts file are not used:
/// every question is an absolute name.
fn system() -> Result<Vec<SocketAddr>, CrawlError> {
    let unreadable = |reason: String| CrawlError::SystemConfiguration { reason };
    let (config, _) = hickory_resolver::system_conf::read_system_conf().map_err(|e| unreadable(e.to_string()))?;
    let servers = config.name_servers();
    let addresses: Vec<SocketAddr> = servers
        .iter()
        .map(|server| SocketAddr::new(server.ip, server.connections.first().map_or(53, |connection| connection.port)))
        .collect();
    if addresses.is_empty() { Err(unreadable("it names no server".into())) } else { Ok(addresses) }
}
