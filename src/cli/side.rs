//! One side of a comparison: a snapshot, opened and classified.

use std::path::{Path, PathBuf};

use crate::classify::{Classification, classify};
use crate::plan::Plan;
use crate::population::{self, Loaded, Shard, Spooled};
use crate::snapshot::{self, Snapshot};
use crate::vendor::Ruleset;

use super::args::Common;
use super::failure::Failure;

/// The rules in force: those compiled in, or a folder of one's own.
pub enum Rules {
    Embedded(&'static Ruleset),
    Own(Box<Ruleset>),
}

impl Rules {
    pub fn get(&self) -> &Ruleset {
        match self {
            Self::Embedded(rules) => rules,
            Self::Own(rules) => rules,
        }
    }
}

pub fn rules(common: &Common) -> Result<Rules, Failure> {
    match &common.rules {
        None => Ok(Rules::Embedded(Ruleset::embedded())),
        Some(folder) => Ok(Rules::Own(Box::new(load(folder)?))),
    }
}

/// Rules from a folder, or everything that is wrong with it.
pub fn load(folder: &Path) -> Result<Ruleset, Failure> {
    match Ruleset::load(folder) {
        Ok(rules) => Ok(rules),
        Err(errors) => {
            let list: Vec<String> = errors.iter().map(|e| format!("  {e}")).collect();
            Err(Failure::new(format!("{} cannot be used as rules:\n{}", folder.display(), list.join("\n"))))
        }
    }
}

pub fn data(common: &Common) -> PathBuf {
    common.data.clone().unwrap_or_else(snapshot::data_dir)
}

/// The list that is meant: a file, the name of a list, or `-` for standard input.
pub fn population(common: &Common, what: Option<&str>) -> Result<Loaded, Failure> {
    match what {
        Some("-") => Ok(population::parse(std::io::stdin().lock(), "stdin", population::About::default())?),
        what => Ok(population::find(what, &data(common))?),
    }
}

/// The list that is meant, or a part of it, left on disk.
pub fn spooled(common: &Common, what: Option<&str>, part: Option<Shard>) -> Result<Spooled, Failure> {
    match what {
        Some("-") => Ok(population::spool(std::io::stdin().lock(), "stdin", population::About::default(), part)?),
        what => Ok(population::spool_file(&population::locate(what, &data(common))?, part)?),
    }
}

/// The folder new snapshots go into.
pub fn snapshots(common: &Common, out: Option<&Path>) -> PathBuf {
    out.map_or_else(|| data(common).join("snapshots"), Path::to_owned)
}

/// The folder of a snapshot, named as [`open`] takes it.
pub fn find(common: &Common, what: &str) -> Result<PathBuf, Failure> {
    Ok(snapshot::find(what, &data(common))?)
}

/// Opens a snapshot by path, by population, series or `population/date`, or by digest.
pub fn open(common: &Common, what: &str) -> Result<Snapshot, Failure> {
    Ok(Snapshot::open(&snapshot::find(what, &data(common))?)?)
}

/// Every member's classification, in the order of the population.
pub fn classify_all(snapshot: &Snapshot, plan: Option<&Plan>, rules: &Ruleset) -> Vec<Classification> {
    let plan = plan.unwrap_or(&snapshot.manifest.plan);
    snapshot.population.members.iter().map(|member| classify(&snapshot.observation_with(member, plan), rules)).collect()
}

/// The candidate most like a text that was typed, if any is near.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(typed, candidate), candidate))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}
