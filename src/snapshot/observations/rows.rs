//! The rows of the file, cut into fields.
//!
//! A file that this program wrote holds printable ASCII, six fields a line, and quotes around rdata
//! alone: such lines are cut by hand, at a fraction of the cost. From the first line that looks
//! otherwise on, everything is left to the `csv` crate, so that both ways read the same rows.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use csv::StringRecord;
use memchr::{memchr, memchr_iter};

use super::super::bounded::Bounded;

/// Rows one after the other, each kept until the next is read.
pub(super) struct Rows<R> {
    source: Source<R>,
    /// Lines cut by hand.
    cut: u64,
}

/// What the quick way left: the row in hand, then the rest of the input.
type Rest<R> = csv::Reader<Chain<Cursor<Vec<u8>>, Bounded<BufReader<R>>>>;

enum Source<R> {
    Plain(Plain<R>),
    Any {
        rows: Rest<R>,
        record: StringRecord,
    },
    /// While the rest is handed over.
    Nothing,
}

struct Plain<R> {
    input: BufReader<R>,
    /// The line, without its end.
    text: String,
    commas: [usize; 5],
    /// Whether the sixth field stood in quotes, and if so, what it is without them.
    is_quoted: bool,
    unquoted: String,
}

/// What the next line of a file is.
enum Line {
    Row,
    End,
    /// One that must be read with all the rules of CSV; `text` is empty and this is the line.
    Other(Vec<u8>),
}

const BUFFER: usize = 128 << 10;
/// More than the longest row can take, with every quote of it doubled. A quotation mark that is never
/// closed would otherwise make one row of a whole file.
const MAX_ROW: u64 = 1 << 20;
const ENDLESS: &str = "a row without end; is a quotation mark left open?";

impl<R: Read> Rows<R> {
    pub fn new(input: R) -> Self {
        let input = BufReader::with_capacity(BUFFER, input);
        let (text, unquoted) = (String::new(), String::new());
        Self { source: Source::Plain(Plain { input, text, commas: [0; 5], is_quoted: false, unquoted }), cut: 0 }
    }

    /// Reads the next row and gives its line, counted from 1; `None` at the end.
    ///
    /// # Errors
    /// The line, and what is wrong with it.
    pub fn advance(&mut self) -> Result<Option<u64>, (u64, String)> {
        if let Source::Plain(plain) = &mut self.source {
            match plain.advance().map_err(|error| (self.cut + 1, error.to_string()))? {
                Line::Row => {
                    self.cut += 1;
                    return Ok(Some(self.cut));
                }
                Line::End => return Ok(None),
                Line::Other(line) => self.hand_over(line),
            }
        }
        let Source::Any { rows, record } = &mut self.source else { return Ok(None) };
        let at = |position: Option<&csv::Position>, otherwise: u64| self.cut + position.map_or(otherwise, csv::Position::line);
        let here = rows.position().line();
        rows.get_mut().get_mut().1.allow(MAX_ROW);
        match rows.read_record(record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(at(record.position(), here))),
            Err(error) => {
                let line = at(error.position(), here);
                Err(match error.into_kind() {
                    csv::ErrorKind::Utf8 { .. } => (line, "not UTF-8".to_owned()),
                    csv::ErrorKind::Io(error) => (line, error.to_string()),
                    other => (line, format!("{other:?}")),
                })
            }
        }
    }

    fn hand_over(&mut self, line: Vec<u8>) {
        if let Source::Plain(Plain { input, .. }) = std::mem::replace(&mut self.source, Source::Nothing) {
            let rest = Cursor::new(line).chain(Bounded::new(input, MAX_ROW, ENDLESS));
            let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest);
            self.source = Source::Any { rows, record: StringRecord::new() };
        }
    }

    /// The fields of the row read last; their number, where it is not six.
    pub fn fields(&self) -> Result<[&str; 6], usize> {
        match &self.source {
            Source::Plain(plain) => Ok(plain.fields()),
            Source::Any { record, .. } => {
                let mut fields = record.iter();
                match [(); 6].map(|()| fields.next()) {
                    [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] if record.len() == 6 => Ok([a, b, c, d, e, f]),
                    _ => Err(record.len()),
                }
            }
            Source::Nothing => Err(0),
        }
    }
}

impl<R> Rows<R> {
    /// The row read last, as a message shows it.
    pub fn joined(&self) -> String {
        match &self.source {
            Source::Plain(plain) => plain.fields().join(","),
            Source::Any { record, .. } => record.iter().collect::<Vec<_>>().join(","),
            Source::Nothing => String::new(),
        }
    }
}

impl<R: Read> Plain<R> {
    fn advance(&mut self) -> io::Result<Line> {
        let mut line = std::mem::take(&mut self.text).into_bytes();
        line.clear();
        if (&mut self.input).take(MAX_ROW).read_until(b'\n', &mut line)? == 0 {
            return Ok(Line::End);
        }
        if line.len() as u64 == MAX_ROW && line.last() != Some(&b'\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidData, ENDLESS));
        }
        if !self.cut(&line) {
            return Ok(Line::Other(line));
        }
        line.pop();
        match String::from_utf8(line) {
            Ok(text) => self.text = text,
            Err(error) => return Ok(Line::Other(error.into_bytes())),
        }
        Ok(Line::Row)
    }

    /// Finds the fields of a line with its end; false where it is not of the plain form.
    fn cut(&mut self, line: &[u8]) -> bool {
        let Some(line) = line.strip_suffix(b"\n") else { return false };
        // Without a way out, so that many bytes are looked at together.
        let printable = |all: bool, byte: &u8| all & (0x20..0x7f).contains(byte);
        if !line.iter().fold(true, printable) {
            return false;
        }
        let mut commas = memchr_iter(b',', line);
        for place in &mut self.commas {
            let Some(comma) = commas.next() else { return false };
            *place = comma;
        }
        let (head, last) = line.split_at(self.commas[4] + 1);
        let quoted = last.strip_prefix(b"\"");
        self.is_quoted = quoted.is_some();
        match quoted {
            None => memchr(b'"', line).is_none() && commas.next().is_none(),
            Some(rest) => {
                let inner = rest.strip_suffix(b"\"");
                memchr(b'"', head).is_none() && inner.is_some_and(|inner| unquote(inner, &mut self.unquoted))
            }
        }
    }
}

impl<R> Plain<R> {
    fn fields(&self) -> [&str; 6] {
        let [a, b, c, d, e] = self.commas;
        let text = self.text.as_str();
        let last = if self.is_quoted { self.unquoted.as_str() } else { &text[e + 1..] };
        [&text[..a], &text[a + 1..b], &text[b + 1..c], &text[c + 1..d], &text[d + 1..e], last]
    }
}

/// Takes doubled quotes for one; false where a quote stands alone.
fn unquote(inner: &[u8], text: &mut String) -> bool {
    text.clear();
    let Ok(mut rest) = std::str::from_utf8(inner) else { return false };
    while let Some(at) = memchr(b'"', rest.as_bytes()) {
        let Some(after) = rest[at + 1..].strip_prefix('"') else { return false };
        text.push_str(&rest[..=at]);
        rest = after;
    }
    text.push_str(rest);
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = Vec<Result<(u64, Vec<String>), u64>>;

    fn read(text: &[u8]) -> Read {
        let mut rows = Rows::new(text);
        let mut found = Vec::new();
        loop {
            match rows.advance() {
                Ok(None) => return found,
                Ok(Some(line)) => found.push(match rows.fields() {
                    Ok(fields) => Ok((line, fields.map(str::to_owned).to_vec())),
                    Err(n) => Err(n as u64),
                }),
                Err((line, _)) => {
                    found.push(Err(line));
                    return found;
                }
            }
        }
    }

    /// As the `csv` crate reads it.
    fn expected(text: &[u8]) -> Read {
        let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut found = Vec::new();
        for row in rows.into_records() {
            match row {
                Ok(row) if row.len() == 6 => {
                    found.push(Ok((row.position().unwrap().line(), row.iter().map(str::to_owned).collect())));
                }
                Ok(row) => found.push(Err(row.len() as u64)),
                Err(error) => {
                    found.push(Err(error.position().unwrap().line()));
                    break;
                }
            }
        }
        found
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_crate(
            lines in prop::collection::vec("(([a-z.]{0,3},){5}(\"(\"\"|[a-z ,;]){0,4}\"|[a-z .]{0,6}))|[a,\" \n\r\u{e9}]{0,9}", 0..8),
            ending in prop::sample::select(vec!["\n", "\r\n", ""]),
        ) {
            let mut text = lines.join("\n");
            text.push_str(ending);
            prop_assert_eq!(read(text.as_bytes()), expected(text.as_bytes()), "{:?}", text);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
        }
    }

    #[test]
    fn plain_rows_are_cut_by_hand_until_another_comes() {
        let text = b"a.,TXT,answered,a.,TXT,\"\"\"v=spf1, -all\"\"\"\nb.,MX,nodata,,,\n\"c.\",MX,nodata,,,\nd.,MX,nodata,,,\n";
        let mut rows = Rows::new(&text[..]);
        assert_eq!(rows.advance(), Ok(Some(1)));
        assert_eq!(rows.fields(), Ok(["a.", "TXT", "answered", "a.", "TXT", "\"v=spf1, -all\""]));
        assert_eq!(rows.advance(), Ok(Some(2)));
        assert!(matches!(rows.source, Source::Plain(_)));
        assert_eq!(rows.advance(), Ok(Some(3)));
        assert!(matches!(rows.source, Source::Any { .. }));
        assert_eq!(rows.fields().map(|f| f[0]), Ok("c."));
        assert_eq!((rows.advance(), rows.advance()), (Ok(Some(4)), Ok(None)));
    }
}
