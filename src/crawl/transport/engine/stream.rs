//! TCP to one resolver: one connection, many questions in flight on it (RFC 7766), opened when it
//! is needed and again when the server closed it.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rand::Rng;
use tokio::net::TcpStream;

/// A connection not open after this long is tried anew.
const CONNECT: Duration = Duration::from_secs(5);
const READ: usize = 1 << 14;

/// A place in the engine's table of attempts and its generation, so that a place used again is told apart.
pub(super) type Ticket = (u32, u32);

pub(super) struct Stream {
    server: SocketAddr,
    state: State,
    waiting: HashMap<u16, Waiting>,
    /// Takes no further questions.
    pub retired: bool,
}

enum State {
    Closed,
    Connecting(Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>),
    Open(Connection),
}

struct Connection {
    socket: TcpStream,
    output: Vec<u8>,
    input: Vec<u8>,
    /// Whether it has brought a reply: a server that closes it then does so for want of questions.
    useful: bool,
}

struct Waiting {
    ticket: Ticket,
    message: Vec<u8>,
    /// Sent on a connection that was closed under it.
    again: bool,
}

/// A whole message, or that there will be none.
pub(super) type Event = (Ticket, Option<Vec<u8>>);

impl Stream {
    pub fn new(server: SocketAddr, retired: bool) -> Self {
        Self { server, state: State::Closed, waiting: HashMap::new(), retired }
    }

    /// Asks; the id of the message is drawn here.
    pub fn ask(&mut self, ticket: Ticket, mut message: Vec<u8>, random: &mut impl Rng) {
        let id = loop {
            let id = random.next_u32() as u16;
            if !self.waiting.contains_key(&id) {
                break id;
            }
        };
        super::query::set_id(&mut message, id);
        if let State::Open(connection) = &mut self.state {
            connection.push(&message);
        }
        self.waiting.insert(id, Waiting { ticket, message, again: false });
    }

    /// Takes a question back, if it is asked here.
    pub fn forget(&mut self, ticket: Ticket) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|_, waiting| waiting.ticket != ticket);
        self.waiting.len() < before
    }

    /// Whether it has no more to do.
    pub fn is_over(&self) -> bool {
        self.retired && self.waiting.is_empty()
    }

    /// Opens, writes and reads as far as possible.
    pub fn poll(&mut self, cx: &mut Context<'_>, events: &mut Vec<Event>) {
        loop {
            match &mut self.state {
                State::Closed if self.waiting.is_empty() => return,
                State::Closed => {
                    let server = self.server;
                    self.state = State::Connecting(Box::pin(async move {
                        let socket = tokio::time::timeout(CONNECT, TcpStream::connect(server)).await??;
                        socket.set_nodelay(true)?;
                        Ok(socket)
                    }));
                }
                State::Connecting(opening) => match opening.as_mut().poll(cx) {
                    Poll::Pending => return,
                    Poll::Ready(Ok(socket)) => {
                        let mut connection = Connection { socket, output: Vec::new(), input: Vec::new(), useful: false };
                        for waiting in self.waiting.values() {
                            connection.push(&waiting.message);
                        }
                        self.state = State::Open(connection);
                    }
                    Poll::Ready(Err(_)) => return self.fail(events),
                },
                State::Open(connection) => {
                    let mut messages = Vec::new();
                    let closed = connection.poll(cx, &mut messages).is_err();
                    for message in messages {
                        let found = super::query::id(&message).and_then(|id| self.waiting.remove(&id));
                        if let Some(waiting) = found {
                            events.push((waiting.ticket, Some(message)));
                        }
                    }
                    if !closed {
                        return;
                    }
                    let State::Open(connection) = std::mem::replace(&mut self.state, State::Closed) else { return };
                    if !connection.useful || self.waiting.values().any(|waiting| waiting.again) {
                        return self.fail(events);
                    }
                    for waiting in self.waiting.values_mut() {
                        waiting.again = true;
                    }
                }
            }
        }
    }

    fn fail(&mut self, events: &mut Vec<Event>) {
        self.state = State::Closed;
        events.extend(self.waiting.drain().map(|(_, waiting)| (waiting.ticket, None)));
    }
}

impl Connection {
    fn push(&mut self, message: &[u8]) {
        // A question is far shorter than a message may be.
        self.output.extend_from_slice(&(message.len() as u16).to_be_bytes());
        self.output.extend_from_slice(message);
    }

    /// Writes and reads as far as possible; an error where the connection is closed.
    fn poll(&mut self, cx: &mut Context<'_>, messages: &mut Vec<Vec<u8>>) -> io::Result<()> {
        while !self.output.is_empty() {
            if self.socket.poll_write_ready(cx)?.is_pending() {
                break;
            }
            match self.socket.try_write(&self.output) {
                Ok(written) => drop(self.output.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        while self.socket.poll_read_ready(cx)?.is_ready() {
            let filled = self.input.len();
            self.input.resize(filled + READ, 0);
            let read = self.socket.try_read(&mut self.input[filled..]);
            self.input.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => self.take_messages(messages),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take_messages(&mut self, messages: &mut Vec<Vec<u8>>) {
        let mut at = 0;
        while let Some(&[high, low]) = self.input.get(at..at + 2) {
            let length = usize::from(u16::from_be_bytes([high, low]));
            let Some(message) = self.input.get(at + 2..at + 2 + length) else { break };
            messages.push(message.to_vec());
            self.useful = true;
            at += 2 + length;
        }
        self.input.drain(..at);
    }
}
