//! How a command can end.

use std::error::Error;
use std::fmt;
use std::io;

/// A command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Done, but more members than `--max-failures` allows could not be reached.
    Incomplete,
    /// The check a command was asked for found something.
    Found,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Incomplete => 3,
        }
    }
}

/// A command that did not do its work, with the whole chain of causes.
#[derive(Debug)]
pub struct Failure {
    cause: Box<dyn Error>,
    usage: bool,
}

impl Failure {
    /// The command line asks for something that cannot be meant.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { cause: text.into().into(), usage: true }
    }

    pub fn new(text: impl Into<String>) -> Self {
        Self { cause: text.into().into(), usage: false }
    }

    pub fn code(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }

    /// The reader of our output has gone (`| head`): not an error of ours.
    pub fn is_broken_pipe(&self) -> bool {
        let mut at: Option<&(dyn Error + 'static)> = Some(&*self.cause);
        while let Some(error) = at {
            if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
                return true;
            }
            at = error.source();
        }
        false
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.cause.to_string();
        let mut at = self.cause.source();
        while let Some(error) = at {
            let more = error.to_string();
            // Many errors already repeat their source.
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            at = error.source();
        }
        f.write_str(&text)
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { cause: Box::new(error), usage: false }
    }
}
