//! What a crawl is doing, on a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::crawl::{Progress, ProgressView};
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
        "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "members": view.members,
        "members_done": view.members_done,
        "questions": view.questions,
        "settled": view.settled(),
        "outcomes": outcomes,
        "sent": view.sent,
        "retries": view.retries,
        "in_flight": view.in_flight,
        "resumed": view.resumed,
        "note": view.note,
        "ended": ended,
    })
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
    if view.members_done > 0 && view.members > view.members_done {
        let left = elapsed.as_secs_f64() * (view.members - view.members_done) as f64 / view.members_done as f64;
        text += &format!(", about {} left", HumanDuration(Duration::from_secs_f64(left)));
    }
    match &view.note {
        Some(note) => format!("{text} ({note})"),
        None => text,
    }
}
