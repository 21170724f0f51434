//! `kill -9` at random moments of crawling and sealing, then `--resume`.
//!
//! A short loop by default; `scripts/kill-loop` makes hundreds of kills (`MXCENSUS_KILLS`).

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::stage::{Stage, drafts, mxcensus};

/// A crawl that was killed so often is left alone. Every resumption asks again what timed out before,
/// and waits for it as long as the first time: an impatient loop over it would never see its end.
const KILLS_OF_ONE_CRAWL: usize = 3;

fn kills_wanted() -> usize {
    std::env::var("MXCENSUS_KILLS").map_or(6, |kills| kills.parse().expect("MXCENSUS_KILLS is a number"))
}

/// Where the dice start: `scripts/kill-loop` gives every round another number.
fn seed() -> u64 {
    std::env::var("MXCENSUS_SEED").map_or(6, |seed| seed.parse().expect("MXCENSUS_SEED is a number"))
}

/// Numbers that follow from the seed alone (a linear congruential generator), so that only the
/// machine's own timing is random.
struct Dice(u64);

impl Dice {
    /// From 0 to 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// When one start of the program is killed.
enum Kill {
    Never,
    /// So long after its start.
    Crawling(Duration),
    /// So long after it began to seal.
    Sealing(Duration),
}

/// How one start of the program ended.
enum End {
    Done,
    KilledCrawling,
    KilledSealing,
}

#[test]
fn a_killed_crawl_is_resumed_to_the_same_bytes() {
    let wanted = kills_wanted();
    let stage = Stage::new(if wanted > 50 { 150 } else { 40 });
    let begun = Instant::now();
    let out = stage.out("whole");
    let (code, error) = mxcensus(&stage.arguments(&out, false));
    assert_eq!(code, Some(0), "{error}");
    let (whole, time) = (stage.sealed(&out), begun.elapsed());
    let (mut crawling, mut sealing, mut crawls, mut starts) = (0, 0, 0, 0);
    let mut dice = Dice(seed());
    while crawling + sealing < wanted {
        let out = stage.out(&format!("crawl{crawls}"));
        crawls += 1;
        assert!(crawls < 40 * wanted, "crawls end before they can be killed");
        for kills in 0.. {
            starts += 1;
            let kill = match (kills, crawls % 2) {
                (KILLS_OF_ONE_CRAWL.., _) => Kill::Never,
                (_, 0) => Kill::Crawling(time.mul_f64(dice.roll())),
                // Sealing a small world takes milliseconds: from the moment it begins, any moment of it.
                _ => Kill::Sealing(Duration::from_secs_f64(dice.roll() * 0.06)),
            };
            match start(&stage, &out, &kill) {
                End::Done => break,
                End::KilledCrawling => crawling += 1,
                End::KilledSealing => sealing += 1,
            }
        }
        assert!(stage.sealed(&out) == whole, "crawl {crawls} ended in other bytes");
        assert!(!stage.journal(&out).exists(), "the journal is gone once its answers are sealed");
        assert_eq!(drafts(&out.join(&stage.recorded.population.name)), Vec::<PathBuf>::new(), "nothing half written is left");
        std::fs::remove_dir_all(&out).unwrap();
    }
    println!(
        "seed {}: {crawls} crawls of {} members, {starts} starts, killed {crawling} times while crawling and {sealing} times while sealing",
        seed(),
        stage.recorded.population.members.len()
    );
}

/// Starts a crawl, or goes on with it, and kills it at its moment.
fn start(stage: &Stage, out: &Path, kill: &Kill) -> End {
    let series = out.join(&stage.recorded.population.name);
    let old = drafts(&series);
    let mut child = stage.start(out, stage.journal(out).exists());
    let begun = Instant::now();
    let mut seal_begun: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return End::Done;
        }
        if seal_begun.is_none() && drafts(&series).iter().any(|draft| !old.contains(draft)) {
            seal_begun = Some(Instant::now());
        }
        let now = match kill {
            Kill::Never => false,
            Kill::Crawling(after) => begun.elapsed() >= *after,
            Kill::Sealing(after) => seal_begun.is_some_and(|seal| seal.elapsed() >= *after),
        };
        if now {
            child.kill().unwrap();
            child.wait().unwrap();
            return if seal_begun.is_some() { End::KilledSealing } else { End::KilledCrawling };
        }
        sleep(Duration::from_micros(200));
    }
}
