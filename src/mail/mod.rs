//! The mail records that live in TXT: SPF (RFC 7208) and DMARC (RFC 7489, RFC 9989).
//!
//! Parsers here are tolerant and term-wise: strangers write these records, and one bad term must
//! not hide the others. What is wrong is kept as a finding.

pub mod dmarc;
pub mod spf;
pub mod spf_macro;
pub mod spf_walk;
