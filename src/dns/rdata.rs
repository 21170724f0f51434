//! Record data as text, and the typed views the later stages need.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Name;

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

/// The character strings of TXT rdata joined without a gap, as SPF and DMARC read them
/// (RFC 7208 section 3.3). Broken text gives no bytes.
pub fn txt_bytes(rdata: &str) -> Vec<u8> {
    txt_strings(rdata).unwrap_or_default().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_strings_survive_quoting() {
        let strings: [&[u8]; 3] = [b"v=spf1 \"x\" \\", b"\xff\x00", b""];
        let text = quote_strings(strings);
        assert_eq!(text, r#""v=spf1 \"x\" \\" "\255\000" """#);
        assert_eq!(txt_strings(&text).unwrap(), strings);
        assert_eq!(txt_bytes(&text), strings.concat());
        assert_eq!(txt_strings("unquoted"), None);
        assert_eq!(txt_strings(r#""open"#), None);
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
