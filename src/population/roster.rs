//! A long list held as the bytes of its canonical file, and read row by row in canonical order of the
//! asked domains: what merging two lists of a million members needs.

use csv::{ByteRecord, ReaderBuilder};

use super::Member;
use crate::dns::Name;

/// The first columns of the canonical file; cohort columns follow.
const COLUMNS: [&str; 5] = ["id", "rank", "name", "domain", "mail_domain"];

/// A canonical file (see [`super::Population::to_csv`]) with its rows in order of the asked domains.
pub struct Roster {
    bytes: Vec<u8>,
    rows: Vec<Row>,
    cohorts: Vec<String>,
}

/// Where a row and its asked domain stand. Small, because there are as many as members.
#[derive(Clone, Copy)]
struct Row {
    start: u32,
    domain: u32,
    length: u16,
}

/// Why bytes are not a canonical file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RosterError {
    /// Counted from 1.
    pub line: u64,
    pub reason: String,
}

impl Roster {
    /// Takes the bytes of a canonical file.
    ///
    /// # Errors
    /// The header or a row is not canonical, or the file is larger than 4 GiB.
    pub fn new(bytes: Vec<u8>) -> Result<Self, RosterError> {
        let fail = |line: u64, reason: &str| RosterError { line, reason: reason.to_owned() };
        if u32::try_from(bytes.len()).is_err() {
            return Err(fail(1, "the list is larger than 4 GiB"));
        }
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let mut record = ByteRecord::new();
        let mut rows = Vec::new();
        let mut cohorts = None;
        let mut start = 0;
        while reader.read_byte_record(&mut record).map_err(|e| fail(line_of(&e), "not a row of the same width"))? {
            let line = record.position().map_or(0, csv::Position::line);
            let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            if cohorts.is_none() {
                let header: Vec<String> = record.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect();
                if header.len() < COLUMNS.len() || header.iter().zip(COLUMNS).any(|(found, due)| found != due) {
                    return Err(fail(line, "not the header of a canonical list"));
                }
                cohorts = Some(header[COLUMNS.len()..].to_vec());
            } else {
                let asked = if record[4].is_empty() { &record[3] } else { &record[4] };
                rows.push(place(&bytes, start, end, asked).ok_or_else(|| fail(line, "no domain in the row"))?);
            }
            start = end;
        }
        let mut roster = Self { bytes, rows, cohorts: cohorts.unwrap_or_default() };
        let mut rows = std::mem::take(&mut roster.rows);
        rows.sort_by(|a, b| canonical(roster.asked(a), roster.asked(b)).then(a.start.cmp(&b.start)));
        roster.rows = rows;
        Ok(roster)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Names of the cohort columns.
    pub fn cohorts(&self) -> &[String] {
        &self.cohorts
    }

    /// The member at a place of the canonical order; `None` beyond the last.
    pub fn member(&self, place: usize) -> Option<Result<Member, RosterError>> {
        let row = self.rows.get(place)?;
        let start = row.start as usize;
        Some(self.parse(start).map_err(|reason| {
            let line = 1 + self.bytes[..start].iter().filter(|b| **b == b'\n').count() as u64;
            RosterError { line, reason }
        }))
    }

    fn parse(&self, start: usize) -> Result<Member, String> {
        let rest = &self.bytes[start..];
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if !line.contains(&b'"') {
            let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
            return member_of(text.split(','));
        }
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(rest);
        let mut record = csv::StringRecord::new();
        reader.read_record(&mut record).map_err(|e| e.to_string())?;
        member_of(record.iter())
    }

    fn asked(&self, row: &Row) -> &[u8] {
        &self.bytes[row.domain as usize..][..usize::from(row.length)]
    }
}

/// The member of a canonical row.
pub(super) fn member_of<'t>(mut fields: impl Iterator<Item = &'t str>) -> Result<Member, String> {
    let mut next = || fields.next().ok_or_else(|| "fewer fields than columns".to_owned());
    let (id, rank, name, domain, mail_domain) = (next()?, next()?, next()?, next()?, next()?);
    let parse = |text: &str| Name::parse(text).map_err(|e| format!("{text:?}: {e}"));
    Ok(Member {
        id: id.into(),
        rank: if rank.is_empty() { None } else { Some(rank.parse().map_err(|_| format!("rank {rank:?}"))?) },
        name: name.into(),
        domain: parse(domain)?,
        mail_domain: if mail_domain.is_empty() { None } else { Some(parse(mail_domain)?) },
        cohorts: fields.map(Into::into).collect(),
    })
}

/// The row with its asked domain found in the file's own bytes: domains need no quotes.
fn place(bytes: &[u8], start: usize, end: usize, asked: &[u8]) -> Option<Row> {
    if asked.is_empty() {
        return None;
    }
    let row = bytes.get(start..end)?;
    let at = row.windows(asked.len()).position(|window| window == asked)?;
    Some(Row {
        start: u32::try_from(start).ok()?,
        domain: u32::try_from(start + at).ok()?,
        length: u16::try_from(asked.len()).ok()?,
    })
}

/// The order of [`Name`], on presentation format without the final dot.
fn canonical(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    if a.contains(&b'\\') || b.contains(&b'\\') {
        let name = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| Name::parse(text).ok());
        return name(a).cmp(&name(b));
    }
    a.rsplit(|c| *c == b'.').cmp(b.rsplit(|c| *c == b'.'))
}

fn line_of(error: &csv::Error) -> u64 {
    error.position().map_or(0, csv::Position::line)
}
