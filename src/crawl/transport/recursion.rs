//! No resolver at all: authoritative servers are asked from the root down, by hickory's recursor.
//!
//! Its negative answers do not tell the CNAMEs that led to them, so those are asked for, link by link:
//! what comes out is what a resolver's reply would say.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures::stream::{FuturesUnordered, Stream};
use hickory_proto::op::Query;
use hickory_resolver::config::ConnectionConfig;
use hickory_resolver::net::NetError;
use hickory_resolver::recursor::{QNameMinimization, Recursor, RecursorError, RecursorOptions};
use hickory_resolver::{ConnectionProvider, PoolContext};

use super::connected::Connected;
use super::{Ask, Reply, Transport, UDP_PAYLOAD};
use crate::crawl::RootHints;
use crate::dns::{Answer, Name, Outcome, Question, Record, Type, wire};

/// Links of one chain that are followed, as in the reading of replies.
const LINKS: usize = 16;
/// Zones whose servers are remembered.
const ZONES: usize = 1 << 16;

pub(in crate::crawl) struct Recursion {
    recursor: Arc<Recursor<AtPort>>,
    asking: FuturesUnordered<Pin<Box<dyn Future<Output = Reply> + Send>>>,
}

impl Recursion {
    pub fn new(hints: &RootHints) -> Result<Self, RecursorError> {
        let mut options = RecursorOptions {
            ns_cache_size: ZONES,
            case_randomization: true,
            edns_payload_len: UDP_PAYLOAD,
            // Servers that deny an empty name above one that exists are common.
            qname_minimization: QNameMinimization::Relaxed,
            ..RecursorOptions::default()
        };
        if hints.private {
            options.deny_server = Vec::new();
        }
        let provider = AtPort { port: hints.port, provider: Connected::default() };
        let recursor = Arc::new(Recursor::with_options(&hints.addresses, options, provider)?);
        Ok(Self { recursor, asking: FuturesUnordered::new() })
    }
}

impl Transport for Recursion {
    /// Over which transport each server is asked is up to its replies.
    fn ask(&mut self, ask: Ask<'_>) {
        let (recursor, question, token, wait) = (self.recursor.clone(), ask.question.clone(), ask.token, ask.wait);
        self.asking.push(Box::pin(async move {
            let begun = Instant::now();
            let answer = tokio::time::timeout(wait, resolve(&recursor, &question)).await;
            let answer = answer.unwrap_or_else(|_| Answer::empty(Outcome::Timeout));
            Reply { token, answer, truncated: false, late: false, took: begun.elapsed() }
        }));
    }

    fn poll_replies(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) -> Poll<()> {
        let before = replies.len();
        while let Poll::Ready(Some(reply)) = Pin::new(&mut self.asking).poll_next(cx) {
            replies.push(reply);
        }
        if replies.len() > before { Poll::Ready(()) } else { Poll::Pending }
    }
}

async fn resolve(recursor: &Recursor<AtPort>, question: &Question) -> Answer {
    let mut links: Vec<Record> = Vec::new();
    let mut at = question.qname.clone();
    loop {
        let (outcome, records) = step(recursor, &at, question.qtype).await;
        if !outcome.is_definitive() {
            return Answer::empty(outcome);
        }
        let mut further = None;
        if outcome.is_negative() && records.is_empty() && question.qtype != Type::Cname {
            let (found, link) = step(recursor, &at, Type::Cname).await;
            if !found.is_definitive() {
                return Answer::empty(found);
            }
            further = link.into_iter().find(|record| record.owner == at && record.rtype == Type::Cname);
        }
        links.extend(records);
        let target = further.as_ref().and_then(|link| Name::parse(&link.rdata).ok());
        links.extend(further);
        match target.filter(|_| links.len() <= LINKS) {
            Some(target) if links.iter().all(|link| link.owner != target) => at = target,
            _ => return Answer::new(&question.qname, outcome, links),
        }
    }
}

/// What the servers of a name say to one question, with the chain that the recursor has followed.
async fn step(recursor: &Recursor<AtPort>, qname: &Name, qtype: Type) -> (Outcome, Vec<Record>) {
    let Some(name) = wire::wire_name(qname) else { return (Outcome::Malformed, Vec::new()) };
    let query = Query::query(name, wire::wire_type(qtype));
    match recursor.resolve(query, Instant::now(), false).await {
        Ok(message) => {
            let answer = wire::answer(&Question::new(qname.clone(), qtype), &message);
            (answer.outcome, answer.records().to_vec())
        }
        Err(error) => (outcome(&error), Vec::new()),
    }
}

/// A denial counts where a server has made it. hickory also makes one up where a reply held nothing but
/// records of other zones, which is a server's failure here.
fn outcome(error: &RecursorError) -> Outcome {
    match error {
        error if error.is_no_records_found() && error.is_nx_domain() => Outcome::Nxdomain,
        error if error.is_no_records_found() => Outcome::Nodata,
        RecursorError::Timeout => Outcome::Timeout,
        RecursorError::Net(NetError::Timeout | NetError::NoConnections) => Outcome::Timeout,
        // What was wrong with the servers above is told in words alone.
        RecursorError::Msg(text) if text.contains("timed out") => Outcome::Timeout,
        _ => Outcome::Servfail,
    }
}

/// hickory's connections, all to one port.
#[derive(Clone)]
struct AtPort {
    port: u16,
    provider: Connected,
}

impl ConnectionProvider for AtPort {
    type Conn = <Connected as ConnectionProvider>::Conn;
    type FutureConn = <Connected as ConnectionProvider>::FutureConn;
    type RuntimeProvider = Connected;

    fn new_connection(&self, ip: IpAddr, config: &ConnectionConfig, cx: &PoolContext) -> Result<Self::FutureConn, NetError> {
        let mut config = config.clone();
        config.port = self.port;
        self.provider.new_connection(ip, &config, cx)
    }

    fn runtime_provider(&self) -> &Connected {
        &self.provider
    }
}
