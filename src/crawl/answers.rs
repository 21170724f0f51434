//! What a crawl brought home, left where it is: in the journal.

use std::io;
use std::path::PathBuf;

use super::journal::{Fields, Lines};
use super::ledger::Shelf;
use super::{CrawlError, Crawled};
use crate::observation::Facts;
use crate::snapshot::Sorting;

/// The answers that members needed, in a journal that must stay until they were read.
#[derive(Clone, Debug)]
pub struct Answers {
    path: PathBuf,
    places: Vec<u64>,
}

/// The journal is read from its start to its end, so far at a time.
const READ_AHEAD: usize = 1 << 16;

impl Answers {
    pub(super) fn new(path: PathBuf, places: Vec<u64>) -> Self {
        Self { path, places }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All of them in memory.
    ///
    /// # Errors
    /// The journal cannot be read, or is no longer what was written.
    pub fn load(&self) -> Result<Facts, CrawlError> {
        let mut lines = Lines::new(&self.path, READ_AHEAD);
        let answers = self.places.iter().map(|&place| lines.read(place)).collect::<Result<Vec<_>, _>>()?;
        Ok(Facts::new(answers))
    }

    /// Hands every answer to the rows of a snapshot.
    ///
    /// # Errors
    /// As [`Answers::load`], and where the rows cannot be kept.
    pub fn fill(&self, rows: &mut Sorting) -> io::Result<()> {
        let mut lines = Lines::new(&self.path, READ_AHEAD);
        for &place in &self.places {
            let payload = lines.payload(place).map_err(io::Error::other)?;
            let broken = || io::Error::other(format!("{}: a broken answer at octet {place}", self.path.display()));
            let fields = Fields::of(payload).ok_or_else(broken)?;
            rows.add(fields.qname, fields.qtype, fields.outcome, fields)?;
        }
        Ok(())
    }
}

impl Crawled<Answers> {
    /// With all answers in memory.
    ///
    /// # Errors
    /// As [`Answers::load`].
    pub fn load(self) -> Result<Crawled, CrawlError> {
        Ok(Crawled {
            facts: self.facts.load()?,
            counts: self.counts,
            started: self.started,
            finished: self.finished,
            resolvers: self.resolvers,
            figures: self.figures,
            warnings: self.warnings,
            interrupted: self.interrupted,
        })
    }
}
