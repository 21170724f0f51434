//! Reading a list: three accepted shapes, repairs counted, every rejected row kept with its line.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::about::{About, series_of};
use super::domain::{Repair, Repairs, read_domain, trim};
use super::{Member, Population, PopulationError, Unit};
use crate::dns::Name;

/// A list as read: the members, what was put right, what was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    pub population: Population,
    pub about: About,
    pub repairs: Repairs,
    pub rejected: Vec<Rejected>,
}

/// A row that became no member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the file, counted from 1, where the row begins.
    pub line: u64,
    /// The row, shortened.
    pub text: String,
    pub reason: String,
}

/// Reads a list and what stands beside it (see [`About`]).
pub fn read(path: &Path) -> Result<Loaded, PopulationError> {
    let about = About::beside(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let io = |error| PopulationError::Io { path: path.display().to_string(), error };
    let file = std::fs::File::open(path).map_err(io)?;
    parse(file, &stem, about)
}

/// Reads a list called `name` (a file stem: it gives the series where `about` does not).
pub fn parse(input: impl Read, name: &str, about: About) -> Result<Loaded, PopulationError> {
    let mut repairs = Repairs::new();
    let mut rows = Rows::default();
    let add = |line, record: &ByteRecord, columns: &Columns, repairs: &mut Repairs| rows.add(line, record, columns, repairs);
    let columns = each_row(input, name, &mut repairs, add)?.unwrap_or_default();
    let unit = about.unit.unwrap_or_else(|| rows.unit(&columns));
    let series = about.series.clone().unwrap_or_else(|| series_of(name).to_owned());
    let (members, rejected) = rows.unique(unit);
    let population = Population { name: name.to_owned(), series, unit, cohorts: columns.cohort_names(), members };
    Ok(Loaded { population, about, repairs, rejected })
}

/// Hands over every row that is neither blank, header nor comment, with its line; gives the columns,
/// if there is any row.
pub(super) fn each_row(
    mut input: impl Read,
    name: &str,
    repairs: &mut Repairs,
    mut each: impl FnMut(u64, &ByteRecord, &Columns, &mut Repairs),
) -> Result<Option<Columns>, PopulationError> {
    let io = |error| PopulationError::Io { path: name.to_owned(), error };
    let mut start = Vec::new();
    input.by_ref().take(3).read_to_end(&mut start).map_err(io)?;
    if start == b"\xef\xbb\xbf" {
        repairs.insert(Repair::ByteOrderMark, 1);
        start.clear();
        input.by_ref().take(2).read_to_end(&mut start).map_err(io)?;
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(PopulationError::Utf16 { name: name.to_owned() });
    }
    let mut columns = None;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader((&start[..]).chain(input));
    let mut record = ByteRecord::new();
    loop {
        let read = reader.read_byte_record(&mut record);
        match read.map_err(|error| io(error.into()))? {
            false => break,
            true if is_blank(&record) => continue,
            true => {}
        }
        // Comments are a habit of plain lists; in a list with a header a row is a row.
        if !columns.as_ref().is_some_and(|c: &Columns| c.header) && record.get(0).is_some_and(|f| f.starts_with(b"#")) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let known = match &mut columns {
            Some(known) => known,
            none => {
                let shape = Columns::of(&record, name)?;
                let header = shape.header;
                let known = none.insert(shape);
                if header {
                    continue;
                }
                known
            }
        };
        each(line, &record, known, repairs);
    }
    Ok(columns)
}

fn is_blank(record: &ByteRecord) -> bool {
    record.iter().all(|field| field.trim_ascii().is_empty())
}

/// Where the fields of a row stand.
#[derive(Debug, Default)]
pub(super) struct Columns {
    header: bool,
    /// Number of fields of every row.
    width: usize,
    domain: usize,
    pub id: Option<usize>,
    mail_domain: Option<usize>,
    rank: Option<usize>,
    name: Option<usize>,
    pub cohorts: Vec<(usize, String)>,
}

impl Columns {
    /// Judges the shape of the list by its first row that is not blank.
    fn of(first: &ByteRecord, list: &str) -> Result<Self, PopulationError> {
        let fields: Vec<String> = first.iter().map(|f| trim(&String::from_utf8_lossy(f)).to_owned()).collect();
        let is = |field: &String, word: &str| field.eq_ignore_ascii_case(word);
        if fields.iter().any(|f| is(f, "domain")) {
            return Self::named(fields, list);
        }
        match &fields[..] {
            [one] if !one.contains([';', '\t']) => Ok(Self { width: 1, ..Self::default() }),
            [rank, _] if rank.parse::<u32>().is_ok() => Ok(Self { width: 2, domain: 1, rank: Some(0), ..Self::default() }),
            _ => {
                Err(PopulationError::NoDomainColumn { name: list.to_owned(), first: fields.join(",").chars().take(80).collect() })
            }
        }
    }

    fn named(fields: Vec<String>, list: &str) -> Result<Self, PopulationError> {
        let mut columns = Self { header: true, width: fields.len(), ..Self::default() };
        let mut seen = HashSet::new();
        for (i, field) in fields.into_iter().enumerate() {
            let word = field.to_ascii_lowercase();
            if !seen.insert(word.clone()) || word.is_empty() {
                return Err(PopulationError::Header { name: list.to_owned(), column: i + 1, field });
            }
            match word.as_str() {
                "domain" => columns.domain = i,
                "id" => columns.id = Some(i),
                "mail_domain" => columns.mail_domain = Some(i),
                "rank" => columns.rank = Some(i),
                "name" => columns.name = Some(i),
                _ => columns.cohorts.push((i, field)),
            }
        }
        Ok(columns)
    }

    pub fn cohort_names(&self) -> Vec<String> {
        self.cohorts.iter().map(|(_, name)| name.clone()).collect()
    }

    /// A member as a row of this list.
    pub fn shown(&self, member: &Member) -> String {
        let mut fields = vec![String::new(); self.width];
        let mut put = |at: Option<usize>, text: &str| {
            if let Some(field) = at.and_then(|at| fields.get_mut(at)) {
                *field = text.to_owned();
            }
        };
        put(Some(self.domain), member.domain.bare());
        put(self.id, &member.id);
        put(self.mail_domain, member.mail_domain.as_ref().map_or("", |d| d.bare()));
        put(self.rank, &member.rank.map(|r| r.to_string()).unwrap_or_default());
        put(self.name, &member.name);
        self.cohorts.iter().zip(&member.cohorts).for_each(|((at, _), value)| put(Some(*at), value));
        shorten(&fields.join(","))
    }
}

/// A row that can be read, with its place, until the whole list is known.
struct Row {
    line: u64,
    text: String,
    member: Member,
}

#[derive(Default)]
struct Rows {
    read: Vec<Row>,
    rejected: Vec<Rejected>,
}

impl Rows {
    fn add(&mut self, line: u64, record: &ByteRecord, columns: &Columns, repairs: &mut Repairs) {
        let text = shown(record);
        match read_row(record, columns, repairs) {
            Ok(member) => self.read.push(Row { line, text, member }),
            Err(reason) => self.rejected.push(Rejected { line, text, reason }),
        }
    }

    /// Companies have an id that is no domain, or a name where there are no ids. A rank alone
    /// (`rank,domain`) is how lists of popular domains look.
    fn unit(&self, columns: &Columns) -> Unit {
        let companies = match columns.id {
            Some(_) => self.read.iter().any(|row| !row.member.id.contains('.')),
            None => self.read.iter().any(|row| !row.member.name.is_empty()),
        };
        if companies { Unit::Company } else { Unit::Domain }
    }

    /// Drops what stands twice. Two companies may share a domain; two rows may never share an id.
    fn unique(mut self, unit: Unit) -> (Vec<Member>, Vec<Rejected>) {
        let mut first_of_id: std::collections::HashMap<Box<str>, u64> = std::collections::HashMap::new();
        let mut first_of_domain: std::collections::HashMap<Name, u64> = std::collections::HashMap::new();
        let mut members = Vec::with_capacity(self.read.len());
        for Row { line, text, member } in self.read {
            let by_domain = (unit == Unit::Domain).then(|| first_of_domain.get(member.asked())).flatten();
            let reason = match (first_of_id.get(&member.id), by_domain) {
                (Some(first), _) => Some(format!("id {:?} stands on line {first} already", member.id)),
                (None, Some(first)) => Some(format!("domain {} stands on line {first} already", member.asked().bare())),
                (None, None) => None,
            };
            if let Some(reason) = reason {
                self.rejected.push(Rejected { line, text, reason });
                continue;
            }
            first_of_id.insert(member.id.clone(), line);
            first_of_domain.insert(member.asked().clone(), line);
            members.push(member);
        }
        self.rejected.sort_by_key(|r| r.line);
        (members, self.rejected)
    }
}

pub(super) fn read_row(record: &ByteRecord, columns: &Columns, repairs: &mut Repairs) -> Result<Member, String> {
    if let Some(i) = (0..record.len()).find(|&i| std::str::from_utf8(&record[i]).is_err()) {
        return Err(format!("field {} is not UTF-8", i + 1));
    }
    if let Some(field) = record.iter().find(|field| field.contains(&b'\n') || field.contains(&b'\r')) {
        let lines = field.iter().filter(|&&b| b == b'\n').count() + 1;
        return Err(format!("a field runs over {lines} lines; is a quote left open?"));
    }
    if record.len() != columns.width {
        return Err(format!("{} fields where {} are due", record.len(), columns.width));
    }
    let mut blanks = 0;
    let mut field = |i: usize| {
        let raw = std::str::from_utf8(&record[i]).unwrap_or_default();
        let text = trim(raw);
        blanks += usize::from(text.len() != raw.len());
        text
    };
    let rank = match columns.rank.map(&mut field).filter(|text| !text.is_empty()) {
        Some(text) => Some(text.parse::<u32>().map_err(|_| format!("rank {text:?} is not a whole number"))?),
        None => None,
    };
    let name: Box<str> = columns.name.map(&mut field).unwrap_or_default().into();
    let id = columns.id.map(&mut field).unwrap_or_default();
    let cohorts = columns.cohorts.iter().map(|(i, _)| field(*i).into()).collect();
    // Repairs of a row that is rejected in the end are not counted.
    let mut made = Repairs::new();
    let text = |i: usize| std::str::from_utf8(&record[i]).unwrap_or_default();
    let domain = read_domain(text(columns.domain), &mut made).map_err(|e| e.to_string())?;
    let mail_domain = match columns.mail_domain.map(text).filter(|text| !trim(text).is_empty()) {
        Some(text) => Some(read_domain(text, &mut made).map_err(|e| format!("mail_domain: {e}"))?),
        None => None,
    };
    let id = if id.is_empty() { domain.bare() } else { id };
    if blanks > 0 {
        *made.entry(Repair::Blanks).or_default() += blanks;
    }
    for (repair, n) in made {
        *repairs.entry(repair).or_default() += n;
    }
    Ok(Member { id: id.into(), name, domain, mail_domain, rank, cohorts })
}

/// The row as a message shows it.
pub(super) fn shown(record: &ByteRecord) -> String {
    let fields: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
    shorten(&fields.join(","))
}

/// One line, shortened.
fn shorten(row: &str) -> String {
    const SHOWN: usize = 120;
    let text: String = row.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN + 1).collect();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(list: &[u8], name: &str) -> Loaded {
        parse(list, name, About::default()).unwrap()
    }

    fn domains(loaded: &Loaded) -> Vec<&str> {
        loaded.population.members.iter().map(|m| m.asked().bare()).collect()
    }

    #[test]
    fn three_shapes_are_read() {
        let full = load(
            b"rank,Sector,id,name,domain,mail_domain\n1,Tech,alphabet,Alphabet,abc.xyz,google.com\n2,\"Oil, Gas\",x,X,x.com,\n",
            "fortune500-2025",
        );
        assert_eq!(full.population.series, "fortune500");
        assert_eq!(full.population.unit, Unit::Company);
        assert_eq!(full.population.cohorts, ["Sector"]);
        assert_eq!(domains(&full), ["google.com", "x.com"]);
        assert_eq!(&*full.population.members[1].cohorts[0], "Oil, Gas");
        assert_eq!(full.population.members[0].rank, Some(1));

        let plain = load(b"# my list\nexample.com\r\n\r\n  Example.org\n", "banks");
        assert_eq!((plain.population.unit, &*plain.population.series), (Unit::Domain, "banks"));
        assert_eq!(domains(&plain), ["example.com", "example.org"]);
        assert_eq!(&*plain.population.members[0].id, "example.com");

        let ranked = load(b"1,example.com\n2,example.org\n", "tranco-2026-07-01");
        assert_eq!((ranked.population.unit, ranked.population.members[1].rank), (Unit::Domain, Some(2)));
        assert_eq!(ranked.population.series, "tranco");

        let named = load(b"name,domain\nAcme,acme.com\n", "x");
        assert_eq!((named.population.unit, &*named.population.members[0].id), (Unit::Company, "acme.com"));
    }

    #[test]
    fn repairs_are_counted_and_rejected_rows_named() {
        let list = b"\xef\xbb\xbfid,name,domain\n\
            a,Acme ,https://www.acme.com/\n\
            b,B,info@b.com\n\
            c,C\n\
            d,D,not a domain\n\
            a,Again,other.com\n\
            e,\xff,e.com\n\
            f,F,acme.com\n\
            g,G,g.com,more\n\
            h,\"open,h.com\ni,I,i.com\n";
        let loaded = load(list, "x");
        assert_eq!(domains(&loaded), ["acme.com", "b.com", "acme.com"], "two companies may share a domain");
        let repairs: Vec<String> = loaded.repairs.iter().map(|(repair, n)| format!("{repair} {n}")).collect();
        assert_eq!(repairs, ["byte-order-mark 1", "blanks 1", "url 1", "email 1"]);
        let rejected: Vec<String> = loaded.rejected.iter().map(|r| format!("{}: {}", r.line, r.reason)).collect();
        assert_eq!(
            rejected,
            [
                "4: 2 fields where 3 are due",
                "5: \"not a domain\" holds ' ', which no host name may",
                "6: id \"a\" stands on line 2 already",
                "7: field 2 is not UTF-8",
                "9: 4 fields where 3 are due",
                "10: a field runs over 3 lines; is a quote left open?",
            ]
        );
        let ranks = load(b"rank,domain\n1st,a.com\n,b.com\n", "x");
        assert_eq!(ranks.rejected[0].reason, "rank \"1st\" is not a whole number");
        assert_eq!(domains(&ranks), ["b.com"]);
        let twice = load(b"example.com\nEXAMPLE.com.\n", "x");
        assert_eq!((twice.population.members.len(), twice.rejected[0].line), (1, 2));
        let by_other_id = load(b"id,domain\na.com,x.com\nb.com,x.com\n", "x");
        assert_eq!(by_other_id.rejected[0].reason, "domain x.com stands on line 2 already");
    }

    #[test]
    fn what_is_no_list_says_what_is_expected() {
        let fails = |list: &[u8]| parse(list, "x", About::default()).unwrap_err().to_string();
        assert!(fails(b"company,website\nA,a.com\n").contains("no column `domain` (first row: \"company,website\")"));
        assert!(fails(b"name;domain\nA;a.com\n").contains("comma-separated"));
        assert!(fails(b"domain,rank,Rank\na.com,1,1\n").contains("column 3 of the header, \"Rank\""));
        assert!(fails(b"domain,,\na.com,1,1\n").contains("column 2"));
        assert!(fails(b"\xff\xfed\0o\0").contains("UTF-16"));
        let empty = load(b"", "x");
        assert!(empty.population.members.is_empty() && empty.rejected.is_empty());
        let title_alone = load(b"domain\n", "x");
        assert!(title_alone.population.members.is_empty());
    }
}
