//! A hash for the tables of the ruleset: a few instructions for each eight bytes.
//!
//! The keys of these tables are the rules, which a stranger cannot choose, so that the protection of the
//! standard library's hash against flooding would be paid for nothing.

use std::hash::{BuildHasherDefault, Hasher};

pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Mix>>;

/// Multiplies and folds, eight bytes at a time.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        let [low, high] = [product as u64, (product >> 64) as u64];
        self.0 = low ^ high;
    }
}

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte) | 1 << 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
