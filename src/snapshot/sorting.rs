//! Answers into the order of the file of answers, however many there are: what does not fit into a
//! few megabytes of memory is sorted in parts, which lie in files until they are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::Counts;
use super::observations::push_row;
use crate::dns::Outcome;

/// What is sorted in memory at a time, in octets.
const PART: usize = 16 << 20;

/// Rows of answers, one block a question, to be put in canonical order of the questions.
pub struct Sorting {
    folder: PathBuf,
    limit: usize,
    /// Keys and rows of the blocks below, one after the other.
    bytes: Vec<u8>,
    blocks: Vec<Block>,
    parts: Vec<PathBuf>,
    questions: usize,
    /// Octets of all rows.
    rows: u64,
    /// In the order in which types and outcomes were met first.
    counts: Vec<(String, [usize; Outcome::ALL.len()])>,
}

#[derive(Clone, Copy)]
struct Block {
    /// The first octets of the key behind those that all keys share.
    ahead: u64,
    start: usize,
    key: u32,
    rows: u32,
}

impl Sorting {
    /// Files are made in `folder`, which must exist, and are gone with this.
    pub fn new(folder: &Path) -> Self {
        Self::with_limit(folder, PART)
    }

    fn with_limit(folder: &Path, limit: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            limit,
            bytes: Vec::new(),
            blocks: Vec::new(),
            parts: Vec::new(),
            questions: 0,
            rows: 0,
            counts: Vec::new(),
        }
    }

    /// Takes one question with its records as owner, type and rdata, all in canonical form. Each
    /// question comes once.
    pub fn add<'a>(
        &mut self,
        qname: &str,
        qtype: &str,
        outcome: Outcome,
        records: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
    ) -> io::Result<()> {
        if self.bytes.len() >= self.limit {
            self.spill()?;
        }
        let start = self.bytes.len();
        push_key(&mut self.bytes, qname, qtype);
        let rows = self.bytes.len();
        let mut empty = true;
        for (owner, rtype, rdata) in records {
            push_row(&mut self.bytes, [qname, qtype, outcome.as_str(), owner, rtype, rdata]);
            empty = false;
        }
        if empty {
            push_row(&mut self.bytes, [qname, qtype, outcome.as_str(), "", "", ""]);
        }
        let length = |n: usize| u32::try_from(n).map_err(|_| io::Error::other("an answer of more than 4 GiB"));
        self.blocks.push(Block { ahead: 0, start, key: length(rows - start)?, rows: length(self.bytes.len() - rows)? });
        self.questions += 1;
        self.rows += (self.bytes.len() - rows) as u64;
        let known = self.counts.iter().position(|(t, _)| t == qtype);
        let of_type = known.unwrap_or_else(|| {
            self.counts.push((qtype.to_owned(), [0; Outcome::ALL.len()]));
            self.counts.len() - 1
        });
        self.counts[of_type].1[Outcome::ALL.iter().position(|&o| o == outcome).unwrap_or_default()] += 1;
        Ok(())
    }

    pub fn questions(&self) -> usize {
        self.questions
    }

    /// Octets of all rows.
    pub fn size(&self) -> u64 {
        self.rows
    }

    /// How many questions of each type ended how.
    pub fn counts(&self) -> Counts {
        let words = |n: &[usize; Outcome::ALL.len()]| {
            let some = Outcome::ALL.iter().zip(n).filter(|(_, n)| **n > 0);
            some.map(|(outcome, n)| (outcome.to_string(), *n)).collect()
        };
        self.counts.iter().map(|(qtype, n)| (qtype.clone(), words(n))).collect()
    }

    /// Hands over the rows, block after block, in order.
    ///
    /// # Errors
    /// A file cannot be read, `each` fails, or a question came twice.
    pub fn finish(mut self, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.sort();
        let mut last = Vec::new();
        let mut in_order = |key: &[u8], rows: &[u8]| {
            if key <= last.as_slice() && !last.is_empty() {
                return Err(io::Error::other("a question has two answers"));
            }
            last.clear();
            last.extend_from_slice(key);
            each(rows)
        };
        if self.parts.is_empty() {
            return self.blocks.iter().try_for_each(|block| in_order(block.key(&self.bytes), block.rows(&self.bytes)));
        }
        self.spill()?;
        // What was sorted is on disk; its memory is for reading it back.
        (self.bytes, self.blocks) = (Vec::new(), Vec::new());
        let mut parts = self.parts.iter().map(|path| Part::open(path)).collect::<io::Result<Vec<_>>>()?;
        let mut heads = BinaryHeap::new();
        for (i, part) in parts.iter_mut().enumerate() {
            if part.next()? {
                heads.push(Reverse((std::mem::take(&mut part.key), i)));
            }
        }
        while let Some(Reverse((key, i))) = heads.pop() {
            in_order(&key, &parts[i].rows)?;
            parts[i].key = key;
            if parts[i].next()? {
                heads.push(Reverse((std::mem::take(&mut parts[i].key), i)));
            }
        }
        Ok(())
    }

    fn sort(&mut self) {
        let Self { bytes, blocks, .. } = self;
        let Some(first) = blocks.first().map(|block| block.key(bytes)) else { return };
        let shared = blocks
            .iter()
            .fold(first.len(), |shared, block| block.key(bytes).iter().zip(&first[..shared]).take_while(|(a, b)| a == b).count());
        for block in blocks.iter_mut() {
            let mut ahead = [0; 8];
            let rest = &block.key(bytes)[shared..];
            let n = rest.len().min(8);
            ahead[..n].copy_from_slice(&rest[..n]);
            block.ahead = u64::from_be_bytes(ahead);
        }
        blocks.sort_unstable_by(|a, b| a.ahead.cmp(&b.ahead).then_with(|| a.key(bytes).cmp(b.key(bytes))));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let path = self.folder.join(format!("part{}", self.parts.len()));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        self.parts.push(path);
        let mut file = BufWriter::with_capacity(1 << 16, file);
        for block in &self.blocks {
            file.write_all(&block.key.to_le_bytes())?;
            file.write_all(&block.rows.to_le_bytes())?;
            file.write_all(&self.bytes[block.start..][..(block.key + block.rows) as usize])?;
        }
        file.flush()?;
        self.bytes.clear();
        self.blocks.clear();
        Ok(())
    }
}

impl Drop for Sorting {
    fn drop(&mut self) {
        for path in &self.parts {
            // The folder goes too, in the end.
            _ = std::fs::remove_file(path);
        }
    }
}

impl Block {
    fn key<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start..][..self.key as usize]
    }

    fn rows<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start + self.key as usize..][..self.rows as usize]
    }
}

/// A sorted file, read block by block.
struct Part {
    file: BufReader<File>,
    key: Vec<u8>,
    rows: Vec<u8>,
}

impl Part {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::with_capacity(1 << 16, File::open(path)?), key: Vec::new(), rows: Vec::new() })
    }

    fn next(&mut self) -> io::Result<bool> {
        let mut lengths = [0; 8];
        match self.file.read_exact(&mut lengths) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        let [a, b, c, d, e, f, g, h] = lengths;
        self.key.resize(u32::from_le_bytes([a, b, c, d]) as usize, 0);
        self.rows.resize(u32::from_le_bytes([e, f, g, h]) as usize, 0);
        self.file.read_exact(&mut self.key)?;
        self.file.read_exact(&mut self.rows)?;
        Ok(true)
    }
}

/// Octets that sort as the questions do: labels from the root on, each ended by 0, then the type.
/// Within labels 0 and 1 are written as two octets, so that 0 is below everything.
fn push_key(key: &mut Vec<u8>, qname: &str, qtype: &str) {
    let bare = qname.strip_suffix('.').unwrap_or(qname);
    if bare.contains('\\') {
        let labels = crate::dns::Name::parse(qname).map(|name| name.wire_labels().collect::<Vec<_>>()).unwrap_or_default();
        for label in labels.iter().rev() {
            for &byte in label {
                match byte {
                    0 | 1 => key.extend_from_slice(&[1, byte + 1]),
                    other => key.push(other),
                }
            }
            key.push(0);
        }
    } else if !bare.is_empty() {
        for label in bare.as_bytes().rsplit(|&b| b == b'.') {
            key.extend_from_slice(label);
            key.push(0);
        }
    }
    key.push(0);
    key.extend_from_slice(qtype.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dns::{Name, Question, Type};

    fn question() -> impl Strategy<Value = Question> {
        let label = prop_oneof!["[a-z0-9-]{1,4}".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 1..4)];
        let name = prop::collection::vec(label, 0..4).prop_map(|labels| Name::from_labels(labels).unwrap());
        (name, prop::sample::select(vec![Type::A, Type::Mx, Type::Txt, Type::Other(257), Type::Other(3)]))
            .prop_map(|(qname, qtype)| Question::new(qname, qtype))
    }

    proptest! {
        /// Keys compare as questions do.
        #[test]
        fn keys_are_canonical(a in question(), b in question()) {
            let key = |q: &Question| {
                let mut key = Vec::new();
                push_key(&mut key, q.qname.as_str(), &q.qtype.to_string());
                key
            };
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
        }

        /// Any number of parts gives the rows that one gives.
        #[test]
        fn parts_are_merged(questions in prop::collection::btree_set(question(), 0..60), limit in 1_usize..2000, seed in any::<u64>()) {
            let folder = tempfile::tempdir().unwrap();
            let mut shuffled: Vec<&Question> = questions.iter().collect();
            shuffled.sort_by_key(|q| (q.to_string().len() as u64).wrapping_mul(seed | 1) ^ seed);
            let mut sorting = Sorting::with_limit(folder.path(), limit);
            for q in shuffled {
                sorting.add(q.qname.as_str(), &q.qtype.to_string(), Outcome::Nodata, []).unwrap();
            }
            let (mut found, mut wanted) = (Vec::new(), Vec::new());
            prop_assert_eq!(sorting.questions(), questions.len());
            let size = sorting.size();
            sorting.finish(|rows| { found.extend_from_slice(rows); Ok(()) }).unwrap();
            for q in &questions {
                push_row(&mut wanted, [q.qname.as_str(), &q.qtype.to_string(), "nodata", "", "", ""]);
            }
            prop_assert_eq!(size, found.len() as u64);
            prop_assert_eq!(found, wanted);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_question_comes_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorting = Sorting::new(folder.path());
        for _ in 0..2 {
            sorting.add("a.example.", "MX", Outcome::Nodata, []).unwrap();
        }
        assert!(sorting.finish(|_| Ok(())).is_err());
    }
}
