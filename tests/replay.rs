//! A crawl of served facts brings home the same facts, whatever they are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use mxcensus::crawl::{Cancel, Concurrency, Crawled, Progress, Settings, ask_all, crawl};
use mxcensus::dns::{Answer, Name, Outcome, Question, Record, Type};
use mxcensus::observation::Facts;
use mxcensus::plan::{Depth, Kind, Labels, Plan};
use mxcensus::population::{Member, Population, Unit};
use mxcensus::replay::{Options, Server, serve};
use mxcensus::snapshot::Snapshot;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn record(owner: &str, rtype: Type, rdata: &str) -> Record {
    Record { owner: name(owner), rtype, rdata: rdata.into() }
}

fn fact(qname: &str, qtype: Type, outcome: Outcome, records: &[(&str, Type, &str)]) -> (Question, Answer) {
    let records = records.iter().map(|(owner, rtype, rdata)| record(owner, *rtype, rdata)).collect();
    (Question::new(name(qname), qtype), Answer::new(&name(qname), outcome, records))
}

fn population(domains: &[&str]) -> Population {
    let member = |domain: &&str| Member {
        id: (*domain).into(),
        name: (*domain).into(),
        domain: name(domain),
        mail_domain: None,
        rank: None,
        cohorts: Vec::new(),
    };
    Population {
        name: "synthetic".into(),
        series: "synthetic".into(),
        unit: Unit::Domain,
        cohorts: Vec::new(),
        members: domains.iter().map(member).collect(),
    }
}

fn serve_here(facts: &Facts) -> Server {
    serve(facts.clone(), SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).unwrap()
}

fn crawl_here(population: &Population, plan: &Plan, settings: &Settings) -> Crawled {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    crawl(population, plan, settings, &journal, false, &Arc::new(Progress::default()), &Cancel::new()).unwrap()
}

/// What a crawl of these facts must give for one question.
fn replayed(facts: &Facts, question: &Question) -> Answer {
    match facts.get(question) {
        None => Answer::empty(Outcome::Refused),
        Some(answer) => match answer.outcome {
            Outcome::Unrecorded => Answer::empty(Outcome::Refused),
            Outcome::NetworkError => Answer::empty(Outcome::Timeout),
            _ => answer.clone(),
        },
    }
}

fn small_world() -> Facts {
    use Outcome::{Answered, Malformed, NetworkError, Nodata, Nxdomain, Refused, Servfail, Timeout, Unrecorded};
    use Type::{A, Aaaa, Cname, Mx, Txt};
    let long = mxcensus::dns::quote_strings(vec![vec![b'x'; 255]; 8]);
    let chain: Vec<(String, String)> = (0..17).map(|i| (format!("c{i}.example."), format!("c{}.example.", i + 1))).collect();
    let chain = chain.iter().map(|(owner, target)| (&**owner, Cname, &**target));
    let chain: Vec<(&str, Type, &str)> =
        chain.chain([("b.example", Cname, "c0.example."), ("c17.example", A, "192.0.2.3")]).collect();
    Facts::new([
        fact(
            "a.example",
            Mx,
            Answered,
            &[("a.example", Mx, "10 mx.a.example."), ("a.example", Mx, "10 mx.b.example."), ("a.example", Mx, "0 .")],
        ),
        fact(
            "a.example",
            Txt,
            Answered,
            &[
                ("a.example", Txt, r#""v=spf1 include:spf.b.example include:b.example -all""#),
                ("a.example", Txt, &long),
                ("a.example", Txt, r#""\255\000\"" "" "two""#),
            ],
        ),
        fact(
            "mx.a.example",
            A,
            Answered,
            &[("mx.a.example", Cname, "x.b.example."), ("x.b.example", A, "192.0.2.1"), ("x.b.example", A, "192.0.2.2")],
        ),
        fact("mx.a.example", Aaaa, Nodata, &[("mx.a.example", Cname, "x.b.example.")]),
        fact("mx.b.example", A, Nxdomain, &[("mx.b.example", Cname, "gone.example.")]),
        fact("mx.b.example", Aaaa, Servfail, &[]),
        fact("spf.b.example", Txt, Answered, &[("spf.b.example", Txt, r#""v=spf1 redirect=a.example""#)]),
        fact("b.example", Mx, Nodata, &[]),
        fact("b.example", Txt, Answered, &[("b.example", Txt, r#""v=spf1 include:refused.example include:lost.example ?all""#)]),
        fact("b.example", A, Answered, &chain),
        fact("b.example", Aaaa, Timeout, &[]),
        fact("refused.example", Txt, Refused, &[]),
        fact("lost.example", Txt, NetworkError, &[]),
        fact("c.example", Mx, Nxdomain, &[]),
        fact("c.example", Txt, Malformed, &[]),
        fact("c.example", A, Unrecorded, &[]),
        fact(r"d\.e\032f.example", Mx, Answered, &[(r"d\.e\032f.example", Mx, r"5 m\.x.example.")]),
        fact(r"m\.x.example", A, Answered, &[(r"m\.x.example", A, "192.0.2.9")]),
        fact(r"d\.e\032f.example", Txt, Nodata, &[]),
        // Names that resolvers and libraries answer by themselves elsewhere.
        fact("localhost", Mx, Answered, &[("localhost", Mx, "1 mx.invalid.")]),
        fact("localhost", Txt, Servfail, &[]),
        fact("mx.invalid", A, Answered, &[("mx.invalid", A, "192.0.2.7")]),
        fact("mx.invalid", Aaaa, Nxdomain, &[]),
        fact("xyz.onion", Mx, Nodata, &[]),
        fact("xyz.onion", Txt, Answered, &[("xyz.onion", Txt, r#""not hidden""#)]),
        fact("1.0.0.127.in-addr.arpa", Mx, Refused, &[]),
    ])
}

fn kinds(kinds: &[Kind]) -> Plan {
    Plan::of(kinds.iter().copied().collect::<BTreeSet<_>>(), Labels::default())
}

fn patient(server: &Server) -> Settings {
    Settings { retries: 1, ..Settings::loopback(server.addr()) }
}

#[test]
fn a_crawl_of_served_facts_brings_them_home() {
    let facts = small_world();
    let server = serve_here(&facts);
    let population = population(&[
        "a.example",
        "b.example",
        "c.example",
        r"d\.e\032f.example",
        "localhost",
        "xyz.onion",
        "1.0.0.127.in-addr.arpa",
    ]);
    let plan = kinds(&[Kind::Mx, Kind::Txt, Kind::Address, Kind::ExchangeAddress, Kind::SpfTree]);
    let crawled = crawl_here(&population, &plan, &patient(&server));
    assert!(!crawled.interrupted);
    for (question, answer) in crawled.facts.iter() {
        assert_eq!(answer, &replayed(&facts, question), "{question}");
    }
    let asked: BTreeSet<String> = crawled.facts.iter().map(|(q, _)| q.to_string()).collect();
    for (question, _) in facts.iter() {
        assert!(asked.contains(&question.to_string()), "{question} was not asked");
    }
    let counts = &crawled.counts;
    assert_eq!(counts.asked, counts.answered() + counts.negative() + counts.failed());
    assert_eq!(counts.asked, crawled.facts.len() as u64);
    assert!(counts.truncated >= 1, "a long TXT comes over TCP");
}

#[test]
fn any_concurrency_brings_home_the_same() {
    let facts = small_world();
    let server = serve_here(&facts);
    let population = population(&["a.example", "b.example", "c.example", "localhost", "xyz.onion"]);
    let plan = Plan::new(Depth::Standard, Labels::default());
    let crawl_with =
        |n| crawl_here(&population, &plan, &Settings { concurrency: Concurrency::Fixed(n), ..patient(&server) }).facts;
    let one = crawl_with(1);
    assert_eq!(one, crawl_with(7));
    assert_eq!(one, crawl_with(1000));
    assert!(one.len() > 60);
}

#[test]
fn shared_names_are_asked_once_and_every_member_counts() {
    let facts = small_world();
    let server = serve_here(&facts);
    let domains: Vec<String> = (0..200).map(|i| format!("member{i}.example")).collect();
    let shared = domains.iter().flat_map(|d| {
        [
            fact(d, Type::Mx, Outcome::Answered, &[(d, Type::Mx, "10 mx.shared.example.")]),
            fact(d, Type::Txt, Outcome::Answered, &[(d, Type::Txt, r#""v=spf1 include:spf.shared.example -all""#)]),
        ]
    });
    let shared = Facts::new(shared.chain([
        fact("mx.shared.example", Type::A, Outcome::Answered, &[("mx.shared.example", Type::A, "192.0.2.1")]),
        fact("mx.shared.example", Type::Aaaa, Outcome::Nodata, &[]),
        fact("spf.shared.example", Type::Txt, Outcome::Nxdomain, &[]),
    ]));
    drop(server);
    let server = serve_here(&shared);
    let population = population(&domains.iter().map(String::as_str).collect::<Vec<_>>());
    let plan = kinds(&[Kind::Mx, Kind::Txt, Kind::ExchangeAddress, Kind::SpfTree]);
    let progress = Arc::new(Progress::default());
    let folder = tempfile::tempdir().unwrap();
    let crawled =
        crawl(&population, &plan, &Settings::loopback(server.addr()), &folder.path().join("j"), false, &progress, &Cancel::new())
            .unwrap();
    assert_eq!(crawled.facts, shared);
    assert_eq!(crawled.counts.sent - crawled.counts.retries, 403);
    let view = progress.view();
    assert_eq!((view.members, view.members_done, view.questions, view.settled()), (200, 200, 403, 403));
    let outcomes: BTreeMap<Outcome, u64> = view.outcomes.into_iter().collect();
    assert_eq!((outcomes[&Outcome::Answered], outcomes[&Outcome::Nxdomain]), (401, 1));
}

fn many() -> (Population, Facts) {
    let domains: Vec<String> = (0..300).map(|i| format!("d{i}.example")).collect();
    let facts = domains.iter().enumerate().flat_map(|(i, d)| {
        let exchange = format!("10 mx{}.example.", i % 7);
        let mail = if i % 5 == 0 { Outcome::Nxdomain } else { Outcome::Answered };
        let mx: &[(&str, Type, &str)] = &[(d, Type::Mx, &exchange)];
        [fact(d, Type::Mx, mail, if i % 5 == 0 { &[] } else { mx }), fact(d, Type::Txt, Outcome::Nodata, &[])]
    });
    let facts = Facts::new(facts);
    (population(&domains.iter().map(String::as_str).collect::<Vec<_>>()), facts)
}

#[test]
fn an_interrupted_crawl_resumes_to_the_same_facts() {
    let (population, facts) = many();
    let server = serve_here(&facts);
    let plan = kinds(&[Kind::Mx, Kind::Txt, Kind::ExchangeAddress]);
    let settings = Settings { concurrency: Concurrency::Fixed(8), ..patient(&server) };
    let whole = crawl_here(&population, &plan, &settings);

    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let mut resume = false;
    let mut interruptions = 0;
    let resumed = loop {
        let (progress, cancel) = (Arc::new(Progress::default()), Cancel::new());
        let crawled = std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                while !cancel.is_cancelled() && progress.view().settled() < 200 {
                    std::thread::yield_now();
                }
                cancel.cancel();
            });
            let crawled = crawl(&population, &plan, &settings, &journal, resume, &progress, &cancel).unwrap();
            cancel.cancel();
            watcher.join().unwrap();
            crawled
        });
        if !crawled.interrupted {
            break crawled;
        }
        assert!(crawled.facts.len() < whole.facts.len());
        interruptions += 1;
        resume = true;
        // What a crash in the middle of a write leaves behind.
        let mut bytes = std::fs::read(&journal).unwrap();
        bytes.truncate(bytes.len() - 7);
        std::fs::write(&journal, bytes).unwrap();
    };
    assert!(interruptions >= 2, "{interruptions}");
    assert_eq!(resumed.facts, whole.facts);
    assert!(resumed.counts.resumed > 0);
    assert_eq!(resumed.counts.asked, whole.counts.asked);
    assert_eq!(resumed.counts.outcomes, whole.counts.outcomes);
}

#[test]
fn a_resolver_that_is_not_there_ends_the_crawl_at_once_and_leaves_nothing_to_resume() {
    let (population, _) = many();
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let plan = Plan::new(Depth::Mx, Labels::default());
    for _ in 0..2 {
        assert!(!journal.exists());
        let settings = Settings::loopback(closed);
        let error =
            crawl(&population, &plan, &settings, &journal, false, &Arc::default(), &Cancel::new()).unwrap_err().to_string();
        for word in [&closed.to_string(), "cannot be reached", "--resolver", "demo"] {
            assert!(error.contains(word), "{error}");
        }
    }
}

/// Serves a recorded snapshot and crawls it with its own plan.
fn replay_of_recorded(population: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/snapshots").join(population);
    let folder = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let recorded = Snapshot::open(&folder).unwrap();
    let server = serve_here(&recorded.facts);
    let crawled = crawl_here(&recorded.population, &recorded.manifest.plan, &Settings::loopback(server.addr()));
    let asked: BTreeSet<&Question> = crawled.facts.iter().map(|(question, _)| question).collect();
    for (question, answer) in crawled.facts.iter() {
        assert_eq!(answer, &replayed(&recorded.facts, question), "{question}");
    }
    let missed: Vec<_> = recorded.facts.iter().filter(|(q, _)| !asked.contains(q)).map(|(q, _)| q.to_string()).collect();
    assert!(
        missed.is_empty(),
        "{} recorded questions were not asked, such as {:?}",
        missed.len(),
        &missed[..missed.len().min(5)]
    );
}

#[test]
fn the_recorded_fortune_20_replay_whole() {
    replay_of_recorded("recorded-fortune20-2023-10-04");
}

#[test]
fn the_recorded_municipalities_replay_whole() {
    replay_of_recorded("recorded-municipalities-2026-05-03");
}

#[test]
fn a_list_of_questions_is_asked_one_by_one() {
    let facts = small_world();
    let server = serve_here(&facts);
    let once = facts.iter().map(|(question, _)| question.clone());
    let questions: Vec<Question> = std::iter::repeat_n(once.collect::<Vec<_>>(), 3).flatten().collect();
    let mut answers = Vec::new();
    let keep = |question: &Question, answer: &Answer| {
        answers.push((question.clone(), answer.clone()));
        Ok(())
    };
    let settings = Settings { second_pass: true, ..patient(&server) };
    let counts = ask_all(questions.iter().cloned(), &settings, &Arc::default(), &Cancel::new(), keep).unwrap();
    assert_eq!((counts.asked, answers.len()), (questions.len() as u64, questions.len()));
    for (question, answer) in answers {
        assert_eq!(answer, replayed(&facts, &question), "{question}");
    }
    assert!(counts.second_pass > 0 && counts.recovered == 0);
}

#[test]
fn an_outage_ends_the_crawl_and_loses_nothing() {
    let (population, facts) = many();
    let server = serve_here(&facts);
    let addr = server.addr();
    let plan = kinds(&[Kind::Mx, Kind::Txt]);
    let settings = Settings { qps: Some(200), outage: std::time::Duration::from_secs(1), ..patient(&server) };
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let progress = Arc::new(Progress::default());
    let error = std::thread::scope(|scope| {
        let crawl = scope.spawn(|| crawl(&population, &plan, &settings, &journal, false, &progress, &Cancel::new()));
        while progress.view().settled() < 50 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        drop(server);
        crawl.join().unwrap().unwrap_err().to_string()
    });
    for word in [&addr.to_string(), "can no longer be reached", "--resume"] {
        assert!(error.contains(word), "{error}");
    }
    let _returned = serve(facts.clone(), addr, Options::default()).unwrap();
    let settings = Settings { qps: Some(0), ..settings };
    let resumed = crawl(&population, &plan, &settings, &journal, true, &Arc::default(), &Cancel::new()).unwrap();
    assert_eq!(resumed.facts, facts);
    assert!(resumed.counts.resumed >= 50 && resumed.counts.resumed < 600);
    let [figures] = resumed.figures.as_slice() else { panic!("one resolver") };
    assert_eq!((&figures.resolver, figures.attempts), (&addr.to_string(), resumed.counts.sent));
    assert!(figures.latency[0] <= figures.latency[2]);
}

#[test]
fn the_program_finds_its_own_level() {
    let (population, facts) = many();
    let server = serve_here(&facts);
    let settings = Settings { concurrency: Concurrency::Auto, ..Settings::loopback(server.addr()) };
    let crawled = crawl_here(&population, &kinds(&[Kind::Mx, Kind::Txt]), &settings);
    assert_eq!(crawled.facts, facts);
}
