//! Whether a rule names an exchange: asked once an exchange, so it must not depend on the number of
//! suffixes.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::dns::Name;

/// The suffixes of known exchanges for looking up, made from the plan's labels when first asked.
///
/// Nothing of its own: any two are equal, and a copy is made anew from the labels of the copied plan.
#[derive(Debug, Default)]
pub struct Known(OnceLock<HashSet<Box<str>>>);

impl Known {
    /// Whether a name stands under one of the suffixes, which are written without their final dots.
    pub(super) fn holds(&self, suffixes: &[String], name: &Name) -> bool {
        let known = self.0.get_or_init(|| suffixes.iter().map(|s| s.as_str().into()).collect());
        name.suffixes().any(|s| known.contains(s.trim_end_matches('.')))
    }
}

impl Clone for Known {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}
