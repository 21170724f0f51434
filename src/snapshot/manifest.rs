//! The manifest: everything about a snapshot that is not an answer.

use std::collections::{BTreeMap, BTreeSet};

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::{Digest, digest12};
use crate::observation::{Facts, Limits};
use crate::plan::Plan;
use crate::population::{Shard, Unit};
use crate::provenance::{Kind, Provenance};

/// The version of the snapshot format that this program writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// How many questions ended how: record type, then outcome, then number of questions.
pub type Counts = BTreeMap<String, BTreeMap<String, usize>>;

/// What stands in `manifest.toml`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    pub schema: u32,
    /// Program and version that sealed it, such as `mxcensus 0.1.0`.
    pub tool: String,
    /// SHA-256 over the bytes of `population.csv` followed by those of `observations.csv`
    /// (uncompressed); its first 12 digits name the folder.
    pub digest: Digest,
    #[serde(flatten)]
    pub draft: ManifestDraft,
    pub population: PopulationFacts,
    pub observations: Observations,
    pub counts: Counts,
}

/// The part of a manifest that the maker of the facts knows; sealing adds the rest.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ManifestDraft {
    pub kind: Kind,
    /// The day the snapshot goes by, `YYYY-MM-DD`: it begins the name of the folder.
    pub date: String,
    /// First and last day of observation, `YYYY-MM-DD`.
    pub observed_from: String,
    pub observed_to: String,
    /// Start and end of the crawl, RFC 3339 in UTC; absent where an import's source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Who recorded the data, where it was not this program: repository, commit, path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Licence of the data with the attribution it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Digest of the snapshot that was replayed, where `kind` is `replay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<Digest>,
    /// The part of the list that was asked, where it was not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Questions with two different definitive answers, of which the canonically first was kept.
    #[serde(default)]
    pub conflicts: usize,
    /// What a reader of any figure must know, each a sentence.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What went wrong without stopping the run, each a sentence.
    #[serde(default)]
    pub warnings: Vec<String>,
    pub plan: Plan,
    #[serde(default)]
    pub limits: Limits,
    /// How it was crawled; absent in imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crawl: Option<Crawl>,
}

/// The settings of a crawl.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Crawl {
    pub resolvers: Vec<String>,
    /// Time given to one try of one question, in milliseconds.
    pub timeout_ms: u64,
    /// Tries after the first.
    pub retries: u32,
    /// What each resolver was asked, and how it replied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempts>,
}

/// The attempts sent to one resolver. A question may take several, so these are not its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Attempts {
    pub resolver: String,
    pub sent: u64,
    /// Replies to attempts that had been given up: each stands as a timeout in `outcomes`.
    pub late: u64,
    /// By how they ended; those that nobody waited for to the end are in `sent` alone.
    pub outcomes: BTreeMap<String, u64>,
}

/// The list behind a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PopulationFacts {
    pub name: String,
    pub series: String,
    pub unit: Unit,
    /// Number of members.
    pub size: usize,
    /// SHA-256 of `population.csv`.
    pub digest: Digest,
    pub cohorts: Vec<String>,
}

impl crate::population::Population {
    /// What a manifest says of the list; the digest is that of the file, which sealing writes.
    pub fn facts(&self) -> PopulationFacts {
        PopulationFacts {
            name: self.name.clone(),
            series: self.series.clone(),
            unit: self.unit,
            size: self.members.len(),
            digest: Digest::new(),
            cohorts: self.cohorts.clone(),
        }
    }
}

impl crate::population::Spool {
    /// As [`Population::facts`](crate::population::Population::facts).
    pub fn facts(&self) -> PopulationFacts {
        PopulationFacts {
            name: self.name.clone(),
            series: self.series.clone(),
            unit: self.unit,
            size: self.len(),
            digest: Digest::new(),
            cohorts: self.cohorts.clone(),
        }
    }
}

/// The file of answers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Observations {
    /// `observations.csv` or `observations.csv.zst`.
    pub file: String,
    pub questions: usize,
    /// Size of the uncompressed CSV in bytes: a reader stops there.
    pub bytes: u64,
    /// SHA-256 of the uncompressed CSV.
    pub digest: Digest,
}

// A manifest is its draft and more; readers ask for `manifest.plan`, not `manifest.draft.plan`.
impl std::ops::Deref for Manifest {
    type Target = ManifestDraft;

    fn deref(&self) -> &ManifestDraft {
        &self.draft
    }
}

impl ManifestDraft {
    /// A draft for facts of one day; everything else empty.
    pub fn new(kind: Kind, date: &str, plan: Plan) -> Self {
        Self {
            kind,
            date: date.to_owned(),
            observed_from: date.to_owned(),
            observed_to: date.to_owned(),
            started: None,
            finished: None,
            source: None,
            licence: None,
            replay_of: None,
            shard: None,
            conflicts: 0,
            notes: Vec::new(),
            warnings: Vec::new(),
            plan,
            limits: Limits::default(),
            crawl: None,
        }
    }

    /// What is not well formed, as a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        for (key, day) in [("date", &self.date), ("observed_from", &self.observed_from), ("observed_to", &self.observed_to)] {
            if !is_day(day) {
                return Err(format!("{key} = {day:?} is not a day YYYY-MM-DD"));
            }
        }
        for (key, moment) in [("started", &self.started), ("finished", &self.finished)] {
            if let Some(text) = moment.as_ref().filter(|text| time::OffsetDateTime::parse(text, &Rfc3339).is_err()) {
                return Err(format!("{key} = {text:?} is not a time of RFC 3339"));
            }
        }
        Ok(())
    }
}

impl Manifest {
    /// Reads the text of a manifest. The schema is looked at first, so that a newer format is told
    /// apart from a broken file.
    pub fn parse(text: &str) -> Result<Self, ManifestProblem> {
        #[derive(serde::Deserialize)]
        struct Version {
            schema: u32,
        }
        let broken = |error: toml::de::Error| ManifestProblem::Broken(error.to_string().trim_end().to_owned());
        let Version { schema } = toml::from_str(text).map_err(broken)?;
        if schema > SCHEMA {
            return Err(ManifestProblem::Newer(schema));
        }
        let manifest: Self = toml::from_str(text).map_err(broken)?;
        manifest.check().map_err(ManifestProblem::Broken)?;
        // It becomes the name of a folder wherever the snapshot is copied, replayed or reported.
        super::check_name(&manifest.population.name).map_err(|error| ManifestProblem::Broken(error.to_string()))?;
        Ok(manifest)
    }

    /// The text that [`Manifest::parse`] reads.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    pub fn provenance(&self) -> Provenance {
        Provenance {
            population: self.population.name.clone(),
            series: self.population.series.clone(),
            unit: self.population.unit,
            members: self.population.size,
            observed_from: self.observed_from.clone(),
            observed_to: self.observed_to.clone(),
            kind: self.kind,
            source: self.source.clone(),
            snapshot: digest12(&self.digest).to_owned(),
            notes: self.notes.clone(),
        }
    }

    /// The day the snapshot goes by.
    pub fn day(&self) -> Option<time::Date> {
        time::Date::parse(&self.date, DAY).ok()
    }

    /// The kinds of question that two snapshots both hold, with the labels of the first.
    pub fn shared_plan(&self, other: &Self) -> Plan {
        let kinds: BTreeSet<_> = self.plan.kinds.intersection(&other.plan.kinds).copied().collect();
        Plan::of(kinds, self.plan.labels.clone())
    }
}

/// Why a text is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestProblem {
    #[error("schema {0} is newer than this program")]
    Newer(u32),
    #[error("{0}")]
    Broken(String),
}

const DAY: &[time::format_description::FormatItem<'static>] = format_description!("[year]-[month]-[day]");

pub(super) fn is_day(text: &str) -> bool {
    text.len() == 10 && time::Date::parse(text, DAY).is_ok()
}

/// Counts the outcomes of facts by record type.
pub(super) fn count(facts: &Facts) -> Counts {
    let mut counts = Counts::new();
    for (question, answer) in facts.iter() {
        let outcomes = counts.entry(question.qtype.to_string()).or_default();
        *outcomes.entry(answer.outcome.to_string()).or_default() += 1;
    }
    counts
}
