//! Checks of the knowledge base beyond what loading it needs: all findings at once.

use super::{Place, Ruleset};

/// Something to mend in the vendor files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub place: Place,
    /// The vendor, product or rule, and the key in it.
    pub key: String,
    pub problem: String,
}

/// Everything that is wrong with the rules, sorted by place.
pub fn lint(_rules: &Ruleset) -> Vec<Finding> {
    Vec::new()
}
