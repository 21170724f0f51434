//! Resolvers asked over TLS, HTTPS and QUIC, on loopback: the same bytes as over UDP, and a certificate
//! that proves nothing is refused.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Header, HeaderCounts, Message, Metadata};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use mxcensus::crawl::{Cancel, CrawlError, Crawled, ResolverSpec, Settings, crawl};
use mxcensus::plan::Plan;
use mxcensus::replay;
use mxcensus::snapshot::{Snapshot, find, seal};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What the certificate is good for, beside the address.
const NAME: &str = "resolver.example";
const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const IDLE: Duration = Duration::from_secs(10);

/// Hands every question to a plain server, over TCP.
struct Forward(SocketAddr);

impl Forward {
    async fn ask(&self, request: &[u8]) -> std::io::Result<Message> {
        let mut stream = tokio::net::TcpStream::connect(self.0).await?;
        stream.write_u16(request.len() as u16).await?;
        stream.write_all(request).await?;
        let mut reply = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut reply).await?;
        Message::from_vec(&reply).map_err(std::io::Error::other)
    }
}

#[async_trait::async_trait]
impl RequestHandler for Forward {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let nothing = || {
            let metadata = Metadata::response_from_request(&request.metadata);
            ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() })
        };
        let Ok(reply) = self.ask(request.as_slice()).await else { return nothing() };
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &reply.edns {
            builder.edns(edns);
        }
        let response = builder.build(reply.metadata, &reply.answers, &reply.authorities, [], &reply.additionals);
        handle.send_response(response).await.unwrap_or_else(|_| nothing())
    }
}

/// A server for all three transports, with a certificate of an authority of its own.
struct Encrypted {
    resolvers: [String; 3],
    /// The authority, as a PEM file.
    authority: PathBuf,
    _runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

impl Encrypted {
    fn before(plain: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("authority.pem");
        let (pem, certificate) = certificates();
        std::fs::write(&authority, pem).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let resolvers = runtime.block_on(async {
            let mut server = hickory_server::Server::new(Forward(plain));
            let tls = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
            let https = tokio::net::TcpListener::bind(LOCAL).await.unwrap();
            let quic = tokio::net::UdpSocket::bind(LOCAL).await.unwrap();
            let ports = [tls.local_addr(), https.local_addr(), quic.local_addr()].map(|addr| addr.unwrap().port());
            server.register_tls_listener(tls, IDLE, certificate.clone()).unwrap();
            server.register_https_listener(https, IDLE, certificate.clone(), None, "/dns-query".into()).unwrap();
            server.register_quic_listener(quic, IDLE, certificate).unwrap();
            // It serves for as long as the runtime is there.
            tokio::spawn(async move { server.block_until_done().await });
            let [tls, https, quic] = ports;
            [
                format!("tls://127.0.0.1:{tls}#{NAME}"),
                format!("https://127.0.0.1:{https}/dns-query"),
                format!("quic://127.0.0.1:{quic}#{NAME}"),
            ]
        });
        Self { resolvers, authority, _runtime: runtime, folder }
    }
}

fn certificates() -> (String, Arc<SingleCertAndKey>) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let names = vec![NAME.to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let signing = any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
    let certified = CertifiedKey::new(vec![certificate.der().clone()], signing);
    (pem, Arc::new(SingleCertAndKey::from(certified)))
}

fn recording() -> Snapshot {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut snapshot = Snapshot::open(&find("recorded-fortune20/2023-10-04", &data).unwrap()).unwrap();
    snapshot.population.members.truncate(60);
    snapshot
}

fn crawl_here(recording: &Snapshot, settings: &Settings, folder: &Path) -> Result<Crawled, CrawlError> {
    let plan = Plan::of(recording.manifest.plan.kinds.clone(), recording.manifest.plan.labels.clone());
    crawl(&recording.population, &plan, settings, &folder.join("journal"), false, &Arc::default(), &Cancel::new())
}

/// Why a crawl does not begin.
fn refusal(recording: &Snapshot, settings: &Settings, folder: &Path) -> String {
    crawl_here(recording, settings, folder).map(|crawled| crawled.counts).unwrap_err().to_string()
}

fn encrypted(resolver: &str, authorities: Option<&Path>, plain: SocketAddr) -> Settings {
    Settings {
        resolvers: vec![resolver.parse::<ResolverSpec>().unwrap()],
        authorities: authorities.map(Path::to_owned),
        timeout: Duration::from_secs(5),
        ..Settings::loopback(plain)
    }
}

#[test]
fn encrypted_transports_bring_home_the_bytes_of_udp() {
    let recording = recording();
    let server = replay::serve(recording.facts.clone(), LOCAL, replay::Options::default()).unwrap();
    let encrypted_server = Encrypted::before(server.addr());
    let sealed = |label: &str, settings: &Settings| {
        let folder = encrypted_server.folder.path().join(label);
        let crawled = crawl_here(&recording, settings, &folder).unwrap_or_else(|e| panic!("{label}: {e}"));
        assert!(crawled.counts.answered() > 100, "{label}: {:?}", crawled.counts);
        let path = seal(&folder, &recording.population, &crawled.facts, (*recording.manifest).clone()).unwrap();
        let observations = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        let observations = observations.into_iter().find(|p| p.to_string_lossy().contains("observations")).unwrap();
        std::fs::read(observations).unwrap()
    };
    let plain = sealed("udp", &Settings::loopback(server.addr()));
    for resolver in &encrypted_server.resolvers {
        let scheme = resolver.split(':').next().unwrap();
        let settings = encrypted(resolver, Some(&encrypted_server.authority), server.addr());
        assert!(sealed(scheme, &settings) == plain, "{scheme} wrote other bytes than UDP");
    }
}

#[test]
fn a_certificate_that_proves_nothing_is_refused_with_the_remedy() {
    let recording = recording();
    let server = replay::serve(recording.facts.clone(), LOCAL, replay::Options::default()).unwrap();
    let encrypted_server = Encrypted::before(server.addr());
    let authority = Some(encrypted_server.authority.as_path());
    for resolver in &encrypted_server.resolvers {
        // Nobody known has signed it, or it is somebody else's.
        let other = resolver.replace(NAME, "other.example");
        let mut cases = vec![(resolver, None)];
        // The server of DNS over HTTPS is named by its address here: a name would have to be looked up.
        cases.extend((other != *resolver).then_some((&other, authority)));
        for (resolver, authority) in cases {
            let settings = encrypted(resolver, authority, server.addr());
            let folder = encrypted_server.folder.path().join("refused");
            let error = refusal(&recording, &settings, &folder);
            assert!(error.contains(resolver.as_str()), "{error}");
            assert!(error.contains("certificate") && error.contains("--resolver-ca"), "{resolver}: {error}");
        }
    }
}

#[test]
fn nobody_there_is_no_matter_of_certificates() {
    let closed = std::net::TcpListener::bind(LOCAL).unwrap().local_addr().unwrap();
    assert!(TcpStream::connect(closed).is_err());
    let folder = tempfile::tempdir().unwrap();
    let settings = encrypted(&format!("tls://{closed}#{NAME}"), None, closed);
    let error = refusal(&recording(), &settings, folder.path());
    assert!(error.contains("cannot be reached") && !error.contains("--resolver-ca"), "{error}");
    let settings = encrypted(&format!("tls://{closed}#{NAME}"), Some(&folder.path().join("absent.pem")), closed);
    let error = refusal(&recording(), &settings, folder.path());
    assert!(error.contains("absent.pem") && error.contains("PEM"), "{error}");
}
