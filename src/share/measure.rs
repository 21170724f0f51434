//! From classified members to a share table.

use std::collections::{BTreeMap, HashMap};

use crate::classify::{Classification, Confidence};
use crate::provenance::Provenance;
use crate::share::parts::{self, Key, Keys, Part, Sum, View};
use crate::share::{Base, Concentration, Count, Fault, Row, ShareRow, ShareTable, check, wilson};

/// What a share table shows, beyond its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Named rows beyond the largest so many are taken together.
    pub top: Option<usize>,
    /// Named rows of fewer members are withheld.
    pub min_n: Option<u32>,
    /// Adds 95 % Wilson intervals.
    pub wilson: bool,
    /// The label of the cohort the members were selected by.
    pub cohort: Option<String>,
}

/// Measures the shares of one role over classified members, in any order.
///
/// # Errors
/// [`Fault`] where the exact sums do not fit, or do not add up (see [`check`]).
pub fn measure<'m>(
    members: impl IntoIterator<Item = &'m Classification>,
    view: View<'_>,
    provenance: &Provenance,
    ruleset: &str,
    options: &Options,
) -> Result<ShareTable, Fault> {
    let mut tally = Tally::new(view);
    for member in members {
        tally.add(member);
    }
    tally.finish(provenance, ruleset, options)
}

/// Shares in the making, for members that come one by one. Holds one count for each distinct set
/// of parts, not one for each member.
pub struct Tally<'a> {
    keys: Keys<'a>,
    cases: HashMap<Vec<Part>, u64>,
    members: usize,
}

/// The members of one row.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    members: Count,
    confirmed: Count,
    likely: Count,
    weak: Count,
}

impl<'a> Tally<'a> {
    pub fn new(view: View<'a>) -> Self {
        Self { keys: Keys::new(view), cases: HashMap::new(), members: 0 }
    }

    pub fn add(&mut self, member: &Classification) {
        let parts = self.keys.parts(member);
        *self.cases.entry(parts).or_default() += 1;
        self.members += 1;
    }

    /// # Errors
    /// [`Fault`] where the exact sums do not fit, or do not add up (see [`check`]).
    pub fn finish(self, provenance: &Provenance, ruleset: &str, options: &Options) -> Result<ShareTable, Fault> {
        let View { role, by, .. } = self.keys.view();
        let all = self.cells(|key| key)?;
        parts::leave_room(self.members, all.values().map(|cell| &cell.members))?;
        let mut named: Vec<Key> = self.keys.named().filter(|k| all.contains_key(k)).collect();
        named.sort_by(|a, b| {
            let place = |k: &Key| (self.keys.label(*k), self.keys.row(*k));
            all[b].members.cmp(&all[a].members).then_with(|| place(a).cmp(&place(b)))
        });
        let shown = options.top.unwrap_or(named.len()).min(named.len());
        let folded = &named[shown..];
        let cells = if folded.is_empty() {
            all.clone()
        } else {
            self.cells(|key| if folded.contains(&key) { parts::OTHER } else { key })?
        };
        let cell = |key: Key| cells.get(&key).copied().unwrap_or_default();
        let base = Base {
            population: Count::from_integer(self.members as i128),
            unreachable: cell(parts::UNREACHABLE).members,
            no_mail: cell(parts::NO_MAIL).members,
        };
        let mut order: Vec<Key> = named[..shown].to_vec();
        order.extend((!folded.is_empty()).then_some(parts::OTHER));
        if role.is_exclusive() {
            order.extend([parts::SELF_HOSTED, parts::UNATTRIBUTED, parts::NO_MAIL, parts::UNREACHABLE]);
        } else {
            order.extend([parts::NONE, parts::UNREACHABLE]);
        }
        let doubt = Doubt { unattributed: cell(parts::UNATTRIBUTED).members, weakly_self_hosted: cell(parts::SELF_HOSTED).weak };
        let mut rows: Vec<ShareRow> = Vec::with_capacity(order.len() + 1);
        for key in order {
            let label = match key {
                parts::OTHER => format!("other ({} {})", folded.len(), by.noun(folded.len())),
                key => self.keys.label(key).to_owned(),
            };
            rows.push(share_row(self.keys.row(key).clone(), label, cell(key), &base, &doubt, options));
        }
        rows.push(total_row(&cells, &base, role.is_exclusive()));
        let ranked: Vec<Count> = named.iter().map(|k| all[k].members).collect();
        let table = ShareTable {
            role,
            by,
            provenance: provenance.clone(),
            ruleset: ruleset.to_owned(),
            cohort: options.cohort.clone(),
            base,
            rows,
            concentration: role.is_exclusive().then(|| concentration(&ranked, &base)).flatten(),
        };
        check(&table)?;
        Ok(table)
    }

    /// Members by row, with rows mapped onto others. A reach role counts a member once a row also
    /// where several of its rows become one.
    fn cells(&self, onto: impl Fn(Key) -> Key) -> Result<BTreeMap<Key, Cell>, Fault> {
        let exclusive = self.keys.view().role.is_exclusive();
        let mut sums: BTreeMap<Key, CellSums> = BTreeMap::new();
        for (parts, &times) in &self.cases {
            if exclusive {
                for part in parts {
                    sums.entry(onto(part.key)).or_default().add(part.confidence, parts::wide(part.weight), times);
                }
            } else {
                let mut reached: BTreeMap<Key, Option<Confidence>> = BTreeMap::new();
                for part in parts {
                    let best = reached.entry(onto(part.key)).or_default();
                    *best = (*best).max(part.confidence);
                }
                for (key, confidence) in reached {
                    sums.entry(key).or_default().add(confidence, Count::from_integer(1), times);
                }
            }
        }
        sums.into_iter().map(|(key, sums)| Ok((key, sums.total()?))).collect()
    }
}

/// A cell in the making.
#[derive(Default)]
struct CellSums {
    members: Sum,
    confirmed: Sum,
    likely: Sum,
    weak: Sum,
}

impl CellSums {
    fn add(&mut self, confidence: Option<Confidence>, weight: Count, times: u64) {
        self.members.add(weight, times);
        match confidence {
            None => {}
            Some(Confidence::Weak) => self.weak.add(weight, times),
            Some(Confidence::Likely) => self.likely.add(weight, times),
            Some(Confidence::Confirmed) => self.confirmed.add(weight, times),
        }
    }

    fn total(&self) -> Result<Cell, Fault> {
        Ok(Cell {
            members: self.members.total()?,
            confirmed: self.confirmed.total()?,
            likely: self.likely.total()?,
            weak: self.weak.total()?,
        })
    }
}

/// Members of an exclusive role that a missing answer or a weak reading keeps from a vendor.
struct Doubt {
    unattributed: Count,
    weakly_self_hosted: Count,
}

fn share_row(row: Row, label: String, cell: Cell, base: &Base, doubt: &Doubt, options: &Options) -> ShareRow {
    let over = |numer: Count, denom: Count| (denom > Count::from_integer(0)).then(|| numer / denom);
    let has_share = !matches!(row, Row::NoMail | Row::Unreachable);
    // Each term once: what a row itself holds is not added again.
    let mut possible = cell.members + base.unreachable;
    if row != Row::Unattributed {
        possible += doubt.unattributed;
    }
    if row != Row::SelfHosted {
        possible += doubt.weakly_self_hosted;
    }
    let too_few = |n: &u32| matches!(row, Row::Named(_)) && cell.members < Count::from_integer(i128::from(*n));
    ShareRow {
        share: over(cell.members, base.measured()).filter(|_| has_share),
        lower_bound: over(cell.members, base.measurable()).filter(|_| has_share),
        upper_bound: over(possible, base.measurable()).filter(|_| has_share),
        wilson: wilson(&cell.members, &base.measured()).filter(|_| has_share && options.wilson),
        withheld: options.min_n.filter(too_few),
        row,
        label,
        members: cell.members,
        confirmed: cell.confirmed,
        likely: cell.likely,
        weak: cell.weak,
    }
}

/// The population. Confidence adds up where the rows do; in a reach role it does not.
fn total_row(cells: &BTreeMap<Key, Cell>, base: &Base, adds_up: bool) -> ShareRow {
    let sum = |of: fn(&Cell) -> Count| cells.values().filter(|_| adds_up).map(of).sum::<Count>();
    ShareRow {
        row: Row::Total,
        label: "total".to_owned(),
        members: base.population,
        share: None,
        lower_bound: None,
        upper_bound: None,
        confirmed: sum(|c| c.confirmed),
        likely: sum(|c| c.likely),
        weak: sum(|c| c.weak),
        wilson: None,
        withheld: None,
    }
}

/// From the members of the named rows, largest first.
fn concentration(ranked: &[Count], base: &Base) -> Option<Concentration> {
    let measured = base.measured();
    if measured <= Count::from_integer(0) {
        return None;
    }
    let top = |n: usize| ranked.iter().take(n).sum::<Count>() / measured;
    // On a common denominator, so that the sum of squares stays small.
    let squares: Count = ranked.iter().map(|m| m / measured).map(|share| share * share).sum();
    Some(Concentration { top1: top(1), top3: top(3), top5: top(5), hhi: squares * Count::from_integer(10_000) })
}
