//! Where each settled question lies, in ten octets a question: what lets a crawl of millions of
//! questions keep its answers on disk and still ask each question once.
//!
//! An open-addressed table of hashes and places. Two questions may share a hash of 32 bits, so
//! whoever looks one up reads what lies there and compares.

use std::ops::Range;

use super::index;
use crate::dns::Outcome;

/// Slots in use of those there are, in eighths.
const FULL: usize = 7;
const LEAST: usize = 1024;
/// How far a place reaches: 42 bits, four tebibytes.
const PLACE_BITS: u32 = 42;
const EMPTY: u16 = 0xf;

#[derive(Debug, Default)]
pub(super) struct Places {
    hashes: Vec<u32>,
    low: Vec<u32>,
    /// From the lowest bit: four for the outcome, two for the pass, ten for the high bits of the place.
    rest: Vec<u16>,
    used: usize,
}

/// What is known of a settled question without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// Where its answer lies.
    pub place: u64,
    pub outcome: Outcome,
    /// The last pass in which it was needed; 0 where no member needed it.
    pub pass: u8,
}

impl Places {
    /// The slots that may hold a question with this hash.
    pub fn candidates(&self, hash: u32) -> impl Iterator<Item = (usize, Settled)> {
        let length = self.hashes.len();
        let start = home(hash, length);
        let slots = (0..length).map(move |i| if start + i < length { start + i } else { start + i - length });
        // A place is looked at where the hash is the same, and not before: each array is memory of its own.
        let taken = slots.take_while(|&slot| self.rest[slot] & 0xf != EMPTY);
        taken.filter(move |&slot| self.hashes[slot] == hash).filter_map(|slot| Some((slot, self.get(slot)?)))
    }

    fn get(&self, slot: usize) -> Option<Settled> {
        let rest = *self.rest.get(slot)?;
        let outcome = *Outcome::ALL.get(usize::from(rest & 0xf))?;
        let place = u64::from(rest >> 6) << 32 | u64::from(self.low[slot]);
        Some(Settled { place, outcome, pass: (rest >> 4 & 3) as u8 })
    }

    /// Puts a question where none with its place stands.
    pub fn insert(&mut self, hash: u32, settled: Settled) {
        if self.hashes.len() * FULL <= self.used * 8 {
            self.grow();
        }
        self.used += 1;
        let length = self.hashes.len();
        let mut slot = home(hash, length);
        while self.rest[slot] & 0xf != EMPTY {
            slot = if slot + 1 < length { slot + 1 } else { 0 };
        }
        self.hashes[slot] = hash;
        self.set(slot, settled);
    }

    pub fn set(&mut self, slot: usize, settled: Settled) {
        debug_assert!(settled.place >> PLACE_BITS == 0);
        self.low[slot] = settled.place as u32;
        let high = (settled.place >> 32) as u16 & 0x3ff;
        self.rest[slot] = high << 6 | u16::from(settled.pass.min(3)) << 4 | index(settled.outcome) as u16;
    }

    fn grow(&mut self) {
        let length = (self.hashes.len() * 3 / 2).max(LEAST);
        let old = std::mem::take(self);
        *self = Self { hashes: vec![0; length], low: vec![0; length], rest: vec![EMPTY; length], used: 0 };
        for (slot, &hash) in old.hashes.iter().enumerate() {
            if let Some(settled) = old.get(slot) {
                self.insert(hash, settled);
            }
        }
    }

    /// Gives all that lies in a range of places another outcome.
    pub fn rate(&mut self, places: Range<u64>, outcome: Outcome) {
        for slot in 0..self.hashes.len() {
            if let Some(settled) = self.get(slot).filter(|s| places.contains(&s.place)) {
                self.set(slot, Settled { outcome, ..settled });
            }
        }
    }

    /// As before the first pass: no member has needed anything.
    pub fn begin_again(&mut self) {
        self.rest.iter_mut().filter(|rest| **rest & 0xf != EMPTY).for_each(|rest| *rest &= !(3 << 4));
    }

    pub fn iter(&self) -> impl Iterator<Item = Settled> {
        (0..self.hashes.len()).filter_map(|slot| self.get(slot))
    }
}

/// Hashes spread evenly over any number of slots.
fn home(hash: u32, length: usize) -> usize {
    // Below `length`, as the hash is below 2^32.
    ((u64::from(hash) * length as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// As a map of hashes and places would, with hashes that clash and a table that grows.
        #[test]
        fn what_is_put_in_is_found(list in prop::collection::vec((0..40_u32, 0..1_u64 << PLACE_BITS, 0..9_usize, 0..4_u8), 0..3000)) {
            let (mut places, mut model) = (Places::default(), BTreeMap::new());
            for (hash, place, outcome, pass) in list {
                let hash = hash.wrapping_mul(0x9e37_79b1);
                let settled = Settled { place, outcome: Outcome::ALL[outcome], pass };
                let known = places.candidates(hash).find(|(_, s)| s.place == place);
                match known {
                    Some((slot, _)) => places.set(slot, settled),
                    None => places.insert(hash, settled),
                }
                model.insert((hash, place), settled);
            }
            for (&(hash, place), &settled) in &model {
                prop_assert_eq!(places.candidates(hash).find(|(_, s)| s.place == place).map(|(_, s)| s), Some(settled));
            }
            prop_assert_eq!(places.iter().count(), model.len());
            prop_assert_eq!(places.candidates(7).count(), 0);
        }
    }
}
