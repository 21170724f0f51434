//! mxcensus: who guards the world's mail, and who is winning?
//!
//! The library is one straight line of stages; each has one input and one output type, and depends
//! only on what stands left of it.
//!
//! ```text
//! domain list --read--> Population --crawl--> Observation* --seal--> Snapshot
//! Snapshot --classify(Ruleset)--> Classification* --measure--> ShareTable
//! two Classification sets --compare--> DiffTable        n ShareTables --> TrendTable
//! ShareTable, DiffTable, TrendTable --render--> Artifact* --write--> output/
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`dns`] | names, types, outcomes, records, in presentation format and canonical order |
//! | [`mail`] | SPF and DMARC records, read term by term |
//! | [`population`] | the list of companies or domains asked about |
//! | [`plan`] | which questions a member needs: a pure function |
//! | [`observation`] | facts, and one member's view of them |
//! | [`provenance`] | where figures come from, in words |
//! | [`stream`] | observations as JSON lines |
//! | [`snapshot`] | facts on disk: sealed, verified, imported |
//! | `crawl` | asks a plan about a population, with journal, retries and preflight |
//! | [`vendor`] | the knowledge base: vendors, products, rules |
//! | [`classify`] | from answers to verdicts, with evidence |
//! | [`share`] | market share of one snapshot, with bounds |
//! | [`diff`] | two snapshots compared |
//! | [`trend`] | shares and changes over several snapshots |
//! | [`validate`] | verdicts held against labels |
//! | `chart` | tables as pictures |
//! | [`report`] | tables and pages for readers: one place formats numbers, one escapes text |
//! | [`export`] | tables for other programs |
//! | `replay` | recorded facts as an authoritative DNS server |
//! | `cli` | the command line |
//!
//! # Invariants
//!
//! 1. A snapshot says what DNS answered, never what we think of it. Both sides of a diff are
//!    classified with the same ruleset.
//! 2. No answer is not "no record": [`dns::Outcome`] keeps nine outcomes apart, to the last table.
//! 3. Every attribution lists its evidence: the record and the rule id.
//! 4. Rows add up: vendors + self-hosted + unattributed + no-mail + unreachable = population, for each
//!    exclusive role. Reach roles (senders, DMARC reporting, overlays) are never stacked to 100 %.
//! 5. Same inputs, same bytes, on any machine and at any concurrency. Times, host and tool facts live
//!    in the manifest only.
//! 6. `output/` may be deleted at any time, `data/` may not.
//! 7. A sealed snapshot is never written again; one flipped bit in it is found and named.

#![forbid(unsafe_code)]

#[cfg(feature = "charts")]
pub mod chart;
pub mod classify;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "crawl")]
pub mod crawl;
pub mod diff;
pub mod dns;
pub mod export;
pub mod mail;
pub mod observation;
pub mod plan;
pub mod population;
pub mod provenance;
#[cfg(feature = "crawl")]
pub mod replay;
pub mod report;
pub mod share;
pub mod snapshot;
pub mod stream;
pub mod trend;
pub mod validate;
pub mod vendor;
