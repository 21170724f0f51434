//! What tells the list of one crawl from that of another.

use std::borrow::Borrow;

use sha2::{Digest, Sha256};

use super::Member;

/// Whom a list asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub members: usize,
    /// SHA-256 over ids and asked domains, in order.
    pub digest: String,
}

impl Asked {
    pub fn of<M: Borrow<Member>>(members: impl IntoIterator<Item = M>) -> Self {
        let mut counting = Counting::default();
        members.into_iter().for_each(|member| counting.add(member.borrow()));
        counting.finish()
    }
}

/// One member after the other.
#[derive(Default)]
pub(super) struct Counting {
    members: usize,
    hash: Sha256,
    line: String,
}

impl Counting {
    pub fn add(&mut self, member: &Member) {
        self.members += 1;
        self.line.clear();
        self.line.extend([&*member.id, "\t", member.asked().as_str(), "\n"]);
        self.hash.update(&self.line);
    }

    pub fn finish(self) -> Asked {
        let digest = self.hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Asked { members: self.members, digest }
    }
}
