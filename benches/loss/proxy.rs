//! A bad network in front of a DNS server: loses datagrams each way and holds replies back.
//!
//! ```text
//! proxy SERVER [--loss PERCENT] [--delay MS] [--seed N] [--remember 1]
//! ```
//!
//! Prints its address; ends with its standard input, and then prints what it did as JSON. TCP loses
//! nothing, it repeats: for each way a message is held back as long as the kernel would take to send a
//! lost one again, 1 s for the opening of a connection (RFC 6298) and Linux's least of 200 ms for data,
//! doubled for each further loss. With `--remember` a question over UDP that was asked before is answered
//! from memory: a server that is far away, but not slow. The same seed draws the same dice, in the order in which packets come.

use std::collections::HashMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const HEADER: usize = 12;
const OPENING: Duration = Duration::from_secs(1);
const DATA: Duration = Duration::from_millis(200);

struct Network {
    server: SocketAddr,
    loss: f64,
    delay: Duration,
    /// Replies by question, in small letters.
    memory: Option<Mutex<HashMap<Vec<u8>, Vec<u8>>>>,
    dice: Mutex<StdRng>,
    /// Requests and replies over UDP that came and that were lost; over TCP messages, and repetitions.
    udp: [AtomicU64; 4],
    tcp: [AtomicU64; 2],
}

impl Network {
    fn loses(&self) -> bool {
        self.loss > 0.0 && self.dice.lock().unwrap().random_bool(self.loss)
    }

    /// Counts a datagram; `way` is 0 for a request and 2 for a reply.
    fn drops(&self, way: usize) -> bool {
        self.udp[way].fetch_add(1, Ordering::Relaxed);
        let lost = self.loses();
        self.udp[way + 1].fetch_add(u64::from(lost), Ordering::Relaxed);
        lost
    }

    /// How long a message is held back by losses before it gets through.
    fn repeated(&self, mut timer: Duration) -> Duration {
        self.tcp[0].fetch_add(1, Ordering::Relaxed);
        let mut held = Duration::ZERO;
        while self.loses() {
            self.tcp[1].fetch_add(1, Ordering::Relaxed);
            held += timer;
            timer *= 2;
        }
        held
    }
}

/// The question section of a message with one question, in small letters.
fn question(message: &[u8]) -> Option<Vec<u8>> {
    let mut end = HEADER;
    while *message.get(end)? > 0 {
        end += 1 + usize::from(message[end]);
    }
    Some(message.get(HEADER..end + 5)?.to_ascii_lowercase())
}

impl Network {
    fn remember(&self, reply: &[u8]) {
        if let (Some(memory), Some(question)) = (&self.memory, question(reply)) {
            memory.lock().unwrap().insert(question, reply.to_vec());
        }
    }

    /// A reply from memory, with the id and the letters of the request.
    fn remembered(&self, request: &[u8]) -> Option<Vec<u8>> {
        let question = question(request)?;
        let mut reply = self.memory.as_ref()?.lock().unwrap().get(&question)?.clone();
        reply[..2].copy_from_slice(&request[..2]);
        let end = HEADER + question.len();
        reply[HEADER..end].copy_from_slice(&request[HEADER..end]);
        Some(reply)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let network = Arc::new(arguments()?);
    let udp = UdpSocket::bind("127.0.0.1:0")?;
    let tcp = TcpListener::bind(udp.local_addr()?)?;
    roomy(&udp);
    println!("{}", udp.local_addr()?);
    let (datagrams, streams) = (network.clone(), network.clone());
    thread::spawn(move || relay_datagrams(&datagrams, &udp));
    thread::spawn(move || {
        for client in tcp.incoming().flatten() {
            let network = streams.clone();
            thread::spawn(move || relay_stream(&network, client));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    let count = |counters: &[AtomicU64]| counters.iter().map(|c| c.load(Ordering::Relaxed)).collect::<Vec<_>>();
    let ([requests, requests_lost, replies, replies_lost], [messages, repeated]) =
        (&count(&network.udp)[..], &count(&network.tcp)[..])
    else {
        return Err("six counters".into());
    };
    println!(
        r#"{{"requests": {requests}, "requests_lost": {requests_lost}, "replies": {replies}, "replies_lost": {replies_lost}, "tcp_messages": {messages}, "tcp_repeated": {repeated}}}"#
    );
    Ok(())
}

fn arguments() -> Result<Network, Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let server = args.next().ok_or("usage: proxy SERVER [--loss PERCENT] [--delay MS] [--seed N] [--remember 1]")?.parse()?;
    let (mut loss, mut delay, mut seed, mut memory) = (0.0, 0, 1, None);
    while let Some(flag) = args.next() {
        let value = args.next().ok_or_else(|| format!("{flag} wants a number"))?;
        match flag.as_str() {
            "--loss" => loss = value.parse::<f64>()? / 100.0,
            "--delay" => delay = value.parse()?,
            "--seed" => seed = value.parse()?,
            "--remember" => memory = Some(Mutex::default()),
            _ => return Err(format!("unknown option {flag}").into()),
        }
    }
    let dice = Mutex::new(StdRng::seed_from_u64(seed));
    let delay = Duration::from_millis(delay);
    Ok(Network { server, loss, delay, memory, dice, udp: Default::default(), tcp: Default::default() })
}

/// Room for what has not been read yet, where the system grants it: what is lost here is not of the dice.
fn roomy(socket: &UdpSocket) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::RcvBufForce};
        _ = setsockopt(socket, RcvBufForce, &(8 << 20));
    }
    _ = socket;
}

/// A reply on its way: when it arrives, for whom.
type Held = (Instant, SocketAddr, Vec<u8>);

/// Each client has a socket of its own to the server, so that replies find back.
fn relay_datagrams(network: &Arc<Network>, front: &UdpSocket) {
    let (hold, held) = mpsc::channel::<Held>();
    let out = front.try_clone().expect("a socket");
    thread::spawn(move || {
        for (at, client, reply) in held {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            _ = out.send_to(&reply, client);
        }
    });
    let mut backs: HashMap<SocketAddr, UdpSocket> = HashMap::new();
    let mut buffer = [0; 65_535];
    loop {
        let Ok((length, client)) = front.recv_from(&mut buffer) else { continue };
        if network.drops(0) {
            continue;
        }
        if let Some(reply) = network.remembered(&buffer[..length]) {
            if !network.drops(2) {
                _ = hold.send((Instant::now() + network.delay, client, reply));
            }
            continue;
        }
        let back = backs.entry(client).or_insert_with(|| back(network, client, hold.clone()));
        _ = back.send(&buffer[..length]);
    }
}

fn back(network: &Arc<Network>, client: SocketAddr, hold: mpsc::Sender<Held>) -> UdpSocket {
    let back = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    back.connect(network.server).expect("loopback");
    roomy(&back);
    let (replies, network) = (back.try_clone().expect("a socket"), network.clone());
    thread::spawn(move || {
        let mut buffer = [0; 65_535];
        loop {
            let Ok(length) = replies.recv(&mut buffer) else { continue };
            network.remember(&buffer[..length]);
            if !network.drops(2) {
                _ = hold.send((Instant::now() + network.delay, client, buffer[..length].to_vec()));
            }
        }
    });
    back
}

fn relay_stream(network: &Arc<Network>, client: TcpStream) {
    let Ok(server) = TcpStream::connect(network.server) else { return };
    _ = (client.set_nodelay(true), server.set_nodelay(true));
    // Opening takes a round trip, which the kernel has not taken here.
    thread::sleep(network.delay + network.repeated(OPENING));
    let (Ok(mut from_client), Ok(mut to_client)) = (client.try_clone(), client.try_clone()) else { return };
    let (Ok(mut from_server), mut to_server) = (server.try_clone(), server) else { return };
    let replies = network.clone();
    let back = thread::spawn(move || {
        relay_messages(&mut from_server, &mut to_client, || replies.delay + replies.repeated(DATA));
        _ = to_client.shutdown(Shutdown::Both);
    });
    relay_messages(&mut from_client, &mut to_server, || network.repeated(DATA));
    _ = to_server.shutdown(Shutdown::Both);
    _ = back.join();
}

/// Message by message, in order: one that is held back holds back those behind it, as in TCP.
fn relay_messages(from: &mut TcpStream, to: &mut TcpStream, hold: impl Fn() -> Duration) {
    let mut length = [0; 2];
    let mut message = Vec::new();
    while from.read_exact(&mut length).is_ok() {
        message.clear();
        message.extend(length);
        message.resize(2 + usize::from(u16::from_be_bytes(length)), 0);
        if from.read_exact(&mut message[2..]).is_err() {
            return;
        }
        thread::sleep(hold());
        if to.write_all(&message).is_err() {
            return;
        }
    }
}
