//! A long list held as the bytes of its canonical file, and read row by row in canonical order of the
//! asked domains: what merging two lists of a million members needs.

use csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr_iter};

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
        let mut roster = Self { bytes, rows: Vec::new(), cohorts: cohorts.unwrap_or_default() };
        // The beginnings of the names, last label first, decide most comparisons without reaching
        // into the file.
        let escaped = rows.iter().any(|row| roster.asked(row).contains(&b'\\'));
        let key = |row: &Row| if escaped { 0 } else { beginning(roster.asked(row)) };
        let mut keyed: Vec<(u128, Row)> = rows.into_iter().map(|row| (key(&row), row)).collect();
        keyed.sort_unstable_by(|(a, x), (b, y)| {
            a.cmp(b).then_with(|| canonical(roster.asked(x), roster.asked(y))).then(x.start.cmp(&y.start))
        });
        roster.rows = keyed.into_iter().map(|(_, row)| row).collect();
        roster.rows.shrink_to_fit();
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

    /// Where the row at a place of the canonical order begins in the file; 0 beyond the last.
    pub fn start(&self, place: usize) -> u32 {
        self.rows.get(place).map_or(0, |row| row.start)
    }

    fn parse(&self, start: usize) -> Result<Member, String> {
        let rest = &self.bytes[start..];
        member_of_line(&rest[..memchr(b'\n', rest).unwrap_or(rest.len())])
    }

    fn asked(&self, row: &Row) -> &[u8] {
        &self.bytes[row.domain as usize..][..usize::from(row.length)]
    }
}

/// The member of a canonical row, which stands on one line: no field runs over several.
pub(super) fn member_of_line(line: &[u8]) -> Result<Member, String> {
    if memchr(b'"', line).is_none() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        return member_of(std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?.split(','));
    }
    if memchr_iter(b'"', line).count() % 2 == 1 {
        return Err("a field runs over several lines".to_owned());
    }
    let mut record = csv::StringRecord::new();
    ReaderBuilder::new().has_headers(false).from_reader(line).read_record(&mut record).map_err(|e| e.to_string())?;
    member_of(record.iter())
}

fn member_of<'t>(mut fields: impl Iterator<Item = &'t str>) -> Result<Member, String> {
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

/// The first 16 bytes of a name with its labels turned round and a zero between them: names sort as
/// their beginnings do, where these differ. Not for names with escapes, whose bytes are not their text's.
fn beginning(name: &[u8]) -> u128 {
    let mut key = [0; 16];
    let mut labels = name.rsplit(|c| *c == b'.');
    let mut at = 0;
    while let Some(label) = labels.next().filter(|_| at < key.len()) {
        let taken = label.len().min(key.len() - at);
        key[at..at + taken].copy_from_slice(&label[..taken]);
        at += taken + 1;
    }
    u128::from_be_bytes(key)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::population::{Population, Unit};

    fn list(domains: &[String]) -> Population {
        let member = |(i, domain): (usize, &String)| Member {
            id: format!("id{i}").into(),
            name: if i % 3 == 0 { "a, \"b\"".into() } else { "plain".into() },
            domain: Name::parse(domain).unwrap(),
            mail_domain: (i % 4 == 0).then(|| Name::parse(&format!("mail.{domain}")).unwrap()),
            rank: u32::try_from(i).ok().filter(|i| i % 2 == 0),
            cohorts: vec!["x".into(), "".into()],
        };
        let members = domains.iter().enumerate().map(member).collect();
        let cohorts = vec!["one".to_owned(), "two".to_owned()];
        Population { name: "synthetic".into(), series: "synthetic".into(), unit: Unit::Company, cohorts, members }
    }

    proptest! {
        #[test]
        fn members_come_back_in_canonical_order(
            domains in prop::collection::vec("[a-c][a-c-]{0,6}[0-9](\\.[a-c]{1,9}){1,3}", 0..30),
            escape in any::<bool>(),
        ) {
            let mut domains = domains;
            if escape {
                domains.push("od\\032d.ex".into());
            }
            let list = list(&domains);
            let roster = Roster::new(list.to_csv()).unwrap();
            prop_assert_eq!(roster.cohorts(), &list.cohorts[..]);
            let members: Vec<Member> = (0..roster.len()).map(|i| roster.member(i).unwrap().unwrap()).collect();
            prop_assert!(members.is_sorted_by_key(Member::asked));
            let mut expected = list.members.clone();
            expected.sort_by(|a, b| a.id.cmp(&b.id));
            let mut found = members;
            found.sort_by(|a, b| a.id.cmp(&b.id));
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut file = b"id,rank,name,domain,mail_domain\n".to_vec();
            file.extend(bytes);
            if let Ok(roster) = Roster::new(file) {
                for i in 0..roster.len() {
                    let _ = roster.member(i);
                }
            }
        }
    }

    #[test]
    fn other_lists_are_refused_with_their_line() {
        assert_eq!(Roster::new(b"domain\na.example\n".to_vec()).err().unwrap().line, 1);
        let short = b"id,rank,name,domain,mail_domain\na,,,,\n".to_vec();
        assert_eq!(Roster::new(short).err().unwrap().to_string(), "line 2: no domain in the row");
        let odd = b"id,rank,name,domain,mail_domain\na,x,,a.example,\n".to_vec();
        assert_eq!(Roster::new(odd).unwrap().member(0).unwrap().unwrap_err().to_string(), "line 2: rank \"x\"");
    }
}
