//! A diff in one pass over two sorted snapshots, classified on the way: for lists of a million members.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use crate::classify::{Classification, classify_role};
use crate::diff::{self, DiffTable, Sides};
use crate::observation::{Facts, Limits, Observation};
use crate::plan::Plan;
use crate::population::Member;
use crate::share::View;
use crate::snapshot::{self, SnapshotError, Walk};
use crate::vendor::{Role, Ruleset};

use super::args::{DiffArgs, PlanArg};
use super::change::in_words;
use super::failure::Failure;

/// The comparison and the question kinds used; `None` where a member cannot be judged by the answers
/// at its own name, or where cohorts are asked for.
pub fn merged(
    args: &DiffArgs,
    old: &Path,
    new: &Path,
    rules: &Ruleset,
    view: View<'_>,
) -> Result<Option<(String, DiffTable)>, Failure> {
    let (before, after) = (snapshot::manifest(old)?, snapshot::manifest(new)?);
    let shared = after.shared_plan(&before);
    let plan_of = |own: &Plan| if args.plan == PlanArg::Shared { shared.clone() } else { own.clone() };
    let (old_plan, new_plan) = (plan_of(&before.plan), plan_of(&after.plan));
    if args.tables.cohort.is_some() || !old_plan.is_local() || !new_plan.is_local() {
        return Ok(None);
    }
    let (old, new) = (Walk::open(old)?, Walk::open(new)?);
    let (was, is) = (before.provenance(), after.provenance());
    let sides = Sides { old: &was, new: &is, ruleset: rules.short_digest() };
    let options = diff::Options { top: args.tables.top, min_n: args.tables.min_n, cohort: None };
    let reading = Reading {
        plans: [&old_plan, &new_plan],
        limits: [&before.limits, &after.limits],
        alike: old_plan == new_plan && before.limits == after.limits,
        rules,
        role: view.role,
        last: RefCell::default(),
        fault: RefCell::default(),
    };
    let table = diff::compare(reading.side(0, old), reading.side(1, new), view, sides, &options);
    match reading.fault.into_inner() {
        Some(error) => Err(error.into()),
        None => Ok(Some((in_words((args.plan == PlanArg::Shared).then_some(&shared)), table?))),
    }
}

/// Two snapshots on their way through the rules, side by side.
struct Reading<'a> {
    plans: [&'a Plan; 2],
    limits: [&'a Limits; 2],
    /// Whether both sides are read through the same questions and limits.
    alike: bool,
    rules: &'a Ruleset,
    role: Role,
    /// What each side has read last.
    last: RefCell<[Option<Judged>; 2]>,
    fault: RefCell<Option<SnapshotError>>,
}

/// A member with its answers and what the rules say of them.
struct Judged {
    member: Member,
    facts: Facts,
    found: Rc<Classification>,
}

impl Reading<'_> {
    /// One side's members as they come; the first fault ends them and is kept.
    fn side(&self, side: usize, walk: Walk) -> impl Iterator<Item = Rc<Classification>> + '_ {
        walk.map_while(move |step| match step {
            Ok((member, facts)) => Some(self.judge(side, member, facts)),
            Err(error) => {
                *self.fault.borrow_mut() = Some(error);
                None
            }
        })
    }

    /// Most members answer today what they answered then: the same domain with the same answers,
    /// seen alike, is not judged twice. Name, rank and cohorts are then those of the side that came
    /// first, which no comparison of two equal verdicts shows.
    fn judge(&self, side: usize, member: Member, facts: Facts) -> Rc<Classification> {
        let last = &mut *self.last.borrow_mut();
        let same =
            |other: &&Judged| other.member.id == member.id && other.member.asked() == member.asked() && other.facts == facts;
        let found = match last[1 - side].as_ref().filter(|_| self.alike).filter(same) {
            Some(other) => other.found.clone(),
            None => {
                let observation =
                    Observation { member: &member, facts: &facts, plan: self.plans[side], limits: self.limits[side] };
                Rc::new(classify_role(&observation, self.rules, self.role))
            }
        };
        last[side] = Some(Judged { member, facts, found: found.clone() });
        found
    }
}
