//! The journal: every settled question, on disk within a second, so that a crawl can go on after
//! Ctrl-C, `kill -9` or an outage.
//!
//! A text file of lines, each `checksum TAB payload`, the checksum being CRC-32 (IEEE 802.3) of the
//! payload in hexadecimal. The first payload is a JSON header that says whose answers these are,
//! every other one is a question with its answer, its fields separated by tabs: qname, qtype,
//! outcome, then type, owner and rdata of each record. Presentation format has no tabs of its own.
//! Lines are only ever appended; the later of two answers to one question counts, unless it is a
//! failure and the earlier one is not. A payload `void TAB place` takes back the answers from that octet
//! of the file up to itself: whoever gave them was found to make up answers.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::CrawlError;
use super::desk::Keep;
use super::ledger::Shelf;
use crate::dns::{Answer, Name, Outcome, Question, Record, Type};
use crate::plan::Plan;
use crate::population::Asked;

/// Version of the format.
const VERSION: u32 = 1;
/// Answers wait in memory no longer than this before they are written.
const FLUSH_EVERY: Duration = Duration::from_millis(500);
/// And no more bytes than this.
const FLUSH_BYTES: usize = 1 << 18;

/// Whose answers a journal holds. A journal is resumed only where all of it but `started` is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    journal: u32,
    population: String,
    members: usize,
    /// SHA-256 over ids and asked domains, in order.
    digest: String,
    plan: Plan,
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
}

impl Header {
    pub fn new(name: &str, asked: &Asked, plan: &Plan, started: OffsetDateTime) -> Self {
        let Asked { members, digest } = asked.clone();
        Self { journal: VERSION, population: name.to_owned(), members, digest, plan: plan.clone(), started }
    }

    pub fn members(&self) -> usize {
        self.members
    }

    /// What keeps a journal with the header `other` from being resumed for this crawl.
    fn difference(&self, other: &Self) -> Option<String> {
        if other.journal != self.journal {
            return Some(format!("its format is version {}, this program writes {}", other.journal, self.journal));
        }
        if other.population != self.population || other.digest != self.digest {
            let (theirs, ours) = (&other.population, &self.population);
            return Some(format!("of {theirs} with {} members, not {ours} with {}", other.members, self.members));
        }
        (other.plan != self.plan).then(|| format!("it asks at depth {} or with other names", other.plan.depth.as_str()))
    }
}

/// A journal open for appending. Holds an advisory lock for as long as it lives.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    pending: Vec<u8>,
    line: Vec<u8>,
    /// Octets in the file.
    length: u64,
    /// Since when something is pending.
    since: Instant,
}

/// What a journal held when it was opened again.
#[derive(Debug)]
pub(super) struct Resumed {
    pub started: OffsetDateTime,
    /// Records that were cut off or damaged; their questions are asked again.
    pub damaged: u64,
    /// Places of answers that were taken back.
    pub voids: Vec<Range<u64>>,
}

impl Journal {
    /// Starts a journal where there is none, or one without answers: of a crawl that found no resolver.
    pub fn create(path: &Path, header: &Header) -> Result<Self, CrawlError> {
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|source| io(parent, source))?;
        }
        let mut journal = Self::open(path, true)?;
        journal.is_free()?;
        journal.begin(header)?;
        Ok(journal)
    }

    /// # Errors
    /// Where the file holds answers, or is not a journal at all: neither is ever written over.
    fn is_free(&self) -> Result<(), CrawlError> {
        let mut first = Vec::new();
        let mut reader = BufReader::new(&self.file).take(1 << 24);
        reader.read_until(b'\n', &mut first).map_err(|source| io(&self.path, source))?;
        if !is_start_of_line(&first) {
            let what = "no journal header".to_owned();
            return Err(CrawlError::Journal { path: self.path.clone(), line: 1, what });
        }
        let more = reader.fill_buf().map_err(|source| io(&self.path, source))?;
        if more.is_empty() { Ok(()) } else { Err(CrawlError::Unfinished { path: self.path.clone() }) }
    }

    /// Empties the file but for a header.
    fn begin(&mut self, header: &Header) -> Result<(), CrawlError> {
        self.file.set_len(0).map_err(|source| io(&self.path, source))?;
        self.length = 0;
        let json = serde_json::to_string(header).map_err(|e| io(&self.path, e.into()))?;
        self.push_line(json.as_bytes());
        self.write()
    }

    /// Opens the journal of an interrupted crawl and hands over what it holds, each answer with its
    /// place, in the order in which they were written.
    pub fn resume(path: &Path, header: &Header, each: impl FnMut(Question, Answer, u64)) -> Result<(Self, Resumed), CrawlError> {
        let mut journal = match Self::open(path, false) {
            Err(CrawlError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(CrawlError::NothingToResume { path: path.to_owned() });
            }
            opened => opened?,
        };
        let Some((resumed, whole)) = journal.load(header, each)? else {
            // Torn before its first line was whole: nothing was asked yet.
            journal.begin(header)?;
            return Ok((journal, Resumed { started: header.started, damaged: 0, voids: Vec::new() }));
        };
        // What a crash tore off is cut, so that the next record starts on a line of its own.
        journal.file.set_len(whole).map_err(|source| io(path, source))?;
        journal.length = whole;
        Ok((journal, resumed))
    }

    fn open(path: &Path, create: bool) -> Result<Self, CrawlError> {
        // Whoever can lay a link here must not choose the file that is written.
        if path.is_symlink() {
            let what = "is a symbolic link; remove it, or name another folder";
            return Err(io(path, std::io::Error::new(std::io::ErrorKind::InvalidInput, what)));
        }
        let file = OpenOptions::new().read(true).append(true).create(create).open(path).map_err(|source| io(path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CrawlError::Locked { path: path.to_owned() }),
            // A file system without locks: two crawls at once are then the user's care.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { path: path.to_owned(), file, pending: Vec::new(), line: Vec::new(), length: 0, since: Instant::now() })
    }

    /// Reads all whole lines; gives their length in bytes too. Nothing where not even the first is whole.
    fn load(
        &mut self,
        header: &Header,
        mut each: impl FnMut(Question, Answer, u64),
    ) -> Result<Option<(Resumed, u64)>, CrawlError> {
        let path = self.path.clone();
        let broken = |what: &str| CrawlError::Journal { path: path.clone(), line: 1, what: what.to_owned() };
        let mut reader = BufReader::with_capacity(1 << 16, &self.file);
        let mut line = Vec::new();
        let mut whole = 0;
        let mut resumed: Option<Resumed> = None;
        loop {
            line.clear();
            // A line longer than any record ends the search for its end.
            let length = (&mut reader).take(1 << 24).read_until(b'\n', &mut line).map_err(|source| io(&path, source))?;
            if length == 0 {
                break;
            }
            let payload = checked(&line);
            let Some(resumed) = &mut resumed else {
                if !line.ends_with(b"\n") && is_start_of_line(&line) {
                    return Ok(None);
                }
                let text = payload.ok_or_else(|| broken("no journal header"))?;
                let found: Header = serde_json::from_str(text).map_err(|e| broken(&e.to_string()))?;
                if let Some(what) = header.difference(&found) {
                    return Err(CrawlError::OtherCrawl { path, what });
                }
                whole = length as u64;
                resumed = Some(Resumed { started: found.started, damaged: 0, voids: Vec::new() });
                continue;
            };
            match (payload.and_then(parse), payload.and_then(voided)) {
                (Some((question, answer)), _) => each(question, answer, whole),
                (None, Some(from)) => resumed.voids.push(from..whole),
                (None, None) => resumed.damaged += 1,
            }
            if line.ends_with(b"\n") {
                whole += length as u64;
            }
        }
        Ok(resumed.map(|resumed| (resumed, whole)))
    }

    /// Gives the place where the line will stand.
    fn push_line(&mut self, payload: &[u8]) -> u64 {
        if self.pending.is_empty() {
            self.since = Instant::now();
        }
        let place = self.length + self.pending.len() as u64;
        self.pending.extend_from_slice(&hex(crc32fast::hash(payload)));
        self.pending.push(b'\t');
        self.pending.extend_from_slice(payload);
        self.pending.push(b'\n');
        place
    }

    /// Writes what is pending and waits until the disk has it.
    pub fn close(mut self) -> Result<(), CrawlError> {
        self.write()?;
        self.file.sync_data().map_err(|source| io(&self.path, source))
    }
}

impl Keep for Journal {
    fn keep(&mut self, question: &Question, answer: &Answer) -> Result<u64, CrawlError> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        format(&mut line, question, answer);
        let place = self.push_line(&line);
        self.line = line;
        if self.pending.len() >= FLUSH_BYTES {
            self.write()?;
        }
        Ok(place)
    }

    fn due(&self) -> Option<Instant> {
        (!self.pending.is_empty()).then(|| self.since + FLUSH_EVERY)
    }

    /// Hands everything to the operating system, where it outlives this process.
    fn write(&mut self) -> Result<(), CrawlError> {
        self.file.write_all(&self.pending).map_err(|source| io(&self.path, source))?;
        self.length += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn written(&self) -> u64 {
        self.length
    }

    fn place(&self) -> u64 {
        self.length + self.pending.len() as u64
    }

    fn void(&mut self, from: u64) -> Result<(), CrawlError> {
        self.push_line(format!("{VOID}{from}").as_bytes());
        self.write()
    }
}

/// A journal open for reading, by place.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    /// Open once it is needed.
    file: Option<File>,
    /// What was read ahead, `ahead` octets at a time, and where that stands in the file.
    window: Vec<u8>,
    start: u64,
    ahead: usize,
}

impl Lines {
    /// `ahead`: how many octets are read at a time.
    pub fn new(path: &Path, ahead: usize) -> Self {
        Self { path: path.to_owned(), file: None, window: Vec::new(), start: 0, ahead }
    }

    /// The payload of the line at a place.
    pub fn payload(&mut self, place: u64) -> Result<&str, CrawlError> {
        let length = self.reach(place).map_err(|source| io(&self.path, source))?;
        let line = &self.window[(place - self.start) as usize..][..length];
        checked(line).ok_or_else(|| {
            let what = "an answer that was written cannot be read again".to_owned();
            io(&self.path, std::io::Error::other(what))
        })
    }

    /// Brings the line at a place into the window; gives its length, the line feed included.
    fn reach(&mut self, place: u64) -> std::io::Result<usize> {
        let offset = place.checked_sub(self.start).map_or(usize::MAX, |offset| offset as usize);
        let known = self.window.get(offset..).unwrap_or_default();
        if let Some(end) = memchr::memchr(b'\n', known) {
            return Ok(end + 1);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        // The beginning of the line that is known already moves to the front.
        let known = known.len();
        self.window.drain(..self.window.len() - known);
        self.start = place;
        file.seek(SeekFrom::Start(place + known as u64))?;
        let mut searched = 0;
        loop {
            let more = file.take(self.ahead as u64).read_to_end(&mut self.window)?;
            if let Some(end) = memchr::memchr(b'\n', &self.window[searched..]) {
                return Ok(searched + end + 1);
            }
            searched = self.window.len();
            if more == 0 {
                return Ok(searched);
            }
        }
    }
}

impl Shelf for Lines {
    fn read(&mut self, place: u64) -> Result<(Question, Answer), CrawlError> {
        let found = parse(self.payload(place)?);
        found.ok_or_else(|| io(&self.path, std::io::Error::other("an answer that was written cannot be read again")))
    }
}

/// No name is written without its final dot.
const VOID: &str = "void\t";

fn voided(payload: &str) -> Option<u64> {
    payload.strip_prefix(VOID)?.parse().ok()
}

/// A payload as it stands, in canonical text.
pub(super) struct Fields<'l> {
    pub qname: &'l str,
    pub qtype: &'l str,
    pub outcome: Outcome,
    rest: Tabbed<'l>,
}

impl<'l> Fields<'l> {
    pub fn of(payload: &'l str) -> Option<Self> {
        let mut rest = Tabbed(Some(payload));
        let (qname, qtype, outcome) = (rest.next()?, rest.next()?, rest.next()?.parse().ok()?);
        Some(Self { qname, qtype, outcome, rest })
    }
}

/// The records, each as owner, type and rdata.
impl<'l> Iterator for Fields<'l> {
    type Item = (&'l str, &'l str, &'l str);

    fn next(&mut self) -> Option<Self::Item> {
        let (rtype, owner, rdata) = (self.rest.next()?, self.rest.next()?, self.rest.next()?);
        Some((owner, rtype, rdata))
    }
}

/// What tabs separate. The search of the standard library takes twice the time on fields this short.
struct Tabbed<'l>(Option<&'l str>);

impl<'l> Iterator for Tabbed<'l> {
    type Item = &'l str;

    fn next(&mut self) -> Option<&'l str> {
        let text = self.0.take()?;
        let Some(at) = memchr::memchr(b'\t', text.as_bytes()) else { return Some(text) };
        self.0 = Some(&text[at + 1..]);
        Some(&text[..at])
    }
}

/// Removes a journal that holds a header and nothing else.
pub(super) fn discard_if_empty(path: &Path) {
    let empty = File::open(path).is_ok_and(|file| BufReader::new(file).lines().nth(1).is_none());
    if empty {
        // Where this fails the next crawl starts over it all the same.
        _ = std::fs::remove_file(path);
    }
}

fn io(path: &Path, source: std::io::Error) -> CrawlError {
    CrawlError::Io { path: path.to_owned(), source }
}

fn hex(checksum: u32) -> [u8; 8] {
    std::array::from_fn(|i| b"0123456789abcdef"[(checksum >> (28 - 4 * i)) as usize & 15])
}

/// Whether this may be the beginning of a line of this program, and not of somebody's file.
fn is_start_of_line(bytes: &[u8]) -> bool {
    let (checksum, rest) = bytes.split_at(bytes.len().min(8));
    checksum.iter().all(u8::is_ascii_hexdigit) && rest.first().is_none_or(|b| *b == b'\t')
}

/// The payload of a whole line with a right checksum.
fn checked(line: &[u8]) -> Option<&str> {
    let line = line.strip_suffix(b"\n")?;
    let (checksum, payload) = (line.get(..8)?, line.get(9..)?);
    (line[8] == b'\t' && checksum == hex(crc32fast::hash(payload))).then(|| std::str::from_utf8(payload).ok()).flatten()
}

/// Appends the payload of a question and its answer.
fn format(line: &mut Vec<u8>, question: &Question, answer: &Answer) {
    line.extend_from_slice(question.qname.as_str().as_bytes());
    push_type(line, question.qtype);
    line.push(b'\t');
    line.extend_from_slice(answer.outcome.as_str().as_bytes());
    for record in answer.records() {
        push_type(line, record.rtype);
        line.push(b'\t');
        line.extend_from_slice(record.owner.as_str().as_bytes());
        line.push(b'\t');
        line.extend_from_slice(record.rdata.as_bytes());
    }
}

fn push_type(line: &mut Vec<u8>, rtype: Type) {
    line.push(b'\t');
    match rtype.mnemonic() {
        Some(mnemonic) => line.extend_from_slice(mnemonic.as_bytes()),
        None => line.extend_from_slice(rtype.to_string().as_bytes()),
    }
}

fn parse(payload: &str) -> Option<(Question, Answer)> {
    let mut fields = Tabbed(Some(payload));
    let qname = Name::parse(fields.next()?).ok()?;
    let qtype = fields.next()?.parse::<Type>().ok()?;
    let outcome = fields.next()?.parse::<Outcome>().ok()?;
    let mut records = Vec::new();
    while let Some(rtype) = fields.next() {
        let owner = Name::parse(fields.next()?).ok()?;
        records.push(Record { owner, rtype: rtype.parse().ok()?, rdata: fields.next()?.into() });
    }
    let answer = Answer::new(&qname, outcome, records);
    Some((Question::new(qname, qtype), answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::quote_strings;
    use crate::plan::{Depth, Labels};
    use crate::population::Member;

    fn header(name: &str, depth: Depth) -> Header {
        Header::new(
            name,
            &Asked::of(std::iter::empty::<Member>()),
            &Plan::new(depth, Labels::default()),
            OffsetDateTime::UNIX_EPOCH,
        )
    }

    fn records() -> Vec<(Question, Answer)> {
        let name = |text: &str| Name::parse(text).unwrap();
        let record = |owner: &str, rtype, rdata: &str| Record { owner: name(owner), rtype, rdata: rdata.into() };
        let hostile = quote_strings([&b"tab\there \"quoted\" \\ \r\n \xff\x00"[..], b""]);
        let odd = r"o\009d\.d.example";
        vec![
            (
                Question::new(name(odd), Type::Txt),
                Answer::new(&name(odd), Outcome::Answered, vec![record(odd, Type::Txt, &hostile)]),
            ),
            (
                Question::new(name("b.example"), Type::A),
                Answer::new(&name("b.example"), Outcome::Nxdomain, vec![record("b.example", Type::Cname, "c.example.")]),
            ),
            (Question::new(name("c.example"), Type::Other(65280)), Answer::empty(Outcome::Timeout)),
        ]
    }

    fn written(path: &Path) {
        let mut journal = Journal::create(path, &header("p", Depth::Mx)).unwrap();
        for (question, answer) in records() {
            journal.keep(&question, &answer).unwrap();
        }
        journal.close().unwrap();
    }

    type Read = (Journal, Resumed, Vec<(Question, Answer)>);

    fn read(path: &Path) -> Read {
        let (mut answers, mut places) = (Vec::new(), Vec::new());
        let each = |question, answer, place| {
            answers.push((question, answer));
            places.push(place);
        };
        let (journal, resumed) = Journal::resume(path, &header("p", Depth::Mx), each).unwrap();
        let mut lines = Lines::new(path, 64);
        for (place, answer) in places.into_iter().zip(&answers).rev() {
            assert_eq!(lines.read(place).unwrap(), *answer, "at its place");
        }
        (journal, resumed, answers)
    }

    fn refused(path: &Path, header: &Header) -> CrawlError {
        Journal::resume(path, header, |_, _, _| {}).unwrap_err()
    }

    #[test]
    fn what_is_appended_is_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/journal");
        written(&path);
        let (_, resumed, answers) = read(&path);
        assert_eq!((answers, resumed.damaged), (records(), 0));
        assert_eq!(resumed.started, OffsetDateTime::UNIX_EPOCH);
    }

    #[test]
    fn what_was_taken_back_is_told_by_its_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::create(&path, &header("p", Depth::Mx)).unwrap();
        let places: Vec<u64> = records().iter().map(|(q, a)| journal.keep(q, a).unwrap()).collect();
        let end = journal.place();
        journal.void(places[1]).unwrap();
        let (question, answer) = &records()[1];
        let again = journal.keep(question, answer).unwrap();
        journal.close().unwrap();
        let (_, resumed, answers) = read(&path);
        assert_eq!(resumed.voids.iter().map(|v| (v.start, v.end)).collect::<Vec<_>>(), [(places[1], end)]);
        assert_eq!((resumed.damaged, answers.len()), (0, 4));
        assert!(again > end);
    }

    #[test]
    fn a_torn_tail_is_cut_wherever_it_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        written(&path);
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|&b| b == b'\n').unwrap() + 1;
        for end in first..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let (mut journal, _, answers) = read(&path);
            assert_eq!(answers, records()[..answers.len()]);
            for (question, answer) in &records()[answers.len()..] {
                let place = journal.keep(question, answer).unwrap();
                journal.write().unwrap();
                assert_eq!(Lines::new(&path, 8192).read(place).unwrap(), (question.clone(), answer.clone()));
            }
            journal.close().unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole, "cut at {end}");
        }
    }

    #[test]
    fn a_flipped_bit_costs_one_record_and_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        written(&path);
        let mut bytes = std::fs::read(&path).unwrap();
        let second = bytes.iter().position(|&b| b == b'\n').unwrap() + 20;
        bytes[second] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let (_, resumed, answers) = read(&path);
        assert_eq!((answers, resumed.damaged), (records()[1..].to_vec(), 1));
    }

    #[test]
    fn journals_of_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        assert!(matches!(refused(&path, &header("p", Depth::Mx)), CrawlError::NothingToResume { .. }));
        written(&path);
        assert!(matches!(refused(&path, &header("q", Depth::Mx)), CrawlError::OtherCrawl { .. }));
        assert!(matches!(refused(&path, &header("p", Depth::Standard)), CrawlError::OtherCrawl { .. }));
        assert!(matches!(Journal::create(&path, &header("p", Depth::Mx)), Err(CrawlError::Unfinished { .. })));
        std::fs::write(&path, "something else\n").unwrap();
        assert!(matches!(refused(&path, &header("p", Depth::Mx)), CrawlError::Journal { .. }));
    }

    #[test]
    fn two_crawls_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let open = Journal::create(&path, &header("p", Depth::Mx)).unwrap();
        assert!(matches!(refused(&path, &header("p", Depth::Mx)), CrawlError::Locked { .. }));
        drop(open);
        Journal::create(&path, &header("p", Depth::Mx)).expect("a journal without answers is no unfinished crawl");
    }
}
