//! The rows of a diff table, summed over the cases of a comparison.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use num_traits::Zero;

use crate::diff::compare::{Case, Comparison, Options, Sides, is_resolved};
use crate::diff::flow::{Parts, flows};
use crate::diff::{DiffRow, DiffTable, End, PanelRow, Transition, check, mcnemar};
use crate::share::parts::{self, Key, Sum, View, leave_room};
use crate::share::{Base, Count, Fault, Row};

/// One row in the making.
#[derive(Clone, Debug, Default)]
struct Line {
    old: Sum,
    new: Sum,
    gained: Sum,
    lost: Sum,
    entered: Sum,
    left: Sum,
    appeared: Sum,
    disappeared: Sum,
    from_unattributed: Sum,
    to_unattributed: Sum,
    gained_domain: Sum,
    lost_domain: Sum,
    panel_old: Sum,
    panel_new: Sum,
    rose: u64,
    fell: u64,
}

/// All rows of one reading of the cases, with members counted beside them.
#[derive(Default)]
struct Lines {
    rows: BTreeMap<Key, Line>,
    panel: u64,
    compared: u64,
    /// Panel members that became unreachable or stopped being so, and compared ones that changed.
    appeared: u64,
    changed: u64,
    members_old: u64,
    members_new: u64,
    entered: u64,
    left: u64,
}

pub(super) fn table(comparison: Comparison<'_>, sides: Sides<'_>, options: &Options) -> Result<DiffTable, Fault> {
    let View { role, by, .. } = comparison.keys.view();
    let all = Lines::read(&comparison, |key| key);
    let named = ranked(&comparison, &all)?;
    let (p_values, p_holm) = significance(&all, &named);
    let shown = options.top.unwrap_or(named.len()).min(named.len());
    let folded = &named[shown..];
    let mut order: Vec<Key> = named[..shown].to_vec();
    order.extend((!folded.is_empty()).then_some(parts::OTHER));
    order.extend::<&[Key]>(if role.is_exclusive() {
        &[parts::SELF_HOSTED, parts::UNATTRIBUTED, parts::NO_MAIL, parts::UNREACHABLE]
    } else {
        &[parts::NONE, parts::UNREACHABLE]
    });
    let lines = if folded.is_empty() {
        all
    } else {
        Lines::read(&comparison, |key| if folded.contains(&key) { parts::OTHER } else { key })
    };
    let bases = Bases::of(&lines)?;
    let mut rows = Vec::with_capacity(order.len() + 1);
    for key in order {
        let label = match key {
            parts::OTHER => format!("other ({} {})", folded.len(), by.noun(folded.len())),
            key => comparison.keys.label(key).to_owned(),
        };
        let line = lines.rows.get(&key).cloned().unwrap_or_default();
        let mut row = line.row(comparison.keys.row(key).clone(), label, &bases)?;
        row.p_value = p_values.get(&key).copied();
        row.p_holm = p_holm.get(&key).copied();
        let most = row.old.max(row.new);
        let too_few = |n: &u32| matches!(row.row, Row::Named(_)) && most < Count::from_integer(i128::from(*n));
        row.withheld = options.min_n.filter(too_few);
        rows.push(row);
    }
    rows.push(lines.total(&rows, role.is_exclusive()));
    let table = DiffTable {
        role,
        by,
        old: sides.old.clone(),
        new: sides.new.clone(),
        ruleset: sides.ruleset.to_owned(),
        cohort: options.cohort.clone(),
        panel: usize::try_from(lines.panel).unwrap_or(usize::MAX),
        compared: usize::try_from(lines.compared).unwrap_or(usize::MAX),
        base_old: bases.old,
        base_new: bases.new,
        panel_base_old: bases.panel_old,
        panel_base_new: bases.panel_new,
        rows,
        transitions: if role.is_exclusive() { transitions(&comparison)? } else { Vec::new() },
        switchers: comparison.switchers,
    };
    check(&table)?;
    Ok(table)
}

/// Named rows, the largest of the new side first.
fn ranked(comparison: &Comparison<'_>, lines: &Lines) -> Result<Vec<Key>, Fault> {
    let mut named = Vec::new();
    for key in comparison.keys.named() {
        if let Some(line) = lines.rows.get(&key) {
            let place = (comparison.keys.label(key), comparison.keys.row(key));
            named.push((Reverse((line.new.total()?, line.old.total()?)), place, key));
        }
    }
    named.sort();
    Ok(named.into_iter().map(|(_, _, key)| key).collect())
}

/// p-values of the named rows, and Holm over those of them with any change.
fn significance(lines: &Lines, named: &[Key]) -> (BTreeMap<Key, f64>, BTreeMap<Key, f64>) {
    let p = |key: &Key| (*key, mcnemar::mcnemar(lines.rows[key].rose, lines.rows[key].fell));
    let p_values: BTreeMap<Key, f64> = named.iter().map(p).collect();
    let family: Vec<Key> = named.iter().copied().filter(|k| lines.rows[k].rose + lines.rows[k].fell > 0).collect();
    let adjusted = mcnemar::holm(&family.iter().map(|k| p_values[k]).collect::<Vec<_>>());
    (p_values, family.into_iter().zip(adjusted).collect())
}

impl Lines {
    fn read(comparison: &Comparison<'_>, onto: impl Fn(Key) -> Key) -> Self {
        let exclusive = comparison.keys.view().role.is_exclusive();
        let map = |side: &Option<Parts>| side.as_ref().map(|parts| mapped(parts, &onto, exclusive));
        let mut lines = Self::default();
        for (case, &times) in &comparison.cases {
            let case = Case { old: map(&case.old), new: map(&case.new), moved: case.moved };
            lines.add(&case, times, exclusive);
        }
        lines
    }

    fn add(&mut self, case: &Case, times: u64, exclusive: bool) {
        if let Some(old) = &case.old {
            self.members_old += times;
            self.each(old, times, |line| &mut line.old);
        }
        if let Some(new) = &case.new {
            self.members_new += times;
            self.each(new, times, |line| &mut line.new);
        }
        let (old, new) = match (&case.old, &case.new) {
            (Some(old), Some(new)) => (old, new),
            (Some(old), None) => {
                self.left += times;
                return self.each(old, times, |line| &mut line.left);
            }
            (None, Some(new)) => {
                self.entered += times;
                return self.each(new, times, |line| &mut line.entered);
            }
            (None, None) => return,
        };
        self.panel += times;
        if is_resolved(old) && is_resolved(new) {
            self.compared += times;
            self.each(old, times, |line| &mut line.panel_old);
            self.each(new, times, |line| &mut line.panel_new);
            self.switch(case.moved, old, new, times, exclusive);
        } else if is_resolved(old) != is_resolved(new) {
            // The row `unreachable` is one of the rows here: a member that becomes unreachable
            // disappears from its rows and appears in that one.
            self.appeared += times;
            self.each(old, times, |line| &mut line.disappeared);
            self.each(new, times, |line| &mut line.appeared);
        }
    }

    /// A member of the compared panel.
    fn switch(&mut self, moved: bool, old: &Parts, new: &Parts, times: u64, exclusive: bool) {
        if old == new {
            return;
        }
        self.changed += times;
        let weight = |side: &Parts, key: Key| side.iter().find(|(k, _)| *k == key).map_or_else(Count::zero, |(_, w)| *w);
        let keys: std::collections::BTreeSet<Key> = old.iter().chain(new).map(|(key, _)| *key).collect();
        for key in keys {
            let (before, after) = (weight(old, key), weight(new, key));
            let line = self.rows.entry(key).or_default();
            if after > before {
                line.rose += times;
                line.gained.add(after - before, times);
                if moved {
                    line.gained_domain.add(after - before, times);
                }
            } else if before > after {
                line.fell += times;
                line.lost.add(before - after, times);
                if moved {
                    line.lost_domain.add(before - after, times);
                }
            }
        }
        for flow in flows(old, new).into_iter().filter(|f| exclusive && f.from != f.to) {
            if flow.from == parts::UNATTRIBUTED {
                self.rows.entry(flow.to).or_default().from_unattributed.add(flow.weight, times);
            }
            if flow.to == parts::UNATTRIBUTED {
                self.rows.entry(flow.from).or_default().to_unattributed.add(flow.weight, times);
            }
        }
    }

    fn each(&mut self, parts: &Parts, times: u64, sum: impl Fn(&mut Line) -> &mut Sum) {
        for (key, weight) in parts {
            sum(self.rows.entry(*key).or_default()).add(*weight, times);
        }
    }

    /// The row `total`: sums of the rows where these add up, members where they do not.
    fn total(&self, rows: &[DiffRow], adds_up: bool) -> DiffRow {
        let members = |n: u64| Count::from_integer(i128::from(n));
        let sum = |of: fn(&DiffRow) -> Count, otherwise: u64| {
            if adds_up { rows.iter().map(of).sum() } else { members(otherwise) }
        };
        let (old, new) = (members(self.members_old), members(self.members_new));
        DiffRow {
            row: Row::Total,
            label: "total".to_owned(),
            old,
            new,
            relative_change: over(new - old, old),
            share_old: None,
            share_new: None,
            share_change_pp: None,
            count_effect_pp: None,
            denominator_effect_pp: None,
            gained: sum(|r| r.gained, self.changed),
            lost: sum(|r| r.lost, self.changed),
            entered: members(self.entered),
            left: members(self.left),
            appeared: sum(|r| r.appeared, self.appeared),
            disappeared: sum(|r| r.disappeared, self.appeared),
            gained_from_unattributed: sum(|r| r.gained_from_unattributed, 0),
            lost_to_unattributed: sum(|r| r.lost_to_unattributed, 0),
            gained_domain: sum(|r| r.gained_domain, 0),
            lost_domain: sum(|r| r.lost_domain, 0),
            p_value: None,
            p_holm: None,
            panel: PanelRow { old: members(self.compared), new: members(self.compared), ..PanelRow::default() },
            withheld: None,
        }
    }
}

/// Parts with their rows mapped onto others: summed in an exclusive role, once a row in a reach role.
fn mapped(parts: &Parts, onto: impl Fn(Key) -> Key, exclusive: bool) -> Parts {
    let mut merged: BTreeMap<Key, Count> = BTreeMap::new();
    for (key, weight) in parts {
        let sum = merged.entry(onto(*key)).or_insert_with(Count::zero);
        *sum = if exclusive { *sum + weight } else { (*sum).max(*weight) };
    }
    merged.into_iter().collect()
}

impl Line {
    fn row(&self, row: Row, label: String, bases: &Bases) -> Result<DiffRow, Fault> {
        let (old, new) = (self.old.total()?, self.new.total()?);
        let has_share = !matches!(row, Row::NoMail | Row::Unreachable);
        let share = |members: Count, base: &Base| over(members, base.measured()).filter(|_| has_share);
        let (share_old, share_new) = (share(old, &bases.old), share(new, &bases.new));
        let hundred = Count::from_integer(100);
        let both = share_old.zip(share_new);
        let (r_old, r_new) = (bases.old.measured(), bases.new.measured());
        let (panel_old, panel_new) = (self.panel_old.total()?, self.panel_new.total()?);
        let named = matches!(row, Row::Named(_));
        Ok(DiffRow {
            row,
            label,
            old,
            new,
            relative_change: over(new - old, old),
            share_old,
            share_new,
            share_change_pp: both.map(|(before, after)| (after - before) * hundred),
            count_effect_pp: both.map(|_| (new - old) / r_new * hundred),
            denominator_effect_pp: both.map(|_| old / r_new * hundred - old / r_old * hundred),
            gained: self.gained.total()?,
            lost: self.lost.total()?,
            entered: self.entered.total()?,
            left: self.left.total()?,
            appeared: self.appeared.total()?,
            disappeared: self.disappeared.total()?,
            gained_from_unattributed: self.from_unattributed.total()?,
            lost_to_unattributed: self.to_unattributed.total()?,
            gained_domain: self.gained_domain.total()?,
            lost_domain: self.lost_domain.total()?,
            p_value: None,
            p_holm: None,
            panel: PanelRow {
                old: panel_old,
                new: panel_new,
                share_old: share(panel_old, &bases.panel_old),
                share_new: share(panel_new, &bases.panel_new),
                rose: self.rose,
                fell: self.fell,
                needed: mcnemar::needed(self.rose + self.fell).filter(|_| named),
            },
            withheld: None,
        })
    }
}

fn over(numer: Count, denom: Count) -> Option<Count> {
    (denom > Count::zero()).then(|| numer / denom)
}

/// The denominators of both sides, and of the compared panel on both sides.
struct Bases {
    old: Base,
    new: Base,
    panel_old: Base,
    panel_new: Base,
}

impl Bases {
    fn of(lines: &Lines) -> Result<Self, Fault> {
        let members = |n: u64| Count::from_integer(i128::from(n));
        let sum = |key: Key, of: fn(&Line) -> &Sum| lines.rows.get(&key).map_or(Ok(Count::zero()), |line| of(line).total());
        let base = |population: u64, of: fn(&Line) -> &Sum| -> Result<Base, Fault> {
            Ok(Base {
                population: members(population),
                unreachable: sum(parts::UNREACHABLE, of)?,
                no_mail: sum(parts::NO_MAIL, of)?,
            })
        };
        let mut counts = Vec::new();
        for line in lines.rows.values() {
            counts.extend([line.old.total()?, line.new.total()?]);
        }
        leave_room(usize::try_from(lines.members_old.max(lines.members_new)).unwrap_or(usize::MAX), &counts)?;
        Ok(Self {
            old: base(lines.members_old, |l| &l.old)?,
            new: base(lines.members_new, |l| &l.new)?,
            panel_old: base(lines.compared, |l| &l.panel_old)?,
            panel_new: base(lines.compared, |l| &l.panel_new)?,
        })
    }
}

/// Who went where, over the members of either list.
fn transitions(comparison: &Comparison<'_>) -> Result<Vec<Transition>, Fault> {
    let mut sums: BTreeMap<(Option<Key>, Option<Key>), Sum> = BTreeMap::new();
    for (case, &times) in &comparison.cases {
        match (&case.old, &case.new) {
            (Some(old), Some(new)) => {
                for flow in flows(old, new) {
                    sums.entry((Some(flow.from), Some(flow.to))).or_default().add(flow.weight, times);
                }
            }
            (old, new) => {
                for (key, weight) in old.iter().flatten() {
                    sums.entry((Some(*key), None)).or_default().add(*weight, times);
                }
                for (key, weight) in new.iter().flatten() {
                    sums.entry((None, Some(*key))).or_default().add(*weight, times);
                }
            }
        }
    }
    let keys = &comparison.keys;
    let end = |key: Option<Key>, absent: End| key.map_or(absent, |key| End::Row(keys.row(key).clone()));
    let label = |key: Option<Key>, absent: &str| key.map_or(absent, |key| keys.label(key)).to_owned();
    let mut transitions = Vec::with_capacity(sums.len());
    for ((from, to), sum) in sums {
        transitions.push(Transition {
            from: end(from, End::Entered),
            to: end(to, End::Left),
            from_label: label(from, "(entered)"),
            to_label: label(to, "(left)"),
            members: sum.total()?,
        });
    }
    transitions.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
    Ok(transitions)
}
