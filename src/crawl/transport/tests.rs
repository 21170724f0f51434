//! Every outcome, once for each transport, against small servers on loopback.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::RecordType;

use super::*;
use crate::dns::{Name, Record, Type};

type Open = fn(SocketAddr) -> Box<dyn Transport>;

/// The transports for plain DNS; all must do the same.
const PLAIN: &[(&str, Open)] =
    &[("exchange", |addr| Box::new(Exchange::plain(addr).unwrap())), ("engine", |addr| Box::new(Engine::new(addr).unwrap()))];

/// What a server does with a request: the datagrams or messages it sends back; `None` closes TCP.
type Script = dyn Fn(&Message, bool) -> Option<Vec<Vec<u8>>> + Send + Sync;

/// A server on loopback that follows a script, over UDP and TCP.
pub(in crate::crawl) struct Scripted {
    pub addr: SocketAddr,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    seen: Arc<[AtomicUsize; 3]>,
}

impl Scripted {
    pub fn new(script: impl Fn(&Message, bool) -> Option<Vec<Vec<u8>>> + Send + Sync + 'static) -> Self {
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
                break (udp, tcp);
            }
        };
        let addr = udp.local_addr().unwrap();
        let script: Arc<Script> = Arc::new(script);
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::new([const { AtomicUsize::new(0) }; 3]);
        let (s, c, r) = (script.clone(), stop.clone(), seen.clone());
        let datagrams = std::thread::spawn(move || serve_udp(&udp, &*s, &c, &r));
        let (s, c, r) = (script, stop.clone(), seen.clone());
        let streams = std::thread::spawn(move || serve_tcp(&tcp, &*s, &c, &r));
        Self { addr, stop, threads: vec![datagrams, streams], seen }
    }

    /// Requests seen over UDP, over TCP, and TCP connections.
    pub fn seen(&self) -> [usize; 3] {
        std::array::from_fn(|i| self.seen[i].load(Ordering::SeqCst))
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            _ = thread.join();
        }
    }
}

const TICK: Duration = Duration::from_millis(10);

fn serve_udp(socket: &UdpSocket, script: &Script, stop: &AtomicBool, seen: &[AtomicUsize; 3]) {
    socket.set_read_timeout(Some(TICK)).unwrap();
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::SeqCst) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        seen[0].fetch_add(1, Ordering::SeqCst);
        let request = Message::from_vec(&buffer[..length]).unwrap();
        for reply in script(&request, false).unwrap_or_default() {
            socket.send_to(&reply, from).unwrap();
        }
    }
}

fn serve_tcp(listener: &TcpListener, script: &Script, stop: &AtomicBool, seen: &[AtomicUsize; 3]) {
    listener.set_nonblocking(true).unwrap();
    while !stop.load(Ordering::SeqCst) {
        let Ok((mut stream, _)) = listener.accept() else {
            std::thread::sleep(TICK);
            continue;
        };
        seen[2].fetch_add(1, Ordering::SeqCst);
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut length = [0; 2];
        while stream.read_exact(&mut length).is_ok() {
            let mut request = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut request).unwrap();
            seen[1].fetch_add(1, Ordering::SeqCst);
            let Some(replies) = script(&Message::from_vec(&request).unwrap(), true) else { break };
            for reply in replies {
                stream.write_all(&u16::try_from(reply.len()).unwrap().to_be_bytes()).unwrap();
                stream.write_all(&reply).unwrap();
            }
        }
    }
}

fn question() -> Question {
    Question::new(Name::parse(r"a\.b.Example").unwrap(), Type::Txt)
}

fn text(owner: &str, rdata: &str) -> hickory_proto::rr::Record {
    wire::wire_record(&Record { owner: Name::parse(owner).unwrap(), rtype: Type::Txt, rdata: rdata.into() }, 60).unwrap()
}

fn link(owner: &str, target: &str) -> hickory_proto::rr::Record {
    wire::wire_record(&Record { owner: Name::parse(owner).unwrap(), rtype: Type::Cname, rdata: target.into() }, 60).unwrap()
}

/// A reply to a request, with a code and the given records.
pub(in crate::crawl) fn reply(request: &Message, code: ResponseCode, answers: Vec<hickory_proto::rr::Record>) -> Message {
    let mut message = Message::response(request.metadata.id, request.metadata.op_code);
    message.metadata.response_code = code;
    message.queries.clone_from(&request.queries);
    message.insert_answers(answers);
    message
}

pub(in crate::crawl) fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().unwrap()
}

const WAIT: Duration = Duration::from_millis(250);

/// Asks the server once by each transport and gives the reply, which must be the same for all.
fn ask(server: SocketAddr, question: &Question, stream: bool) -> Reply {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut replies = PLAIN.iter().map(|(name, open)| {
        runtime.block_on(async {
            let mut transport = open(server);
            transport.ask(Ask { token: 7, question, wait: WAIT, stream });
            let mut replies = Vec::new();
            poll_fn(|cx| transport.poll_replies(cx, &mut replies)).await;
            assert_eq!(replies.len(), 1, "{name}");
            assert_eq!(replies[0].token, 7, "{name}");
            (name, replies.remove(0))
        })
    });
    let (_, first) = replies.next().unwrap();
    for (name, reply) in replies {
        assert_eq!((&reply.answer, reply.truncated), (&first.answer, first.truncated), "{name}");
    }
    first
}

fn outcome(script: impl Fn(&Message, bool) -> Option<Vec<Vec<u8>>> + Send + Sync + 'static) -> Outcome {
    let server = Scripted::new(script);
    ask(server.addr, &question(), false).answer.outcome
}

#[test]
fn answered() {
    let server = Scripted::new(|request, tcp| {
        assert!(!tcp);
        assert_eq!(request.queries[0].name().to_lowercase().to_ascii(), r"a\.b.example.");
        assert_eq!(request.max_payload(), UDP_PAYLOAD);
        assert!(request.metadata.recursion_desired);
        Some(vec![bytes(&reply(
            request,
            ResponseCode::NoError,
            vec![text(r"A\.B.example", r#""one" "\255""#), text(r"a\.b.example", r#""two""#), text("other.example", r#""no""#)],
        ))])
    });
    let reply = ask(server.addr, &question(), false);
    assert_eq!(reply.answer.outcome, Outcome::Answered);
    assert_eq!(reply.answer.rdata(Type::Txt).collect::<Vec<_>>(), [r#""one" "\255""#, r#""two""#]);
    assert!(!reply.truncated);
}

#[test]
fn nodata_and_nxdomain_keep_the_links_before_them() {
    for (code, outcome) in [(ResponseCode::NoError, Outcome::Nodata), (ResponseCode::NXDomain, Outcome::Nxdomain)] {
        let server = Scripted::new(move |request, _| Some(vec![bytes(&reply(request, code, vec![]))]));
        assert_eq!(ask(server.addr, &question(), false).answer, Answer::empty(outcome));
        let server = Scripted::new(move |request, _| {
            let links = vec![link("b.example", "c.example."), link(r"a\.b.example", "b.example.")];
            Some(vec![bytes(&reply(request, code, links))])
        });
        let answer = ask(server.addr, &question(), false).answer;
        assert_eq!(answer.outcome, outcome);
        assert_eq!(answer.rdata(Type::Cname).collect::<Vec<_>>(), ["b.example.", "c.example."]);
    }
}

#[test]
fn servfail_refused_and_other_codes() {
    for (code, expected) in [
        (ResponseCode::ServFail, Outcome::Servfail),
        (ResponseCode::Refused, Outcome::Refused),
        (ResponseCode::FormErr, Outcome::Malformed),
        (ResponseCode::NotImp, Outcome::Malformed),
        (ResponseCode::Unknown(11), Outcome::Malformed),
    ] {
        assert_eq!(outcome(move |request, _| Some(vec![bytes(&reply(request, code, vec![]))])), expected, "{code}");
    }
}

#[test]
fn timeout_is_silence() {
    assert_eq!(outcome(|_, _| None), Outcome::Timeout);
}

#[test]
fn truncated_replies_come_over_tcp() {
    let server = Scripted::new(|request, tcp| {
        let txt = text(r"a\.b.example", if tcp { r#""whole""# } else { r#""part""# });
        let mut message = reply(request, ResponseCode::NoError, vec![txt]);
        message.metadata.truncation = !tcp;
        Some(vec![bytes(&message)])
    });
    let reply = ask(server.addr, &question(), false);
    assert_eq!(reply.answer.rdata(Type::Txt).collect::<Vec<_>>(), [r#""whole""#]);
    assert!(reply.truncated);
}

#[test]
fn truncated_without_tcp_is_a_failure_and_never_a_part() {
    let server = Scripted::new(|request, tcp| {
        let mut message = reply(request, ResponseCode::NoError, vec![text(r"a\.b.example", r#""part""#)]);
        message.metadata.truncation = true;
        (!tcp).then(|| vec![bytes(&message)])
    });
    let closed = ask(server.addr, &question(), false);
    assert_eq!(closed.answer, Answer::empty(Outcome::NetworkError), "TCP was closed");
    let server = Scripted::new(|request, tcp| {
        let mut message = reply(request, ResponseCode::NoError, vec![]);
        message.metadata.truncation = true;
        Some(if tcp { vec![] } else { vec![bytes(&message)] })
    });
    let silent = ask(server.addr, &question(), false);
    assert_eq!(silent.answer.outcome, Outcome::Timeout, "TCP was silent");
}

#[test]
fn malformed_is_garbage_with_the_right_id() {
    let cut = |request: &Message, _| {
        let whole = bytes(&reply(request, ResponseCode::NoError, vec![text(r"a\.b.example", r#""x""#)]));
        Some(vec![whole[..whole.len() - 3].to_vec()])
    };
    assert_eq!(outcome(cut), Outcome::Malformed);
    // The question thrown back is no reply.
    let echo = |request: &Message, _| {
        let mut message = reply(request, ResponseCode::NoError, vec![]);
        message.metadata.message_type = MessageType::Query;
        Some(vec![bytes(&message)])
    };
    assert_eq!(outcome(echo), Outcome::Malformed);
}

#[test]
fn a_closed_port_is_a_network_error() {
    let addr = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(ask(addr, &question(), false).answer.outcome, Outcome::NetworkError);
    assert_eq!(ask(addr, &question(), true).answer.outcome, Outcome::NetworkError);
}

#[test]
fn replies_to_others_are_not_listened_to() {
    let script = |request: &Message, _: bool| {
        let wrong = vec![text(r"a\.b.example", r#""forged""#)];
        let mut other_id = reply(request, ResponseCode::NoError, wrong.clone());
        other_id.metadata.id ^= 1;
        let mut other_name = reply(request, ResponseCode::NoError, wrong.clone());
        other_name.queries[0].set_name(wire::wire_name(&Name::parse("z.example").unwrap()).unwrap());
        let mut other_type = reply(request, ResponseCode::NoError, wrong);
        other_type.queries = vec![Query::query(request.queries[0].name().clone(), RecordType::MX)];
        let right = reply(request, ResponseCode::NoError, vec![text(r"a\.b.example", r#""right""#)]);
        Some(vec![vec![1, 2, 3], bytes(&other_id), bytes(&other_name), bytes(&other_type), bytes(&right)])
    };
    let server = Scripted::new(script);
    let answer = ask(server.addr, &question(), false).answer;
    assert_eq!(answer.rdata(Type::Txt).collect::<Vec<_>>(), [r#""right""#]);
}

#[test]
fn servers_that_lower_the_letters_are_asked_over_tcp() {
    let lower = |request: &Message, tcp: bool| {
        let mut message = reply(request, ResponseCode::NoError, vec![text("abcdefghijklmnopqrstuvwxyz.example", r#""x""#)]);
        if !tcp {
            let lowered = message.queries[0].name().to_lowercase();
            message.queries[0].set_name(lowered);
        }
        Some(vec![bytes(&message)])
    };
    let server = Scripted::new(lower);
    let question = Question::new(Name::parse("abcdefghijklmnopqrstuvwxyz.example").unwrap(), Type::Txt);
    let reply = ask(server.addr, &question, false);
    assert_eq!(reply.answer.outcome, Outcome::Answered);
    assert!(!reply.truncated);
    assert!(server.seen()[1] >= PLAIN.len());
}

#[test]
fn one_tcp_connection_serves_many_and_is_opened_again_when_closed() {
    let server = Scripted::new(|request, _| Some(vec![bytes(&reply(request, ResponseCode::NXDomain, vec![]))]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (name, open) in PLAIN {
        let before = server.seen();
        runtime.block_on(async {
            let mut transport = open(server.addr);
            let mut replies = Vec::new();
            for round in 0..2 {
                for token in 0..5 {
                    transport.ask(Ask { token, question: &question(), wait: Duration::from_secs(5), stream: true });
                }
                while replies.len() < 5 * (round + 1) {
                    poll_fn(|cx| transport.poll_replies(cx, &mut replies)).await;
                }
                // Longer than the server keeps an idle connection.
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            assert!(replies.iter().all(|r| r.answer.outcome == Outcome::Nxdomain), "{name}");
        });
        let after = server.seen();
        assert_eq!(after[1] - before[1], 10, "{name}");
        assert_eq!(after[2] - before[2], 2, "{name}");
    }
}
