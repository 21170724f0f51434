//! What must hold for any bytes at all. Each law panics where it is broken.
//!
//! The fuzz targets under `fuzz/` run these laws on what a fuzzer makes up, the tests on the corpora
//! the fuzzer left and on what proptest makes up.

mod imports;
mod mail;
mod names;
mod records;

use std::panic::UnwindSafe;

/// A law and the name of its fuzz target and corpus.
pub type Law = (&'static str, fn(&[u8]));

/// Every law.
pub const LAWS: &[Law] = &[
    ("name", names::name),
    ("rdata", names::rdata),
    ("reply", records::reply),
    ("spf", mail::spf),
    ("dmarc", mail::dmarc),
    ("population", records::population),
    ("observations", records::observations),
    ("manifest", records::manifest),
    ("vendor", records::vendor),
    ("classify", mail::classify),
    ("import_csv", imports::csv),
    ("import_mxmap", imports::mxmap),
    ("import_zdns", imports::zdns),
    ("import_massdns", imports::massdns),
    ("import_dnsx", imports::dnsx),
    ("import_dig", imports::dig),
];

/// The law of a name.
pub fn law(name: &str) -> fn(&[u8]) {
    LAWS.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no law is called {name}")).1
}

/// Runs a law and gives the message of the panic where it is broken.
pub fn broken(law: fn(&[u8]), data: &[u8]) -> Option<String> {
    fn quietly(run: impl FnOnce() + UnwindSafe) -> Option<String> {
        let panic = std::panic::catch_unwind(run).err()?;
        let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        Some(text.unwrap_or_default())
    }
    quietly(|| law(data))
}
