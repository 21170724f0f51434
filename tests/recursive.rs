//! Recursion from a root of our own on loopback, through a top-level domain to zones on further servers:
//! the same bytes as from a resolver over UDP.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use mxcensus::crawl::{Cancel, Crawled, ResolverSpec, RootHints, Settings, crawl};
use mxcensus::dns::Outcome;
use mxcensus::observation::Facts;
use mxcensus::plan::{Kind, Labels, Plan};
use mxcensus::population::{Member, Population, Unit};
use mxcensus::snapshot::{ManifestDraft, seal};

/// One address a server; all are asked at one port.
const fn at(host: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 53, host))
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// The whole world, whichever server tells it.
fn records() -> Vec<Record> {
    let a = |d| RData::A(A(Ipv4Addr::new(192, 0, 2, d)));
    let txt = |text: &str| RData::TXT(TXT::new(text.as_bytes().chunks(255).map(|c| String::from_utf8_lossy(c).into()).collect()));
    let mx = |preference, host: &str| RData::MX(MX::new(preference, name(host)));
    let cname = |target: &str| RData::CNAME(CNAME(name(target)));
    let long = format!("v=spf1 {} -all", "ip4:198.51.100.0/24 ".repeat(90));
    [
        ("a.com.", mx(10, "mx.a.com.")),
        ("a.com.", mx(20, "mx.b.test.")),
        ("a.com.", txt("v=spf1 include:spf.b.test include:long.a.com -all")),
        ("_dmarc.a.com.", txt("v=DMARC1; p=none")),
        ("mx.a.com.", a(1)),
        ("long.a.com.", txt(&long)),
        ("ns1.a.com.", RData::A(A(Ipv4Addr::new(127, 0, 53, 3)))),
        ("ns2.a.com.", RData::A(A(Ipv4Addr::new(127, 0, 53, 4)))),
        ("b.test.", txt("v=spf1 -all")),
        // A chain that crosses zones, one that ends nowhere, and one that ends in another type.
        ("mx.b.test.", cname("host.c.com.")),
        ("host.c.com.", a(2)),
        ("spf.b.test.", cname("gone.a.com.")),
        ("_dmarc.b.test.", cname("host.c.com.")),
        ("c.com.", txt("v=spf1 redirect=a.com")),
        ("deep.empty.c.com.", a(3)),
        ("d.com.", cname("a.com.")),
    ]
    .map(|(owner, data)| Record::from_rdata(name(owner), 300, data))
    .into()
}

/// A server's part of the world: its zones, and those it delegates, each with a server's name and, where
/// that is below the zone's parent here, its address.
struct Authority {
    zones: Vec<Name>,
    cuts: Vec<(Name, Name, Option<IpAddr>)>,
    records: Vec<Record>,
}

impl Authority {
    fn new(zones: &[&str], cuts: &[(&str, &str, Option<u8>)]) -> Self {
        Self {
            zones: zones.iter().map(|zone| name(zone)).collect(),
            cuts: cuts.iter().map(|(zone, server, host)| (name(zone), name(server), host.map(at))).collect(),
            records: records(),
        }
    }

    fn answer(&self, qname: &Name, qtype: RecordType) -> (ResponseCode, [Vec<Record>; 3], bool) {
        let mut found = Vec::new();
        let mut at = qname.clone();
        loop {
            let cut = self.cuts.iter().filter(|(zone, ..)| zone.zone_of(&at)).max_by_key(|(zone, ..)| zone.num_labels());
            if let Some((zone, server, address)) = cut {
                if !found.is_empty() {
                    return (ResponseCode::NoError, [found, vec![], vec![]], true);
                }
                let ns = Record::from_rdata(zone.clone(), 300, RData::NS(NS(server.clone())));
                let glue = address.and_then(|ip| if let IpAddr::V4(ip) = ip { Some(RData::A(A(ip))) } else { None });
                let glue = glue.map(|data| Record::from_rdata(server.clone(), 300, data));
                return (ResponseCode::NoError, [vec![], vec![ns], glue.into_iter().collect()], false);
            }
            let Some(zone) = self.zones.iter().filter(|zone| zone.zone_of(&at)).max_by_key(|zone| zone.num_labels()) else {
                let code = if found.is_empty() { ResponseCode::Refused } else { ResponseCode::NoError };
                return (code, [found, vec![], vec![]], true);
            };
            let here: Vec<&Record> = self.records.iter().filter(|r| r.name == at).collect();
            let right: Vec<Record> = here.iter().filter(|r| r.record_type() == qtype).map(|r| (*r).clone()).collect();
            if !right.is_empty() {
                found.extend(right);
                return (ResponseCode::NoError, [found, vec![], vec![]], true);
            }
            if let Some((link, RData::CNAME(target))) =
                here.iter().map(|r| (*r, &r.data)).find(|(_, d)| matches!(d, RData::CNAME(_)))
            {
                found.push(link.clone());
                at = target.0.clone();
                continue;
            }
            let exists = self.records.iter().any(|r| at.zone_of(&r.name)) || self.zones.iter().any(|z| at.zone_of(z));
            let code = if exists { ResponseCode::NoError } else { ResponseCode::NXDomain };
            let soa = RData::SOA(SOA::new(name("ns."), name("nobody."), 1, 3600, 600, 86400, 300));
            return (code, [found, vec![Record::from_rdata(zone.clone(), 300, soa)], vec![]], true);
        }
    }
}

#[async_trait::async_trait]
impl RequestHandler for Authority {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let nothing = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let [query] = request.queries.queries() else { return nothing };
        let (code, [answers, authorities, additionals], authoritative) =
            self.answer(&Name::from(query.name().clone()).to_lowercase(), query.query_type());
        metadata.response_code = code;
        metadata.authoritative = authoritative;
        let mut edns = Edns::new();
        edns.set_max_payload(1232);
        let mut builder = MessageResponseBuilder::from_message_request(request);
        builder.edns(&edns);
        let response = builder.build(metadata, &answers, &authorities, [], &additionals);
        handle.send_response(response).await.unwrap_or(nothing)
    }
}

/// All servers, at one port.
struct Servers {
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl Servers {
    fn start(authorities: Vec<(u8, Authority)>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sockets = (0..16).find_map(|_| {
            let port = std::net::UdpSocket::bind((at(1), 0)).ok()?.local_addr().ok()?.port();
            let bind = |host| {
                let addr = SocketAddr::new(at(host), port);
                Some((std::net::UdpSocket::bind(addr).ok()?, std::net::TcpListener::bind(addr).ok()?))
            };
            let sockets = authorities.iter().map(|(host, _)| bind(*host)).collect::<Option<Vec<_>>>()?;
            Some((port, sockets))
        });
        let (port, sockets) = sockets.expect("a port that is free at all addresses");
        let _entered = runtime.enter();
        for ((udp, tcp), (_, authority)) in sockets.into_iter().zip(authorities) {
            udp.set_nonblocking(true).unwrap();
            tcp.set_nonblocking(true).unwrap();
            let mut server = hickory_server::Server::new(authority);
            server.register_socket(tokio::net::UdpSocket::from_std(udp).unwrap());
            server.register_listener(tokio::net::TcpListener::from_std(tcp).unwrap(), Duration::from_secs(10), 64);
            tokio::spawn(async move { server.block_until_done().await });
        }
        Self { port, _runtime: runtime }
    }
}

fn crawl_here(settings: &Settings) -> Crawled {
    let kinds = [Kind::Mx, Kind::Txt, Kind::Address, Kind::ExchangeAddress, Kind::SpfTree, Kind::Dmarc, Kind::Control];
    let plan = Plan::of(BTreeSet::from(kinds), Labels::default());
    let folder = tempfile::tempdir().unwrap();
    crawl(&population(), &plan, settings, &folder.path().join("journal"), false, &Arc::default(), &Cancel::new()).unwrap()
}

fn population() -> Population {
    let member = |domain: &str| Member {
        id: domain.into(),
        name: domain.into(),
        domain: mxcensus::dns::Name::parse(domain).unwrap(),
        mail_domain: None,
        rank: None,
        cohorts: Vec::new(),
    };
    let members = ["a.com", "b.test", "c.com", "d.com", "absent.com", "empty.c.com", "x.absent.test"].map(member).into();
    Population { name: "synthetic".into(), series: "synthetic".into(), unit: Unit::Domain, cohorts: Vec::new(), members }
}

fn observations(facts: &Facts) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::of(BTreeSet::from([Kind::Mx]), Labels::default());
    let draft = ManifestDraft::new(mxcensus::provenance::Kind::Synthetic, "2026-11-27", plan);
    std::fs::read(seal(folder.path(), &population(), facts, draft).unwrap().join("observations.csv")).unwrap()
}

#[test]
fn recursion_brings_home_the_bytes_of_a_resolver() {
    let resolver = Servers::start(vec![(9, Authority::new(&["."], &[]))]);
    let settings = Settings { timeout: Duration::from_secs(5), ..Settings::loopback(SocketAddr::new(at(9), resolver.port)) };
    let told = crawl_here(&settings);

    let tree = Servers::start(vec![
        (1, Authority::new(&["."], &[("com.", "ns.com.", Some(2)), ("test.", "ns.test.", Some(2))])),
        // The servers of b.test stand in another zone, so that their addresses have to be found out.
        (
            2,
            Authority::new(
                &["com.", "test."],
                &[
                    ("a.com.", "ns1.a.com.", Some(3)),
                    ("c.com.", "ns2.a.com.", None),
                    ("d.com.", "ns1.a.com.", None),
                    ("b.test.", "ns2.a.com.", None),
                ],
            ),
        ),
        (3, Authority::new(&["a.com.", "d.com."], &[])),
        (4, Authority::new(&["b.test.", "c.com."], &[])),
    ]);
    let hints = RootHints { addresses: vec![at(1)], port: tree.port, private: true };
    let settings = Settings { resolvers: vec![ResolverSpec::Recursive], root_hints: Some(hints), ..settings };
    let found = crawl_here(&settings);

    for (question, answer) in told.facts.iter() {
        assert_eq!(found.facts.get(question), Some(answer), "{question}");
    }
    assert_eq!(observations(&found.facts), observations(&told.facts));
    assert_eq!(found.counts.failed(), 0, "{:?}", found.counts);
    assert!(found.counts.of(Outcome::Nxdomain) > 0 && found.counts.of(Outcome::Nodata) > 0);
    assert_eq!(found.resolvers, ["recursive"]);
}

#[test]
fn a_root_that_is_not_there_ends_the_crawl_before_it_begins() {
    let closed = std::net::UdpSocket::bind((at(1), 0)).unwrap().local_addr().unwrap();
    let hints = RootHints { addresses: vec![closed.ip()], port: closed.port(), private: true };
    let settings = Settings { resolvers: vec![ResolverSpec::Recursive], root_hints: Some(hints), ..Settings::loopback(closed) };
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::of(BTreeSet::from([Kind::Mx]), Labels::default());
    let crawled = crawl(&population(), &plan, &settings, &folder.path().join("journal"), false, &Arc::default(), &Cancel::new());
    let error = crawled.map(|crawled| crawled.counts).unwrap_err().to_string();
    assert!(error.contains("recursive") && error.contains("--resolver"), "{error}");
}
