//! The columns of `observations.csv`, rows in any order.

use std::collections::BTreeSet;
use std::path::Path;

use super::{ImportError, Shape, Sink, open};
use crate::dns::{Name, Type};
use crate::observation::{Facts, Limits, Observation};
use crate::plan::{Kind, Labels, Plan};
use crate::population::Population;
use crate::snapshot::observations::Reader;

/// Selectors that are known to belong to a mailbox host; all others count as vendors'.
const MICROSOFT: [&str; 2] = ["selector1", "selector2"];
const GOOGLE: [&str; 1] = ["google"];

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    let mut rows = Reader::lenient(open(input)?);
    while let Some(answer) = rows.next() {
        let line = rows.line();
        let (question, answer) =
            answer.map_err(|e| ImportError::Line { path: input.to_owned(), line: e.line, reason: e.reason })?;
        sink.row(line);
        if let Some(selector) = selector(&question.qname).filter(|_| matches!(question.qtype, Type::Cname | Type::Txt)) {
            sink.selectors.insert(selector.to_owned());
        }
        if sink.is_member(&question.qname) {
            sink.observed(&question.qname, None);
        }
        sink.merge.add(question, answer);
    }
    Ok(())
}

/// `s1` of `s1._domainkey.example.com.` (RFC 6376 section 3.6.2.1).
fn selector(qname: &Name) -> Option<&str> {
    qname.as_str().split_once("._domainkey.").map(|(selector, _)| selector)
}

/// The question kinds that the facts hold: those of which at least one question was recorded.
pub(super) fn shape(selectors: &BTreeSet<String>, facts: &Facts, population: &Population) -> Shape {
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
    Shape { kinds, labels }
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
