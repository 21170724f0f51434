//! Recordings of other programs, turned into facts and a draft of the manifest.
//!
//! One file a format. A format reads its inputs row by row into a sink and says in a shape
//! which questions its source asked and what of the answers it did not keep. All the rest is done
//! here for every format alike: merging, dropping what the plan would not ask (counted), filling in
//! `unrecorded` for what the source does not tell, dates, notes.

mod csv;
mod dig;
mod dnsx;
mod error;
mod format;
mod input;
mod loose;
mod massdns;
mod master;
mod moment;
mod mxmap;
mod reply;
mod shape;
mod sink;
#[cfg(test)]
mod tests;
mod zdns;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::ManifestDraft;
use super::manifest::is_day;
use crate::dns::{Answer, Name, Outcome, Question, Type};
use crate::observation::{Facts, Limits, Observation};
use crate::plan::{self, Plan};
use crate::population::Population;
use crate::provenance;

pub use error::ImportError;
pub use format::Format;
use input::{Lines, open};
pub use reply::StatusCount;
use shape::Shape;
use sink::Sink;
pub use sink::Skipped;

/// What the caller knows about a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The day the snapshot goes by, `YYYY-MM-DD`; also the day of observation where the rows have none.
    pub date: String,
    /// Repository, commit and path, or whatever else names the source.
    pub source: String,
    pub licence: Option<String>,
    /// Sentences for captions.
    pub notes: Vec<String>,
    /// Earlier recordings of the same source and format: members whose time of observation is the
    /// same there were not asked again, which is counted and said in a note.
    pub previous: Vec<PathBuf>,
    /// Question kinds of the recording, where the format does not fix them; else found in the facts.
    pub kinds: Option<BTreeSet<plan::Kind>>,
    /// What the source did not keep, where the format does not fix it.
    pub limits: Limits,
}

/// What an import did with every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows or objects read.
    pub rows: usize,
    /// Records in the facts.
    pub records: usize,
    /// Questions of the plan with an answer from the source.
    pub answered: usize,
    /// Questions of the plan that the source cannot tell, filled in as `unrecorded`.
    pub unrecorded: usize,
    /// Questions that the plan would not ask, with their number of records; they were left out.
    pub outside_plan: Vec<(Question, usize)>,
    /// Questions with two different definitive answers.
    pub conflicts: usize,
    /// Members without a row in the inputs.
    pub absent: usize,
    /// Members whose time of observation is that of an earlier recording.
    pub not_asked_again: usize,
    /// Status words of the source, and what became of them.
    pub statuses: Vec<StatusCount>,
    /// Rows or values left out, by reason.
    pub skipped: Vec<Skipped>,
}

/// Reads recordings. The facts, the draft and the report together are the same for the same inputs.
pub fn import(
    inputs: &[PathBuf],
    format: Format,
    population: &Population,
    options: &Options,
) -> Result<(Facts, ManifestDraft, ImportReport), ImportError> {
    if inputs.is_empty() {
        return Err(ImportError::NoInput);
    }
    if !is_day(&options.date) {
        return Err(ImportError::Date(options.date.clone()));
    }
    let mut sink = read(inputs, format, population)?;
    sink.settle();
    if sink.observed.is_empty() {
        return Err(ImportError::NothingMatches { rows: sink.rows, population: population.name.clone() });
    }
    let mut report = ImportReport {
        rows: sink.rows,
        conflicts: sink.merge.conflicts(),
        absent: population.members.iter().filter(|m| !sink.observed.contains_key(m.asked())).count(),
        statuses: sink.statuses(),
        not_asked_again: not_asked_again(&sink, format, population, options)?,
        ..ImportReport::default()
    };
    let mut limits = sink.limits.clone();
    limits.partial.extend(&options.limits.partial);
    limits.reconstructed.extend(options.limits.reconstructed.iter().cloned());
    let moments: Vec<String> = sink.observed.values().flatten().cloned().collect();
    let selectors = sink.selectors.clone();
    let (facts, skipped) = sink.finish();
    report.skipped = skipped;
    let Shape { kinds, labels } = format.shape(&selectors, &facts, population);
    let plan = Plan::of(options.kinds.clone().unwrap_or(kinds), labels);
    limits.partial.retain(|kind| plan.has(*kind));
    let facts = fit(facts, &plan, population, &mut report);

    let mut draft = ManifestDraft::new(provenance::Kind::Imported, &options.date, plan);
    // Moments of RFC 3339 in UTC sort as text, and begin with the day.
    if let (Some(first), Some(last)) = (moments.iter().min(), moments.iter().max()) {
        (draft.observed_from, draft.observed_to) = (first[..10].to_owned(), last[..10].to_owned());
        (draft.started, draft.finished) = (Some(first.clone()), Some(last.clone()));
    }
    draft.source = Some(options.source.clone());
    draft.licence = options.licence.clone();
    draft.conflicts = report.conflicts;
    draft.limits = limits;
    draft.notes = notes(&facts, &draft.limits, population, options, &report);
    let silent = report.statuses.iter().filter(|s| s.outcome.is_none());
    let silent = silent.map(|s| format!("status {:?} came {} times and says nothing of the question", s.status, s.count));
    let skipped = report.skipped.iter().map(|s| format!("left out {} times: {}, first {}", s.count, s.reason, s.first));
    draft.warnings = silent.chain(skipped).collect();
    Ok((facts, draft, report))
}

fn read(inputs: &[PathBuf], format: Format, population: &Population) -> Result<Sink, ImportError> {
    let mut sink = Sink::new(population);
    for input in inputs {
        sink.begin(input);
        format.read(input, &mut sink)?;
    }
    Ok(sink)
}

/// Members whose moment of observation is the one an earlier recording already had.
fn not_asked_again(sink: &Sink, format: Format, population: &Population, options: &Options) -> Result<usize, ImportError> {
    let earlier = read(&options.previous, format, population)?.observed;
    let same = |(member, moment): &(&Name, &Option<String>)| moment.is_some() && earlier.get(member) == Some(moment);
    Ok(sink.observed.iter().filter(same).count())
}

/// Exactly the questions of the plan: what it would not ask is counted and dropped, what the source
/// does not tell is `unrecorded`.
fn fit(facts: Facts, plan: &Plan, population: &Population, report: &mut ImportReport) -> Facts {
    let limits = Limits::default();
    let mut wanted: HashMap<Question, Option<&Answer>> = HashMap::new();
    for member in &population.members {
        wanted.extend(Observation { member, facts: &facts, plan, limits: &limits }.questions());
    }
    let outside = facts.iter().filter(|(question, _)| !wanted.contains_key(question));
    report.outside_plan = outside.map(|(question, answer)| (question.clone(), answer.records().len())).collect();
    report.answered = wanted.values().filter(|answer| answer.is_some()).count();
    report.unrecorded = wanted.len() - report.answered;
    let fitted = wanted.into_iter().map(|(q, answer)| (q, answer.cloned().unwrap_or(Answer::empty(Outcome::Unrecorded))));
    let fitted = Facts::new(fitted);
    report.records = fitted.iter().map(|(_, answer)| answer.records().len()).sum();
    fitted
}

/// The sentences a reader of any figure needs.
fn notes(facts: &Facts, limits: &Limits, population: &Population, options: &Options, report: &ImportReport) -> Vec<String> {
    let mut notes = options.notes.clone();
    let size = population.members.len();
    let of = |n: usize| format!("{} of {} {}", grouped(n), grouped(size), population.unit.noun(size));
    let unrecorded = population.members.iter().filter(|member| {
        let question = Question::new(member.asked().clone(), Type::Mx);
        facts.get(&question).is_some_and(|answer| answer.outcome == Outcome::Unrecorded)
    });
    let unrecorded = unrecorded.count();
    if unrecorded > 0 {
        notes.push(format!("For {} the source does not tell whether there is an MX record.", of(unrecorded)));
    }
    if report.not_asked_again > 0 {
        let again = of(report.not_asked_again);
        notes.push(format!("{again} were not asked again since the recording before; their earlier answers stand here."));
    }
    if limits.preference_unknown() {
        notes.push("The source kept no MX preferences; all exchanges of a domain count as equally preferred.".to_owned());
    }
    notes
}

/// `4949` as `4,949`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time of RFC 3339 in UTC, whole seconds or finer, so that times sort as text.
fn is_moment(text: &str) -> bool {
    text.is_ascii() && text.ends_with('Z') && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}
