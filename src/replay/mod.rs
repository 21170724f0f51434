//! Serves recorded facts as an authoritative DNS server over UDP and TCP: for tests, demos and
//! teaching. What was not recorded is refused, never denied.
//!
//! A recorded timeout or network error is silence, a malformed reply is a FORMERR. Letters of a
//! question may come in any case and are echoed as they came (draft-vixie-dnsext-dns0x20).

mod zone;

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Edns, Header, HeaderCounts, Metadata, OpCode, ResponseCode};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::sync::oneshot;

use crate::dns::{Question, Type, wire};
use crate::observation::Facts;
use zone::{Reply, Zone, root_soa};

/// How a replay behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Waits this long before each reply, as if the server were that far away.
    pub latency: Duration,
    /// The longest reply over UDP in bytes, whatever the client can take (RFC 6891 section 6.2.3).
    pub udp_payload: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { latency: Duration::ZERO, udp_payload: 1232 }
    }
}

/// A running replay. It stops when dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// The address it listens on, over UDP and TCP alike.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops answering and waits until the sockets are closed.
    pub fn shutdown(self) {}

    /// Blocks for as long as the server runs: until the process ends, as nothing else stops it.
    pub fn wait(mut self) {
        let stop = self.stop.take();
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
        drop(stop);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// Why a replay could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("cannot listen on {addr}: {source}; choose another address or port (0 picks a free one)")]
    Bind { addr: SocketAddr, source: std::io::Error },
    #[error("cannot start the server: {0}")]
    Start(#[source] std::io::Error),
}

/// Serves `facts` on `bind` over UDP and TCP, on a thread of its own; port 0 picks a free port.
///
/// # Errors
/// Where the address cannot be bound.
pub fn serve(facts: Facts, bind: SocketAddr, options: Options) -> Result<Server, ReplayError> {
    let (udp, tcp) = sockets(bind).map_err(|source| ReplayError::Bind { addr: bind, source })?;
    let addr = udp.local_addr().map_err(ReplayError::Start)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ReplayError::Start)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let (started, ready) = mpsc::channel();
    let replay = Replay { zone: Zone::new(facts), options };
    let run = move || {
        runtime.block_on(async move {
            let mut server = hickory_server::Server::new(replay);
            let registered = (|| {
                server.register_socket(tokio::net::UdpSocket::from_std(udp)?);
                server.register_listener(tokio::net::TcpListener::from_std(tcp)?, TCP_IDLE, TCP_BUFFER);
                Ok(())
            })();
            let serving = registered.is_ok();
            _ = started.send(registered);
            if serving {
                _ = stopped.await;
                _ = server.shutdown_gracefully().await;
            }
        });
    };
    let thread = std::thread::Builder::new().name("replay".into()).spawn(run).map_err(ReplayError::Start)?;
    match ready.recv() {
        Ok(Ok(())) => Ok(Server { addr, stop: Some(stop), thread: Some(thread) }),
        Ok(Err(source)) => Err(ReplayError::Start(source)),
        Err(_) => Err(ReplayError::Start(std::io::Error::other("its thread ended"))),
    }
}

/// A connection that asks nothing for this long is closed (RFC 7766 section 6.2.3).
const TCP_IDLE: Duration = Duration::from_secs(10);
/// Replies waiting to be written on one connection.
const TCP_BUFFER: usize = 64;
/// How often another free port is tried where TCP does not get the one UDP got.
const PORT_TRIES: usize = 16;

/// Both sockets on one port.
fn sockets(bind: SocketAddr) -> std::io::Result<(UdpSocket, TcpListener)> {
    let mut tries = 0;
    loop {
        let udp = UdpSocket::bind(bind)?;
        tries += 1;
        match TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => {
                udp.set_nonblocking(true)?;
                tcp.set_nonblocking(true)?;
                return Ok((udp, tcp));
            }
            Err(_) if bind.port() == 0 && tries < PORT_TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

struct Replay {
    zone: Zone,
    options: Options,
}

impl Replay {
    fn reply(&self, request: &Request) -> Reply {
        let code = |code| Reply::Send { code, answers: Vec::new(), negative: false };
        if request.metadata.op_code != OpCode::Query {
            return code(ResponseCode::NotImp);
        }
        let [query] = request.queries.queries() else { return code(ResponseCode::FormErr) };
        let Ok(qname) = wire::name(query.name()) else { return code(ResponseCode::FormErr) };
        self.zone.reply(&Question::new(qname, Type::from_code(query.query_type().into())))
    }
}

#[async_trait::async_trait]
impl RequestHandler for Replay {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let nothing_sent = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let Reply::Send { code, answers, negative } = self.reply(request) else { return nothing_sent };
        if !self.options.latency.is_zero() {
            tokio::time::sleep(self.options.latency).await;
        }
        metadata.response_code = code;
        metadata.authoritative = code != ResponseCode::Refused;
        metadata.recursion_available = true;
        let soa = negative.then(root_soa);
        let mut edns = Edns::new();
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(asked) = &request.edns {
            // The encoder cuts a reply at the size its own OPT record announces.
            edns.set_max_payload(asked.max_payload().min(self.options.udp_payload).max(512));
            builder.edns(&edns);
        }
        let response = builder.build(metadata, &answers, [], &soa, []);
        handle.send_response(response).await.unwrap_or(nothing_sent)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use hickory_proto::op::{Message, Query};
    use hickory_proto::rr::{Name as WireName, RecordType};

    use super::*;
    use crate::dns::{Answer, Name, Outcome, Record};

    fn txt(owner: &str, length: usize) -> (Question, Answer) {
        let owner = Name::parse(owner).unwrap();
        let strings = vec![vec![b'x'; 200]; length / 200];
        let record = Record { owner: owner.clone(), rtype: Type::Txt, rdata: crate::dns::quote_strings(strings).into() };
        (Question::new(owner.clone(), Type::Txt), Answer::new(&owner, Outcome::Answered, vec![record]))
    }

    fn query(name: &str, payload: Option<u16>) -> Message {
        let mut message = Message::query();
        message.add_query(Query::query(WireName::from_ascii(name).unwrap(), RecordType::TXT));
        if let Some(payload) = payload {
            let mut edns = Edns::new();
            edns.set_max_payload(payload);
            message.set_edns(edns);
        }
        message
    }

    fn ask_udp(server: &Server, message: &Message) -> (Message, Vec<u8>) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.send_to(&message.to_vec().unwrap(), server.addr()).unwrap();
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        (Message::from_vec(&buffer[..length]).unwrap(), buffer[..length].to_vec())
    }

    fn serve_here(facts: impl IntoIterator<Item = (Question, Answer)>) -> Server {
        serve(Facts::new(facts), "127.0.0.1:0".parse().unwrap(), Options::default()).unwrap()
    }

    #[test]
    fn long_replies_keep_to_the_clients_buffer_and_come_whole_over_tcp() {
        let server = serve_here([txt("short.example", 200), txt("long.example", 1000), txt("longer.example", 2000)]);
        for (name, payload, truncated) in [
            ("short.example.", None, false),
            ("long.example.", None, true),
            ("long.example.", Some(1232), false),
            ("longer.example.", Some(1232), true),
            ("longer.example.", Some(4096), true),
        ] {
            let (reply, bytes) = ask_udp(&server, &query(name, payload));
            assert_eq!(reply.metadata.truncation, truncated, "{name} {payload:?}");
            assert_eq!(reply.edns.is_some(), payload.is_some());
            assert!(bytes.len() <= usize::from(payload.unwrap_or(512).min(1232)));
        }
        let mut stream = std::net::TcpStream::connect(server.addr()).unwrap();
        for _ in 0..2 {
            let bytes = query("longer.example.", Some(1232)).to_vec().unwrap();
            stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
            stream.write_all(&bytes).unwrap();
            let mut length = [0; 2];
            stream.read_exact(&mut length).unwrap();
            let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut reply).unwrap();
            let reply = Message::from_vec(&reply).unwrap();
            assert!(!reply.metadata.truncation);
            assert_eq!(reply.answers.len(), 1);
        }
    }

    #[test]
    fn letters_are_echoed_as_they_came_and_negatives_carry_a_soa() {
        let absent = Name::parse("absent.example").unwrap();
        let server =
            serve_here([txt("mixed.example", 200), (Question::new(absent.clone(), Type::Txt), Answer::empty(Outcome::Nxdomain))]);
        let (reply, _) = ask_udp(&server, &query("MiXeD.exAMPLE.", Some(1232)));
        assert_eq!(reply.queries[0].name().to_ascii(), "MiXeD.exAMPLE.");
        assert_eq!(reply.answers.len(), 1);
        let (reply, _) = ask_udp(&server, &query("ABSENT.example.", Some(1232)));
        assert_eq!(reply.metadata.response_code, ResponseCode::NXDomain);
        assert_eq!(reply.authorities.len(), 1);
        let (reply, _) = ask_udp(&server, &query("unknown.example.", Some(1232)));
        assert_eq!(reply.metadata.response_code, ResponseCode::Refused);
    }

    #[test]
    fn a_port_in_use_is_an_error_that_names_it() {
        let server = serve_here([]);
        let error = serve(Facts::default(), server.addr(), Options::default()).unwrap_err();
        assert!(error.to_string().contains(&server.addr().to_string()), "{error}");
        let addr = server.addr();
        server.shutdown();
        serve(Facts::default(), addr, Options::default()).expect("shutdown frees the port");
    }
}
