//! Asks every question of a list (`name type` lines) by the crawl's engine and prints the records,
//! one a line: what the benchmark holds against massdns, dnsperf and hickory's resolver.
//!
//! ```text
//! ask RESOLVER CONCURRENCY LIST [OUT]
//! ```

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::sync::Arc;

use mxcensus::crawl::{Cancel, Concurrency, Settings, ask_all};
use mxcensus::dns::{Name, Question};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [resolver, concurrency, list, out @ ..] = args.as_slice() else {
        return Err("usage: ask RESOLVER CONCURRENCY LIST [OUT]".into());
    };
    let settings = Settings {
        resolvers: vec![resolver.parse()?],
        concurrency: concurrency.parse::<Concurrency>()?,
        qps: Some(0),
        ..Settings::default()
    };
    let lines = BufReader::with_capacity(1 << 16, std::fs::File::open(list)?).lines().map_while(Result::ok);
    let questions = lines.filter_map(|line| {
        let (qname, qtype) = line.split_once(' ')?;
        Some(Question::new(Name::parse(qname).ok()?, qtype.parse().ok()?))
    });
    let mut out: Box<dyn Write + Send> = match out {
        [path] => Box::new(BufWriter::with_capacity(1 << 18, std::fs::File::create(path)?)),
        _ => Box::new(BufWriter::with_capacity(1 << 18, std::io::stdout())),
    };
    let counts = ask_all(questions, &settings, &Arc::default(), &Cancel::new(), |_, answer| {
        for record in answer.records() {
            writeln!(out, "{} {} {}", record.owner, record.rtype, record.rdata)?;
        }
        Ok(())
    })?;
    out.flush()?;
    eprintln!("{counts:?}");
    Ok(())
}
