//! Facts: what DNS answered, and one member's view of them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::dns::{Answer, Name, Outcome, Question, Type};
use crate::plan::{Kind, Plan, Why};
use crate::population::Member;

/// Answers to distinct questions, in canonical order of the questions.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    answers: Vec<(Question, Answer)>,
    /// Where each question stands; empty for a few answers, which are looked through.
    index: HashMap<Question, usize>,
}

/// So many answers are looked through as fast as an index is.
const FEW: usize = 8;

impl PartialEq for Facts {
    fn eq(&self, other: &Self) -> bool {
        self.answers == other.answers
    }
}

impl Eq for Facts {}

impl Facts {
    /// Facts from answers in any order; of two answers to one question the later wins, so callers
    /// merge first where it matters.
    pub fn new(answers: impl IntoIterator<Item = (Question, Answer)>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        // Equal questions stay in the order of arrival; the last of them is kept.
        answers.sort_by(|a, b| a.0.cmp(&b.0));
        answers.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        if answers.len() <= FEW {
            return Self::few(answers);
        }
        let index = answers.iter().enumerate().map(|(i, (question, _))| (question.clone(), i)).collect();
        Self { answers, index }
    }

    /// The few answers of one member, in canonical order of distinct questions: without the cost of
    /// an index. Out of that order they are still found.
    pub fn few(answers: Vec<(Question, Answer)>) -> Self {
        Self { answers, index: HashMap::new() }
    }

    pub fn get(&self, question: &Question) -> Option<&Answer> {
        if self.index.is_empty() {
            let is_it = |asked: &Question| asked.qtype == question.qtype && asked.qname == question.qname;
            return self.answers.iter().find(|(asked, _)| is_it(asked)).map(|(_, answer)| answer);
        }
        self.index.get(question).map(|&i| &self.answers[i].1)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Question, &Answer)> {
        self.answers.iter().map(|(q, a)| (q, a))
    }

    pub fn len(&self) -> usize {
        self.answers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

impl IntoIterator for Facts {
    type Item = (Question, Answer);
    type IntoIter = std::vec::IntoIter<(Question, Answer)>;

    fn into_iter(self) -> Self::IntoIter {
        self.answers.into_iter()
    }
}

/// Facts put together from several sources: imports of several files, passes of a crawl, shards.
///
/// A definitive answer beats a failure, a failure beats `unrecorded`; between two of one class the
/// first in canonical order stays. So the order of arrival never matters.
#[derive(Debug, Default)]
pub struct Merge {
    answers: HashMap<Question, Answer>,
    conflicts: HashSet<Question>,
}

impl Merge {
    pub fn add(&mut self, question: Question, answer: Answer) {
        match self.answers.entry(question) {
            Entry::Vacant(free) => {
                free.insert(answer);
            }
            Entry::Occupied(mut held) => {
                let both = held.get().outcome.is_definitive() && answer.outcome.is_definitive();
                if both && *held.get() != answer {
                    self.conflicts.insert(held.key().clone());
                }
                if precedence(&answer) < precedence(held.get()) {
                    held.insert(answer);
                }
            }
        }
    }

    pub fn get(&self, question: &Question) -> Option<&Answer> {
        self.answers.get(question)
    }

    /// Questions that got two different definitive answers.
    pub fn conflicts(&self) -> usize {
        self.conflicts.len()
    }

    pub fn finish(self) -> Facts {
        Facts::new(self.answers)
    }
}

impl Extend<(Question, Answer)> for Merge {
    fn extend<I: IntoIterator<Item = (Question, Answer)>>(&mut self, answers: I) {
        answers.into_iter().for_each(|(question, answer)| self.add(question, answer));
    }
}

/// Merges answers in any order; gives the facts and the number of conflicts.
pub fn merge(answers: impl IntoIterator<Item = (Question, Answer)>) -> (Facts, usize) {
    let mut merge = Merge::default();
    merge.extend(answers);
    let conflicts = merge.conflicts();
    (merge.finish(), conflicts)
}

type Precedence<'a> = (u8, Outcome, Vec<(Type, &'a Name, &'a str)>);

fn precedence(answer: &Answer) -> Precedence<'_> {
    let class = match answer.outcome {
        outcome if outcome.is_definitive() => 0,
        Outcome::Unrecorded => 2,
        _ => 1,
    };
    (class, answer.outcome, answer.records().iter().map(|r| (r.rtype, &r.owner, &*r.rdata)).collect())
}

/// What a source could not keep of the DNS answers, said in the manifest of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Question kinds whose answers hold only part of the records: absence there is no evidence.
    pub partial: BTreeSet<Kind>,
    /// Parts of records that the source did not keep and the importer filled in, in plain words:
    /// `mx-preference`, `srv-numbers`, `txt-token-prefix`.
    pub reconstructed: BTreeSet<String>,
}

impl Limits {
    /// Exchanges count as equally preferred where the source kept no preference.
    pub fn preference_unknown(&self) -> bool {
        self.reconstructed.contains("mx-preference")
    }
}

/// One member's answers: the facts, seen through the question kinds that may be used.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    pub member: &'a Member,
    pub facts: &'a Facts,
    pub plan: &'a Plan,
    pub limits: &'a Limits,
}

impl<'a> Observation<'a> {
    /// Whether questions of this kind may be looked at at all; where not, their names need no spelling.
    pub fn asks(&self, kind: Kind) -> bool {
        self.plan.has(kind)
    }

    /// The answer to a question of this kind; `None` where it was not asked, or where the kind is
    /// outside the plan that both sides of a comparison share.
    pub fn answer(&self, kind: Kind, qname: &Name, qtype: Type) -> Option<&'a Answer> {
        if !self.plan.has(kind) {
            return None;
        }
        self.facts.get(&Question::new(qname.clone(), qtype))
    }

    /// Every question the plan wants of this member, in canonical order, with its answer; `None`
    /// where the facts do not hold it.
    pub fn questions(&self) -> Vec<(Question, Option<&'a Answer>)> {
        let mut cheapest: HashMap<Question, Why> = HashMap::new();
        let mut open = self.plan.roots(self.member);
        while let Some(step) = open.pop() {
            // A question met again matters only where fewer SPF lookups lead to it than before.
            match cheapest.get(&step.question) {
                Some(known) if *known <= step.why => continue,
                _ => cheapest.insert(step.question.clone(), step.why),
            };
            if let Some(answer) = self.facts.get(&step.question) {
                open.extend(self.plan.follow(self.member, &step, answer));
            }
        }
        let mut questions: Vec<Question> = cheapest.into_keys().collect();
        questions.sort();
        questions.into_iter().map(|q| (q.clone(), self.facts.get(&q))).collect()
    }

    /// Whether a definitive absence in answers of this kind can be believed.
    pub fn complete(&self, kind: Kind) -> bool {
        !self.limits.partial.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dns::Record;

    fn answer() -> impl Strategy<Value = (Question, Answer)> {
        let outcomes = prop::sample::select(Outcome::ALL.to_vec());
        (0..3_u8, outcomes, prop::collection::vec(0..3_u8, 0..3)).prop_map(|(name, outcome, hosts)| {
            let qname = Name::parse(&format!("n{name}.example")).unwrap();
            let record = |host| Record { owner: qname.clone(), rtype: Type::Mx, rdata: format!("10 mx{host}.example.").into() };
            let answer = Answer::new(&qname, outcome, hosts.into_iter().map(record).collect());
            (Question::new(qname, Type::Mx), answer)
        })
    }

    fn class(answer: &Answer) -> u8 {
        precedence(answer).0
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_never_matters(
            (answers, shuffled) in prop::collection::vec(answer(), 0..12)
                .prop_flat_map(|answers| (Just(answers.clone()), Just(answers).prop_shuffle()))
        ) {
            let (facts, conflicts) = merge(answers.clone());
            prop_assert_eq!(merge(shuffled), (facts.clone(), conflicts));
            for (question, answer) in &answers {
                prop_assert!(class(facts.get(question).unwrap()) <= class(answer), "a failure beat {:?}", answer);
            }
            prop_assert_eq!(merge(answers.iter().chain(&answers).cloned()), (facts, conflicts), "twice is once");
        }
    }

    #[test]
    fn only_definitive_answers_that_differ_are_a_conflict() {
        let question = Question::new(Name::parse("a.example").unwrap(), Type::Mx);
        let conflicts = |outcomes: &[Outcome]| merge(outcomes.iter().map(|&o| (question.clone(), Answer::empty(o)))).1;
        assert_eq!(conflicts(&[Outcome::Nodata, Outcome::Timeout, Outcome::Unrecorded, Outcome::Nodata]), 0);
        assert_eq!(conflicts(&[Outcome::Timeout, Outcome::Servfail]), 0);
        assert_eq!(conflicts(&[Outcome::Nodata, Outcome::Nxdomain, Outcome::Nodata]), 1);
    }
}
