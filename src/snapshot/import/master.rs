//! Master file entries (RFC 1035 section 5.1): what zone files hold and what dig prints.

use crate::dns::{Name, quote_strings};

/// One field of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// With escapes, without quotes.
    pub(super) text: String,
    quoted: bool,
}

/// Splits the lines of an entry into fields; parentheses carry it over several lines.
#[derive(Default)]
pub(super) struct Entry {
    fields: Vec<Field>,
    open: usize,
    /// The entry begins with a blank: the owner is that of the entry before.
    blank: bool,
}

/// An entry of this many fields holds more than any record can.
const MAX_FIELDS: usize = 65_536;

impl Entry {
    /// Takes a line; gives the fields, and whether the owner was left out, once the entry is whole.
    pub(super) fn line(&mut self, line: &str) -> Result<Option<(Vec<Field>, bool)>, String> {
        if self.fields.is_empty() && self.open == 0 {
            self.blank = line.starts_with([' ', '\t']);
        }
        let mut rest = line.chars().peekable();
        while let Some(&next) = rest.peek() {
            match next {
                ' ' | '\t' | '\r' => _ = rest.next(),
                ';' => break,
                '(' => {
                    rest.next();
                    self.open += 1;
                }
                ')' => {
                    rest.next();
                    self.open = self.open.checked_sub(1).ok_or("a parenthesis is closed that was never opened")?;
                }
                _ => self.fields.push(field(&mut rest)?),
            }
            if self.fields.len() > MAX_FIELDS {
                return Err(format!("more than {MAX_FIELDS} fields; is a parenthesis left open?"));
            }
        }
        if self.open > 0 {
            return Ok(None);
        }
        Ok(Some((std::mem::take(&mut self.fields), self.blank)))
    }

    pub(super) fn is_open(&self) -> bool {
        self.open > 0
    }
}

fn field(rest: &mut std::iter::Peekable<std::str::Chars>) -> Result<Field, String> {
    let quoted = rest.next_if_eq(&'"').is_some();
    let mut text = String::new();
    loop {
        match rest.peek() {
            None if quoted => return Err("a quotation mark is left open".to_owned()),
            None => break,
            Some('"') if quoted => {
                rest.next();
                break;
            }
            Some(' ' | '\t' | '\r' | ';' | '(' | ')' | '"') if !quoted => break,
            Some('\\') => text.extend([rest.next(), rest.next()].into_iter().flatten()),
            Some(_) => text.extend(rest.next()),
        }
    }
    Ok(Field { text, quoted })
}

/// Owner, type and rdata of an entry; class and TTL may stand in any order or not at all. `None`
/// for another class than IN.
pub(super) fn record(fields: &[Field], owner: Option<&str>, origin: &Name) -> Result<Option<[String; 3]>, String> {
    let mut fields = fields.iter();
    let owner = match owner {
        Some(owner) => owner.to_owned(),
        None => absolute(&fields.next().ok_or("no owner")?.text, origin)?,
    };
    let mut rtype = None;
    for field in fields.by_ref() {
        let word = field.text.to_ascii_uppercase();
        match word.as_str() {
            "IN" => {}
            "CH" | "HS" | "CS" => return Ok(None),
            _ if word.starts_with(|c: char| c.is_ascii_digit()) => {}
            _ => {
                rtype = Some(word);
                break;
            }
        }
    }
    let rtype = rtype.ok_or("no type")?;
    let mut rdata: Vec<String> = Vec::new();
    // Where the names stand in rdata of each type, all relative to the origin.
    let names: &[usize] = match rtype.as_str() {
        "CNAME" | "NS" | "PTR" => &[0],
        "MX" => &[1],
        "SRV" => &[3],
        "SOA" => &[0, 1],
        _ => &[],
    };
    for (position, field) in fields.enumerate() {
        rdata.push(match rtype.as_str() {
            "TXT" => format!("\"{}\"", field.text.replace('"', if field.quoted { "\"" } else { "\\\"" })),
            _ if names.contains(&position) => absolute(&field.text, origin)?,
            _ => field.text.clone(),
        });
    }
    Ok(Some([owner, rtype, rdata.join(" ")]))
}

/// A name of a master file: `@`, absolute, or relative to the origin.
pub(super) fn absolute(text: &str, origin: &Name) -> Result<String, String> {
    if text == "@" {
        return Ok(origin.to_string());
    }
    // A dot behind an escape is part of a label.
    let ends = text.strip_suffix('.').is_some_and(|rest| rest.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 0);
    if ends {
        return Ok(text.to_owned());
    }
    Ok(if origin.is_root() { format!("{text}.") } else { format!("{text}.{origin}") })
}

/// Character strings as massdns prints them: quotes are not escaped and other bytes are `\xHH`, so a
/// string that holds `" "` cannot be told from two.
pub(super) fn massdns_strings(rdata: &str) -> Option<String> {
    let inner = rdata.trim_end().strip_prefix('"')?.strip_suffix('"')?;
    Some(quote_strings(inner.split("\" \"").map(hex_bytes)))
}

/// Bytes of a text with `\xHH` in it; massdns writes a backslash as `\x5c`.
pub(super) fn hex_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.get(at + 2..at + 4).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[at + 4..];
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                rest = &rest[at + 2..];
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// A name as massdns prints it, in our escapes.
pub(super) fn massdns_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in hex_bytes(text) {
        match byte {
            b'!'..=b'~' if byte != b'\\' => name.push(char::from(byte)),
            other => name.push_str(&format!("\\{other:03}")),
        }
    }
    name
}
