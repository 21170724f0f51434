//! One domain field of a list: repaired where the intent is plain, refused with a reason where not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use crate::dns::Name;

/// A thing put right while reading. Repairs are counted, so that a list that needs many is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Repair {
    /// A byte order mark at the beginning of the file.
    ByteOrderMark,
    /// Blanks or invisible characters around a field.
    Blanks,
    /// `https://www.example.com/path` or `example.com:25`: the host was taken, `www.` cut off.
    Url,
    /// `info@example.com`: the part after the @ was taken.
    Email,
    /// `example.com.`, the absolute form.
    TrailingDot,
    /// An internationalized name, turned into A-labels (RFC 5891).
    Idn,
    UpperCase,
}

impl Repair {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "byte-order-mark",
            Self::Blanks => "blanks",
            Self::Url => "url",
            Self::Email => "email",
            Self::TrailingDot => "trailing-dot",
            Self::Idn => "idn",
            Self::UpperCase => "upper-case",
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How often each kind of repair was made.
pub type Repairs = BTreeMap<Repair, usize>;

/// Why a field is not a domain that mail could be asked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    #[error("no domain")]
    Empty,
    #[error("{0:?} is an IP address, not a domain")]
    Address(String),
    #[error("{0:?} has one label only; a domain needs a dot")]
    SingleLabel(String),
    #[error("{0:?} cannot be written in A-labels (RFC 5891)")]
    Idn(String),
    #[error("{text:?} holds {character:?}, which no host name may")]
    Character { text: String, character: char },
    #[error("{text:?}: a label begins or ends with a hyphen")]
    Hyphen { text: String },
    #[error("{text:?}: {reason}")]
    Name { text: String, reason: crate::dns::NameError },
}

/// Reads a field as a domain; every repair made is added to `repairs`.
pub fn read_domain(field: &str, repairs: &mut Repairs) -> Result<Name, DomainError> {
    // Most fields of most lists need no repair.
    if is_plain(field) {
        return check(field, field);
    }
    let mut made = Vec::new();
    let text = trim(field);
    if text.len() != field.len() {
        made.push(Repair::Blanks);
    }
    let mut host = text;
    if is_url(host) {
        made.push(Repair::Url);
        host = url_host(host);
    }
    if let Some((_, after)) = host.rsplit_once('@') {
        made.push(Repair::Email);
        host = after.trim_end_matches('>');
    }
    let bare = host.trim_end_matches(['.', '\u{3002}']);
    if bare.len() != host.len() {
        made.push(Repair::TrailingDot);
        host = bare;
    }
    if host.is_empty() {
        return Err(DomainError::Empty);
    }
    let mut ascii = Cow::Borrowed(host);
    if !host.is_ascii() {
        made.push(Repair::Idn);
        ascii = Cow::Owned(idna::domain_to_ascii(host).map_err(|_| DomainError::Idn(shown(text)))?);
    } else if host.bytes().any(|b| b.is_ascii_uppercase()) {
        made.push(Repair::UpperCase);
        ascii = Cow::Owned(host.to_ascii_lowercase());
    }
    let name = check(&ascii, text)?;
    for repair in made {
        *repairs.entry(repair).or_default() += 1;
    }
    Ok(name)
}

/// Without blanks and the invisible characters that spreadsheets leave around a field.
pub fn trim(field: &str) -> &str {
    field.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'))
}

/// Whether a field holds nothing but what the host names of a list are made of.
fn is_plain(field: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() | b.is_ascii_digit() | matches!(b, b'-' | b'.' | b'_');
    field.bytes().fold(true, |all, b| all & plain(b)) && !field.is_empty() && !field.ends_with('.')
}

fn is_url(text: &str) -> bool {
    // A lone colon is a port; `mailto:` is an e-mail address.
    text.contains(['/', '?', '#']) || text.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
}

fn url_host(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest).trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // A user in front of the host is no mail address: https://user:secret@example.com/.
    let host = authority.rsplit_once('@').filter(|_| text.contains("://")).map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(h, _)| h);
    match host.get(..4) {
        Some(www) if www.eq_ignore_ascii_case("www.") && host[4..].contains('.') => &host[4..],
        _ => host,
    }
}

fn check(ascii: &str, text: &str) -> Result<Name, DomainError> {
    // A domain whose last label begins with a letter is none.
    let may_be_address = !ascii.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()));
    if (may_be_address || ascii.contains(':')) && ascii.parse::<IpAddr>().is_ok() || ascii.starts_with('[') {
        return Err(DomainError::Address(shown(text)));
    }
    if let Some(character) = ascii.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
        return Err(DomainError::Character { text: shown(text), character });
    }
    let name = Name::parse(ascii).map_err(|reason| DomainError::Name { text: shown(text), reason })?;
    if name.labels().count() < 2 {
        return Err(DomainError::SingleLabel(shown(text)));
    }
    if name.labels().any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err(DomainError::Hyphen { text: shown(text) });
    }
    Ok(name)
}

/// What an error message shows of a field: enough to find it, never a whole file behind a lost quote.
fn shown(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_repaired_and_counted() {
        use Repair::*;
        let table: [(&str, &str, &[Repair]); 16] = [
            ("example.com", "example.com", &[]),
            ("  example.com\t", "example.com", &[Blanks]),
            ("\u{a0}example.com\u{200b}", "example.com", &[Blanks]),
            ("Example.COM", "example.com", &[UpperCase]),
            ("example.com.", "example.com", &[TrailingDot]),
            ("https://www.example.com/about?x=1#y", "example.com", &[Url]),
            ("http://user:secret@mail.example.com:8080/", "mail.example.com", &[Url]),
            ("//cdn.example.com", "cdn.example.com", &[Url]),
            ("example.com/", "example.com", &[Url]),
            ("example.com:25", "example.com", &[Url]),
            ("WWW.Example.com/index.html", "example.com", &[Url, UpperCase]),
            ("info@example.com", "example.com", &[Email]),
            ("mailto:Jane Doe <info@example.com>", "example.com", &[Email]),
            ("b\u{fc}cher.example", "xn--bcher-kva.example", &[Idn]),
            ("\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}", "xn--r8jz45g.xn--zckzah", &[Idn]),
            ("www.example.com", "www.example.com", &[]),
        ];
        for (field, domain, expected) in table {
            let mut repairs = Repairs::new();
            let name = read_domain(field, &mut repairs).unwrap_or_else(|e| panic!("{field:?}: {e}"));
            assert_eq!(name.bare(), domain, "{field:?}");
            assert_eq!(repairs.keys().copied().collect::<Vec<_>>(), expected, "{field:?}");
        }
    }

    #[test]
    fn what_is_no_domain_says_why() {
        let table = [
            ("", "no domain"),
            (" ", "no domain"),
            ("https://", "no domain"),
            ("info@", "no domain"),
            ("localhost", "a domain needs a dot"),
            ("192.0.2.1", "an IP address"),
            ("http://[2001:db8::1]/", "an IP address"),
            ("exa mple.com", "holds ' '"),
            ("a..example.com", "empty label"),
            ("-a.example.com", "hyphen"),
            ("n/a", "a domain needs a dot"),
            ("xn--\u{fc}.example", "A-labels"),
        ];
        for (field, reason) in table {
            let mut repairs = Repairs::new();
            let error = read_domain(field, &mut repairs).expect_err(field).to_string();
            assert!(error.contains(reason), "{field:?}: {error}");
            assert!(repairs.is_empty(), "{field:?}: a rejected field counts no repair");
        }
        let long = format!("{}.com", "\u{e9}".repeat(500));
        assert!(read_domain(&long, &mut Repairs::new()).unwrap_err().to_string().len() < 300);
    }

    proptest! {
        #[test]
        fn no_field_panics_and_what_is_read_reads_again(field in any::<String>()) {
            let mut repairs = Repairs::new();
            if let Ok(name) = read_domain(&field, &mut repairs) {
                let mut again = Repairs::new();
                prop_assert_eq!(read_domain(name.bare(), &mut again).unwrap(), name);
                prop_assert!(again.is_empty());
            }
        }
    }
}
