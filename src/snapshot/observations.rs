//! The file of answers: `qname,qtype,outcome,owner,type,rdata`, one row a record.
//!
//! Sorted by question in DNS canonical order; the rows of one question stand together, CNAME links
//! first in chain order. A question without records is one row whose last three fields are empty.

mod read;
mod rows;
mod write;

pub use read::{LineError, Reader};
pub use write::{push_row, write};

/// The header, fixed for good.
pub const COLUMNS: [&str; 6] = ["qname", "qtype", "outcome", "owner", "type", "rdata"];

#[cfg(test)]
mod tests;
