//! Macros of SPF domains, filled in for one sender (RFC 7208 section 7).

use std::net::IpAddr;

use crate::dns::Name;

/// The name that a domain with macros stands for when `postmaster` of `domain` sends from `sender`
/// under the HELO name `domain`; `None` where a macro is outside the grammar or the result is no name.
///
/// What an evaluator learns from the connection (`%{p}`, `%{t}`, `%{r}`, `%{c}`) is `unknown`.
pub fn expand(spec: &str, sender: IpAddr, domain: &Name) -> Option<Name> {
    let mut out = String::new();
    let mut rest = spec;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut chars = rest.chars();
        match chars.next()? {
            '%' => out.push('%'),
            '_' => out.push(' '),
            '-' => out.push_str("%20"),
            '{' => {
                let end = rest.find('}')?;
                out.push_str(&one(&rest[1..end], sender, domain)?);
                rest = &rest[end + 1..];
                continue;
            }
            _ => return None,
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    // Section 7.3: too long a name loses labels from the left.
    let mut text = out.trim_end_matches('.');
    while text.len() > 253 {
        text = text.split_once('.')?.1;
    }
    Name::parse(text).ok().filter(|n| !n.is_root())
}

/// The inside of `%{...}`: a letter, how many parts from the right to keep, `r` to reverse them, and
/// the characters that part them.
fn one(body: &str, sender: IpAddr, domain: &Name) -> Option<String> {
    let letter = body.chars().next().filter(char::is_ascii_alphabetic)?;
    let value = match letter.to_ascii_lowercase() {
        'i' => address(sender),
        'v' => if sender.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
        'd' | 'o' | 'h' => domain.bare().to_owned(),
        's' => format!("postmaster@{}", domain.bare()),
        'l' => "postmaster".to_owned(),
        'p' | 't' | 'r' | 'c' => "unknown".to_owned(),
        _ => return None,
    };
    let tail = &body[1..];
    let digits = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let keep: Option<usize> = if digits == 0 { None } else { Some(tail[..digits].parse().ok().filter(|n| *n > 0)?) };
    let tail = &tail[digits..];
    let (reversed, delimiters) = match tail.strip_prefix(['r', 'R']) {
        Some(delimiters) => (true, delimiters),
        None => (false, tail),
    };
    if !delimiters.chars().all(|c| "._-+,/=".contains(c)) {
        return None;
    }
    if keep.is_none() && !reversed && delimiters.is_empty() {
        return Some(value);
    }
    let delimiters = if delimiters.is_empty() { "." } else { delimiters };
    let mut parts: Vec<&str> = value.split(|c| delimiters.contains(c)).collect();
    if reversed {
        parts.reverse();
    }
    let from = keep.map_or(0, |n| parts.len().saturating_sub(n));
    Some(parts[from..].join("."))
}

/// Dotted: IPv4 as ever, IPv6 by nibbles (section 7.3).
fn address(sender: IpAddr) -> String {
    match sender {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().flat_map(|b| [b >> 4, b & 15]);
            nibbles.map(|n| format!("{n:x}")).collect::<Vec<_>>().join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(spec: &str) -> Option<String> {
        let domain = Name::parse("email.example.com").unwrap();
        expand(spec, "192.0.2.3".parse().unwrap(), &domain).map(|n| n.bare().to_owned())
    }

    #[test]
    fn the_examples_of_the_rfc() {
        for (spec, name) in [
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}._spf.%{d}", "postmaster._spf.email.example.com"),
            (
                "%{i}._ip.%{h}._ehlo.%{d}._spf.vali.email",
                "192.0.2.3._ip.email.example.com._ehlo.email.example.com._spf.vali.email",
            ),
            ("%{I}.spf.hc1-1.iphmx.com", "192.0.2.3.spf.hc1-1.iphmx.com"),
        ] {
            assert_eq!(filled(spec).as_deref(), Some(name), "{spec}");
        }
        let domain = Name::parse("example.com").unwrap();
        let v6 = expand("%{ir}.%{v}.x.example", "2001:db8::cb01".parse().unwrap(), &domain).unwrap();
        assert_eq!(v6.bare(), "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.x.example");
        for bad in ["%{", "%{}", "%{z}", "%{d0}", "%{d", "%x", "%", "%{d!}"] {
            assert_eq!(filled(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,300}", body in "%\\{[a-z0-9.r-]{0,6}\\}[a-z.]{0,9}") {
            filled(&text);
            filled(&body);
        }
    }
}
