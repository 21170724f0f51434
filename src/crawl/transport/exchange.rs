//! Asking through hickory's connections, one layer below its resolver: whole replies come back, so
//! no CNAME before an NXDOMAIN is lost, no name is answered locally, and negative answers do not
//! slow down what follows (hickory's resolver counts each as a failure of the server).

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{FuturesUnordered, Stream};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, Message, Query};
use hickory_proto::rr::DNSClass;
use hickory_resolver::config::{ConnectionConfig, ProtocolConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::xfer::{DnsExchange, DnsHandle, FirstAnswer};
use hickory_resolver::{ConnectionProvider, PoolContext, TlsConfig};
use tokio::sync::Mutex;

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
}

impl Exchange {
    /// Plain DNS: UDP first, TCP for what is truncated.
    pub fn plain(addr: SocketAddr) -> Result<Self, NetError> {
        let context = context()?;
        let link = |mut config: ConnectionConfig| {
            config.port = addr.port();
            Link { addr, config, context: context.clone(), provider: Connected::default(), open: Mutex::default() }
        };
        let links = Links { datagram: Some(link(ConnectionConfig::udp())), stream: link(ConnectionConfig::tcp()) };
        Ok(Self { links: Arc::new(links), asking: FuturesUnordered::new() })
    }
}

impl Transport for Exchange {
    fn ask(&mut self, ask: Ask<'_>) {
        let (links, question) = (self.links.clone(), ask.question.clone());
        let Ask { token, wait, stream, .. } = ask;
        self.asking.push(Box::pin(async move {
            let (answer, truncated) = links.ask(&question, wait, stream).await;
            Reply { token, answer, truncated, late: false }
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
}

impl Links {
    async fn ask(&self, question: &Question, wait: Duration, stream: bool) -> (Answer, bool) {
        let Some(request) = request(question) else { return (Answer::empty(Outcome::Malformed), false) };
        let mut truncated = false;
        if let Some(datagram) = self.datagram.as_ref().filter(|_| !stream) {
            match within(wait, datagram.ask(&request)).await {
                Ok(reply) if reply.metadata.truncation => truncated = true,
                // Somebody who could not see the question has replied, or a server that lowers its
                // letters. Over TCP the first cannot and the second need not.
                Err(NetError::QueryCaseMismatch) => {}
                reply => return (outcome(question, reply), false),
            }
        }
        (outcome(question, within(wait, self.stream.ask(&request)).await), truncated)
    }
}

async fn within(wait: Duration, reply: impl Future<Output = Result<Message, NetError>>) -> Result<Message, NetError> {
    tokio::time::timeout(wait, reply).await.unwrap_or(Err(NetError::Timeout))
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

fn context() -> Result<Arc<PoolContext>, NetError> {
    let mut options = ResolverOpts::default();
    options.timeout = NEVER;
    options.max_active_requests = PIPELINED;
    Ok(Arc::new(PoolContext::new(options, TlsConfig::new()?)))
}

/// A connection that is opened when it is first needed, and again when it was closed.
struct Link {
    addr: SocketAddr,
    config: ConnectionConfig,
    context: Arc<PoolContext>,
    provider: Connected,
    open: Mutex<Option<Open>>,
}

#[derive(Clone)]
struct Open {
    exchange: DnsExchange<Connected>,
    /// Tells one opening from the next.
    id: Arc<()>,
}

impl Link {
    async fn ask(&self, request: &DnsRequest) -> Result<Message, NetError> {
        let (open, reused) = self.connection().await?;
        match self.ask_on(&open, request).await {
            // Servers close idle connections; that says nothing about the question. UDP has none.
            Err(_) if reused && !matches!(self.config.protocol, ProtocolConfig::Udp) => {
                let (open, _) = self.connection().await?;
                self.ask_on(&open, request).await
            }
            reply => reply,
        }
    }

    async fn ask_on(&self, open: &Open, request: &DnsRequest) -> Result<Message, NetError> {
        match open.exchange.send(request.clone()).first_answer().await {
            Ok(response) => Ok(response.into_message()),
            Err(error) => {
                let mut current = self.open.lock().await;
                if current.as_ref().is_some_and(|c| Arc::ptr_eq(&c.id, &open.id)) {
                    *current = None;
                }
                Err(error)
            }
        }
    }

    async fn connection(&self) -> Result<(Open, bool), NetError> {
        let mut current = self.open.lock().await;
        if let Some(open) = &*current {
            return Ok((open.clone(), true));
        }
        let exchange = self.provider.new_connection(self.addr.ip(), &self.config, &self.context)?.await?;
        let open = Open { exchange, id: Arc::new(()) };
        *current = Some(open.clone());
        Ok((open, false))
    }
}
