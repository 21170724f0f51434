//! One member's place in a table: which rows it counts in, and with which part.

use std::collections::{BTreeMap, HashMap};

use num_traits::{CheckedAdd, CheckedMul};

use crate::classify::{Attribution, Classification, Confidence, Verdict, Weight};
use crate::share::{Count, Fault, Grouping, Labels, Row};
use crate::vendor::Role;

/// Which table members are read into.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub role: Role,
    pub by: Grouping,
    pub labels: &'a Labels,
}

/// A row by its number in [`Keys`].
pub(crate) type Key = u32;

pub(crate) const SELF_HOSTED: Key = 0;
pub(crate) const UNATTRIBUTED: Key = 1;
pub(crate) const NONE: Key = 2;
pub(crate) const NO_MAIL: Key = 3;
pub(crate) const UNREACHABLE: Key = 4;
/// Named rows beyond `--top`, taken together.
pub(crate) const OTHER: Key = 5;
const REST: [Row; 6] = [Row::SelfHosted, Row::Unattributed, Row::None, Row::NoMail, Row::Unreachable, Row::Other];

/// A part of one member in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    pub key: Key,
    pub weight: Weight,
    pub confidence: Option<Confidence>,
}

/// The rows seen so far, numbered in order of appearance. Numbers never reach the output: rows are
/// sorted by count and label there.
pub(crate) struct Keys<'a> {
    view: View<'a>,
    numbers: HashMap<String, Key>,
    rows: Vec<(Row, String)>,
    scratch: String,
}

impl<'a> Keys<'a> {
    pub fn new(view: View<'a>) -> Self {
        let label = |row: Row| (row.clone(), row.rest_label().unwrap_or_default().to_owned());
        Self { view, numbers: HashMap::new(), rows: REST.into_iter().map(label).collect(), scratch: String::new() }
    }

    pub fn view(&self) -> View<'a> {
        self.view
    }

    pub fn row(&self, key: Key) -> &Row {
        &self.rows[key as usize].0
    }

    pub fn label(&self, key: Key) -> &str {
        &self.rows[key as usize].1
    }

    /// Keys of named rows.
    pub fn named(&self) -> std::ops::Range<Key> {
        OTHER + 1..Key::try_from(self.rows.len()).unwrap_or(Key::MAX)
    }

    /// A member's parts, sorted by row. Unreachable members have one part, whatever else was seen;
    /// a reach role counts a member once a row, however many products of it were found.
    pub fn parts(&mut self, member: &Classification) -> Vec<Part> {
        let role = self.view.role;
        if !member.is_measured(role) {
            return vec![whole(UNREACHABLE)];
        }
        let attributions = member.role(role);
        if role.is_exclusive() {
            let mut parts: Vec<Part> =
                attributions.iter().map(|a| Part { key: self.key(a), weight: a.weight, confidence: a.confidence }).collect();
            parts.sort_by_key(|p| (p.key, p.confidence, p.weight));
            return parts;
        }
        let mut reached: BTreeMap<Key, Option<Confidence>> = BTreeMap::new();
        for attribution in attributions.iter().filter(|a| matches!(a.verdict, Verdict::Vendor { .. })) {
            let best = reached.entry(self.key(attribution)).or_default();
            *best = (*best).max(attribution.confidence);
        }
        if reached.is_empty() {
            return vec![whole(NONE)];
        }
        reached.into_iter().map(|(key, confidence)| Part { confidence, ..whole(key) }).collect()
    }

    fn key(&mut self, attribution: &Attribution) -> Key {
        let (vendor, product) = match &attribution.verdict {
            Verdict::Vendor { vendor, product } => (&**vendor, &**product),
            Verdict::SelfHosted => return SELF_HOSTED,
            Verdict::Unattributed => return UNATTRIBUTED,
            Verdict::NoMail => return NO_MAIL,
            Verdict::Unreachable => return UNREACHABLE,
        };
        let labels = self.view.labels;
        self.scratch.clear();
        match self.view.by {
            Grouping::Vendor => self.scratch.push_str(vendor),
            Grouping::Owner => self.scratch.push_str(labels.owner(vendor)),
            Grouping::Product => self.scratch.extend([vendor, "/", product]),
            Grouping::Customer => self.scratch.extend([vendor, "#", attribution.customer.as_deref().unwrap_or("")]),
        }
        if let Some(&key) = self.numbers.get(&self.scratch) {
            return key;
        }
        let label = match self.view.by {
            Grouping::Vendor => labels.vendor(vendor).to_owned(),
            Grouping::Owner => self.scratch.clone(),
            Grouping::Product => labels.product(vendor, product),
            Grouping::Customer => match attribution.customer.as_deref() {
                Some(customer) => format!("{}: {customer}", labels.vendor(vendor)),
                None => format!("{} (customer not shown)", labels.vendor(vendor)),
            },
        };
        let key = Key::try_from(self.rows.len()).unwrap_or(Key::MAX);
        self.numbers.insert(self.scratch.clone(), key);
        self.rows.push((Row::Named(self.scratch.clone()), label));
        key
    }
}

fn whole(key: Key) -> Part {
    Part { key, weight: Weight::from_integer(1), confidence: None }
}

pub(crate) fn wide(weight: Weight) -> Count {
    Count::new_raw(i128::from(*weight.numer()), i128::from(*weight.denom()))
}

/// An exact sum of many fractions. Kept apart by denominator until the end, so that adding is cheap
/// and the order of adding cannot matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sum {
    numerators: BTreeMap<i128, i128>,
}

impl Sum {
    /// Adds `value`, `times` times.
    pub fn add(&mut self, value: Count, times: u64) {
        // One member's numerators are small (a weight is at most 1), so this is out of reach of any list.
        let term = value.numer().saturating_mul(i128::from(times));
        let sum = self.numerators.entry(*value.denom()).or_default();
        *sum = sum.saturating_add(term);
    }

    /// # Errors
    /// [`Fault::TooFine`] where the exact sum needs more than 128 bits.
    pub fn total(&self) -> Result<Count, Fault> {
        let mut total = Count::from_integer(0);
        for (&denom, &numer) in &self.numerators {
            total = total.checked_add(&Count::new(numer, denom)).ok_or(Fault::TooFine { parts: self.finest() })?;
        }
        Ok(total)
    }

    fn finest(&self) -> i128 {
        self.numerators.keys().next_back().copied().unwrap_or(1)
    }
}

/// Sees to it that quotients of the counts fit as well: shares, their squares and the effects of a
/// change multiply two counts with each other.
///
/// # Errors
/// [`Fault::TooFine`] where members times their common denominator pass 2^56.
pub(crate) fn leave_room<'a>(members: usize, counts: impl IntoIterator<Item = &'a Count>) -> Result<(), Fault> {
    const ROOM: i128 = 1 << 56;
    let mut common = Count::from_integer(i128::try_from(members.max(1)).unwrap_or(i128::MAX));
    let mut finest = 1;
    for count in counts {
        finest = finest.max(*count.denom());
        let common_denom = least_common_multiple(*common.denom(), *count.denom());
        let Some(denom) = common_denom.filter(|d| *d <= ROOM) else { return Err(Fault::TooFine { parts: finest }) };
        common = Count::new_raw(*common.numer(), denom);
    }
    match common.numer().checked_mul(common.denom()) {
        Some(product) if product <= ROOM => Ok(()),
        _ => Err(Fault::TooFine { parts: finest }),
    }
}

fn least_common_multiple(a: i128, b: i128) -> Option<i128> {
    let gcd = Count::new(a, b);
    // a / b in lowest terms: its numerator is a / gcd(a, b).
    CheckedMul::checked_mul(gcd.numer(), &b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_order_and_stay_exact() {
        let thirds = Count::new(1, 3);
        let mut sum = Sum::default();
        sum.add(thirds, 2);
        sum.add(Count::new(1, 2), 1);
        sum.add(thirds, 1);
        assert_eq!(sum.total(), Ok(Count::new(3, 2)));
        assert_eq!(Sum::default().total(), Ok(Count::from_integer(0)));
    }

    #[test]
    fn sums_too_fine_for_128_bits_are_refused_not_wrapped() {
        let mut sum = Sum::default();
        for prime in [199, 197, 193, 191, 181, 179, 173, 167, 163, 157, 151, 149, 139, 137, 131, 127, 113, 109] {
            sum.add(Count::new(1, prime), 1);
        }
        assert_eq!(sum.total(), Err(Fault::TooFine { parts: 199 }));
        assert!(leave_room(1_000_000, &[Count::new(1, 720_720)]).is_ok());
        assert!(leave_room(1_000_000, &[Count::new(1, 1 << 40)]).is_err());
    }
}
