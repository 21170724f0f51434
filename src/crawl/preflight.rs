//! Checks a resolver before the first question, within seven seconds, one round trip after the other
//! where nothing is lost: it replies, it does not make up answers for names that do not exist, and it
//! can be asked over TCP.

use std::future::poll_fn;
use std::time::Duration;

use super::CrawlError;
use super::transport::{Ask, Reply, Transport};
use super::upstream::Upstream;
use super::watch::absent_name;
use crate::dns::{Answer, Name, Outcome, Question, Type};

/// Rounds of the first check, each with how long it waits. Three attempts a round survive loss.
const ROUNDS: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_millis(750), Duration::from_millis(1000)];
/// How long a round of the other two checks waits, side by side, and how many there are: silence over
/// TCP may be loss too, which a new connection may not meet.
const WAIT: Duration = Duration::from_millis(1500);
const FURTHER: u32 = 3;

/// Each round has numbers of its own, as replies to earlier ones may come late.
const FIRST_FURTHER: u32 = ROUNDS.len() as u32;

/// Why a resolver is not fit, as the end of a sentence that begins with its name.
pub(super) type Problem = String;

/// Checks one resolver; gives warnings where a check could not be made.
pub(super) async fn check(resolver: &Upstream) -> Result<Result<Vec<String>, Problem>, CrawlError> {
    // Its own connection: late replies to the checks must not reach the crawl.
    let mut transport = resolver.open()?;
    Ok(examine(resolver, transport.as_mut()).await)
}

async fn examine(resolver: &Upstream, transport: &mut dyn Transport) -> Result<Vec<String>, Problem> {
    let root = Question::new(Name::root(), Type::Soa);
    let mut reply = Outcome::Timeout;
    for (round, wait) in (0..).zip(ROUNDS) {
        let answers = ask(transport, round, [(&root, false); 3], wait, true).await;
        reply = answers.iter().map(|a| a.outcome).find(|o| replied(*o)).unwrap_or(answers[0].outcome);
        if replied(reply) {
            break;
        }
    }
    match reply {
        Outcome::Timeout => return Err("did not reply within 2.5 seconds".into()),
        Outcome::NetworkError => return Err(unreachable(transport.trouble())),
        _ => {}
    }
    let absent = absent_name();
    let probe = Question::new(absent, Type::A);
    let [mut probed, mut stream] = [Answer::empty(Outcome::Timeout), Answer::empty(Outcome::Timeout)];
    for round in FIRST_FURTHER..FIRST_FURTHER + FURTHER {
        let answers = ask(transport, round, [(&probe, false), (&root, true)], WAIT, false).await;
        for (known, answer) in [&mut probed, &mut stream].into_iter().zip(answers) {
            if !replied(known.outcome) {
                *known = answer;
            }
        }
        if [&probed, &stream].iter().all(|answer| answer.outcome != Outcome::Timeout) || stream.outcome == Outcome::NetworkError {
            break;
        }
    }
    if probed.outcome == Outcome::Answered {
        let made_up = probed.rdata(Type::A).next().unwrap_or("a record").to_owned();
        return Err(format!("rewrites NXDOMAIN: it gave {made_up} for {}, which does not exist", probe.qname.bare()));
    }
    if !replied(stream.outcome) {
        return Err("does not answer over TCP, without which answers longer than 1232 bytes are lost".into());
    }
    let unknown = !replied(probed.outcome);
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

/// Whether a resolver said anything at all; what it said matters elsewhere.
fn replied(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Timeout | Outcome::NetworkError)
}

/// Asks questions side by side; the flag asks over TCP. Ends with the first reply where `any`.
async fn ask<const N: usize>(
    transport: &mut dyn Transport,
    round: u32,
    questions: [(&Question, bool); N],
    wait: Duration,
    any: bool,
) -> [Answer; N] {
    let tokens: [u32; N] = std::array::from_fn(|i| 4 * round + i as u32);
    let mut answers: [Answer; N] = std::array::from_fn(|_| Answer::empty(Outcome::Timeout));
    for (token, (question, stream)) in tokens.into_iter().zip(questions) {
        transport.ask(Ask { token, question, wait, stream });
    }
    let mut open = N;
    let mut replies: Vec<Reply> = Vec::new();
    while open > 0 {
        poll_fn(|cx| transport.poll_replies(cx, &mut replies)).await;
        for reply in replies.drain(..) {
            let Some(i) = tokens.iter().position(|&t| t == reply.token) else { continue };
            open -= 1;
            let done = any && replied(reply.answer.outcome);
            answers[i] = reply.answer;
            if done {
                return answers;
            }
        }
    }
    answers
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
