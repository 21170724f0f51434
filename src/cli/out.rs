//! Where results go.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::failure::Failure;

/// Writes a result to a file, or to standard output where none is named (or `-`).
pub fn emit(text: &str, out: Option<&Path>) -> Result<(), Failure> {
    match out.filter(|path| *path != Path::new("-")) {
        Some(path) => write(path, text.as_bytes()),
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            Ok(stdout.flush()?)
        }
    }
}

/// Writes a file, and the folders above it where they are missing. The file appears whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::new(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, bytes).map_err(fail)?;
    fs::rename(&partial, path).map_err(fail)
}
