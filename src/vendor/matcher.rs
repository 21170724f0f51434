//! Matching names against the rules.

#[derive(Debug, Default)]
pub struct Index {}
