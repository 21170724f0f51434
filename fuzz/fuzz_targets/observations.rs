#![no_main]

#[allow(dead_code)]
#[path = "../../tests/laws/mod.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::law("observations")(data));
