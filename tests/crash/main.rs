//! Crashes and faults over the real binary: whatever ends a crawl, `--resume` ends in the same
//! snapshot, and what cannot be written is said.

mod faults;
mod kills;
mod signals;
mod stage;
