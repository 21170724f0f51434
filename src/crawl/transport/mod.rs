//! The asking interface: one question to one resolver, one attempt, one reply.
//!
//! A transport neither retries nor caches nor answers anything by itself, also not `localhost`,
//! `invalid` or `onion`: what a snapshot holds is what a resolver said. Patience, retries and the
//! choice of the resolver are the schedule's business, so that they are the same for every transport.

mod authorities;
mod connected;
mod engine;
mod exchange;
mod recursion;
#[cfg(test)]
pub(super) mod tests;

use std::task::{Context, Poll};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType};

use crate::dns::{Answer, Outcome, Question, wire};

pub(super) use authorities::Authorities;
pub(super) use engine::{DESCRIPTORS, Engine};
pub(super) use exchange::Exchange;
pub(super) use recursion::Recursion;

pub(super) use crate::dns::plain::UDP_PAYLOAD;

/// One attempt at a question.
pub(super) struct Ask<'a> {
    /// Comes back in the reply. Every question has its own.
    pub token: u32,
    pub question: &'a Question,
    /// How long to wait for a reply, before the attempt is a timeout.
    pub wait: Duration,
    /// Not over UDP: for the preflight's check that TCP works.
    pub stream: bool,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) struct Reply {
    pub token: u32,
    pub answer: Answer,
    /// The first reply was truncated and this one came over TCP, or did not come.
    pub truncated: bool,
    /// The reply to an attempt that was given up before: welcome, but not one in flight any more.
    pub late: bool,
    /// From asking to this reply.
    pub took: Duration,
}

/// A way to ask one resolver. Lives on one thread, in its task.
pub(super) trait Transport {
    /// Begins an attempt. It may be sent only with the next [`Transport::poll_replies`], together
    /// with others.
    fn ask(&mut self, ask: Ask<'_>);

    /// Sends what was begun and appends the replies that have come; pending where there is none.
    fn poll_replies(&mut self, cx: &mut Context<'_>, replies: &mut Vec<Reply>) -> Poll<()>;

    /// Why there was no connection the last time, where more is known than that there was none.
    fn trouble(&self) -> Option<String> {
        None
    }
}

/// What a decoded message says to a question. A message that is no reply, or one to another
/// question, is malformed here; transports that can go on waiting drop it before. So is a
/// truncated one that gets here, over TCP: it holds a part, and a part is a wrong answer.
fn read(question: &Question, message: &Message) -> Answer {
    let asks_this = match message.queries.as_slice() {
        [query] => {
            u16::from(query.query_type()) == question.qtype.code() && wire::name(query.name()).as_ref() == Ok(&question.qname)
        }
        // Error replies may come without the question (RFC 1035 section 4.1.1 does not say they must not).
        [] => message.answers.is_empty(),
        _ => false,
    };
    if message.metadata.message_type != MessageType::Response || message.metadata.truncation || !asks_this {
        return Answer::empty(Outcome::Malformed);
    }
    wire::answer(question, message)
}
