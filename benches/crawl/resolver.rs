//! Asks every question of a list by hickory's high-level resolver and prints the records: the way most
//! Rust programs ask, for the benchmark.
//!
//! ```text
//! resolver ADDRESS:PORT CONCURRENCY LIST [OUT]
//! ```
//!
//! Its cache is off, as no question is asked twice, and so is the hosts file.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::time::Duration;

use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::Resolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [server, concurrency, list, out @ ..] = args.as_slice() else {
        return Err("usage: resolver ADDRESS:PORT CONCURRENCY LIST [OUT]".into());
    };
    let out: Box<dyn Write> = match out {
        [path] => Box::new(std::fs::File::create(path)?),
        _ => Box::new(std::io::stdout()),
    };
    let lines = BufReader::with_capacity(1 << 16, std::fs::File::open(list)?).lines();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(ask(server.parse()?, concurrency.parse()?, lines, BufWriter::with_capacity(1 << 18, out)))
}

async fn ask(
    server: SocketAddr,
    concurrency: usize,
    lines: impl Iterator<Item = std::io::Result<String>>,
    mut out: impl Write,
) -> Result<(), Failure> {
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    connections.iter_mut().for_each(|c| c.port = server.port());
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = Duration::from_secs(1);
    options.attempts = 3;
    let resolver = builder.build()?;
    let mut lines = lines.map_while(Result::ok);
    let mut asking = tokio::task::JoinSet::new();
    loop {
        while asking.len() < concurrency
            && let Some(line) = lines.next()
        {
            let Some((qname, qtype)) = line.split_once(' ') else { continue };
            let (qname, qtype) = (Name::from_ascii(qname)?, qtype.parse::<RecordType>()?);
            let resolver = resolver.clone();
            asking.spawn(async move {
                let mut text = String::new();
                if let Ok(found) = resolver.lookup(qname, qtype).await {
                    for record in found.answers() {
                        match &record.data {
                            RData::MX(mx) => writeln!(text, "{} MX {} {}", record.name, mx.preference, mx.exchange),
                            other => writeln!(text, "{} {} {other}", record.name, record.record_type()),
                        }
                        .expect("writing to a string");
                    }
                }
                text
            });
        }
        let Some(text) = asking.join_next().await else { break };
        out.write_all(text?.as_bytes())?;
    }
    Ok(out.flush()?)
}
