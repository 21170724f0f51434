//! One side of a comparison: a snapshot, opened and classified.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::classify::{Classification, classify, classify_role};
use crate::observation::Observation;
use crate::plan::Plan;
use crate::population::{self, Loaded, Member, Shard, Spooled};
use crate::snapshot::{self, Snapshot, Walk};
use crate::vendor::{Role, Ruleset};

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

/// Calls `visit` with every member's classification for one role, or for all where none is named, in an
/// order that is not that of the population. Where members can be judged by the answers at their own
/// names they are read one by one; otherwise the snapshot is held in memory.
pub fn each(
    dir: &Path,
    rules: &Ruleset,
    role: Option<Role>,
    mut visit: impl FnMut(&Classification) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let judged = |observation: &Observation| match role {
        Some(role) => classify_role(observation, rules, role),
        None => classify(observation, rules),
    };
    let manifest = snapshot::manifest(dir)?;
    if !manifest.plan.is_local() {
        let snapshot = Snapshot::open(dir)?;
        return snapshot.population.members.iter().try_for_each(|member| visit(&judged(&snapshot.observation(member))));
    }
    for step in Walk::open(dir)? {
        let (member, facts) = step?;
        visit(&judged(&Observation { member: &member, facts: &facts, plan: &manifest.plan, limits: &manifest.limits }))?;
    }
    Ok(())
}

/// As [`each`] for all roles, member after member in the order of the population, with a text made of
/// each: the texts of a walk lie in a file until their turn comes.
pub fn each_in_order(
    dir: &Path,
    rules: &Ruleset,
    wanted: impl Fn(&Member) -> bool,
    text: impl Fn(&Classification) -> String,
    output: &mut impl Write,
) -> Result<(), Failure> {
    let manifest = snapshot::manifest(dir)?;
    if !manifest.plan.is_local() {
        let snapshot = Snapshot::open(dir)?;
        for member in snapshot.population.members.iter().filter(|member| wanted(member)) {
            output.write_all(text(&classify(&snapshot.observation(member), rules)).as_bytes())?;
        }
        return Ok(());
    }
    let mut waiting = Waiting::new()?;
    let mut walk = Walk::open(dir)?;
    while let Some(step) = walk.next() {
        let (member, facts) = step?;
        if wanted(&member) {
            let observation = Observation { member: &member, facts: &facts, plan: &manifest.plan, limits: &manifest.limits };
            waiting.add(walk.place(), &text(&classify(&observation, rules)))?;
        }
    }
    waiting.finish(output)
}

/// Texts that lie in a file until all are there, and come out in the order of their places.
struct Waiting {
    folder: PathBuf,
    file: BufWriter<File>,
    end: u64,
    /// Place, and where the text stands. Small, because there are as many as members.
    texts: Vec<(u32, u32, u64)>,
}

impl Waiting {
    fn new() -> Result<Self, Failure> {
        let folder = super::out::scratch()?;
        let file = File::options().read(true).write(true).create_new(true).open(folder.join("rows"))?;
        Ok(Self { folder, file: BufWriter::with_capacity(1 << 16, file), end: 0, texts: Vec::new() })
    }

    fn add(&mut self, place: u32, text: &str) -> Result<(), Failure> {
        let length = u32::try_from(text.len()).map_err(|_| Failure::new("the rows of one member are longer than 4 GiB"))?;
        self.file.write_all(text.as_bytes())?;
        self.texts.push((place, length, self.end));
        self.end += u64::from(length);
        Ok(())
    }

    fn finish(mut self, output: &mut impl Write) -> Result<(), Failure> {
        self.file.flush()?;
        let file = self.file.get_mut();
        self.texts.sort_unstable();
        let mut text = Vec::new();
        for &(_, length, start) in &self.texts {
            text.resize(length as usize, 0);
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut text)?;
            output.write_all(&text)?;
        }
        Ok(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// The candidate most like a text that was typed, if any is near.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(typed, candidate), candidate))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}
