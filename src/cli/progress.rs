//! What a crawl is doing, on a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::crawl::{Progress, ProgressView, ResolverView};
use crate::dns::Outcome;

use super::args::{Common, ProgressArg};

/// Shows the progress of a crawl until dropped: a bar on a terminal, a line every ten seconds
/// elsewhere, nothing with `--quiet`.
pub struct Display {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Display {
    pub fn start(common: &Common, progress: &Arc<Progress>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        // Who asks for JSON means to read it: --quiet silences people's lines.
        let silent = common.quiet && common.progress != ProgressArg::Json;
        if silent || common.progress == ProgressArg::None {
            return Self { stop, thread: None };
        }
        let terminal = std::io::stderr().is_terminal() && common.progress == ProgressArg::Auto;
        let machine = common.progress == ProgressArg::Json;
        let colour = !common.no_color && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let (progress, flag) = (Arc::clone(progress), Arc::clone(&stop));
        let thread = thread::spawn(move || match (machine, terminal) {
            (true, _) => objects(&progress, &flag),
            (false, true) => bar(&progress, &flag, colour),
            (false, false) => lines(&progress, &flag),
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A display that failed must not fail the crawl.
            _ = thread.join();
        }
    }
}

fn bar(progress: &Progress, stop: &AtomicBool, colour: bool) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let look = if colour { "{bar:30.cyan/dim}" } else { "{bar:30}" };
    let template = format!("{look} {{pos}}/{{len}} members  {{msg}}");
    bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    while !stop.load(Ordering::SeqCst) {
        let view = progress.view();
        bar.set_length(view.members.max(1));
        bar.set_position(view.members_done);
        bar.set_message(words(&view, bar.elapsed()));
        thread::park_timeout(Duration::from_millis(200));
    }
    bar.finish_and_clear();
}

fn lines(progress: &Progress, stop: &AtomicBool) {
    let start = std::time::Instant::now();
    let mut next = Duration::from_secs(10);
    while !stop.load(Ordering::SeqCst) {
        thread::park_timeout(Duration::from_millis(500));
        if start.elapsed() >= next {
            let view = progress.view();
            eprintln!("{}/{} members  {}", view.members_done, view.members, words(&view, start.elapsed()));
            next += Duration::from_secs(10);
        }
    }
}

/// One object a second, and one at the end, whose counts are final.
fn objects(progress: &Progress, stop: &AtomicBool) {
    let start = std::time::Instant::now();
    loop {
        let ended = stop.load(Ordering::SeqCst);
        eprintln!("{}", object(&progress.view(), start.elapsed(), ended));
        if ended {
            return;
        }
        let next = std::time::Instant::now() + Duration::from_secs(1);
        while !stop.load(Ordering::SeqCst) && std::time::Instant::now() < next {
            thread::park_timeout(Duration::from_millis(100));
        }
    }
}

fn object(view: &ProgressView, elapsed: Duration, ended: bool) -> serde_json::Value {
    let outcomes: serde_json::Map<String, serde_json::Value> =
        view.outcomes.iter().map(|(outcome, n)| (outcome.to_string(), (*n).into())).collect();
    serde_json::json!({
        "elapsed_ms": millis(elapsed),
        "members": view.members,
        "members_done": view.members_done,
        "questions": view.questions,
        "settled": view.settled(),
        "outcomes": outcomes,
        "sent": view.sent,
        "retries": view.retries,
        "in_flight": view.in_flight,
        "resumed": view.resumed,
        "eta_ms": view.time_left(elapsed).map(millis),
        "resolvers": view.resolvers.iter().map(resolver).collect::<Vec<_>>(),
        "note": view.note,
        "ended": ended,
    })
}

/// A resolver that rests is asked nothing until the time given, and then only whether it is well again.
fn resolver(view: &ResolverView) -> serde_json::Value {
    let until = |left: Duration| (OffsetDateTime::now_utc() + left).format(&Rfc3339).ok();
    serde_json::json!({
        "resolver": view.resolver,
        "in_flight": view.in_flight,
        "asked": view.asked,
        "answered": view.answered,
        "failed": view.failed,
        "problem": view.resting.as_ref().map(|(problem, _)| problem),
        "backing_off_until": view.resting.as_ref().and_then(|(_, left)| until(*left)),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn words(view: &ProgressView, elapsed: Duration) -> String {
    let settled = view.settled();
    let rate = settled as f64 / elapsed.as_secs_f64().max(0.001);
    let failed: u64 = view.outcomes.iter().filter(|(o, _)| !o.is_definitive() && *o != Outcome::Unrecorded).map(|(_, n)| n).sum();
    let mut text = format!("{} questions, {rate:.0}/s", HumanCount(settled));
    if failed > 0 {
        text += &format!(", {} failed", HumanCount(failed));
    }
    if view.retries > 0 {
        text += &format!(", {} retries", HumanCount(view.retries));
    }
    if let Some(left) = view.time_left(elapsed) {
        text += &format!(", about {} left", HumanDuration(left));
    }
    for resolver in &view.resolvers {
        if let Some((problem, left)) = &resolver.resting {
            text += &format!("; {} {problem}, looked at again in {} s", resolver.resolver, left.as_secs());
        }
    }
    match &view.note {
        Some(note) => format!("{text} ({note})"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> ProgressView {
        let resolver = |name: &str, resting| ResolverView {
            resolver: name.into(),
            asked: 10,
            answered: 7,
            failed: 2,
            in_flight: 1,
            resting,
        };
        let resting = Some(("no longer replies".to_owned(), Duration::from_secs(4)));
        let resolvers = vec![resolver("192.0.2.1:53", None), resolver("192.0.2.2:53", resting)];
        ProgressView {
            members: 100,
            members_done: 50,
            questions: 150,
            outcomes: Outcome::ALL.map(|outcome| (outcome, if outcome == Outcome::Answered { 150 } else { 0 })),
            resolvers,
            ..Progress::default().view()
        }
    }

    #[test]
    fn the_line_names_the_time_left_and_resolvers_in_trouble() {
        let text = words(&view(), Duration::from_secs(60));
        assert_eq!(text, "150 questions, 2/s, about 60 seconds left; 192.0.2.2:53 no longer replies, looked at again in 4 s");
    }

    #[test]
    fn the_object_holds_how_each_resolver_stands() {
        let object = object(&view(), Duration::from_secs(60), false);
        assert_eq!(object["eta_ms"], 60_000);
        let [well, resting] = object["resolvers"].as_array().unwrap().as_slice() else { panic!("two resolvers") };
        assert_eq!(
            (&well["asked"], &well["answered"], &well["failed"], &well["in_flight"]),
            (&10.into(), &7.into(), &2.into(), &1.into())
        );
        assert!(well["problem"].is_null() && well["backing_off_until"].is_null());
        assert_eq!(resting["problem"], "no longer replies");
        assert!(OffsetDateTime::parse(resting["backing_off_until"].as_str().unwrap(), &Rfc3339).is_ok());
    }
}
