//! SHA-256 digests and the file that lists them.

use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest as 64 lower-case hex digits.
pub type Digest = String;

/// How a snapshot is called for short: the first 12 hex digits of its digest.
pub fn digest12(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Counts and digests what is written through it.
pub(super) struct Digesting<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W> Digesting<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    pub(super) fn finish(self) -> (W, u64, Digest) {
        (self.inner, self.bytes, hex(self.hash))
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buffer)?;
        self.hash.update(&buffer[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn hex(hash: Sha256) -> Digest {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest of bytes in memory.
pub fn sha256(bytes: &[u8]) -> Digest {
    of_bytes(&[bytes])
}

pub(super) fn of_bytes(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hex(hash)
}

/// The digest of a file's bytes as they stand on disk, in constant memory.
pub(super) fn of_file(path: &Path) -> io::Result<Digest> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(hash)),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// The text of `SHA256SUMS`, sorted by file name.
pub fn write_sums(sums: &[(&str, Digest)]) -> String {
    let mut sums: Vec<_> = sums.iter().collect();
    sums.sort();
    sums.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect()
}

/// Reads `SHA256SUMS`; `Err` is the number of the line that is not exactly `<64 hex>  <name>`.
/// Strict to the letter case, so that no flipped bit reads like the original.
pub(super) fn read_sums(text: &str) -> Result<Vec<(&str, &str)>, usize> {
    let mut sums: Vec<(&str, &str)> = Vec::new();
    let lines = text.split_inclusive('\n');
    for (i, line) in lines.enumerate() {
        let parsed = line.strip_suffix('\n').and_then(|line| line.split_once("  "));
        let valid = |(digest, name): &(&str, &str)| {
            digest.len() == 64
                && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'\\'))
                && !sums.iter().any(|(_, other)| other == name)
        };
        sums.push(parsed.filter(valid).ok_or(i + 1)?);
    }
    if sums.is_empty() { Err(1) } else { Ok(sums) }
}
