//! A lint for lists: what reads well and is still likely wrong.

use std::collections::BTreeMap;
use std::fmt;

use super::{Loaded, Member, Unit};
use crate::dns::{Name, registrable};

/// One thing to look at before crawling. A finding is advice; nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: FindingKind,
    /// The members concerned; none where the row was rejected.
    pub ids: Vec<Box<str>>,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    Rejected,
    Repaired,
    Empty,
    SharedDomain,
    SameName,
    FreeMail,
    PublicSuffix,
    UnknownSuffix,
    Subdomain,
    RepeatedRank,
}

impl FindingKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Repaired => "repaired",
            Self::Empty => "empty",
            Self::SharedDomain => "shared-domain",
            Self::SameName => "same-name",
            Self::FreeMail => "free-mail",
            Self::PublicSuffix => "public-suffix",
            Self::UnknownSuffix => "unknown-suffix",
            Self::Subdomain => "subdomain",
            Self::RepeatedRank => "repeated-rank",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Mailbox services anybody can register at: never the domain of a listed company, unless it is the
/// provider itself.
const FREE_MAIL: [&str; 24] = [
    "126.com",
    "163.com",
    "aol.com",
    "bigpond.com",
    "comcast.net",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "yahoo.com",
    "yandex.ru",
];

/// What deserves a look in a list, sorted by kind, then in the order of the list.
pub fn check(loaded: &Loaded) -> Vec<Finding> {
    let population = &loaded.population;
    let mut findings = Vec::new();
    let mut found = |kind, ids: Vec<Box<str>>, text: String| findings.push(Finding { kind, ids, text });
    for row in &loaded.rejected {
        found(FindingKind::Rejected, Vec::new(), format!("line {}: {} ({})", row.line, row.reason, row.text));
    }
    for (repair, n) in &loaded.repairs {
        found(FindingKind::Repaired, Vec::new(), format!("{repair}: {n}"));
    }
    if population.members.is_empty() {
        found(FindingKind::Empty, Vec::new(), "the list has no members".to_owned());
    }
    for member in &population.members {
        if let Some((kind, text)) = judge(member.asked()) {
            found(kind, vec![member.id.clone()], text);
        }
    }
    let companies = population.members.iter().filter(|m| population.unit == Unit::Company && !m.name.is_empty());
    let repeated = [
        (FindingKind::SharedDomain, "domain", repeats(population.members.iter().map(|m| (m, m.asked().bare().to_owned())))),
        (FindingKind::SameName, "name", repeats(companies.map(|m| (m, m.name.to_lowercase())))),
        (
            FindingKind::RepeatedRank,
            "rank",
            repeats(population.members.iter().filter_map(|m| Some((m, format!("{:>10}", m.rank?))))),
        ),
    ];
    for (kind, what, groups) in repeated {
        for (value, ids) in groups {
            let text = format!("{what} {} is that of {} members: {}", value.trim_start(), ids.len(), ids.join(", "));
            found(kind, ids, text);
        }
    }
    findings.sort_by_key(|finding| finding.kind);
    findings
}

/// What is odd about one asked domain.
fn judge(asked: &Name) -> Option<(FindingKind, String)> {
    let domain = asked.bare();
    if FREE_MAIL.contains(&domain) {
        return Some((FindingKind::FreeMail, format!("{domain} is a mailbox service open to anybody")));
    }
    match registrable(asked) {
        None => Some((FindingKind::PublicSuffix, format!("{domain} is a public suffix, nobody's domain"))),
        Some(_) if !known_suffix(asked) => {
            Some((FindingKind::UnknownSuffix, format!("{domain}: its last label is no known top-level domain")))
        }
        Some(owner) if owner != *asked => {
            Some((FindingKind::Subdomain, format!("{domain} stands below {}; does mail go to the host name?", owner.bare())))
        }
        Some(_) => None,
    }
}

/// Values that more than one member has, with the members' ids, sorted by value.
fn repeats<'a>(values: impl Iterator<Item = (&'a Member, String)>) -> Vec<(String, Vec<Box<str>>)> {
    let mut groups: BTreeMap<String, Vec<Box<str>>> = BTreeMap::new();
    for (member, value) in values {
        groups.entry(value).or_default().push(member.id.clone());
    }
    groups.into_iter().filter(|(_, ids)| ids.len() > 1).collect()
}

fn known_suffix(name: &Name) -> bool {
    psl::suffix(name.bare().as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::{About, parse};

    #[test]
    fn a_list_that_reads_well_can_still_be_wrong() {
        let list = "id,rank,name,domain\n\
            a,1,Acme,acme.com\n\
            b,1,ACME,Acme.com\n\
            c,2,C,gmail.com\n\
            d,3,D,co.uk\n\
            e,4,E,www.example.com\n\
            f,5,F,example.invalid\n\
            g,6,G,nothing\n";
        let loaded = parse(list.as_bytes(), "synthetic", About::default()).unwrap();
        let findings = check(&loaded);
        let ids = |f: &Finding| f.ids.iter().map(|id| id.to_string()).collect::<Vec<_>>();
        let found: Vec<(&str, Vec<String>)> = findings.iter().map(|f| (f.kind.as_str(), ids(f))).collect();
        let found: Vec<(&str, Vec<&str>)> =
            found.iter().map(|(kind, ids)| (*kind, ids.iter().map(String::as_str).collect())).collect();
        assert_eq!(
            found,
            [
                ("rejected", vec![]),
                ("repaired", vec![]),
                ("shared-domain", vec!["a", "b"]),
                ("same-name", vec!["a", "b"]),
                ("free-mail", vec!["c"]),
                ("public-suffix", vec!["d"]),
                ("unknown-suffix", vec!["f"]),
                ("subdomain", vec!["e"]),
                ("repeated-rank", vec!["a", "b"]),
            ]
        );
    }
}
