//! Where a format puts what it reads.

/// Values left out, by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub reason: String,
    pub count: usize,
    /// The first place: `file:line`.
    pub first: String,
}

pub struct Sink;
