//! Honest members around a hostile one: whatever the hostile one does, the others' answers are
//! complete and exact.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mxcensus::crawl::{Cancel, Concurrency, Crawled, Progress, Settings, crawl};
use mxcensus::dns::{Answer, Name, Outcome, Question, Type};
use mxcensus::observation::Facts;
use mxcensus::plan::{Kind, Labels, Plan};
use mxcensus::population::{Member, Population, Unit};

use super::server::{Act, Server};
use super::wire::{self, AAAA, MX, NOERROR, NXDOMAIN, QNAME, REFUSED, Request, TXT, mx, record, soa, txt};

/// The domain that misbehaves, with all names below it.
pub const BAD: &str = "bad.example";
/// Honest members beside it.
pub const GOOD: usize = 12;

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub fn population(domains: impl IntoIterator<Item = String>) -> Population {
    let member = |domain: String| Member {
        id: domain.as_str().into(),
        name: domain.as_str().into(),
        domain: name(&domain),
        mail_domain: None,
        rank: None,
        cohorts: Vec::new(),
    };
    let members = domains.into_iter().map(member).collect();
    Population { name: "synthetic".into(), series: "synthetic".into(), unit: Unit::Domain, cohorts: Vec::new(), members }
}

pub fn good() -> impl Iterator<Item = String> {
    (0..GOOD).map(|i| format!("good{i}.example"))
}

pub fn plan() -> Plan {
    let kinds = [Kind::Mx, Kind::Txt, Kind::Address, Kind::ExchangeAddress, Kind::ExchangeCname, Kind::SpfTree];
    Plan::of(BTreeSet::from(kinds), Labels::default())
}

/// Impatient, so that a test of what fails ends soon; loopback loses nothing by itself.
pub fn settings(server: SocketAddr) -> Settings {
    Settings {
        timeout: Duration::from_millis(400),
        retries: 1,
        concurrency: Concurrency::Fixed(32),
        preflight: false,
        ..Settings::loopback(server)
    }
}

/// What an honest server says.
pub fn honest(request: &Request) -> Vec<Act> {
    let nodata = || request.reply().code(NOERROR).authority(record(QNAME, wire::SOA, &soa())).bytes();
    let host = request.qname.as_str();
    let bytes = match (host.split_once('.'), request.qtype) {
        (Some((member, "example")), MX) if member.starts_with("good") => request.answer(&[mx(10, &format!("mx.{host}"))]),
        (Some((member, "example")), TXT) if member.starts_with("good") => {
            request.answer(&[txt("v=spf1 include:spf.shared.example -all")])
        }
        (Some(("spf", "shared.example")), TXT) => request.answer(&[txt("v=spf1 ip4:192.0.2.0/24 -all")]),
        (Some(("mx", good)), wire::A) if good.starts_with("good") => request.answer(&[vec![192, 0, 2, 1]]),
        (Some(("mx", good)), AAAA | wire::CNAME) if good.starts_with("good") => nodata(),
        (Some((made_up, "com")), _) if made_up.starts_with("mxcensus-") => request.code(NXDOMAIN),
        _ if host.is_empty() => request.answer(&[]),
        _ => request.code(REFUSED),
    };
    vec![Act::Send(bytes)]
}

/// What a crawl beside a hostile domain brought home.
pub struct Seen {
    pub crawled: Crawled,
    pub server: Server,
}

impl Seen {
    pub fn answer(&self, qname: &str, qtype: Type) -> &Answer {
        let question = Question::new(name(qname), qtype);
        self.crawled.facts.get(&question).unwrap_or_else(|| panic!("{question} was not asked"))
    }

    pub fn outcome(&self, qname: &str, qtype: Type) -> Outcome {
        self.answer(qname, qtype).outcome
    }

    /// How the hostile domain's own MX question ended.
    pub fn mx(&self) -> Outcome {
        self.outcome(BAD, Type::Mx)
    }

    /// Questions asked about names within the hostile domain.
    pub fn questions(&self) -> usize {
        let bad = name(BAD);
        self.crawled.facts.iter().filter(|(question, _)| question.qname.is_within(&bad)).count()
    }
}

/// Crawls the hostile domain first and the honest ones beside it.
pub fn beside(script: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Seen {
    beside_with(script, |settings| settings)
}

pub fn beside_with(script: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static, adjust: impl Fn(Settings) -> Settings) -> Seen {
    let server = Server::new(move |request| if request.qname.ends_with(BAD) { script(request) } else { honest(request) });
    let population = population(std::iter::once(BAD.to_owned()).chain(good()));
    let crawled = crawl_here(&population, &plan(), &adjust(settings(server.addr)));
    assert_unharmed(&crawled.facts);
    assert!(!crawled.interrupted);
    let counts = &crawled.counts;
    assert_eq!(counts.asked, counts.answered() + counts.negative() + counts.failed());
    Seen { crawled, server }
}

pub fn crawl_here(population: &Population, plan: &Plan, settings: &Settings) -> Crawled {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    crawl(population, plan, settings, &journal, false, &Arc::new(Progress::default()), &Cancel::new()).unwrap()
}

/// The honest members' answers are what the honest server said, record by record.
pub fn assert_unharmed(facts: &Facts) {
    let get = |qname: &str, qtype| facts.get(&Question::new(name(qname), qtype)).unwrap_or_else(|| panic!("{qname} {qtype}"));
    for domain in good() {
        let host = format!("mx.{domain}");
        assert_eq!(get(&domain, Type::Mx).rdata(Type::Mx).collect::<Vec<_>>(), [format!("10 {host}.")]);
        assert_eq!(get(&domain, Type::Txt).rdata(Type::Txt).count(), 1, "{domain}");
        assert_eq!(get(&host, Type::A).rdata(Type::A).collect::<Vec<_>>(), ["192.0.2.1"]);
        assert_eq!(get(&host, Type::Aaaa).outcome, Outcome::Nodata);
        assert_eq!(get(&host, Type::Cname).outcome, Outcome::Nodata);
    }
    assert_eq!(get("spf.shared.example", Type::Txt).outcome, Outcome::Answered);
}

/// Runs a check for each case, all at once: such checks mostly wait for what does not come.
pub fn each<T: Send>(cases: impl IntoIterator<Item = T>, check: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        let check = &check;
        let running: Vec<_> = cases.into_iter().map(|case| scope.spawn(move || check(case))).collect();
        let failed = running.into_iter().filter_map(|case| case.join().err()).next();
        if let Some(panic) = failed {
            std::panic::resume_unwind(panic);
        }
    });
}
