//! A resolver that begins to make up answers in the middle of a crawl, as captive portals and resellers
//! of NXDOMAINs do: nothing of it is left in the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mxcensus::crawl::{Cancel, CrawlError, Crawled, Settings, crawl};

use super::server::{Act, Server};
use super::wire::{MX, Request, TXT, mx, txt};
use super::world::{crawl_here, good, honest, plan, population, settings};

/// Truthful answers before the first lie, and lies before the silence that brings the next canary.
const TRUE: usize = 10;
const LIES: usize = 15;

fn made_up(request: &Request) -> Vec<Act> {
    let record = match request.qtype {
        MX => mx(5, "ads.example"),
        TXT => txt("v=spf1 include:ads.example -all"),
        _ => vec![192, 0, 2, 80],
    };
    vec![Act::Send(request.answer(&[record]))]
}

/// Honest, then lying, then silent until a canary comes, which it answers with a lie. After that it is
/// honest again, if it ever is.
fn liar(returns: bool) -> Server {
    let (asked, caught) = (AtomicUsize::new(0), AtomicBool::new(false));
    Server::new(move |request: &Request| {
        let canary = request.qname.starts_with("mxcensus-");
        if returns && caught.load(Ordering::SeqCst) {
            return honest(request);
        }
        if canary {
            caught.store(true, Ordering::SeqCst);
            return made_up(request);
        }
        if request.qname.is_empty() {
            return honest(request);
        }
        match asked.fetch_add(1, Ordering::SeqCst) {
            n if n < TRUE => honest(request),
            n if n < TRUE + LIES => made_up(request),
            _ => Vec::new(),
        }
    })
}

fn patient(server: &Server, outage: u64) -> Settings {
    Settings { timeout: Duration::from_millis(60), retries: 20, outage: Duration::from_secs(outage), ..settings(server.addr) }
}

fn crawl_at(server: &Server, outage: u64, folder: &Path, resume: bool) -> Result<Crawled, CrawlError> {
    let settings = patient(server, outage);
    crawl(&population(good()), &plan(), &settings, &folder.join("journal"), resume, &Arc::default(), &Cancel::new())
}

fn truth() -> Crawled {
    let server = Server::new(honest);
    crawl_here(&population(good()), &plan(), &patient(&server, 60))
}

#[test]
fn what_was_made_up_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = liar(true);
    let crawled = crawl_at(&server, 60, folder.path(), false).unwrap();
    assert!(crawled.facts == truth().facts);
    assert!(crawled.warnings.iter().any(|w| w.contains("make up answers")), "{:?}", crawled.warnings);
}

#[test]
fn what_was_made_up_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let Err(error) = crawl_at(&liar(false), 1, folder.path(), false) else { panic!("a liar was believed") };
    assert!(error.to_string().contains("makes up answers"), "{error}");
    let server = Server::new(honest);
    let crawled = crawl_at(&server, 60, folder.path(), true).unwrap();
    assert!(crawled.facts == truth().facts);
    assert!(crawled.counts.resumed <= TRUE as u64, "{:?}", crawled.counts);
}
