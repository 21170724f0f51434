//! What a snapshot holds and says, in the forms that other programs read.
//!
//! Rows of any table go to a [`Rows`] one by one, as CSV, JSON lines or Parquet; [`zdns`] writes the
//! answers as zdns 2 would. Nothing here formats a number: [`crate::report::table`] does.

#[cfg(feature = "parquet")]
mod columnar;
mod members;
mod rows;
mod tables;
mod zdns;

pub use members::members;
pub use rows::{Field, Format, Kind, Metadata, Rows};
pub use tables::{attribution_fields, diff_fields, observations, share_fields};
pub use zdns::zdns;
