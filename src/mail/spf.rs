//! SPF records, read term by term.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::dns::{Name, txt_bytes};

/// Terms that need DNS lookups which one evaluation may use (RFC 7208 section 4.6.4).
pub const MAX_LOOKUPS: usize = 10;
/// Lookups without an answer which one evaluation may meet (RFC 7208 section 4.6.4).
pub const MAX_VOID_LOOKUPS: usize = 2;

/// What a sender that matches a mechanism is (RFC 7208 section 4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qualifier {
    Pass,
    Fail,
    Softfail,
    Neutral,
}

/// The domain of a term. It may hold macros (RFC 7208 section 7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DomainSpec(Box<str>);

/// One mechanism or modifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    All(Qualifier),
    Include(Qualifier, DomainSpec),
    A(Qualifier, Option<DomainSpec>),
    Mx(Qualifier, Option<DomainSpec>),
    Ptr(Qualifier, Option<DomainSpec>),
    Exists(Qualifier, DomainSpec),
    /// An address block as written, `ip4:` or `ip6:` cut off.
    Ip(Qualifier, Box<str>),
    Redirect(DomainSpec),
    /// `exp=` and modifiers nobody has defined (RFC 7208 section 6).
    Modifier(Box<str>, Box<str>),
    /// A term outside the grammar, kept as written.
    Invalid(Box<str>),
}

/// What is wrong with a record. A finding never hides the terms that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Finding {
    /// White space before `v=spf1`.
    LeadingSpace,
    /// A term outside the grammar.
    InvalidTerm,
    /// A qualifier and mechanism glued to the domain before it, as in `include:example.com~all`.
    GluedTerm,
    /// `include=` or `redirect:`: the wrong separator.
    WrongSeparator,
    /// More than one `redirect=`.
    RepeatedRedirect,
    /// Terms after `all`, which nobody evaluates.
    TermsAfterAll,
}

/// One SPF record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub terms: Vec<Term>,
    pub findings: Vec<Finding>,
}

/// Reads TXT rdata as an SPF record; `None` where it is another kind of TXT record.
pub fn parse(rdata: &str) -> Option<Record> {
    // Most TXT records are others, and show it by their first character.
    let begins = rdata.trim_start_matches(' ').strip_prefix('"')?;
    let may_be = |c: char| c.is_whitespace() || matches!(c, 'v' | 'V' | '"' | '\\');
    if !begins.starts_with(may_be) {
        return None;
    }
    parse_bytes(&txt_bytes(rdata))
}

/// Reads the joined character strings of a TXT record.
pub fn parse_bytes(bytes: &[u8]) -> Option<Record> {
    let text = std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    let trimmed = text.trim_start();
    let version = trimmed.get(..6)?;
    let rest = &trimmed[6..];
    if !version.eq_ignore_ascii_case("v=spf1") || !(rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace())) {
        return None;
    }
    let mut record = Record { terms: Vec::new(), findings: Vec::new() };
    if trimmed.len() != text.len() {
        record.findings.push(Finding::LeadingSpace);
    }
    for word in rest.split_whitespace() {
        read_word(word, &mut record);
    }
    let redirects = record.terms.iter().filter(|t| matches!(t, Term::Redirect(_))).count();
    if redirects > 1 {
        record.findings.push(Finding::RepeatedRedirect);
    }
    let all = record.terms.iter().position(|t| matches!(t, Term::All(_)));
    let mechanism = |t: &Term| !matches!(t, Term::Redirect(_) | Term::Modifier(..));
    if all.is_some_and(|i| record.terms[i + 1..].iter().any(mechanism)) {
        record.findings.push(Finding::TermsAfterAll);
    }
    record.findings.sort();
    record.findings.dedup();
    Some(record)
}

fn read_word(mut word: &str, record: &mut Record) {
    // From the end, in a loop: a stranger may glue thousands of terms together.
    let mut glued = Vec::new();
    while let Some((head, tail)) = cut_glued(word) {
        record.findings.push(Finding::GluedTerm);
        glued.push(tail);
        word = head;
    }
    for word in std::iter::once(word).chain(glued.into_iter().rev()) {
        match read_term(word) {
            (Term::Invalid(text), finding) => {
                record.findings.push(finding.unwrap_or(Finding::InvalidTerm));
                record.terms.push(Term::Invalid(text));
            }
            (term, finding) => {
                record.findings.extend(finding);
                record.terms.push(term);
            }
        }
    }
}

/// Cuts off an `all` that was glued to the term before it. A domain never holds `~`, nor one of the
/// words below after `-`, `+` or `?`.
fn cut_glued(word: &str) -> Option<(&str, &str)> {
    let all = ["~all", "-all", "?all", "+all"].into_iter().find(|all| word.len() > 4 && ends_with_ignore_case(word, all))?;
    let (head, tail) = word.split_at(word.len() - all.len());
    // `include:mx-all` is a name; `include:example.com-all` is not.
    let cut = head.contains([':', '='])
        && (all.starts_with('~') || head.rsplit_once('.').is_some_and(|(_, tld)| tld.len() >= 2 && psl_like(tld)));
    cut.then_some((head, tail))
}

fn psl_like(label: &str) -> bool {
    label.bytes().all(|b| b.is_ascii_alphabetic())
}

fn ends_with_ignore_case(word: &str, end: &str) -> bool {
    word.len().checked_sub(end.len()).and_then(|at| word.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

fn read_term(word: &str) -> (Term, Option<Finding>) {
    let invalid = || (Term::Invalid(word.into()), None);
    let (qualifier, body) = match word.as_bytes().first() {
        Some(b'+') => (Qualifier::Pass, &word[1..]),
        Some(b'-') => (Qualifier::Fail, &word[1..]),
        Some(b'~') => (Qualifier::Softfail, &word[1..]),
        Some(b'?') => (Qualifier::Neutral, &word[1..]),
        _ => (Qualifier::Pass, word),
    };
    let end = body.find([':', '=', '/']).unwrap_or(body.len());
    let (keyword, value) = (lowered(&body[..end]), &body[end..]);
    let separator = value.chars().next();
    let argument = value.get(1..).unwrap_or("");
    let wrong = |expected: char| (separator != Some(expected)).then_some(Finding::WrongSeparator);
    let domain = |text: &str| (!text.is_empty()).then(|| DomainSpec(text.into()));
    match &*keyword {
        "all" if separator.is_none() => (Term::All(qualifier), None),
        "include" | "exists" => match domain(argument).filter(|_| separator != Some('/')) {
            Some(target) if keyword == "include" => (Term::Include(qualifier, target), wrong(':')),
            Some(target) => (Term::Exists(qualifier, target), wrong(':')),
            None => invalid(),
        },
        "redirect" => match domain(argument).filter(|_| separator != Some('/')) {
            Some(target) => (Term::Redirect(target), wrong('=')),
            None => invalid(),
        },
        "a" | "mx" | "ptr" => {
            let target = match separator {
                None | Some('/') => None,
                // A CIDR length behind the domain says nothing about whose it is.
                Some(_) => domain(cut_cidr(argument)),
            };
            let finding = separator.filter(|&s| s == '=').map(|_| Finding::WrongSeparator);
            match &*keyword {
                "a" => (Term::A(qualifier, target), finding),
                "mx" => (Term::Mx(qualifier, target), finding),
                _ => (Term::Ptr(qualifier, target), finding),
            }
        }
        "ip4" | "ip6" if !argument.is_empty() && separator != Some('/') => (Term::Ip(qualifier, argument.into()), wrong(':')),
        _ if separator == Some('=') && is_modifier_name(&keyword) => {
            (Term::Modifier(keyword.into_owned().into(), argument.into()), None)
        }
        _ => invalid(),
    }
}

fn lowered(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

fn is_modifier_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The domain without `/24` or `//64` (RFC 7208 section 5.6); a slash inside a macro stays.
fn cut_cidr(text: &str) -> &str {
    let tail = text.rfind('}').map_or(0, |i| i + 1);
    text[tail..].find('/').map_or(text, |i| &text[..tail + i])
}

impl Record {
    /// The terms an evaluation can reach and that cost a lookup, in order: mechanisms up to `all`,
    /// then `redirect`, which counts only where there is no `all` (RFC 7208 section 6.1).
    pub fn lookups(&self) -> impl Iterator<Item = &Term> {
        let all = self.terms.iter().position(|t| matches!(t, Term::All(_)));
        let reach = &self.terms[..all.unwrap_or(self.terms.len())];
        let redirect = if all.is_none() { self.terms.iter().find(|t| matches!(t, Term::Redirect(_))) } else { None };
        reach.iter().filter(|t| t.is_lookup_mechanism()).chain(redirect)
    }

    /// The mechanisms an evaluation can reach (up to and with `all`), and the redirect in force.
    pub fn reachable(&self) -> impl Iterator<Item = &Term> {
        let all = self.terms.iter().position(|t| matches!(t, Term::All(_)));
        let reach = &self.terms[..all.map_or(self.terms.len(), |i| i + 1)];
        reach.iter().filter(move |t| all.is_none() || !matches!(t, Term::Redirect(_)))
    }
}

impl Term {
    fn is_lookup_mechanism(&self) -> bool {
        matches!(self, Self::Include(..) | Self::A(..) | Self::Mx(..) | Self::Ptr(..) | Self::Exists(..))
    }

    /// The domain a term names, where it names one.
    pub fn domain(&self) -> Option<&DomainSpec> {
        match self {
            Self::Include(_, d) | Self::Exists(_, d) | Self::Redirect(d) => Some(d),
            Self::A(_, d) | Self::Mx(_, d) | Self::Ptr(_, d) => d.as_ref(),
            Self::All(_) | Self::Ip(..) | Self::Modifier(..) | Self::Invalid(_) => None,
        }
    }

    /// A sender that matches is refused: evidence against whoever the term names.
    pub fn is_negative(&self) -> bool {
        matches!(
            self,
            Self::Include(Qualifier::Fail, _)
                | Self::A(Qualifier::Fail, _)
                | Self::Mx(Qualifier::Fail, _)
                | Self::Exists(Qualifier::Fail, _)
                | Self::Ip(Qualifier::Fail, _)
        )
    }

    /// The name whose SPF record an include or redirect leads to, where it can be known without a
    /// message: without macros, or with `%{d}` alone, which is the domain of the record it stands
    /// in (RFC 7208 section 7.2), not that of the sender.
    pub fn followed_target(&self, at: &Name) -> Option<Name> {
        match self {
            Self::Include(_, domain) | Self::Redirect(domain) => domain.expand(at),
            _ => None,
        }
    }
}

impl DomainSpec {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what it names depends on the message.
    pub fn has_macro(&self) -> bool {
        self.0.contains("%{")
    }

    /// The name, where only `%{d}` stands in it or no macro at all.
    pub fn expand(&self, at: &Name) -> Option<Name> {
        let text = self.0.replace("%{d}", at.bare()).replace("%{D}", at.bare());
        if text.contains('%') {
            return None;
        }
        Name::parse(&text).ok().filter(|n| !n.is_root())
    }

    /// The literal labels behind the last macro, which is where a hosting vendor's name stands.
    pub fn literal_suffix(&self) -> Option<Name> {
        let tail = match self.0.rfind('}') {
            // The rest of a label that begins inside a macro is not a whole label.
            Some(end) => self.0[end + 1..].split_once('.')?.1,
            None => &self.0,
        };
        Name::parse(tail).ok().filter(|n| !n.is_root())
    }
}

/// Whether a block as written (`192.0.2.0/24`, a single address) holds an address of its family.
pub fn block_holds(block: &str, address: IpAddr) -> bool {
    let (start, length) = block.split_once('/').map_or((block, None), |(start, length)| (start, Some(length)));
    let Ok(start) = start.parse::<IpAddr>() else { return false };
    let (a, b, width) = match (start, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let length = match length.map(str::parse::<u32>) {
        None => width,
        Some(Ok(length)) if length <= width => length,
        Some(_) => return false,
    };
    let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
    a & mask == b & mask
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "",
            Self::Fail => "-",
            Self::Softfail => "~",
            Self::Neutral => "?",
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = |d: &Option<DomainSpec>| d.as_ref().map(|d| format!(":{}", d.0)).unwrap_or_default();
        match self {
            Self::All(q) => write!(f, "{q}all"),
            Self::Include(q, d) => write!(f, "{q}include:{}", d.0),
            Self::A(q, d) => write!(f, "{q}a{}", optional(d)),
            Self::Mx(q, d) => write!(f, "{q}mx{}", optional(d)),
            Self::Ptr(q, d) => write!(f, "{q}ptr{}", optional(d)),
            Self::Exists(q, d) => write!(f, "{q}exists:{}", d.0),
            Self::Ip(q, block) => write!(f, "{q}ip{}:{block}", if block.matches(':').count() > 1 { 6 } else { 4 }),
            Self::Redirect(d) => write!(f, "redirect={}", d.0),
            Self::Modifier(name, value) => write!(f, "{name}={value}"),
            Self::Invalid(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Record {
        parse_bytes(text.as_bytes()).unwrap()
    }

    fn lookups(text: &str) -> Vec<String> {
        read(text).lookups().map(Term::to_string).collect()
    }

    #[test]
    fn one_bad_term_does_not_hide_the_others() {
        let record = read("v=spf1 ip4:192.0.2.0/24 bogus include:spf.protection.outlook.com include: -all");
        assert_eq!(record.findings, [Finding::InvalidTerm]);
        assert_eq!(record.lookups().count(), 1);
    }

    #[test]
    fn glued_and_case_mixed_terms_are_read() {
        let record = read("V=SPF1 INCLUDE:spf.WBA.c3s2.iphmx.com~all");
        assert_eq!(record.findings, [Finding::GluedTerm]);
        assert_eq!(record.terms[0].domain().unwrap().expand(&Name::root()).unwrap().as_str(), "spf.wba.c3s2.iphmx.com.");
        assert_eq!(record.terms[1], Term::All(Qualifier::Softfail));
        assert_eq!(read("v=spf1 include:example.com-all").terms.len(), 2);
        assert_eq!(read("v=spf1 include:mx-all.example").terms.len(), 1);
        assert_eq!(read("v=spf1 include=spf.example.com").findings, [Finding::WrongSeparator]);
        assert_eq!(read(" v=spf1").findings, [Finding::LeadingSpace]);
    }

    #[test]
    fn only_what_an_evaluation_reaches_counts() {
        assert_eq!(
            lookups("v=spf1 a mx/24 include:a.example all include:b.example redirect=c.example"),
            ["a", "mx", "include:a.example"]
        );
        assert_eq!(lookups("v=spf1 redirect=c.example include:a.example"), ["include:a.example", "redirect=c.example"]);
        assert_eq!(read("v=spf1 -all mx").findings, [Finding::TermsAfterAll]);
    }

    #[test]
    fn macros_leave_the_literal_suffix() {
        let record =
            read("v=spf1 include:%{ir}.%{v}.%{d}.spf.has.pphosted.com exists:%{i}.spf.hc4673-96.iphmx.com a:%{d}x.example ~all");
        let suffixes: Vec<_> =
            record.terms.iter().filter_map(Term::domain).map(|d| d.literal_suffix().unwrap().to_string()).collect();
        assert_eq!(suffixes, ["spf.has.pphosted.com.", "spf.hc4673-96.iphmx.com.", "example."]);
        let at = Name::parse("example.com").unwrap();
        assert_eq!(record.terms[0].followed_target(&at), None);
        assert_eq!(read("v=spf1 include:_spf.%{d}").terms[0].followed_target(&at).unwrap().as_str(), "_spf.example.com.");
    }

    #[test]
    fn other_txt_records_are_not_spf() {
        for text in ["v=spf10 -all", "v=spf", "spf2.0/pra -all", "", "\u{e9}\u{e9}\u{e9}\u{e9}"] {
            assert!(parse_bytes(text.as_bytes()).is_none(), "{text}");
        }
        assert!(parse_bytes(b"v=spf1 \xff\xfe -all").is_some());
    }
}
