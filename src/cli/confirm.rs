//! `--confirm`: what a comparison would rest on is asked a second resolver before the snapshot is sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::crawl::{Crawled, ResolverSpec};
use crate::dns::Type;
use crate::observation::{Limits, Observation, merge};
use crate::plan::Kind;
use crate::population::Member;
use crate::snapshot::{ManifestDraft, Snapshot};

use super::args::{Asking, Common};
use super::failure::Failure;
use super::job::Job;

/// The resolver that confirms: the one named, else the second of `--resolver`.
pub fn resolver(asking: &Asking) -> Result<Option<ResolverSpec>, Failure> {
    match (&asking.confirm, &asking.resolvers[..]) {
        (None, _) => Ok(None),
        (Some(Some(named)), _) => Ok(Some(named.clone())),
        (Some(None), [_, second, ..]) => Ok(Some(second.clone())),
        (Some(None), _) => {
            Err(Failure::usage("--confirm asks a second resolver: name it (--confirm=RESOLVER), or give two --resolver"))
        }
    }
}

/// Asks about the members whose MX is denied, or whose answers differ from those of `old`, once more
/// at `second`, and merges what it says: a definitive answer beats a failure, records beat their
/// absence, and every contradiction is counted and named in the manifest.
pub fn confirm(
    job: &Job,
    common: &Common,
    second: ResolverSpec,
    crawled: &mut Crawled,
    draft: &mut ManifestDraft,
    old: Option<&Snapshot>,
    journal: &Path,
) -> Result<(), Failure> {
    let doubtful = doubtful(job, crawled, old);
    if doubtful.is_empty() {
        draft.notes.push(format!("No answer needed confirmation by {second}."));
        return Ok(());
    }
    let asked = doubtful.len();
    if !common.quiet {
        eprintln!("confirming {asked} {} at {second}", job.population.unit.noun(asked));
    }
    let part = job.part(doubtful, second.clone());
    let journal = journal.with_extension("confirm.journal");
    let again = part.ask(common, &journal, journal.exists())?;
    part.finished(&again, again.facts.len(), &journal)?;
    let (facts, conflicts) = merge(both(crawled).chain(both(&again)));
    let contradicted: Vec<String> = again
        .facts
        .iter()
        .filter(|(question, answer)| {
            let first = crawled.facts.get(question);
            answer.outcome.is_definitive() && first.is_some_and(|f| f.outcome.is_definitive() && f != *answer)
        })
        .map(|(question, _)| question.to_string())
        .collect();
    crawled.facts = facts;
    draft.conflicts += conflicts;
    draft.notes.push(format!(
        "{asked} {} whose MX was denied or whose answers differ from the baseline were asked again at {second}; {} answers contradict the first.",
        job.population.unit.noun(asked),
        contradicted.len()
    ));
    if !contradicted.is_empty() {
        let more = contradicted.len().saturating_sub(20);
        let named = contradicted.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        draft.warnings.push(format!("Two resolvers contradict each other about {named}{more}."));
    }
    std::fs::remove_file(&journal).ok();
    Ok(())
}

fn both(crawled: &Crawled) -> impl Iterator<Item = (crate::dns::Question, crate::dns::Answer)> {
    crawled.facts.iter().map(|(q, a)| (q.clone(), a.clone()))
}

/// Members without an MX by definitive answer, and those with any answer that is not that of the baseline.
fn doubtful(job: &Job, crawled: &Crawled, old: Option<&Snapshot>) -> Vec<Member> {
    let limits = Limits::default();
    let before: BTreeMap<&str, &Member> =
        old.map(|o| o.population.members.iter().map(|m| (&*m.id, m)).collect()).unwrap_or_default();
    let changed = |member: &Member| {
        let (Some(old), Some(then)) = (old, before.get(&*member.id)) else { return false };
        let now = Observation { member, facts: &crawled.facts, plan: &job.plan, limits: &limits };
        let known: BTreeSet<_> = old
            .observation(then)
            .questions()
            .into_iter()
            .filter_map(|(q, a)| Some((q, a?)))
            .collect::<BTreeMap<_, _>>()
            .into_keys()
            .collect();
        now.questions().iter().any(|(question, answer)| {
            let differs = |a: &&crate::dns::Answer| old.facts.get(question) != Some(*a);
            known.contains(question) && answer.as_ref().is_some_and(differs)
        })
    };
    let denied = |member: &Member| {
        let observation = Observation { member, facts: &crawled.facts, plan: &job.plan, limits: &limits };
        observation.answer(Kind::Mx, member.asked(), Type::Mx).is_some_and(|a| a.outcome.is_negative())
    };
    job.population.members.iter().filter(|m| denied(m) || changed(m)).cloned().collect()
}
