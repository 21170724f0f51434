//! From what the user wrote to resolvers that can be asked.

use std::fmt;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::transport::{Ask, Authorities, Engine, Exchange, Recursion, Transport};
use super::{CrawlError, ResolverSpec, RootHints, Settings};
use crate::dns::{Name, Question, Type};

/// A resolver that can be asked.
#[derive(Clone, Debug)]
pub(super) struct Upstream {
    spec: ResolverSpec,
    addr: SocketAddr,
    authorities: Authorities,
    root_hints: RootHints,
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl Upstream {
    pub fn plain(addr: SocketAddr) -> Self {
        Self { spec: ResolverSpec::Plain(addr), addr, authorities: Authorities::default(), root_hints: RootHints::default() }
    }

    /// A fresh way to ask it. Must be called within a tokio runtime.
    pub fn open(&self) -> Result<Box<dyn Transport>, CrawlError> {
        let exchange = match &self.spec {
            ResolverSpec::Tls { name, .. } => Exchange::tls(self.addr, name, &self.authorities),
            ResolverSpec::Https { host, path, .. } => Exchange::https(self.addr, unbracketed(host), path, &self.authorities),
            ResolverSpec::Quic { name, .. } => Exchange::quic(self.addr, name, &self.authorities),
            ResolverSpec::Recursive => {
                return Ok(Box::new(Recursion::new(&self.root_hints).map_err(|e| self.unusable(&e))?));
            }
            _ => return Ok(Box::new(Engine::new(self.addr).map_err(|e| self.unusable(&e))?)),
        };
        Ok(Box::new(exchange.map_err(|e| self.unusable(&e))?))
    }

    fn unusable(&self, error: &dyn fmt::Display) -> CrawlError {
        CrawlError::Preflight { resolver: self.to_string(), problem: format!("cannot be asked: {error}") }
    }
}

/// The resolvers of a crawl, each once.
pub(super) async fn upstreams(settings: &Settings) -> Result<Vec<Upstream>, CrawlError> {
    let authorities = settings.authorities.as_deref().map(Authorities::read).transpose()?.unwrap_or_default();
    let root_hints = settings.root_hints.clone().unwrap_or_default();
    let special = |spec: &ResolverSpec, addr| Upstream {
        spec: spec.clone(),
        addr,
        authorities: authorities.clone(),
        root_hints: root_hints.clone(),
    };
    let mut upstreams: Vec<Upstream> = Vec::new();
    for spec in &settings.resolvers {
        let found = match spec {
            ResolverSpec::Plain(addr) => vec![Upstream::plain(*addr)],
            ResolverSpec::System => system()?.into_iter().map(Upstream::plain).collect(),
            ResolverSpec::Tls { addr, .. } | ResolverSpec::Quic { addr, .. } => vec![special(spec, *addr)],
            ResolverSpec::Https { host, port, .. } => {
                vec![special(spec, SocketAddr::new(bootstrap(spec, host).await?, *port))]
            }
            ResolverSpec::Recursive => {
                let first = root_hints.addresses.first().copied().ok_or(CrawlError::NoResolver)?;
                vec![special(spec, SocketAddr::new(first, root_hints.port))]
            }
        };
        for upstream in found {
            if !upstreams.iter().any(|known| known.spec == upstream.spec && known.addr == upstream.addr) {
                upstreams.push(upstream);
            }
        }
    }
    if upstreams.is_empty() { Err(CrawlError::NoResolver) } else { Ok(upstreams) }
}

/// An IPv6 address stands in brackets before a port, but not in a certificate.
fn unbracketed(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// How long a system resolver may take to give the address of a DNS over HTTPS server.
const BOOTSTRAP: Duration = Duration::from_secs(2);

/// The address of a DNS over HTTPS server, from its name: asked of the system's resolvers.
async fn bootstrap(spec: &ResolverSpec, host: &str) -> Result<IpAddr, CrawlError> {
    if let Ok(addr) = unbracketed(host).parse() {
        return Ok(addr);
    }
    let problem = |problem: String| CrawlError::Preflight { resolver: spec.to_string(), problem };
    let name = Name::parse(host).map_err(|e| problem(format!("has no valid host name: {e}")))?;
    for server in system()? {
        let mut transport = Upstream::plain(server).open()?;
        for (token, qtype) in [(0, Type::A), (1, Type::Aaaa)] {
            let question = Question::new(name.clone(), qtype);
            transport.ask(Ask { token, question: &question, wait: BOOTSTRAP, stream: false });
            let mut replies = Vec::new();
            poll_fn(|cx| transport.poll_replies(cx, &mut replies)).await;
            let addresses = replies.iter().flat_map(|reply| reply.answer.rdata(qtype));
            if let Some(addr) = addresses.filter_map(|rdata| rdata.parse().ok()).next() {
                return Ok(addr);
            }
        }
    }
    Err(problem(format!("cannot be found: the system's resolvers gave no address for {host}")))
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
