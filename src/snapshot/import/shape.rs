//! Which questions a source asked.

use std::collections::BTreeSet;

use crate::observation::{Facts, Limits, Observation};
use crate::plan::{Kind, Labels, Plan};
use crate::population::Population;

/// What a source asked: the kinds of question, and the labels they were made with.
pub(super) struct Shape {
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) labels: Labels,
}

/// Selectors that are known to belong to a mailbox host; all others count as vendors'.
const MICROSOFT: [&str; 2] = ["selector1", "selector2"];
const GOOGLE: [&str; 1] = ["google"];

impl Shape {
    /// The question kinds that the facts hold: those of which at least one question was recorded.
    pub(super) fn found(selectors: &BTreeSet<String>, facts: &Facts, population: &Population) -> Self {
        let others = selectors.iter().filter(|s| !MICROSOFT.contains(&s.as_str()) && !GOOGLE.contains(&s.as_str()));
        let met = |known: &[&str]| known.iter().filter(|s| selectors.contains(**s)).map(|s| (*s).to_owned()).collect();
        let labels = Labels {
            microsoft_selectors: met(&MICROSOFT),
            google_selectors: met(&GOOGLE),
            vendor_selectors: others.cloned().collect(),
            ..Labels::default()
        };
        let mut kinds = BTreeSet::new();
        // A kind is judged by the questions it adds; those that others lead to stand behind them in ALL.
        for &kind in Kind::ALL {
            if held(kind, &kinds, &labels, facts, population) {
                kinds.insert(kind);
            }
        }
        Self { kinds, labels }
    }
}

fn held(kind: Kind, before: &BTreeSet<Kind>, labels: &Labels, facts: &Facts, population: &Population) -> bool {
    let without = Plan::of(before.clone(), labels.clone());
    let mut with = without.clone();
    with.kinds.insert(kind);
    let limits = Limits::default();
    population.members.iter().any(|member| {
        let questions = |plan| Observation { member, facts, plan, limits: &limits }.questions();
        let known: BTreeSet<_> = questions(&without).into_iter().map(|(question, _)| question).collect();
        questions(&with).into_iter().any(|(question, answer)| answer.is_some() && !known.contains(&question))
    })
}
