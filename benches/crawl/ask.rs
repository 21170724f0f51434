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
    let mut list = BufReader::with_capacity(1 << 16, std::fs::File::open(list)?);
    let mut line = String::new();
    let questions = std::iter::from_fn(move || {
        line.clear();
        let (qname, qtype) = list.read_line(&mut line).ok().and_then(|_| line.trim_end().split_once(' '))?;
        Some(Question::new(Name::parse(qname).ok()?, qtype.parse().ok()?))
    });
    let out: Box<dyn Write + Send> = match out {
        [path] => Box::new(std::fs::File::create(path)?),
        _ => Box::new(std::io::stdout()),
    };
    let mut out = BufWriter::with_capacity(1 << 18, out);
    let counts = ask_all(questions, &settings, &Arc::default(), &Cancel::new(), |_, answer| {
        for record in answer.records() {
            out.write_all(record.owner.as_str().as_bytes())?;
            match record.rtype.mnemonic() {
                Some(mnemonic) => [" ", mnemonic, " "].iter().try_for_each(|part| out.write_all(part.as_bytes()))?,
                None => write!(out, " {} ", record.rtype)?,
            }
            out.write_all(record.rdata.as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    out.flush()?;
    eprintln!("{counts:?}");
    Ok(())
}
