//! Shards of one crawl, put together into the snapshot that one machine would have sealed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Crawl, ManifestDraft, Snapshot};
use crate::observation::{Facts, Merge};
use crate::population::{Member, Population, Shard};

/// Why snapshots are not parts of one whole.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("nothing to merge: give the shards of a crawl")]
    Nothing,
    #[error("{dir}: its {what} is another than that of {first}; only shards of one crawl of one list can be merged")]
    Differs { dir: String, first: String, what: &'static str },
    #[error("{dir}: not a shard: it was crawled without --shard")]
    NotAShard { dir: String },
    #[error("shard {shard} was given twice: {dir}")]
    Twice { shard: Shard, dir: String },
    #[error("missing: {}; crawl them and merge all {count} at once", list(missing))]
    Missing { missing: Vec<Shard>, count: u32 },
    #[error("{domain} stands in the list but in no shard; is it the list that was crawled?")]
    NotAsked { domain: String },
    #[error("{domain} stands in a shard but not in the list; is it the list that was crawled?")]
    NotListed { domain: String },
}

fn list(shards: &[Shard]) -> String {
    shards.iter().map(Shard::to_string).collect::<Vec<_>>().join(", ")
}

/// Puts shards together. `list` gives the order of the members, and so the same bytes as a crawl of
/// the whole list; without it the members stand shard by shard.
///
/// # Errors
/// Where a shard is missing or given twice, or where they are not of one crawl of one list.
pub fn merge(shards: Vec<Snapshot>, list: Option<Population>) -> Result<(Population, Facts, ManifestDraft), MergeError> {
    let mut shards = by_number(shards)?;
    let mut draft = draft(&shards);
    let population = match list {
        Some(list) => in_order(list, &shards)?,
        None => {
            let mut whole = shards[0].population.clone();
            whole.members = shards.iter().flat_map(|s| s.population.members.iter().cloned()).collect();
            whole
        }
    };
    let mut merge = Merge::default();
    for shard in &mut shards {
        let facts = std::mem::take(&mut shard.facts);
        merge.extend(facts);
    }
    draft.conflicts += merge.conflicts();
    Ok((population, merge.finish(), draft))
}

/// The shards by number, each once and all of one crawl.
fn by_number(shards: Vec<Snapshot>) -> Result<Vec<Snapshot>, MergeError> {
    let mut sorted: BTreeMap<Shard, Snapshot> = BTreeMap::new();
    for snapshot in shards {
        let dir = snapshot.dir.display().to_string();
        let shard = snapshot.manifest.shard.ok_or(MergeError::NotAShard { dir: dir.clone() })?;
        if let Some((_, first)) = sorted.first_key_value()
            && let Some(what) = difference(first, &snapshot)
        {
            return Err(MergeError::Differs { dir, first: first.dir.display().to_string(), what });
        }
        if sorted.insert(shard, snapshot).is_some() {
            return Err(MergeError::Twice { shard, dir });
        }
    }
    let count = sorted.keys().next().ok_or(MergeError::Nothing)?.count();
    let missing: Vec<Shard> = (0..count).filter_map(|i| Shard::new(i, count)).filter(|s| !sorted.contains_key(s)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { missing, count });
    }
    Ok(sorted.into_values().collect())
}

fn difference(first: &Snapshot, other: &Snapshot) -> Option<&'static str> {
    let (a, b) = (&first.manifest, &other.manifest);
    let lists = |s: &Snapshot| (s.population.name.clone(), s.population.series.clone(), s.population.unit);
    [
        ("number of shards", a.shard.map(Shard::count) == b.shard.map(Shard::count)),
        ("list", lists(first) == lists(other) && first.population.cohorts == other.population.cohorts),
        ("set of questions", a.plan == b.plan),
        ("kind", a.kind == b.kind && a.replay_of == b.replay_of),
    ]
    .into_iter()
    .find_map(|(what, same)| (!same).then_some(what))
}

/// The list as read, after a look that it is the one the shards are parts of.
fn in_order(list: Population, shards: &[Snapshot]) -> Result<Population, MergeError> {
    let asked: HashSet<&Member> = shards.iter().flat_map(|s| &s.population.members).collect();
    if let Some(member) = list.members.iter().find(|member| !asked.contains(member)) {
        return Err(MergeError::NotAsked { domain: member.asked().bare().to_owned() });
    }
    if list.members.len() != asked.len() {
        let listed: HashSet<&Member> = list.members.iter().collect();
        let stranger = asked.into_iter().filter(|member| !listed.contains(member)).map(Member::asked).min();
        let domain = stranger.map_or_else(String::new, |name| name.bare().to_owned());
        return Err(MergeError::NotListed { domain });
    }
    Ok(list)
}

/// What the manifests of all shards say together.
fn draft(shards: &[Snapshot]) -> ManifestDraft {
    let mut draft = shards[0].manifest.draft.clone();
    draft.shard = None;
    draft.notes.clear();
    draft.conflicts = 0;
    let mut resolvers = BTreeSet::new();
    let mut warnings: BTreeMap<&String, usize> = BTreeMap::new();
    for manifest in shards.iter().map(|s| &s.manifest) {
        draft.date = draft.date.min(manifest.date.clone());
        draft.observed_from = draft.observed_from.min(manifest.observed_from.clone());
        draft.observed_to = draft.observed_to.max(manifest.observed_to.clone());
        // RFC 3339 in UTC sorts as text.
        draft.started = draft.started.min(manifest.started.clone());
        draft.finished = draft.finished.max(manifest.finished.clone());
        draft.conflicts += manifest.conflicts;
        draft.limits.partial.extend(&manifest.limits.partial);
        draft.limits.reconstructed.extend(manifest.limits.reconstructed.iter().cloned());
        resolvers.extend(manifest.crawl.iter().flat_map(|c| c.resolvers.iter().cloned()));
        manifest.warnings.iter().for_each(|warning| *warnings.entry(warning).or_default() += 1);
        for note in manifest.notes.iter().filter(|note| !is_shard_note(note)) {
            if !draft.notes.contains(note) {
                draft.notes.push(note.clone());
            }
        }
    }
    let times = |(warning, n): (&String, usize)| if n == 1 { warning.clone() } else { format!("{warning} ({n} shards)") };
    draft.warnings = warnings.into_iter().map(times).collect();
    let attempts = shards.iter().filter_map(|s| s.manifest.crawl.as_ref()).flat_map(|c| c.attempts.iter().cloned()).collect();
    draft.crawl = draft.crawl.map(|crawl| Crawl { resolvers: resolvers.into_iter().collect(), attempts, ..crawl });
    draft
}

const SHARD_NOTE: &str = "Only part ";

/// The sentence every caption of a shard carries.
pub fn shard_note(shard: Shard) -> String {
    format!("{SHARD_NOTE}{shard} of the list.")
}

fn is_shard_note(note: &str) -> bool {
    note.starts_with(SHARD_NOTE)
}
