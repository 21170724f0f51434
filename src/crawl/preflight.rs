//! Checks a resolver before the first question: it replies, it does not make up answers for names that
//! do not exist, and it can be asked over TCP. All three are asked at once, so that where nothing is lost
//! it takes the two round trips of TCP.

use std::future::poll_fn;
use std::time::Duration;

use super::CrawlError;
use super::transport::{Ask, Reply, Transport};
use super::upstream::Upstream;
use super::watch::absent_name;
use crate::dns::{Answer, Name, Outcome, Question, Type};

/// Rounds of attempts at what has not been answered yet, each with the milliseconds it waits. Two attempts a
/// round, and a new connection where TCP was silent, survive loss.
const ROUNDS: [u64; 7] = [250, 500, 750, 1000, 1000, 1500, 1500];
/// A resolver that has not replied at all in so many of them, which is 2.5 seconds, is not waited for.
const SILENT: usize = 4;
const ATTEMPTS: u32 = 2;

/// Why a resolver is not fit, as the end of a sentence that begins with its name.
pub(super) type Problem = String;

/// Checks one resolver; gives warnings where a check could not be made.
pub(super) async fn check(resolver: &Upstream) -> Result<Result<Vec<String>, Problem>, CrawlError> {
    // Its own connection: late replies to the checks must not reach the crawl.
    let mut transport = resolver.open()?;
    Ok(examine(resolver, transport.as_mut()).await)
}

async fn examine(resolver: &Upstream, transport: &mut dyn Transport) -> Result<Vec<String>, Problem> {
    let (root, absent) = (Question::new(Name::root(), Type::Soa), Question::new(absent_name(), Type::A));
    let check = |question, stream| Check { question, stream, answer: Answer::empty(Outcome::Timeout) };
    let mut checks = [check(&root, false), check(&absent, false), check(&root, true)];
    for (round, wait) in ROUNDS.map(Duration::from_millis).into_iter().enumerate() {
        if checks.iter().all(Check::replied) || round == SILENT && !checks.iter().any(Check::replied) {
            break;
        }
        ask(transport, round as u32, &mut checks, wait).await;
    }
    let [reply, probed, stream] = &checks;
    match reply.answer.outcome {
        Outcome::Timeout => return Err("did not reply within 2.5 seconds".into()),
        Outcome::NetworkError => return Err(unreachable(transport.trouble())),
        _ => {}
    }
    if probed.answer.outcome == Outcome::Answered {
        let made_up = probed.answer.rdata(Type::A).next().unwrap_or("a record");
        return Err(format!("rewrites NXDOMAIN: it gave {made_up} for {}, which does not exist", absent.qname.bare()));
    }
    if !stream.replied() {
        return Err("does not answer over TCP, without which answers longer than 1232 bytes are lost".into());
    }
    let unknown = !probed.replied();
    Ok(unknown
        .then(|| format!("resolver {resolver} was not seen to answer NXDOMAIN truthfully: no reply to the probe"))
        .into_iter()
        .collect())
}

fn unreachable(trouble: Option<String>) -> Problem {
    match trouble {
        Some(trouble) if trouble.contains("certificate") => format!(
            "is not to be trusted ({trouble}): check the name that its certificate must show, or name the authority that signed it with --resolver-ca FILE"
        ),
        Some(trouble) => format!("cannot be reached ({trouble})"),
        None => "cannot be reached (connection refused, or no route to it)".into(),
    }
}

/// A question and what came back so far.
struct Check<'q> {
    question: &'q Question,
    /// Over TCP.
    stream: bool,
    answer: Answer,
}

impl Check<'_> {
    /// Whether the resolver said anything at all; what it said matters elsewhere.
    fn replied(&self) -> bool {
        !matches!(self.answer.outcome, Outcome::Timeout | Outcome::NetworkError)
    }
}

/// One round: asks what has not been answered, and waits until it is or the time is over. Replies to
/// earlier rounds count.
async fn ask(transport: &mut dyn Transport, round: u32, checks: &mut [Check<'_>; 3], wait: Duration) {
    let first = round * ATTEMPTS * 3;
    let mut open = 0;
    for (attempt, (i, check)) in (0..ATTEMPTS).flat_map(|attempt| checks.iter().enumerate().map(move |c| (attempt, c))) {
        if !check.replied() {
            let token = first + attempt * 3 + i as u32;
            transport.ask(Ask { token, question: check.question, wait, stream: check.stream });
            open += 1;
        }
    }
    let mut replies: Vec<Reply> = Vec::new();
    while open > 0 && !checks.iter().all(Check::replied) {
        poll_fn(|cx| transport.poll_replies(cx, &mut replies)).await;
        for reply in replies.drain(..) {
            open -= u32::from(reply.token >= first && !reply.late);
            let check = &mut checks[reply.token as usize % 3];
            if !check.replied() {
                check.answer = reply.answer;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{Message, ResponseCode};

    use super::super::transport::tests::{Scripted, bytes, reply};
    use super::*;
    use crate::dns::{Record, wire};

    fn check_here(
        script: impl Fn(&Message, bool) -> Option<Vec<Vec<u8>>> + Send + Sync + 'static,
    ) -> Result<Vec<String>, Problem> {
        let server = Scripted::new(script);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&Upstream::plain(server.addr))).unwrap()
    }

    fn is_root(request: &Message) -> bool {
        request.queries[0].name().is_root()
    }

    #[test]
    fn a_truthful_resolver_passes_and_refusing_the_probe_is_truthful() {
        for code in [ResponseCode::NXDomain, ResponseCode::Refused, ResponseCode::ServFail, ResponseCode::NoError] {
            assert_eq!(check_here(move |request, _| Some(vec![bytes(&reply(request, code, vec![]))])), Ok(vec![]), "{code}");
        }
    }

    #[test]
    fn made_up_answers_are_found() {
        let problem = check_here(|request, _| {
            let owner = wire::name(request.queries[0].name()).unwrap();
            let made_up = Record { owner, rtype: Type::A, rdata: "192.0.2.80".into() };
            let answers = if is_root(request) { vec![] } else { vec![wire::wire_record(&made_up, 60).unwrap()] };
            Some(vec![bytes(&reply(request, ResponseCode::NoError, answers))])
        });
        assert!(problem.unwrap_err().contains("192.0.2.80"));
    }

    #[test]
    fn a_resolver_without_tcp_is_unfit() {
        let problem = check_here(|request, tcp| (!tcp).then(|| vec![bytes(&reply(request, ResponseCode::Refused, vec![]))]));
        assert!(problem.unwrap_err().contains("TCP"));
    }

    #[test]
    fn silence_and_closed_ports_are_told_apart() {
        assert!(check_here(|_, _| None).unwrap_err().contains("did not reply"));
        let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let problem = runtime.block_on(check(&Upstream::plain(closed))).unwrap().unwrap_err();
        assert!(problem.contains("cannot be reached"), "{problem}");
    }

    #[test]
    fn a_probe_without_reply_is_a_warning() {
        let warnings =
            check_here(|request, _| is_root(request).then(|| vec![bytes(&reply(request, ResponseCode::Refused, vec![]))]));
        assert_eq!(warnings.unwrap().len(), 1);
    }
}
