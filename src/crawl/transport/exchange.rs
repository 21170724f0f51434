//! Asking through hickory's connections, one layer below its resolver: whole replies come back, so
//! no CNAME before an NXDOMAIN is lost, no name is answered locally, and negative answers do not
//! slow down what follows (hickory's resolver counts each as a failure of the server).

use std::collections::HashSet;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, Stream};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, Message, Query};
use hickory_proto::rr::DNSClass;
use hickory_resolver::config::{ConnectionConfig, ProtocolConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle, FirstAnswer};
use hickory_resolver::{ConnectionProvider, PoolContext};
use tokio::sync::Mutex;

use super::authorities::Authorities;
use super::connected::Connected;
use super::{Ask, Reply, Transport, UDP_PAYLOAD, read};
use crate::dns::{Answer, Outcome, Question, wire};

/// Longer than any attempt waits: hickory's own clocks must not end an attempt before ours.
const NEVER: Duration = Duration::from_secs(600);
/// Questions in flight on one TCP or TLS connection.
const PIPELINED: usize = 256;

/// One resolver, asked through hickory.
pub(in crate::crawl) struct Exchange {
    links: Arc<Links>,
    asking: FuturesUnordered<Pin<Box<dyn Future<Output = Reply> + Send>>>,
}

struct Links {
    /// Where a first, short attempt is possible; none for encrypted transports.
    datagram: Option<Link>,
    stream: Link,
    /// Questions that timed out on a connection with others. Next time they get one of their own,
    /// so that one which stalls its connection does not stall the same neighbours every time.
    stalled: std::sync::Mutex<HashSet<Question>>,
}

impl Exchange {
    /// Plain DNS: UDP first, TCP for what is truncated. The crawl has an engine of its own for
    /// this; here it is what the engine is held against.
    #[cfg(test)]
    pub fn plain(addr: SocketAddr) -> Result<Self, NetError> {
        let context = context(&Authorities::default())?;
        let datagram = Link::new(addr, ConnectionConfig::udp(), context.clone());
        Ok(Self::over(Some(datagram), Link::new(addr, ConnectionConfig::tcp(), context)))
    }

    /// DNS over TLS (RFC 7858); the certificate must be valid for `name`.
    pub fn tls(addr: SocketAddr, name: &str, authorities: &Authorities) -> Result<Self, NetError> {
        Ok(Self::over(None, Link::new(addr, ConnectionConfig::tls(name.into()), context(authorities)?)))
    }

    /// DNS over HTTPS (RFC 8484) with HTTP/2.
    pub fn https(addr: SocketAddr, name: &str, path: &str, authorities: &Authorities) -> Result<Self, NetError> {
        let config = ConnectionConfig::https(name.into(), Some(path.into()));
        Ok(Self::over(None, Link::new(addr, config, context(authorities)?)))
    }

    /// DNS over QUIC (RFC 9250).
    pub fn quic(addr: SocketAddr, name: &str, authorities: &Authorities) -> Result<Self, NetError> {
        Ok(Self::over(None, Link::new(addr, ConnectionConfig::quic(name.into()), context(authorities)?)))
    }

    fn over(datagram: Option<Link>, stream: Link) -> Self {
        let links = Links { datagram, stream, stalled: std::sync::Mutex::default() };
        Self { links: Arc::new(links), asking: FuturesUnordered::new() }
    }
}

impl Transport for Exchange {
    fn ask(&mut self, ask: Ask<'_>) {
        let (links, question) = (self.links.clone(), ask.question.clone());
        let Ask { token, wait, stream, .. } = ask;
        self.asking.push(Box::pin(async move {
            let begun = Instant::now();
            let (answer, truncated) = links.ask(&question, wait, stream).await;
            Reply { token, answer, truncated, late: false, took: begun.elapsed() }
        }));
    }

    fn poll_replies(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) -> Poll<()> {
        let before = replies.len();
        // An empty set is ready with nothing; that is no reply.
        while let Poll::Ready(Some(reply)) = Pin::new(&mut self.asking).poll_next(cx) {
            replies.push(reply);
        }
        if replies.len() > before { Poll::Ready(()) } else { Poll::Pending }
    }

    fn trouble(&self) -> Option<String> {
        self.links.stream.trouble.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

impl Links {
    fn stalled(&self) -> std::sync::MutexGuard<'_, HashSet<Question>> {
        self.stalled.lock().unwrap_or_else(|e| e.into_inner())
    }

    async fn ask(&self, question: &Question, wait: Duration, stream: bool) -> (Answer, bool) {
        let Some(request) = request(question) else { return (Answer::empty(Outcome::Malformed), false) };
        let mut truncated = false;
        if let Some(datagram) = self.datagram.as_ref().filter(|_| !stream) {
            match datagram.ask(&request, wait, false).await {
                Ok(reply) if reply.metadata.truncation => truncated = true,
                // Somebody who could not see the question has replied, or a server that lowers its
                // letters. Over TCP the first cannot and the second need not.
                Err(NetError::QueryCaseMismatch) => {}
                reply => return (outcome(question, reply), false),
            }
        }
        let alone = self.stalled().remove(question);
        let reply = self.stream.ask(&request, wait, alone).await;
        if matches!(reply, Err(NetError::Timeout)) {
            self.stalled().insert(question.clone());
        }
        (outcome(question, reply), truncated)
    }
}

fn outcome(question: &Question, reply: Result<Message, NetError>) -> Answer {
    Answer::empty(match reply {
        Ok(message) => return read(question, &message),
        Err(NetError::Timeout) => Outcome::Timeout,
        Err(NetError::Proto(_)) => Outcome::Malformed,
        Err(_) => Outcome::NetworkError,
    })
}

fn request(question: &Question) -> Option<DnsRequest> {
    let mut query = Query::query(wire::wire_name(&question.qname)?, wire::wire_type(question.qtype));
    query.set_query_class(DNSClass::IN);
    let mut options = DnsRequestOptions::default();
    options.edns_payload_len = UDP_PAYLOAD;
    options.case_randomization = true;
    options.retry_interval = NEVER;
    Some(DnsRequest::from_query(query, options))
}

fn context(authorities: &Authorities) -> Result<Arc<PoolContext>, NetError> {
    let mut options = ResolverOpts::default();
    options.timeout = NEVER;
    options.max_active_requests = PIPELINED;
    Ok(Arc::new(PoolContext::new(options, authorities.config()?)))
}

/// A connection that is opened when it is first needed, and again when it was closed.
struct Link {
    addr: SocketAddr,
    config: ConnectionConfig,
    context: Arc<PoolContext>,
    provider: Connected,
    open: Mutex<Option<Open>>,
    /// Why the last opening failed.
    trouble: std::sync::Mutex<Option<String>>,
}

#[derive(Clone)]
struct Open {
    exchange: DnsExchange<Connected>,
    /// Tells one opening from the next.
    id: Arc<()>,
}

impl Link {
    fn new(addr: SocketAddr, mut config: ConnectionConfig, context: Arc<PoolContext>) -> Self {
        config.port = addr.port();
        Self {
            addr,
            config,
            context,
            provider: Connected::default(),
            open: Mutex::default(),
            trouble: std::sync::Mutex::default(),
        }
    }

    async fn ask(&self, request: &DnsRequest, wait: Duration, alone: bool) -> Result<Message, NetError> {
        let until = tokio::time::Instant::now() + wait;
        if alone {
            let open = tokio::time::timeout_at(until, self.connect()).await.unwrap_or(Err(NetError::Timeout))?;
            return self.ask_on(&open, request, until).await;
        }
        let (open, reused) = self.connection(until).await?;
        match self.ask_on(&open, request, until).await {
            Err(NetError::Timeout) => Err(NetError::Timeout),
            // Servers close idle connections; that says nothing about the question. UDP has none.
            Err(_) if reused && !matches!(self.config.protocol, ProtocolConfig::Udp) => {
                let (open, _) = self.connection(until).await?;
                self.ask_on(&open, request, until).await
            }
            reply => reply,
        }
    }

    /// Asks on an open connection, and gives the connection up where that fails. Also where the time
    /// is over: it may have stalled in the middle of a message, and who asks next must not wait
    /// behind that. Those who wait on it already may go on doing so.
    async fn ask_on(&self, open: &Open, request: &DnsRequest, until: tokio::time::Instant) -> Result<Message, NetError> {
        let reply = tokio::time::timeout_at(until, open.exchange.send(request.clone()).first_answer()).await;
        match reply.unwrap_or(Err(NetError::Timeout)) {
            Ok(response) => Ok(response.into_message()),
            Err(error) => {
                // Where it is locked, somebody opens another one just now.
                if let Ok(mut current) = self.open.try_lock()
                    && current.as_ref().is_some_and(|c| Arc::ptr_eq(&c.id, &open.id))
                {
                    *current = None;
                }
                Err(error)
            }
        }
    }

    async fn connection(&self, until: tokio::time::Instant) -> Result<(Open, bool), NetError> {
        tokio::time::timeout_at(until, self.shared()).await.unwrap_or(Err(NetError::Timeout))
    }

    async fn shared(&self) -> Result<(Open, bool), NetError> {
        let mut current = self.open.lock().await;
        if let Some(open) = &*current {
            return Ok((open.clone(), true));
        }
        let open = self.connect().await?;
        *current = Some(open.clone());
        Ok((open, false))
    }

    async fn connect(&self) -> Result<Open, NetError> {
        let exchange = self.provider.new_connection(self.addr.ip(), &self.config, &self.context)?.await;
        *self.trouble.lock().unwrap_or_else(|e| e.into_inner()) = exchange.as_ref().err().map(|e| e.to_string());
        Ok(Open { exchange: exchange?, id: Arc::new(()) })
    }
}
