//! `demo`: the whole job offline. Recorded snapshots are served on loopback by a real DNS server,
//! crawled over UDP and TCP like the live DNS, compared, drawn and reported.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::crawl::Settings;
use crate::replay;
use crate::report::headline;
use crate::snapshot::{self, Snapshot};

use super::args::{Common, DemoArgs};
use super::charts::{title, write_page};
use super::failure::{Exit, Failure};
use super::job::Job;
use super::made::Made;
use super::{out, side};

/// The recorded series that are replayed.
const TOWNS: &str = "recorded-municipalities";
const FORTUNE: &str = "recorded-fortune20";

pub fn demo(common: &Common, args: &DemoArgs) -> Result<Exit, Failure> {
    let start = Instant::now();
    let rules = side::rules(common)?;
    let rules = rules.get();
    let (first, last, fortune) = recordings(common)?;
    let crawls = args.out.join("snapshots");
    // The demo's own crawls are made anew each time.
    if crawls.exists() {
        fs::remove_dir_all(&crawls).map_err(|e| Failure::new(format!("cannot empty {}: {e}", crawls.display())))?;
    }
    let mut crawled = Vec::new();
    for recording in [first, last, fortune] {
        crawled.push(replay_and_crawl(common, &Snapshot::open(&recording)?, &crawls)?);
    }
    let [first, last, fortune] = &crawled[..] else { return Err(Failure::new("a recording is missing")) };
    let towns = Made::new(last, Some(first), rules, 12)?;
    let companies = Made::new(fortune, None, rules, 12)?;
    let command = ["mxcensus demo".to_owned()];
    let pages = [
        write_page(&towns, &title(last, Some(first)), &args.out.join("municipalities"), &command)?,
        write_page(&companies, &title(fortune, None), &args.out.join("fortune20"), &command)?,
    ];
    let text = words(&towns, &companies);
    out::write(&args.out.join("headline.txt"), text.as_bytes())?;
    out::emit(&text, None)?;
    out::emit(&pages.iter().map(|p| format!("report: {}\n", p.display())).collect::<String>(), None)?;
    if !common.quiet {
        eprintln!("done in {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(Exit::Done)
}

/// The first and the last recording of the towns, and that of the Fortune 20.
fn recordings(common: &Common) -> Result<(PathBuf, PathBuf, PathBuf), Failure> {
    let data = side::data(common);
    let (all, _) = snapshot::list(&data);
    let series = |name: &str| -> Vec<&snapshot::Summary> {
        let mut found: Vec<_> = all.iter().filter(|s| s.manifest.population.series == name).collect();
        found.sort_by(|a, b| a.manifest.date.cmp(&b.manifest.date));
        found
    };
    let (towns, fortune) = (series(TOWNS), series(FORTUNE));
    match (&towns[..], &fortune[..]) {
        ([first, .., last], [.., fortune]) => Ok((first.dir.clone(), last.dir.clone(), fortune.dir.clone())),
        _ => Err(Failure::new(format!(
            "the recorded snapshots are not in {}: run from the source folder, or name its data folder with --data",
            data.join("snapshots").display()
        ))),
    }
}

fn replay_and_crawl(common: &Common, recording: &Snapshot, root: &Path) -> Result<Snapshot, Failure> {
    let server = replay::serve(recording.facts.clone(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), replay::Options::default())?;
    if !common.quiet {
        eprintln!(
            "{} of {}: {} recorded answers served on {}",
            recording.population.name,
            recording.manifest.date,
            recording.facts.len(),
            server.addr()
        );
    }
    let path = Job::replay(recording, Settings::loopback(server.addr())).run(common, false, None, None, root)?;
    server.shutdown();
    Ok(Snapshot::open(&path)?)
}

/// The changes of the towns' gateways, and beside them the shares of the companies'.
fn words(towns: &Made, companies: &Made) -> String {
    let changes = towns.diffs.iter().filter(|d| d.role.is_exclusive()).map(|d| headline::changes(d, 5));
    let shares = companies.shares.iter().filter(|s| s.role.is_exclusive()).map(|s| headline::shares(s, 5));
    changes.chain(shares).collect::<Vec<_>>().join("\n")
}
