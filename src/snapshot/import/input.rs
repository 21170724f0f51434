//! Opening inputs: plain or zstd, and lines of bounded length.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::super::bounded::Bounded;
use super::super::open::{MAX_RATIO, WINDOW_LOG};
use super::ImportError;

/// What any file may unpack to, however small it is: the start of a recording repeats itself.
const MIN_UNPACKED: u64 = 16 << 20;
/// One object of any crawler's output; beyond it the file is not one of lines.
const MAX_LINE: u64 = 16 << 20;

/// An input as it reads unpacked: `.zst` files are decompressed, `-` is standard input.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, ImportError> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let io = |error| ImportError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io)?;
    if path.extension().is_some_and(|e| e == "zst") {
        let size = file.metadata().map_err(io)?.len();
        let mut decoder = zstd::Decoder::new(file).map_err(io)?;
        decoder.window_log_max(WINDOW_LOG).map_err(io)?;
        let most = size.saturating_mul(MAX_RATIO).max(MIN_UNPACKED);
        let complaint = format!(
            "unpacks to more than {MAX_RATIO} times its size, as no recording does; unpack it by hand, look at it, and give the plain file"
        );
        return Ok(Box::new(BufReader::new(Bounded::new(decoder, most, complaint))));
    }
    Ok(Box::new(BufReader::new(file)))
}

/// The lines of a file that are not blank, with their numbers from 1.
pub(super) struct Lines {
    path: PathBuf,
    input: Box<dyn BufRead>,
    number: u64,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        Ok(Self { path: path.to_owned(), input: open(path)?, number: 0, line: Vec::new() })
    }

    pub(super) fn next(&mut self) -> Result<Option<(u64, &[u8])>, ImportError> {
        loop {
            self.line.clear();
            self.number += 1;
            let read = self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line);
            let read = read.map_err(|error| ImportError::Io { path: self.path.clone(), error })?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == MAX_LINE && self.line.last() != Some(&b'\n') {
                let reason = format!("longer than {MAX_LINE} bytes; is this a file of lines?");
                return Err(ImportError::Line { path: self.path.clone(), line: self.number, reason });
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.number, self.line.trim_ascii_end())))
    }
}
