//! Parts of a list that add up to it: every machine takes one and asks about it alone.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::{Member, Population};
use crate::dns::{Name, registrable};

/// Part `index` (counted from 0) of `count` parts. A member belongs to the part that the SHA-256 of
/// its registered domain names, so that names of one zone are asked from one machine, and a member
/// stays in its part whatever else the list holds and in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    index: u32,
    count: u32,
}

/// A text that is no part of a list.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no shard; expected I/N with I from 0 to N-1, such as 0/4, 1/4, 2/4, 3/4")]
pub struct BadShard(String);

impl Shard {
    pub fn new(index: u32, count: u32) -> Option<Self> {
        (index < count).then_some(Self { index, count })
    }

    pub fn index(self) -> u32 {
        self.index
    }

    pub fn count(self) -> u32 {
        self.count
    }

    pub fn holds(self, member: &Member) -> bool {
        self.holds_name(member.asked())
    }

    fn holds_name(self, asked: &Name) -> bool {
        let registered = registrable(asked);
        let digest = Sha256::digest(registered.as_ref().unwrap_or(asked).as_str().as_bytes());
        let first = digest.iter().take(8).fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
        first % u64::from(self.count) == u64::from(self.index)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, BadShard> {
        let bad = || BadShard(text.to_owned());
        let (index, count) = text.split_once('/').ok_or_else(bad)?;
        Self::new(index.parse().map_err(|_| bad())?, count.parse().map_err(|_| bad())?).ok_or_else(bad)
    }
}

impl serde::Serialize for Shard {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Shard {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Population {
    /// The members of one part, in their order.
    pub fn shard(mut self, shard: Shard) -> Self {
        self.members.retain(|member| shard.holds(member));
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_written_as_a_fraction() {
        assert_eq!("3/4".parse::<Shard>().unwrap().to_string(), "3/4");
        for text in ["4/4", "0/0", "1", "-1/4", "a/b", "1/4/2", ""] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains("I from 0 to N-1"), "{text}: {error}");
        }
    }

    /// The hash is part of the format: machines of different versions must agree.
    #[test]
    fn a_domain_stays_in_its_part() {
        let part = |text: &str| (0..16).find(|&i| Shard { index: i, count: 16 }.holds_name(&Name::parse(text).unwrap())).unwrap();
        assert_eq!([part("example.com"), part("mail.example.com"), part("example.org"), part("example.co.uk")], [12, 12, 10, 10]);
    }

    proptest! {
        #[test]
        fn every_name_is_in_one_part(label in "[a-z0-9]{1,20}", count in 1_u32..50) {
            let name = Name::parse(&format!("{label}.example")).unwrap();
            let parts = (0..count).filter(|&index| Shard { index, count }.holds_name(&name)).count();
            prop_assert_eq!(parts, 1);
        }
    }
}
