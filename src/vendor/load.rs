//! Reading the knowledge base from TOML.

/// What is wrong with a vendor file. (Filled in by the loader.)
#[derive(Debug, thiserror::Error)]
pub enum LoadError {}

/// The vendor files compiled into the program.
pub const VENDOR_FILES: &[(&str, &str)] = &[];
