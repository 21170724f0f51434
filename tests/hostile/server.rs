//! A DNS server on loopback that does to each request what a script says, however wrong.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::wire::Request;

/// One thing the server does.
#[derive(Clone, Debug)]
pub enum Act {
    /// A datagram, or over TCP a message with its length in front.
    Send(Vec<u8>),
    /// A datagram from another port than the one asked.
    Elsewhere(Vec<u8>),
    /// Octets on the TCP connection as they are.
    Raw(Vec<u8>),
    Wait(Duration),
    /// Ends the TCP connection.
    Close,
}

/// What to do with a request. Nothing is silence.
pub type Script = dyn Fn(&Request) -> Vec<Act> + Send + Sync;

/// A server that stops when it is dropped.
pub struct Server {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    script: Box<Script>,
    stop: AtomicBool,
    asked: Mutex<HashMap<(String, u16), usize>>,
}

/// How often a blocked thread looks whether it is over.
const TICK: Duration = Duration::from_millis(20);

impl Server {
    pub fn new(script: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), script)
    }

    /// A server at a given place: one that died and returns.
    pub fn at(addr: SocketAddr, script: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let (udp, tcp) = (0..100)
            .find_map(|_| {
                let udp = UdpSocket::bind(addr).ok()?;
                let tcp = TcpListener::bind(udp.local_addr().ok()?).ok()?;
                Some((udp, tcp))
            })
            .expect("a port free for UDP and TCP");
        let addr = udp.local_addr().unwrap();
        let shared = Arc::new(Shared { script: Box::new(script), stop: AtomicBool::new(false), asked: Mutex::default() });
        let (a, b) = (shared.clone(), shared.clone());
        let threads = vec![std::thread::spawn(move || a.datagrams(&udp)), std::thread::spawn(move || b.listen(&tcp))];
        Self { addr, shared, threads }
    }

    /// Requests seen, retries included.
    pub fn asked(&self) -> usize {
        self.shared.asked.lock().unwrap().values().sum()
    }

    /// Requests seen for names within a domain.
    pub fn asked_within(&self, domain: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|((qname, _), _)| qname.ends_with(domain)).map(|(_, n)| n).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            _ = thread.join();
        }
    }
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn acts(&self, bytes: &[u8], tcp: bool) -> Vec<Act> {
        let Some(mut request) = Request::read(bytes, tcp) else { return Vec::new() };
        let mut asked = self.asked.lock().unwrap();
        let times = asked.entry((request.qname.clone(), request.qtype)).or_default();
        request.nth = *times;
        *times += 1;
        drop(asked);
        (self.script)(&request)
    }

    fn wait(&self, time: Duration) {
        let mut left = time;
        while !left.is_zero() && !self.stopped() {
            let step = left.min(TICK);
            std::thread::sleep(step);
            left -= step;
        }
    }

    fn datagrams(self: &Arc<Self>, socket: &UdpSocket) {
        socket.set_read_timeout(Some(TICK)).unwrap();
        let elsewhere = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut buffer = [0; 4096];
        let mut waiting = Vec::new();
        while !self.stopped() {
            let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
            let acts = self.acts(&buffer[..length], false);
            // What waits does so on the side, so that others are served meanwhile.
            if acts.iter().any(|act| matches!(act, Act::Wait(_))) {
                let (this, own, other) = (self.clone(), socket.try_clone().unwrap(), elsewhere.try_clone().unwrap());
                waiting.push(std::thread::spawn(move || this.send(acts, &own, &other, from)));
            } else {
                self.send(acts, socket, &elsewhere, from);
            }
        }
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
    }

    fn send(&self, acts: Vec<Act>, socket: &UdpSocket, elsewhere: &UdpSocket, to: SocketAddr) {
        for act in acts {
            match act {
                // Whoever asked may have left.
                Act::Send(bytes) => _ = socket.send_to(&bytes, to),
                Act::Elsewhere(bytes) => _ = elsewhere.send_to(&bytes, to),
                Act::Wait(time) => self.wait(time),
                Act::Raw(_) | Act::Close => {}
            }
        }
    }

    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        listener.set_nonblocking(true).unwrap();
        let mut open = Vec::new();
        while !self.stopped() {
            match listener.accept() {
                Ok((stream, _)) => {
                    let this = self.clone();
                    open.push(std::thread::spawn(move || _ = this.converse(stream)));
                }
                Err(_) => std::thread::sleep(TICK / 4),
            }
        }
        open.into_iter().for_each(|thread| thread.join().unwrap());
    }

    /// Serves one connection; an error is the other side's leaving.
    fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_nodelay(true)?;
        let mut inbox = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            while let Some(request) = take_message(&mut inbox) {
                for act in self.acts(&request, true) {
                    match act {
                        Act::Send(bytes) => {
                            let length = u16::try_from(bytes.len()).expect("no longer than a message can be");
                            stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat())?;
                        }
                        Act::Raw(bytes) => stream.write_all(&bytes)?,
                        Act::Wait(time) => self.wait(time),
                        Act::Close => return Ok(()),
                        Act::Elsewhere(_) => {}
                    }
                }
            }
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => inbox.extend(&buffer[..length]),
                Err(_) if self.stopped() => return Ok(()),
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The first whole message of a stream (RFC 1035 section 4.2.2).
fn take_message(inbox: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::from(u16::from_be_bytes([*inbox.first()?, *inbox.get(1)?]));
    let message = inbox.get(2..2 + length)?.to_vec();
    inbox.drain(..2 + length);
    Some(message)
}
