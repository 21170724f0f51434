//! Facts: what DNS answered, and one member's view of them.

use std::collections::{BTreeSet, HashMap};

use crate::dns::{Answer, Name, Question, Type};
use crate::plan::{Kind, Plan, Why};
use crate::population::Member;

/// Answers to distinct questions, in canonical order of the questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    answers: Vec<(Question, Answer)>,
    index: HashMap<Question, usize>,
}

impl Facts {
    /// Facts from answers in any order; of two answers to one question the later wins, so callers
    /// merge first where it matters.
    pub fn new(answers: impl IntoIterator<Item = (Question, Answer)>) -> Self {
        let unique: HashMap<Question, Answer> = answers.into_iter().collect();
        let mut answers: Vec<_> = unique.into_iter().collect();
        answers.sort_by(|a, b| a.0.cmp(&b.0));
        let index = answers.iter().enumerate().map(|(i, (question, _))| (question.clone(), i)).collect();
        Self { answers, index }
    }

    pub fn get(&self, question: &Question) -> Option<&Answer> {
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
