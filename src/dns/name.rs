//! Domain names in canonical presentation format.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// An absolute, lower-case domain name with a final dot, in RFC 1035 presentation format: bytes
/// outside printable ASCII as `\DDD`, dots and backslashes inside a label as `\.` and `\\`.
///
/// Ordered canonically (RFC 4034 section 6.1), so that a domain and all names below it stand together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<str>);

/// Why a text is not a domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("empty name")]
    Empty,
    #[error("empty label (two dots in a row)")]
    EmptyLabel,
    #[error("label longer than 63 octets (RFC 1035 section 2.3.4)")]
    LabelTooLong,
    #[error("name longer than 255 octets (RFC 1035 section 2.3.4)")]
    NameTooLong,
    #[error("broken escape: a backslash needs one character or three decimal digits up to 255")]
    BadEscape,
}

const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 255;

impl Name {
    pub fn root() -> Self {
        Self(Arc::from("."))
    }

    /// Reads presentation format, with or without the final dot; letters are lowered.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self::root());
        }
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(plain) = Self::parse_plain(text) {
            return plain;
        }
        let mut labels: Vec<Vec<u8>> = vec![Vec::new()];
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let current = labels.last_mut().expect("never empty");
            match byte {
                b'.' => labels.push(Vec::new()),
                b'\\' => match bytes.next().ok_or(NameError::BadEscape)? {
                    first @ b'0'..=b'9' => {
                        let mut value = u32::from(first - b'0');
                        for _ in 0..2 {
                            match bytes.next() {
                                Some(digit @ b'0'..=b'9') => value = value * 10 + u32::from(digit - b'0'),
                                _ => return Err(NameError::BadEscape),
                            }
                        }
                        current.push(u8::try_from(value).map_err(|_| NameError::BadEscape)?);
                    }
                    other => current.push(other),
                },
                other => current.push(other),
            }
        }
        if labels.last().is_some_and(Vec::is_empty) {
            labels.pop();
        }
        Self::from_labels(labels)
    }

    /// The common case, letters, digits, hyphens and underscores, without decoding each label.
    fn parse_plain(text: &str) -> Option<Result<Self, NameError>> {
        if is_canonical(text) {
            return Some(Ok(Self(Arc::from(text))));
        }
        // As lists have it: only the final dot is missing.
        let mut buffer = [b'.'; MAX_NAME];
        if let Some(head) = buffer.get_mut(..text.len()) {
            head.copy_from_slice(text.as_bytes());
            let with_dot = buffer.get(..=text.len()).and_then(|b| std::str::from_utf8(b).ok());
            if let Some(with_dot) = with_dot.filter(|t| is_canonical(t)) {
                return Some(Ok(Self(Arc::from(with_dot))));
            }
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'*');
        if !text.bytes().all(plain) {
            return None;
        }
        let bare = text.strip_suffix('.').unwrap_or(text);
        if bare.len() + 2 > MAX_NAME {
            return Some(Err(NameError::NameTooLong));
        }
        for label in bare.split('.') {
            if label.is_empty() {
                return Some(Err(NameError::EmptyLabel));
            }
            if label.len() > MAX_LABEL {
                return Some(Err(NameError::LabelTooLong));
            }
        }
        let mut owned = String::with_capacity(bare.len() + 1);
        owned.push_str(bare);
        owned.push('.');
        owned.make_ascii_lowercase();
        Some(Ok(Self(owned.into())))
    }

    /// A name from the raw bytes of its labels, as they stand on the wire (root label left out).
    pub fn from_labels<L: AsRef<[u8]>>(labels: impl IntoIterator<Item = L>) -> Result<Self, NameError> {
        let mut text = String::new();
        let mut octets = 1;
        for label in labels {
            let label = label.as_ref();
            match label.len() {
                0 => return Err(NameError::EmptyLabel),
                len if len > MAX_LABEL => return Err(NameError::LabelTooLong),
                len => octets += len + 1,
            }
            for &byte in label {
                match byte.to_ascii_lowercase() {
                    b @ (b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$') => {
                        text.push('\\');
                        text.push(char::from(b));
                    }
                    b @ 0x21..=0x7e => text.push(char::from(b)),
                    b => text.push_str(&format!("\\{b:03}")),
                }
            }
            text.push('.');
        }
        if octets > MAX_NAME {
            return Err(NameError::NameTooLong);
        }
        if text.is_empty() {
            return Ok(Self::root());
        }
        Ok(Self(text.into()))
    }

    /// The canonical text, with its final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as people write it: without the final dot (the root stays `.`).
    pub fn bare(&self) -> &str {
        if self.is_root() { "." } else { &self.0[..self.0.len() - 1] }
    }

    pub fn is_root(&self) -> bool {
        &*self.0 == "."
    }

    /// Labels from left to right, as escaped text; none for the root.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let mut rest = if self.is_root() { "" } else { &*self.0 };
        std::iter::from_fn(move || {
            let end = label_end(rest)?;
            let label = &rest[..end];
            rest = &rest[end + 1..];
            Some(label)
        })
    }

    /// This name and each of its ancestors but the root, longest first, as canonical text.
    /// Walking this iterator is how a label-wise suffix match is done.
    pub fn suffixes(&self) -> impl Iterator<Item = &str> {
        let mut rest = if self.is_root() { "" } else { &*self.0 };
        std::iter::from_fn(move || {
            let suffix = rest;
            rest = &rest[label_end(rest)? + 1..];
            Some(suffix)
        })
    }

    /// The name one label up; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let rest = &self.0[label_end(&self.0)? + 1..];
        Some(if rest.is_empty() { Self::root() } else { Self(rest.into()) })
    }

    /// Whether this name is `ancestor` or stands below it, on label borders.
    pub fn is_within(&self, ancestor: &Name) -> bool {
        ancestor.is_root() || self.suffixes().any(|s| s == &*ancestor.0)
    }

    /// `labels` put in front of this name; `labels` may hold several, such as `selector1._domainkey`.
    pub fn prepend(&self, labels: &str) -> Result<Self, NameError> {
        if self.is_root() {
            return Self::parse(labels);
        }
        Self::parse(&format!("{labels}.{}", self.0))
    }

    /// The raw bytes of each label, unescaped.
    pub fn wire_labels(&self) -> impl DoubleEndedIterator<Item = Vec<u8>> {
        self.labels().map(|label| octets(label).collect()).collect::<Vec<_>>().into_iter()
    }
}

/// Whether a text is a name in canonical form that needs no escapes. Most texts of a snapshot are;
/// false says nothing.
pub(super) fn is_canonical(text: &str) -> bool {
    // Letters in lower case, digits and the signs of host names, by byte.
    const PLAIN: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < table.len() {
            #[allow(clippy::cast_possible_truncation)]
            let b = byte as u8;
            table[byte] = b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'*');
            byte += 1;
        }
        table
    };
    let mut label = 0;
    for &byte in text.as_bytes() {
        if byte != b'.' {
            if !PLAIN[usize::from(byte)] {
                return false;
            }
            label += 1;
        } else if label == 0 || label > MAX_LABEL {
            return false;
        } else {
            label = 0;
        }
    }
    label == 0 && !text.is_empty() && text.len() < MAX_NAME
}

/// The position of the first unescaped dot.
fn label_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'.' => return Some(i),
            _ => i += 1,
        }
    }
    None
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0 == other.0 {
            return Ordering::Equal;
        }
        if !self.0.contains('\\') && !other.0.contains('\\') {
            return plain_order(self.bare_or_empty(), other.bare_or_empty());
        }
        let (a, b) = (LabelEnds::of(self), LabelEnds::of(other));
        let common = a.labels().rev().zip(b.labels().rev()).map(|(a, b)| octets(a).cmp(octets(b)));
        common.fold(Ordering::Equal, Ordering::then).then(a.count.cmp(&b.count))
    }
}

impl Name {
    // The root must sort before every name, so it has to yield an empty first label.
    fn bare_or_empty(&self) -> &str {
        &self.0[..self.0.len() - 1]
    }
}

/// The order of two names without escapes and final dots.
fn plain_order(a: &str, b: &str) -> Ordering {
    a.as_bytes().rsplit(|b| *b == b'.').cmp(b.as_bytes().rsplit(|b| *b == b'.'))
}

/// Where the labels of a name with escapes end: they can be found from the left only.
struct LabelEnds<'n> {
    text: &'n str,
    ends: [u16; MAX_NAME / 2],
    count: usize,
}

impl<'n> LabelEnds<'n> {
    fn of(name: &'n Name) -> Self {
        let (mut ends, mut count, mut at) = ([0; MAX_NAME / 2], 0, 0);
        for (label, end) in name.labels().zip(&mut ends) {
            at += label.len() + 1;
            // At most 255 octets, each in four characters.
            *end = u16::try_from(at).unwrap_or(u16::MAX);
            count += 1;
        }
        Self { text: &name.0, ends, count }
    }

    fn labels(&self) -> impl DoubleEndedIterator<Item = &'n str> + ExactSizeIterator {
        let text = self.text;
        (0..self.count).map(move |i| {
            let start = if i == 0 { 0 } else { usize::from(self.ends[i - 1]) };
            &text[start..usize::from(self.ends[i]) - 1]
        })
    }
}

/// The raw bytes of a label.
fn octets(label: &str) -> impl Iterator<Item = u8> {
    let mut rest = label.as_bytes();
    std::iter::from_fn(move || {
        let (octet, length) = match *rest {
            [] => return None,
            [b'\\', a @ b'0'..=b'9', b, c, ..] => {
                let digit = |d: u8| d.wrapping_sub(b'0');
                (digit(a).wrapping_mul(100).wrapping_add(digit(b).wrapping_mul(10)).wrapping_add(digit(c)), 4)
            }
            [b'\\', escaped, ..] => (escaped, 2),
            [plain, ..] => (plain, 1),
        };
        rest = &rest[length..];
        Some(octet)
    })
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl std::str::FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn names_are_absolute_lower_case_and_escaped() {
        assert_eq!(name("WWW.Example.COM").as_str(), "www.example.com.");
        assert_eq!(name("www.example.com.").bare(), "www.example.com");
        assert_eq!(name(r"a\.b.example").as_str(), r"a\.b.example.");
        assert_eq!(name(r"a\007b.example").as_str(), r"a\007b.example.");
        assert_eq!(name("caf\u{e9}.example").as_str(), r"caf\195\169.example.");
        assert_eq!(name("%{i}._spf.example").as_str(), "%{i}._spf.example.");
        assert_eq!(name(".").labels().count(), 0);
    }

    proptest! {
        /// As RFC 4034 section 6.1 says it: labels from the right, each as a string of octets.
        #[test]
        fn names_sort_by_their_labels_from_the_right(a in any_name(), b in any_name()) {
            let labels = |name: &Name| name.wire_labels().rev().collect::<Vec<_>>();
            prop_assert_eq!(a.cmp(&b), labels(&a).cmp(&labels(&b)));
            prop_assert_eq!(Name::parse(a.as_str()), Ok(a));
        }

        #[test]
        fn what_looks_canonical_is(text in "[a-zA-Z0-9.*_\\\\-]{0,12}\\.?") {
            if is_canonical(&text) {
                let name = Name::parse(&text).unwrap();
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }

    fn any_name() -> impl Strategy<Value = Name> {
        let label = prop_oneof!["[ab.]{1,3}".prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 1..4)];
        prop::collection::vec(label, 0..4).prop_map(|labels| Name::from_labels(labels).unwrap())
    }

    #[test]
    fn what_is_not_a_name_says_why() {
        assert_eq!(Name::parse(""), Err(NameError::Empty));
        assert_eq!(Name::parse("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(Name::parse(".a"), Err(NameError::EmptyLabel));
        assert_eq!(Name::parse(&"a".repeat(64)), Err(NameError::LabelTooLong));
        assert_eq!(Name::parse(&["a"; 128].join(".")), Err(NameError::NameTooLong));
        assert_eq!(Name::parse(r"a\25"), Err(NameError::BadEscape));
        assert_eq!(Name::parse(r"a\256.b"), Err(NameError::BadEscape));
    }

    #[test]
    fn suffixes_walk_label_borders_only() {
        let host = name(r"mx\.1.notpphosted.com");
        assert_eq!(host.suffixes().collect::<Vec<_>>(), [r"mx\.1.notpphosted.com.", "notpphosted.com.", "com."]);
        assert!(!host.is_within(&name("pphosted.com")));
        assert!(host.is_within(&name("com")));
        assert_eq!(host.parent(), Some(name("notpphosted.com")));
    }

    /// The example of RFC 4034 section 6.1.
    #[test]
    fn canonical_order_is_that_of_rfc_4034() {
        let sorted = [
            "example",
            "a.example",
            "yljkjljk.a.example",
            "Z.a.example",
            "zABC.a.EXAMPLE",
            "z.example",
            r"\001.z.example",
            "*.z.example",
            r"\200.z.example",
        ];
        let mut names: Vec<Name> = sorted.iter().rev().map(|n| name(n)).collect();
        names.sort();
        assert_eq!(names, sorted.iter().map(|n| name(n)).collect::<Vec<_>>());
        assert!(Name::root() < name("a"));
    }
}
