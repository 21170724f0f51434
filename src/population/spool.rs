//! A list of any length, kept on disk: what a crawl of a million domains reads, one member after the
//! other, with memory for a few octets a row.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::about::{About, series_of};
use super::asked::{Asked, Counting};
use super::domain::Repairs;
use super::load::{Columns, Rejected, each_row, read_row, shown};
use super::write::{header, push_row};
use super::{Member, PopulationError, Shard, Unit, roster};

/// The members of a list in their order, in the canonical form that a snapshot keeps, in a file that
/// goes with this.
#[derive(Debug)]
pub struct Spool {
    pub name: String,
    pub series: String,
    pub unit: Unit,
    /// Names of the cohort columns.
    pub cohorts: Vec<String>,
    asked: Asked,
    file: Temporary,
}

/// A list as read onto disk: see [`Loaded`](super::Loaded).
#[derive(Debug)]
pub struct Spooled {
    pub list: Spool,
    pub about: About,
    pub repairs: Repairs,
    pub rejected: Vec<Rejected>,
}

/// Reads a list called `name` as [`parse`](super::parse) does, onto disk: all of it, or a part.
///
/// # Errors
/// As [`parse`](super::parse), and where no temporary file can be written.
pub fn spool(input: impl Read, name: &str, about: About, part: Option<Shard>) -> Result<Spooled, PopulationError> {
    let at = |error| PopulationError::Io { path: name.to_owned(), error };
    let mut repairs = Repairs::new();
    let mut rejected = Vec::new();
    let mut seen = Seen::default();
    let mut file = Temporary::new().map_err(at)?;
    let mut output = BufWriter::with_capacity(1 << 16, &mut file.file);
    let (mut failed, mut asked, mut row) = (None, Counting::default(), Vec::new());
    // The header is written when all is read: there may be no columns.
    let columns =
        each_row(input, name, &mut repairs, |line, record, columns, repairs| match read_row(record, columns, repairs) {
            Ok(member) => {
                seen.add(line, &member);
                asked.add(&member);
                row.clear();
                push_row(&mut row, &member, columns.cohorts.len());
                let written = output.write_all(&row);
                failed = failed.take().or(written.err());
            }
            Err(reason) => rejected.push(Rejected { line, text: shown(record), reason }),
        })?
        .unwrap_or_default();
    failed.map_or_else(|| output.flush(), Err).map_err(at)?;
    drop(output);
    let unit = about.unit.unwrap_or_else(|| seen.unit(&columns));
    let series = about.series.clone().unwrap_or_else(|| series_of(name).to_owned());
    let cohorts = columns.cohort_names();
    let mut list = Spool { name: name.to_owned(), series, unit, cohorts, asked: asked.finish(), file };
    list.sift(&seen, &columns, part, &mut rejected).map_err(at)?;
    rejected.sort_by_key(|r| r.line);
    Ok(Spooled { list, about, repairs, rejected })
}

/// Reads a list and what stands beside it, as [`read`](super::read) does, onto disk.
///
/// # Errors
/// As [`spool`].
pub fn spool_file(path: &Path, part: Option<Shard>) -> Result<Spooled, PopulationError> {
    let about = About::beside(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let file = File::open(path).map_err(|error| PopulationError::Io { path: path.display().to_string(), error })?;
    spool(file, &stem, about, part)
}

/// What has to be remembered of each row until the whole list is known.
#[derive(Default)]
struct Seen {
    keys: RandomState,
    ids: Vec<u64>,
    asked: Vec<u64>,
    lines: Vec<u32>,
    odd_id: bool,
    named: bool,
}

impl Seen {
    fn add(&mut self, line: u64, member: &Member) {
        self.ids.push(self.keys.hash_one(&member.id));
        self.asked.push(self.keys.hash_one(member.asked()));
        self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
        self.odd_id |= !member.id.contains('.');
        self.named |= !member.name.is_empty();
    }

    /// As the loader judges a whole list.
    fn unit(&self, columns: &Columns) -> Unit {
        let companies = if columns.id.is_some() { self.odd_id } else { self.named };
        if companies { Unit::Company } else { Unit::Domain }
    }
}

/// Hashes that stand more than once.
fn repeated(hashes: &[u64]) -> HashSet<u64> {
    let mut sorted = hashes.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}

impl Spool {
    pub fn len(&self) -> usize {
        self.asked.members
    }

    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    pub fn is_empty(&self) -> bool {
        self.asked.members == 0
    }

    /// Goes through the members from the first. Only one can go at a time. What cannot be read ends
    /// it early: whoever needs all of them counts them.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn members(&self) -> io::Result<impl Iterator<Item = Member> + '_> {
        (&self.file.file).seek(SeekFrom::Start(0))?;
        let mut input = BufReader::with_capacity(1 << 16, &self.file.file);
        let mut line = Vec::new();
        Ok(std::iter::from_fn(move || {
            line.clear();
            input.read_until(b'\n', &mut line).ok()?;
            roster::member_of_line(line.strip_suffix(b"\n")?).ok()
        }))
    }

    /// Writes `population.csv`.
    ///
    /// # Errors
    /// The file cannot be read, or the output not be written.
    pub fn write(&self, output: &mut dyn Write) -> io::Result<()> {
        output.write_all(&header(&self.cohorts))?;
        (&self.file.file).seek(SeekFrom::Start(0))?;
        io::copy(&mut BufReader::with_capacity(1 << 16, &self.file.file), output).map(drop)
    }

    /// Drops what stands twice, with the reason, and what is not kept. Two companies may share a
    /// domain; two rows may never share an id.
    fn sift(&mut self, seen: &Seen, columns: &Columns, part: Option<Shard>, rejected: &mut Vec<Rejected>) -> io::Result<()> {
        let ids = repeated(&seen.ids);
        let domains = if self.unit == Unit::Domain { repeated(&seen.asked) } else { HashSet::new() };
        if ids.is_empty() && domains.is_empty() && part.is_none() {
            return Ok(());
        }
        let mut first_of_id: HashMap<Box<str>, u32> = HashMap::new();
        let mut first_of_domain: HashMap<crate::dns::Name, u32> = HashMap::new();
        let (mut kept, mut text) = (Counting::default(), Vec::new());
        let mut file = Temporary::new()?;
        let mut output = BufWriter::with_capacity(1 << 16, &mut file.file);
        for (i, member) in self.members()?.enumerate() {
            let line = seen.lines.get(i).copied().unwrap_or_default();
            let (twice_id, twice_domain) = (ids.contains(&seen.ids[i]), domains.contains(&seen.asked[i]));
            let reason = match (first_of_id.get(&member.id), first_of_domain.get(member.asked())) {
                (Some(first), _) => Some(format!("id {:?} stands on line {first} already", member.id)),
                (None, Some(first)) => Some(format!("domain {} stands on line {first} already", member.asked().bare())),
                (None, None) => None,
            };
            if let Some(reason) = reason {
                rejected.push(Rejected { line: line.into(), text: columns.shown(&member), reason });
                continue;
            }
            if twice_id {
                first_of_id.insert(member.id.clone(), line);
            }
            if twice_domain {
                first_of_domain.insert(member.asked().clone(), line);
            }
            if part.is_none_or(|part| part.holds(&member)) {
                kept.add(&member);
                text.clear();
                push_row(&mut text, &member, self.cohorts.len());
                output.write_all(&text)?;
            }
        }
        output.flush()?;
        drop(output);
        (self.file, self.asked) = (file, kept.finish());
        Ok(())
    }
}

/// A file that nobody else sees and that is gone when it is closed, where the system can do that.
#[derive(Debug)]
struct Temporary {
    file: File,
    path: Option<PathBuf>,
}

impl Temporary {
    fn new() -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mxcensus-{}-{number}.list", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let gone = cfg!(unix) && std::fs::remove_file(&path).is_ok();
        Ok(Self { file, path: (!gone).then_some(path) })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn both(list: &[u8], name: &str) -> (super::super::Loaded, Spooled) {
        (parse(list, name, About::default()).unwrap(), spool(list, name, About::default(), None).unwrap())
    }

    #[test]
    fn a_spooled_list_is_the_loaded_one() {
        for list in [
            &b""[..],
            b"a.example\nB.example\na.example\n\n# comment\nnot a domain\n",
            b"\xef\xbb\xbf1,a.example\n2,b.example\n",
            b"id,rank,name,domain,mail_domain,Sector\nx,1,X,a.example,,\"Oil, Gas\"\ny,2,Y,a.example,b.example,\nx,3,Z,c.example,,\n",
            b"name,domain\nX,a.example\nY,a.example\n",
            b"domain,mail_domain\na.example,m.example\nb.example,m.example\nhttps://c.example/x,\n",
        ] {
            let (loaded, spooled) = both(list, "list-2026");
            let text = String::from_utf8_lossy(list);
            let population = loaded.population;
            assert_eq!(spooled.list.members().unwrap().collect::<Vec<_>>(), population.members, "{text}");
            let mut file = Vec::new();
            spooled.list.write(&mut file).unwrap();
            assert_eq!(file, population.to_csv(), "{text}");
            assert_eq!((spooled.list.unit, &spooled.list.series), (population.unit, &population.series), "{text}");
            assert_eq!((&spooled.repairs, spooled.list.len()), (&loaded.repairs, population.members.len()), "{text}");
            let places = |rejected: &[Rejected]| rejected.iter().map(|r| (r.line, r.reason.clone())).collect::<Vec<_>>();
            assert_eq!(places(&spooled.rejected), places(&loaded.rejected), "{text}");
        }
    }

    #[test]
    fn a_part_is_that_of_the_loaded_list() {
        let list: String = (0..50).map(|i| format!("d{i}.example\n")).collect();
        let shard = Shard::new(1, 3).unwrap();
        let whole = parse(list.as_bytes(), "l", About::default()).unwrap().population;
        let part = spool(list.as_bytes(), "l", About::default(), Some(shard)).unwrap();
        assert_eq!(part.list.members().unwrap().collect::<Vec<_>>(), whole.shard(shard).members);
    }
}
