//! `kill -9` at random moments of crawling and sealing, then `--resume`.
//!
//! `scripts/kill-loop` makes hundreds of kills (`MXCENSUS_KILLS`). How long a loop takes depends on the
//! machine far more than a test may, so it runs where that variable asks for it and not by default.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::stage::{Stage, drafts, mxcensus};

fn kills_wanted() -> Option<usize> {
    std::env::var("MXCENSUS_KILLS").ok()?.parse().ok()
}

/// Numbers that are the same in every run of the test (a linear congruential generator), so that
/// only the machine's own timing is random.
struct Dice(u64);

impl Dice {
    /// From 0 to 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// How one start of the program ended.
enum End {
    Done,
    KilledCrawling,
    KilledSealing,
}

#[test]
fn a_killed_crawl_is_resumed_to_the_same_bytes() {
    let Some(wanted) = kills_wanted() else {
        println!("left out: MXCENSUS_KILLS=6 runs a short loop");
        return;
    };
    let stage = Stage::new(if wanted > 50 { usize::MAX } else { 150 });
    let begun = Instant::now();
    let out = stage.out("whole");
    let (code, error) = mxcensus(&stage.arguments(&out, false));
    assert_eq!(code, Some(0), "{error}");
    let (whole, time) = (stage.sealed(&out), begun.elapsed());
    let (mut crawling, mut sealing, mut crawls, mut runs) = (0, 0, 0, 0);
    let mut dice = Dice(wanted as u64);
    while crawling + sealing < wanted {
        let out = stage.out(&format!("crawl{crawls}"));
        crawls += 1;
        // Every other crawl is left alone until it seals.
        let patient = crawls % 2 == 0;
        loop {
            runs += 1;
            assert!(runs < 40 * wanted, "no crawl comes to its end");
            match start_and_kill(&stage, &out, patient, time.mul_f64(dice.roll()), &mut dice) {
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
    println!("{crawls} crawls, {runs} starts, killed {crawling} times while crawling and {sealing} times while sealing");
}

fn start_and_kill(stage: &Stage, out: &Path, patient: bool, after: Duration, dice: &mut Dice) -> End {
    let series = out.join(&stage.recorded.population.name);
    let old = drafts(&series);
    let mut child = stage.start(out, stage.journal(out).exists());
    let begun = Instant::now();
    let mut seal_begun: Option<Instant> = None;
    // Sealing a small world takes milliseconds: from the moment it begins, any moment of it.
    let into_seal = Duration::from_micros((dice.roll() * 60_000.0) as u64);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return End::Done;
        }
        if seal_begun.is_none() && drafts(&series).iter().any(|draft| !old.contains(draft)) {
            seal_begun = Some(Instant::now());
        }
        let now = match seal_begun {
            Some(seal) if patient => seal.elapsed() >= into_seal,
            _ => !patient && begun.elapsed() >= after,
        };
        if now {
            child.kill().unwrap();
            child.wait().unwrap();
            return if seal_begun.is_some() { End::KilledSealing } else { End::KilledCrawling };
        }
        sleep(Duration::from_micros(200));
    }
}
