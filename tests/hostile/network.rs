//! Networks that lose, and resolvers that go away and come back.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mxcensus::crawl::{Cancel, Progress, ProgressView, Settings, crawl};
use mxcensus::dns::Outcome;

use super::server::{Act, Server};
use super::wire::Request;
use super::world::{assert_unharmed, crawl_here, good, honest, plan, population, settings};

fn patient(server: SocketAddr) -> Settings {
    Settings { timeout: Duration::from_millis(60), retries: 7, second_pass: true, ..settings(server) }
}

/// Loss each way: 30 % of all requests and replies are gone.
#[test]
fn three_of_ten_packets_lost() {
    let (seen, lost) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let count = lost.clone();
    let server = Server::new(move |request: &Request| {
        // A fixed pattern that looks like none: the multiplier is the golden ratio of 32 bits.
        let dice = (seen.fetch_add(1, Ordering::SeqCst) as u32).wrapping_mul(2_654_435_769) >> 16;
        if dice % 100 < 30 && !request.tcp {
            count.fetch_add(1, Ordering::SeqCst);
            return Vec::new();
        }
        honest(request)
    });
    let crawled = crawl_here(&population(good()), &plan(), &patient(server.addr));
    assert_unharmed(&crawled.facts);
    assert!(lost.load(Ordering::SeqCst) > 10);
    assert_eq!(crawled.counts.failed(), 0);
    assert!(crawled.counts.retries >= lost.load(Ordering::SeqCst) as u64 / 2);
}

/// The resolver dies in the middle of a crawl and returns: everything is answered in the end.
#[test]
fn a_resolver_that_dies_and_returns() {
    let server = Server::new(honest);
    let addr = server.addr;
    let progress = Arc::new(Progress::default());
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let settings = Settings { qps: Some(100), ..patient(addr) };
    let crawled = std::thread::scope(|scope| {
        let crawl = scope.spawn(|| crawl(&population(good()), &plan(), &settings, &journal, false, &progress, &Cancel::new()));
        let wait_for = |settled: u64| {
            while progress.view().settled() < settled && !crawl.is_finished() {
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        wait_for(10);
        drop(server);
        std::thread::sleep(Duration::from_millis(700));
        let _returned = Server::at(addr, honest);
        crawl.join().unwrap().unwrap()
    });
    assert_unharmed(&crawled.facts);
    assert!(crawled.counts.retries > 0, "it was away");
}

/// It does not return: what was answered before stays, what was not is recorded as what it is.
#[test]
fn a_resolver_that_dies_for_good() {
    let server = Mutex::new(Some(Server::new(honest)));
    let addr = server.lock().unwrap().as_ref().unwrap().addr;
    let progress = Arc::new(Progress::default());
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let settings = Settings { qps: Some(100), retries: 2, second_pass: false, ..patient(addr) };
    let crawled = std::thread::scope(|scope| {
        let crawl = scope.spawn(|| crawl(&population(good()), &plan(), &settings, &journal, false, &progress, &Cancel::new()));
        while progress.view().settled() < 10 {
            std::thread::sleep(Duration::from_millis(2));
        }
        drop(server.lock().unwrap().take());
        crawl.join().unwrap().unwrap()
    });
    let counts = &crawled.counts;
    assert!(counts.answered() + counts.negative() >= 10);
    assert_eq!(counts.failed(), counts.of(Outcome::NetworkError) + counts.of(Outcome::Timeout));
    assert!(counts.failed() > 0);
}

/// While the resolver is away the progress says so, and when it is asked again; its counts add up.
#[test]
fn an_outage_stands_in_the_progress() {
    let server = Server::new(honest);
    let addr = server.addr;
    let progress = Arc::new(Progress::default());
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let settings = Settings { qps: Some(100), outage: Duration::from_secs(60), ..patient(addr) };
    std::thread::scope(|scope| {
        let crawl = scope.spawn(|| crawl(&population(good()), &plan(), &settings, &journal, false, &progress, &Cancel::new()));
        let wait_for = |what: &dyn Fn(&ProgressView) -> bool| {
            while !what(&progress.view()) {
                assert!(!crawl.is_finished());
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        wait_for(&|view| view.settled() >= 10);
        drop(server);
        wait_for(&|view| view.resolvers.iter().any(|r| r.resting.as_ref().is_some_and(|(why, _)| why.contains("reach"))));
        let _returned = Server::at(addr, honest);
        assert_unharmed(&crawl.join().unwrap().unwrap().facts);
    });
    let view = progress.view();
    let [resolver] = view.resolvers.as_slice() else { panic!("one resolver") };
    assert_eq!((resolver.in_flight, &resolver.resting), (0, &None));
    assert_eq!((resolver.asked, resolver.asked), (view.sent, resolver.answered + resolver.failed));
}

/// With a second resolver the loss of the first costs nothing.
#[test]
fn a_second_resolver_stands_in() {
    let (dead, alive) = (Server::new(|_| Vec::<Act>::new()), Server::new(honest));
    let mut settings = patient(dead.addr);
    settings.resolvers.extend(patient(alive.addr).resolvers);
    let crawled = crawl_here(&population(good()), &plan(), &settings);
    assert_unharmed(&crawled.facts);
    assert_eq!(crawled.counts.failed(), 0);
}
