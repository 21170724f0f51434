//! From two sets of classified members to a diff table.

use std::borrow::Borrow;
use std::collections::HashMap;

use crate::classify::{Classification, Evidence};
use crate::diff::flow::Parts;
use crate::diff::panel::{Match, match_members};
use crate::diff::{Cause, DiffTable, Switcher, rows};
use crate::provenance::Provenance;
use crate::share::parts::{self, Keys, Part};
use crate::share::{Fault, View};

/// What a diff table shows, beyond its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Named rows beyond the largest so many of the new side are taken together.
    pub top: Option<usize>,
    /// Named rows of fewer members on both sides are withheld.
    pub min_n: Option<u32>,
    /// The label of the cohort the members were selected by.
    pub cohort: Option<String>,
}

/// Two snapshots and what classified them both.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    pub old: &'a Provenance,
    pub new: &'a Provenance,
    /// Digest of the ruleset, shortened.
    pub ruleset: &'a str,
}

/// Compares two sets of members for one role. Any order of the members gives the same table; sorted
/// by domain they are merged without being held (see [`match_members`]), so iterators that classify
/// as they go take no more memory than the changes between both.
///
/// # Errors
/// [`Fault`] where the exact sums do not fit, or do not add up (see [`check`](super::check)).
pub fn compare<C: Borrow<Classification>>(
    old: impl IntoIterator<Item = C>,
    new: impl IntoIterator<Item = C>,
    view: View<'_>,
    sides: Sides<'_>,
    options: &Options,
) -> Result<DiffTable, Fault> {
    let mut comparison = Comparison::new(view);
    match_members(old, new, |found| comparison.add(found));
    comparison.finish(sides, options)
}

/// A comparison in the making. Holds one count for each distinct pair of old and new parts, and the
/// members that switched; not the members.
pub struct Comparison<'a> {
    pub(super) keys: Keys<'a>,
    pub(super) cases: HashMap<Case, u64>,
    pub(super) switchers: Vec<Switcher>,
}

/// What happened to a member, as far as counts go. `None` where it is not in that list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Case {
    pub old: Option<Parts>,
    pub new: Option<Parts>,
    /// Another domain was asked.
    pub moved: bool,
}

impl<'a> Comparison<'a> {
    pub fn new(view: View<'a>) -> Self {
        Self { keys: Keys::new(view), cases: HashMap::new(), switchers: Vec::new() }
    }

    pub fn add(&mut self, found: Match<'_>) {
        let case = match found {
            Match::Left(old) => Case { old: Some(self.parts(old)), new: None, moved: false },
            Match::Entered(new) => Case { old: None, new: Some(self.parts(new)), moved: false },
            Match::Panel { old, new } => {
                let (before, after) = (self.parts(old), self.parts(new));
                if before != after && is_resolved(&before) && is_resolved(&after) {
                    self.switchers.push(self.switcher(old, new, &before, &after));
                }
                Case { old: Some(before), new: Some(after), moved: old.domain != new.domain }
            }
        };
        *self.cases.entry(case).or_default() += 1;
    }

    /// # Errors
    /// [`Fault`] where the exact sums do not fit, or do not add up (see [`check`](super::check)).
    pub fn finish(mut self, sides: Sides<'_>, options: &Options) -> Result<DiffTable, Fault> {
        self.switchers.sort_by(|a, b| (&a.id, &a.domain_old, &a.domain_new).cmp(&(&b.id, &b.domain_old, &b.domain_new)));
        rows::table(self, sides, options)
    }

    fn parts(&mut self, member: &Classification) -> Parts {
        let parts = self.keys.parts(member);
        let mut merged: Parts = Vec::with_capacity(parts.len());
        for Part { key, weight, .. } in parts {
            match merged.last_mut() {
                Some((last, sum)) if *last == key => *sum += parts::wide(weight),
                _ => merged.push((key, parts::wide(weight))),
            }
        }
        merged
    }

    fn switcher(&self, old: &Classification, new: &Classification, before: &Parts, after: &Parts) -> Switcher {
        let role = self.keys.view().role;
        let labels = |parts: &Parts| {
            let mut labels: Vec<&str> = parts.iter().map(|(key, _)| self.keys.label(*key)).collect();
            labels.sort_unstable();
            labels.join(" + ")
        };
        let evidence = |member: &Classification| -> Vec<Evidence> {
            member.role(role).iter().flat_map(|a| a.evidence.iter().cloned()).collect()
        };
        Switcher {
            id: new.id.to_string(),
            name: new.name.to_string(),
            domain_old: old.domain.to_string(),
            domain_new: new.domain.to_string(),
            from: labels(before),
            to: labels(after),
            cause: if old.domain == new.domain { Cause::Dns } else { Cause::Domain },
            evidence_old: evidence(old),
            evidence_new: evidence(new),
        }
    }
}

pub(super) fn is_resolved(parts: &Parts) -> bool {
    parts.iter().all(|(key, _)| *key != parts::UNREACHABLE)
}
