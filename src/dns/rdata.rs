//! Record data as text, and the typed views the later stages need.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use memchr::memchr2;

use super::{Name, Type, name};

/// MX data (RFC 1035 section 3.3.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mx {
    pub preference: u16,
    pub exchange: Name,
}

/// SRV data (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    pub target: Name,
}

pub fn parse_mx(rdata: &str) -> Option<Mx> {
    let (preference, exchange) = rdata.split_once(' ')?;
    Some(Mx { preference: preference.parse().ok()?, exchange: Name::parse(exchange).ok()? })
}

pub fn parse_srv(rdata: &str) -> Option<Srv> {
    let mut fields = rdata.split(' ');
    let mut number = || fields.next()?.parse::<u16>().ok();
    let (priority, weight, port) = (number()?, number()?, number()?);
    let target = Name::parse(fields.next()?).ok()?;
    fields.next().is_none().then_some(Srv { priority, weight, port, target })
}

pub fn parse_a(rdata: &str) -> Option<Ipv4Addr> {
    rdata.parse().ok()
}

pub fn parse_aaaa(rdata: &str) -> Option<Ipv6Addr> {
    rdata.parse().ok()
}

/// Character strings as presentation format: each in quotes, `"` and `\` escaped, every byte
/// outside printable ASCII as `\DDD` (RFC 1035 section 5.1).
pub fn quote_strings<S: AsRef<[u8]>>(strings: impl IntoIterator<Item = S>) -> String {
    let mut out = String::new();
    for string in strings {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push('"');
        for &byte in string.as_ref() {
            match byte {
                b'"' | b'\\' => {
                    out.push('\\');
                    out.push(char::from(byte));
                }
                0x20..=0x7e => out.push(char::from(byte)),
                other => out.push_str(&format!("\\{other:03}")),
            }
        }
        out.push('"');
    }
    out
}

/// The character strings of TXT rdata, unescaped; `None` where the text is not valid.
pub fn txt_strings(rdata: &str) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    let mut bytes = rdata.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' => continue,
            b'"' => {}
            _ => return None,
        }
        let mut string = Vec::new();
        loop {
            match bytes.next()? {
                b'"' => break,
                b'\\' => match bytes.next()? {
                    first @ b'0'..=b'9' => {
                        let mut value = u32::from(first - b'0');
                        for _ in 0..2 {
                            let digit = bytes.next()?;
                            if !digit.is_ascii_digit() {
                                return None;
                            }
                            value = value * 10 + u32::from(digit - b'0');
                        }
                        string.push(u8::try_from(value).ok()?);
                    }
                    other => string.push(other),
                },
                other => string.push(other),
            }
        }
        strings.push(string);
    }
    Some(strings)
}

/// Rdata in the one form that equal records share: names absolute and lower-case, addresses and
/// numbers as the standard library writes them, character strings quoted with the fewest escapes.
/// `None` where the text is not rdata of its type (RFC 1035 section 5.1, RFC 3597 section 5).
pub fn canonical(rtype: Type, rdata: &str) -> Option<String> {
    Some(match rtype {
        Type::A => parse_a(rdata)?.to_string(),
        Type::Aaaa => parse_aaaa(rdata)?.to_string(),
        Type::Cname | Type::Ns | Type::Ptr => Name::parse(rdata).ok()?.to_string(),
        Type::Mx => {
            let Mx { preference, exchange } = parse_mx(rdata)?;
            format!("{preference} {exchange}")
        }
        Type::Srv => {
            let Srv { priority, weight, port, target } = parse_srv(rdata)?;
            format!("{priority} {weight} {port} {target}")
        }
        Type::Txt => {
            let strings = txt_strings(rdata)?;
            if strings.iter().any(|s| s.len() > 255) {
                return None;
            }
            quote_strings(strings)
        }
        Type::Soa => {
            let (mname, rest) = rdata.split_once(' ')?;
            let (rname, numbers) = rest.split_once(' ')?;
            let numbers: Option<Vec<u32>> = numbers.split(' ').map(|n| n.parse().ok()).collect();
            let [serial, refresh, retry, expire, minimum] = numbers?[..] else { return None };
            let (mname, rname) = (Name::parse(mname).ok()?, Name::parse(rname).ok()?);
            format!("{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
        }
        Type::Other(_) => {
            let generic = rdata.strip_prefix("\\# ")?;
            let (length, hex) = generic.split_once(' ').unwrap_or((generic, ""));
            let length: usize = length.parse().ok()?;
            if hex.len() != 2 * length || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            format!("\\# {length} {}", hex.to_ascii_lowercase()).trim_end().to_owned()
        }
    })
}

/// Whether rdata surely is in the form that [`canonical`] gives, found without making another text.
/// False says nothing.
pub fn is_canonical(rtype: Type, rdata: &str) -> bool {
    match rtype {
        // The standard library reads no other form of an address than it writes.
        Type::A => parse_a(rdata).is_some(),
        Type::Cname | Type::Ns | Type::Ptr => name::is_canonical(rdata),
        Type::Mx => rdata.split_once(' ').is_some_and(|(preference, exchange)| {
            let plain = preference == "0" || !preference.starts_with(['0', '+']);
            plain && preference.parse::<u16>().is_ok() && name::is_canonical(exchange)
        }),
        Type::Txt => are_strings(rdata.as_bytes()),
        Type::Aaaa | Type::Srv | Type::Soa | Type::Other(_) => false,
    }
}

/// Whether a text is character strings that need no escapes, one blank between them.
fn are_strings(mut rest: &[u8]) -> bool {
    loop {
        let Some(inner) = rest.strip_prefix(b"\"") else { return false };
        let Some(end) = inner.iter().position(|b| *b == b'"') else { return false };
        let plain = |all: bool, byte: &u8| all & (0x20..0x7f).contains(byte) & (*byte != b'\\');
        if end > 255 || !inner[..end].iter().fold(true, plain) {
            return false;
        }
        match inner[end + 1..].strip_prefix(b" ") {
            Some(next) => rest = next,
            None => return inner.len() == end + 1,
        }
    }
}

/// The character strings of TXT rdata joined without a gap, as SPF and DMARC read them
/// (RFC 7208 section 3.3). Broken text gives no bytes.
pub fn txt_bytes(rdata: &str) -> Cow<'_, [u8]> {
    let single = rdata.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match single.filter(|inner| memchr2(b'"', b'\\', inner.as_bytes()).is_none()) {
        Some(inner) => Cow::Borrowed(inner.as_bytes()),
        None => Cow::Owned(txt_strings(rdata).unwrap_or_default().concat()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn character_strings_survive_quoting() {
        let strings: [&[u8]; 3] = [b"v=spf1 \"x\" \\", b"\xff\x00", b""];
        let text = quote_strings(strings);
        assert_eq!(text, r#""v=spf1 \"x\" \\" "\255\000" """#);
        assert_eq!(txt_strings(&text).unwrap(), strings);
        assert_eq!(*txt_bytes(&text), *strings.concat());
        assert_eq!(txt_strings("unquoted"), None);
        assert_eq!(txt_strings(r#""open"#), None);
    }

    #[test]
    fn equal_records_share_one_text() {
        for (rtype, rdata, expected) in [
            (Type::A, "192.0.2.1", "192.0.2.1"),
            (Type::Aaaa, "2001:DB8:0::1", "2001:db8::1"),
            (Type::Cname, "Host.Example", "host.example."),
            (Type::Mx, "010 MX.example", "10 mx.example."),
            (Type::Mx, "0 .", "0 ."),
            (Type::Srv, "0 0 443 Host.example", "0 0 443 host.example."),
            (Type::Txt, "\"v=spf1\\032-all\"   \"\\y\"", "\"v=spf1 -all\" \"y\""),
            (Type::Txt, "", ""),
            (Type::Soa, "NS.example root.example 1 2 3 4 5", "ns.example. root.example. 1 2 3 4 5"),
            (Type::Other(257), "\\# 2 00FF", "\\# 2 00ff"),
            (Type::Other(257), "\\# 0", "\\# 0"),
        ] {
            let text = canonical(rtype, rdata).unwrap_or_else(|| panic!("{rtype} {rdata}"));
            assert_eq!(text, expected);
            assert!(!is_canonical(rtype, rdata) || rdata == text);
            assert_eq!(canonical(rtype, &text).as_deref(), Some(expected));
        }
        let long = quote_strings([[b'a'; 256]]);
        for (rtype, rdata) in [
            (Type::A, "192.0.2"),
            (Type::Mx, "mx.example."),
            (Type::Txt, "unquoted"),
            (Type::Txt, &long),
            (Type::Soa, "a b 1 2 3 4"),
            (Type::Soa, ""),
            (Type::Other(257), "00ff"),
            (Type::Other(257), "\\# 3 00ff"),
        ] {
            assert_eq!(canonical(rtype, rdata), None, "{rtype} {rdata}");
        }
    }

    proptest! {
        #[test]
        fn what_looks_canonical_is(
            rtype in prop::sample::select(vec![Type::A, Type::Cname, Type::Mx, Type::Txt]),
            rdata in prop_oneof!["[0-2.]{0,9}", "[0+7]{1,3} [aB.]{0,4}\\.?", "(\"[a \\\\\\PC]{0,3}\" ?){0,3}", "[a-c.]{0,5}"],
        ) {
            if is_canonical(rtype, &rdata) {
                prop_assert_eq!(canonical(rtype, &rdata), Some(rdata));
            }
        }

        #[test]
        fn joined_strings_are_those_read_one_by_one(rdata in "(\"[a \\\\0]{0,4}\" ?){0,3}") {
            prop_assert_eq!(txt_bytes(&rdata).into_owned(), txt_strings(&rdata).unwrap_or_default().concat());
        }
    }

    #[test]
    fn typed_views_refuse_what_is_not_theirs() {
        assert_eq!(parse_mx("10 mx.example.").unwrap().preference, 10);
        assert!(parse_mx("mx.example.").is_none());
        assert!(parse_mx("70000 mx.example.").is_none());
        assert_eq!(parse_srv("0 5 443 host.example.").unwrap().port, 443);
        assert!(parse_srv("0 5 443 host.example. more").is_none());
    }
}
