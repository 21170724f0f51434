//! Input that ends with an error where it is longer than it may be, instead of filling the memory.

use std::io::{Error, ErrorKind, Read, Result};

/// Hands on no more than so many bytes.
pub(super) struct Bounded<R> {
    input: R,
    left: u64,
    /// Said of input that goes on beyond them.
    complaint: String,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(input: R, bytes: u64, complaint: impl Into<String>) -> Self {
        Self { input, left: bytes, complaint: complaint.into() }
    }

    /// Allows so many bytes from here on.
    pub(super) fn allow(&mut self, bytes: u64) {
        self.left = bytes;
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            // Input that ends exactly here is not too long.
            return match self.input.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(Error::new(ErrorKind::InvalidData, self.complaint.clone())),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.input.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_where_the_input_does_or_complains() {
        for length in [0, 1, 9, 10] {
            let mut text = Vec::new();
            Bounded::new(&vec![b'x'; length][..], 10, "too long").read_to_end(&mut text).unwrap();
            assert_eq!(text.len(), length);
        }
        let mut text = Vec::new();
        let error = Bounded::new(std::io::repeat(b'x'), 10, "too long").read_to_end(&mut text).unwrap_err();
        assert_eq!((error.to_string().as_str(), text.len()), ("too long", 10));
    }
}
