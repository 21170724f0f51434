//! What a snapshot holds and says, in the forms that other programs read.
//!
//! [`dictionary`] says what every column means, and [`package`] describes a publication folder to programs.
//! Rows of any table go to a [`Rows`] one by one, as CSV, JSON lines or Parquet; [`zdns`] writes the
//! answers as zdns 2 would. Nothing here formats a number: [`crate::report::table`] does.

#[cfg(feature = "parquet")]
mod columnar;
pub mod dictionary;
mod members;
pub mod package;
mod rows;
mod tables;
mod zdns;

pub use members::members;
pub use rows::{Field, Format, Kind, Metadata, Rows};
pub use tables::{attribution_fields, diff_fields, observations, share_fields};
pub use zdns::zdns;
