//! Our own way to ask a plain resolver: a state machine over a few connected sockets that sends and
//! receives in batches. Ids and letter case come from a cryptographic generator, ports from the
//! kernel; a reply counts only from the resolver's address, with the right id and question.
//!
//! An attempt that was given up keeps its id for a while, so that a reply that was only slow is
//! still heard.

mod datagrams;
mod query;
mod stream;

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::Sleep;

use super::{Ask, Reply, Transport};
use crate::dns::{Answer, Outcome, Question};
use datagrams::{BATCH, Buffers, SEGMENTS, Socket};
use query::Match;
use stream::{Event, Stream};

/// Ports in use at a time, to spread the questions over.
const SOCKETS: usize = 8;
/// TCP connections at a time. Beyond them, questions that would have one of their own share one.
const STREAMS: usize = 64;
/// Open files of one resolver at most.
pub(in crate::crawl) const DESCRIPTORS: usize = SOCKETS + STREAMS;
/// A socket is exchanged for one on a new port after so many questions.
const QUESTIONS_PER_PORT: u32 = 50_000;
/// How often expired attempts and socket errors are looked for.
const TICK: Duration = Duration::from_millis(10);
/// How long, and for how many attempts at a time, a late reply is still heard.
const AFTERLIFE: Duration = Duration::from_secs(8);
const GHOSTS: usize = 8192;
/// Replies with other letters than sent, before a resolver counts as one that does not keep them.
const LETTERS_LOST: u32 = 16;
/// Datagrams taken from one socket before the others get their turn.
const FAIR_SHARE: usize = 4 * BATCH;

/// With so many questions in flight, and so many replies the last time, replies are left to gather
/// for a moment before they are read: a network card that holds back its interrupts does the same.
/// One wake-up, one system call and one batch of further questions then serve many of them.
const BUSY: usize = 256;
const MANY: usize = 16;
const GATHER: Duration = Duration::from_micros(400);

const NOBODY: u32 = u32::MAX;

/// One resolver, asked over UDP, and over TCP where a reply does not fit.
pub(in crate::crawl) struct Engine {
    server: SocketAddr,
    ports: Vec<Port>,
    /// The port that this batch goes out from.
    current: usize,
    /// TCP connections; one that is not retired takes the next question.
    streams: Vec<Stream>,
    /// Questions that timed out on a connection with others. Next time they get one of their own,
    /// so that one which stalls its connection does not stall the same neighbours every time.
    stalled: HashSet<Question>,
    attempts: Vec<Attempt>,
    free: Vec<u32>,
    /// Attempts to be sent with the next batch, each with its length; the first `timed` of them
    /// are waited for already.
    pending: Vec<(usize, u32)>,
    timed: usize,
    /// Attempts by how long they wait, each queue in order of expiry.
    expiries: Vec<(Duration, Expiries)>,
    ghosts: Expiries,
    in_flight: usize,
    /// When datagrams were read last, and how many replies they brought.
    read: Instant,
    brought: usize,
    buffers: Buffers,
    random: StdRng,
    segments: bool,
    /// Replies that kept, and that did not keep, the letters as they were sent.
    letters_kept: u32,
    letters_lost: u32,
    tick: Pin<Box<Sleep>>,
    /// When this was last polled: read once for all replies that lie ready.
    clock: Instant,
    /// Replies that were there before anything was sent.
    ready: Vec<Reply>,
    events: Vec<Event>,
}

/// When places run out, in order, each with the generation that is meant.
type Expiries = VecDeque<(Instant, u32, u32)>;

struct Port {
    socket: Socket,
    /// The attempt that waits under each id.
    ids: Vec<u32>,
    waiting: u32,
    questions: u32,
}

struct Attempt {
    /// Counts the uses of this place.
    generation: u32,
    state: State,
    token: u32,
    question: Option<Question>,
    wire: Vec<u8>,
    /// Where the question section ends in `wire`.
    end: usize,
    port: usize,
    id: u16,
    begun: Instant,
    wait: Duration,
    truncated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    Datagram,
    Stream,
    /// Given up; a reply is welcome all the same.
    Ghost,
}

impl Engine {
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Where no socket can be opened.
    pub fn new(server: SocketAddr) -> io::Result<Self> {
        let ports = (0..SOCKETS).map(|_| Port::open(server)).collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            server,
            ports,
            current: 0,
            streams: Vec::new(),
            stalled: HashSet::new(),
            attempts: Vec::new(),
            free: Vec::new(),
            pending: Vec::new(),
            timed: 0,
            expiries: Vec::new(),
            ghosts: VecDeque::new(),
            in_flight: 0,
            read: Instant::now(),
            brought: 0,
            buffers: Buffers::new(),
            random: StdRng::from_rng(&mut rand::rng()),
            segments: SEGMENTS,
            letters_kept: 0,
            letters_lost: 0,
            tick: Box::pin(tokio::time::sleep(TICK)),
            clock: Instant::now(),
            ready: Vec::new(),
            events: Vec::new(),
        })
    }

    /// A resolver that gives back other letters, again and again, cannot be asked with random ones.
    fn keeps_letters(&self) -> bool {
        self.letters_lost < LETTERS_LOST || self.letters_lost < self.letters_kept
    }

    fn place(&mut self) -> u32 {
        if let Some(place) = self.free.pop() {
            return place;
        }
        self.attempts.push(Attempt {
            generation: 0,
            state: State::Free,
            token: 0,
            question: None,
            wire: Vec::new(),
            end: 0,
            port: 0,
            id: 0,
            begun: Instant::now(),
            wait: Duration::ZERO,
            truncated: false,
        });
        // Concurrency and ghosts are far fewer than 2^32.
        (self.attempts.len() - 1) as u32
    }

    fn release(&mut self, place: u32) {
        self.drop_id(place);
        let attempt = &mut self.attempts[place as usize];
        attempt.state = State::Free;
        attempt.generation = attempt.generation.wrapping_add(1);
        attempt.question = None;
        self.free.push(place);
    }

    fn drop_id(&mut self, place: u32) {
        let attempt = &self.attempts[place as usize];
        if matches!(attempt.state, State::Datagram | State::Ghost) {
            let port = &mut self.ports[attempt.port];
            port.ids[usize::from(attempt.id)] = NOBODY;
            port.waiting -= 1;
        }
    }

    /// Ends an attempt with an answer.
    fn finish(&mut self, place: u32, answer: Answer) -> Reply {
        let attempt = &self.attempts[place as usize];
        let late = attempt.state == State::Ghost;
        let (token, truncated) = (attempt.token, attempt.truncated);
        let took = self.clock.saturating_duration_since(attempt.begun);
        let reply = Reply { token, answer, truncated, late, took };
        self.in_flight -= usize::from(!late);
        self.release(place);
        reply
    }

    fn expire_after(&mut self, now: Instant, wait: Duration, place: u32) {
        let entry = (now + wait, place, self.attempts[place as usize].generation);
        match self.expiries.iter_mut().find(|(w, _)| *w == wait) {
            Some((_, queue)) => queue.push_back(entry),
            None => self.expiries.push((wait, VecDeque::from([entry]))),
        }
    }

    /// Puts an attempt into the stream's hands: its reply was truncated, or of other letters.
    fn hand_to_stream(&mut self, place: u32) {
        self.drop_id(place);
        let attempt = &mut self.attempts[place as usize];
        attempt.state = State::Stream;
        attempt.generation = attempt.generation.wrapping_add(1);
        let (ticket, wait) = ((place, attempt.generation), attempt.wait);
        let alone = attempt.question.as_ref().is_some_and(|question| self.stalled.remove(question));
        let alone = alone && self.streams.len() + 1 < STREAMS;
        let shared = self.streams.iter().position(|stream| !stream.retired);
        let stream = match shared.filter(|_| !alone) {
            Some(shared) => shared,
            None if self.streams.len() >= STREAMS => STREAMS - 1,
            None => {
                self.streams.push(Stream::new(self.server, alone));
                self.streams.len() - 1
            }
        };
        self.streams[stream].ask(ticket, attempt.wire.clone(), &mut self.random);
        self.expire_after(Instant::now(), wait, place);
    }

    /// Sends what is pending from the current port: all of one length together.
    fn flush(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) {
        if self.pending.is_empty() {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        let now = Instant::now();
        for &(_, place) in &pending[self.timed..] {
            self.attempts[place as usize].begun = now;
            self.expire_after(now, self.attempts[place as usize].wait, place);
        }
        pending.sort_unstable();
        let mut sent = 0;
        let mut failed = None;
        while sent < pending.len() {
            let length = pending[sent].0;
            let same = pending[sent..].iter().take(BATCH).take_while(|(l, _)| *l == length);
            let mut slices = [IoSlice::new(&[]); BATCH];
            let mut count = 0;
            for (slice, &(_, place)) in slices.iter_mut().zip(same) {
                *slice = IoSlice::new(&self.attempts[place as usize].wire);
                count += 1;
            }
            let socket = &self.ports[self.current].socket;
            match socket.send(&slices[..count], self.segments) {
                Ok(done) => sent += done,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Ready at once where there is room again by now.
                    if socket.poll_writable(cx).is_pending() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    failed = Some(self.current);
                    break;
                }
                Err(_) if self.segments && count > 1 => self.segments = false,
                Err(_) => {
                    failed = Some(self.current);
                    break;
                }
            }
        }
        pending.drain(..sent);
        self.timed = pending.len();
        self.pending = pending;
        match failed {
            Some(port) => self.fail_port(port, replies),
            None if self.pending.is_empty() => self.turn_port(),
            None => {}
        }
    }

    /// The next batch goes out from another port, now and then from a new one.
    fn turn_port(&mut self) {
        self.current = self.random.next_u32() as usize % self.ports.len();
        let port = &mut self.ports[self.current];
        if port.questions >= QUESTIONS_PER_PORT
            && port.waiting == 0
            && let Ok(fresh) = Port::open(self.server)
        {
            *port = fresh;
        }
    }

    /// The network said that datagrams of this port do not arrive.
    fn fail_port(&mut self, port: usize, replies: &mut Vec<Reply>) {
        let struck = |a: &Attempt| a.port == port && a.state == State::Datagram;
        let places: Vec<u32> = (0..self.attempts.len()).filter(|&i| struck(&self.attempts[i])).map(|i| i as u32).collect();
        self.pending.retain(|(_, place)| !places.contains(place));
        self.timed = self.pending.len();
        for place in places {
            let reply = self.finish(place, Answer::empty(Outcome::NetworkError));
            replies.push(reply);
        }
    }

    /// Lets replies gather where they come thick and fast.
    fn gather(&self) {
        if self.in_flight >= BUSY && self.brought >= MANY {
            // The thread is the crawl's own, and everything on it can wait for less than a millisecond.
            std::thread::sleep(GATHER.saturating_sub(self.read.elapsed()));
        }
    }

    fn receive(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) {
        let before = replies.len();
        self.gather();
        self.clock = Instant::now();
        self.read_ports(cx, replies);
        self.read = self.clock;
        self.brought = replies.len() - before;
    }

    fn read_ports(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) {
        for port in 0..self.ports.len() {
            let mut taken = 0;
            while taken < FAIR_SHARE && self.ports[port].socket.poll_readable(cx).is_ready() {
                match self.ports[port].socket.receive(&mut self.buffers) {
                    Ok(count) => {
                        for i in 0..count {
                            self.datagram(port, i, replies);
                        }
                        taken += count;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => {
                        self.fail_port(port, replies);
                        break;
                    }
                }
            }
            if taken >= FAIR_SHARE {
                // There may be more, for which nobody wakes this task.
                cx.waker().wake_by_ref();
            }
        }
    }

    fn datagram(&mut self, port: usize, i: usize, replies: &mut Vec<Reply>) {
        let message = self.buffers.datagram(i);
        let Some(id) = query::id(message) else { return };
        let place = self.ports[port].ids[usize::from(id)];
        let Some(attempt) = self.attempts.get(place as usize) else { return };
        let Some(question) = &attempt.question else { return };
        let answer = match query::compare(&attempt.wire, attempt.end, message) {
            Match::Stranger => return,
            Match::Garbage => Answer::empty(Outcome::Malformed),
            Match::Reply => {
                self.letters_kept = self.letters_kept.saturating_add(1);
                query::decode(question, message, attempt.end)
            }
            // What is truncated or suspicious is asked again over TCP, unless it was given up.
            Match::Truncated | Match::OtherCase if attempt.state == State::Ghost => return self.release(place),
            Match::Truncated => {
                self.attempts[place as usize].truncated = true;
                return self.hand_to_stream(place);
            }
            Match::OtherCase => {
                self.letters_lost = self.letters_lost.saturating_add(1);
                return self.hand_to_stream(place);
            }
        };
        let reply = self.finish(place, answer);
        replies.push(reply);
    }

    fn poll_stream(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) {
        let mut events = std::mem::take(&mut self.events);
        for stream in &mut self.streams {
            stream.poll(cx, &mut events);
        }
        self.streams.retain(|stream| !stream.is_over());
        for ((place, generation), message) in events.drain(..) {
            let attempt = &self.attempts[place as usize];
            let Some(question) = attempt.question.as_ref().filter(|_| attempt.generation == generation) else { continue };
            let answer = match message {
                None => Answer::empty(Outcome::NetworkError),
                Some(message) => match query::compare(&attempt.wire, attempt.end, &message) {
                    Match::Reply | Match::OtherCase => query::decode(question, &message, attempt.end),
                    _ => query::decode_whole(question, &message),
                },
            };
            let reply = self.finish(place, answer);
            replies.push(reply);
        }
        self.events = events;
    }

    /// Gives up what waits too long, and forgets what was given up long ago.
    fn expire(&mut self, now: Instant, replies: &mut Vec<Reply>) {
        for i in 0..self.expiries.len() {
            while let Some(&(at, place, generation)) = self.expiries[i].1.front() {
                if at > now {
                    break;
                }
                self.expiries[i].1.pop_front();
                let attempt = &self.attempts[place as usize];
                if attempt.generation == generation {
                    self.give_up(now, place, replies);
                }
            }
        }
        while let Some(&(at, place, generation)) = self.ghosts.front() {
            if at > now && self.ghosts.len() <= GHOSTS {
                break;
            }
            self.ghosts.pop_front();
            if self.attempts[place as usize].generation == generation {
                self.release(place);
            }
        }
    }

    fn give_up(&mut self, now: Instant, place: u32, replies: &mut Vec<Reply>) {
        let attempt = &mut self.attempts[place as usize];
        if attempt.state == State::Stream {
            let ticket = (place, attempt.generation);
            // It may have stalled in the middle of a message: who asks next must not wait behind
            // that. Those who wait on it already may go on doing so.
            for stream in &mut self.streams {
                stream.retired |= stream.forget(ticket);
            }
            self.stalled.extend(attempt.question.clone());
            let reply = self.finish(place, Answer::empty(Outcome::Timeout));
            return replies.push(reply);
        }
        // Still unsent where the kernel had no room all this time: nothing will come back.
        self.pending.retain(|&(_, p)| p != place);
        self.timed = self.timed.min(self.pending.len());
        attempt.state = State::Ghost;
        attempt.generation = attempt.generation.wrapping_add(1);
        self.ghosts.push_back((now + AFTERLIFE, place, attempt.generation));
        self.in_flight -= 1;
        let answer = Answer::empty(Outcome::Timeout);
        let took = now.saturating_duration_since(attempt.begun);
        replies.push(Reply { token: attempt.token, answer, truncated: attempt.truncated, late: false, took });
    }

    fn poll_tick(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) {
        if self.in_flight == 0 {
            return;
        }
        while self.tick.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            self.tick.as_mut().reset((now + TICK).into());
            for port in 0..self.ports.len() {
                // Reading does not end in an error where a socket has one: it has to be asked.
                if self.ports[port].waiting > 0 && self.ports[port].socket.error().is_some() {
                    self.fail_port(port, replies);
                }
            }
            self.expire(now, replies);
        }
    }
}

impl Transport for Engine {
    fn ask(&mut self, ask: Ask<'_>) {
        let place = self.place();
        let keeps_letters = self.keeps_letters();
        let attempt = &mut self.attempts[place as usize];
        attempt.token = ask.token;
        attempt.question = Some(ask.question.clone());
        attempt.wait = ask.wait;
        attempt.truncated = false;
        attempt.end = query::encode(&mut attempt.wire, ask.question, keeps_letters.then_some(&mut self.random));
        self.in_flight += 1;
        if ask.stream {
            attempt.begun = Instant::now();
            return self.hand_to_stream(place);
        }
        let port = &mut self.ports[self.current];
        let Some(id) = port.draw_id(&mut self.random) else {
            // More in flight than a port has ids: as if the network had no room.
            let reply = self.finish(place, Answer::empty(Outcome::NetworkError));
            return self.ready.push(reply);
        };
        port.ids[usize::from(id)] = place;
        port.waiting += 1;
        port.questions += 1;
        let attempt = &mut self.attempts[place as usize];
        attempt.state = State::Datagram;
        (attempt.port, attempt.id) = (self.current, id);
        query::set_id(&mut attempt.wire, id);
        self.pending.push((attempt.wire.len(), place));
    }

    fn poll_replies(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) -> Poll<()> {
        let before = replies.len();
        replies.append(&mut self.ready);
        self.flush(cx, replies);
        self.receive(cx, replies);
        self.poll_stream(cx, replies);
        self.poll_tick(cx, replies);
        if replies.len() > before { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Port {
    fn open(server: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: Socket::open(server)?, ids: vec![NOBODY; 1 << 16], waiting: 0, questions: 0 })
    }

    fn draw_id(&self, random: &mut impl Rng) -> Option<u16> {
        // Half full at most, so that a few draws suffice and ids stay hard to guess.
        if self.waiting >= 1 << 15 {
            return None;
        }
        loop {
            let id = random.next_u32() as u16;
            if self.ids[usize::from(id)] == NOBODY {
                return Some(id);
            }
        }
    }
}
