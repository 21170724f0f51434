//! A snapshot read one member at a time, in canonical order of the asked domains: in memory as large
//! as its list, never as its answers.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::open::{plain, read_manifest};
use super::verify::check_sums;
use super::{Manifest, POPULATION, SnapshotError, observations};
use crate::dns::{Answer, Name, Question};
use crate::observation::Facts;
use crate::population::{Member, Roster, RosterError};

/// Members with the answers at their asked domains, one after the other.
///
/// Answers at other names (exchanges, SPF includes, `_dmarc`) are passed over, so a walk serves the
/// plans alone that ask about the domain itself ([`Plan::is_local`](crate::plan::Plan::is_local)).
pub struct Walk {
    pub manifest: Manifest,
    roster: Roster,
    /// Where in the roster the member after `next` stands.
    at: usize,
    place: u32,
    next: Option<Result<Member, RosterError>>,
    answers: observations::Reader<Box<dyn Read>>,
    path: PathBuf,
    ahead: Option<(Question, Answer)>,
    /// The answers at the domain last read, where the next member asks about it too.
    here: Option<(Name, Facts)>,
    ended: bool,
}

impl Walk {
    /// Checks every digest of a sealed snapshot and stands before its first member.
    ///
    /// # Errors
    /// As [`Snapshot::open`](super::Snapshot::open); what is wrong in a row of the answers comes when
    /// the walk gets there.
    pub fn open(dir: &Path) -> Result<Self, SnapshotError> {
        let manifest = read_manifest(dir)?;
        let problems = check_sums(dir);
        if !problems.is_empty() {
            return Err(SnapshotError::Damaged { dir: dir.to_owned(), problems });
        }
        let list = dir.join(POPULATION);
        let bytes = fs::read(&list).map_err(SnapshotError::io(&list))?;
        let roster = Roster::new(bytes).map_err(|e| SnapshotError::Line { path: list, line: e.line, reason: e.reason })?;
        let (path, input) = plain(dir, &manifest)?;
        let answers = observations::Reader::strict(input);
        let next = roster.member(0);
        Ok(Self { manifest, roster, at: 1, place: 0, next, answers, path, ahead: None, here: None, ended: false })
    }

    /// Where in the list the member given last stands: smaller for those before it.
    pub fn place(&self) -> u32 {
        self.place
    }

    /// Names of the cohort columns.
    pub fn cohorts(&self) -> &[String] {
        self.roster.cohorts()
    }

    fn step(&mut self) -> Option<Result<(Member, Facts), SnapshotError>> {
        let member = match self.next.take()? {
            Ok(member) => member,
            Err(e) => {
                let path = self.path.with_file_name(POPULATION);
                return Some(Err(SnapshotError::Line { path, line: e.line, reason: e.reason }));
            }
        };
        self.place = self.roster.start(self.at - 1);
        self.next = self.roster.member(self.at);
        self.at += 1;
        let facts = match self.here.take() {
            Some((name, facts)) if name == *member.asked() => facts,
            _ => match self.answers_at(member.asked()) {
                Ok(facts) => facts,
                Err(error) => return Some(Err(error)),
            },
        };
        if matches!(&self.next, Some(Ok(next)) if next.asked() == member.asked()) {
            self.here = Some((member.asked().clone(), facts.clone()));
        }
        Some(Ok((member, facts)))
    }

    /// The answers to questions about a name, which is not before the one asked for last.
    fn answers_at(&mut self, name: &Name) -> Result<Facts, SnapshotError> {
        let mut found = Vec::new();
        loop {
            let next = match self.ahead.take() {
                Some(next) => next,
                None => match self.answers.next() {
                    None => break,
                    Some(Ok(next)) => next,
                    Some(Err(e)) => return Err(SnapshotError::Line { path: self.path.clone(), line: e.line, reason: e.reason }),
                },
            };
            match next.0.qname.cmp(name) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => found.push(next),
                std::cmp::Ordering::Greater => {
                    self.ahead = Some(next);
                    break;
                }
            }
        }
        Ok(Facts::few(found))
    }
}

impl Iterator for Walk {
    type Item = Result<(Member, Facts), SnapshotError>;

    /// After an error nothing follows.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.step();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
