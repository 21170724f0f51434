//! A diff in one pass over two sorted snapshots, classified on the way: for lists of a million members.

use std::cell::RefCell;
use std::path::Path;

use crate::classify::{Classification, classify};
use crate::diff::{self, DiffTable, Sides};
use crate::observation::{Limits, Observation};
use crate::plan::Plan;
use crate::share::View;
use crate::snapshot::{self, SnapshotError, Walk};
use crate::vendor::Ruleset;

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
    let fault = RefCell::new(None);
    let (old_limits, new_limits) = (before.limits.clone(), after.limits.clone());
    let (was, is) = (before.provenance(), after.provenance());
    let sides = Sides { old: &was, new: &is, ruleset: rules.short_digest() };
    let options = diff::Options { top: args.tables.top, min_n: args.tables.min_n, cohort: None };
    let table = diff::compare(
        classified(old, &old_plan, &old_limits, rules, &fault),
        classified(new, &new_plan, &new_limits, rules, &fault),
        view,
        sides,
        &options,
    );
    match fault.into_inner() {
        Some(error) => Err(error.into()),
        None => Ok(Some((in_words((args.plan == PlanArg::Shared).then_some(&shared)), table?))),
    }
}

/// Members as they come; the first fault ends them and is kept.
fn classified<'a>(
    walk: Walk,
    plan: &'a Plan,
    limits: &'a Limits,
    rules: &'a Ruleset,
    fault: &'a RefCell<Option<SnapshotError>>,
) -> impl Iterator<Item = Classification> + 'a {
    walk.map_while(move |step| match step {
        Ok((member, facts)) => Some(classify(&Observation { member: &member, facts: &facts, plan, limits }, rules)),
        Err(error) => {
            *fault.borrow_mut() = Some(error);
            None
        }
    })
}
