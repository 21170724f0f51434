//! A lint for lists: what reads well and is still likely wrong.

use std::collections::BTreeMap;
use std::fmt;

use super::{Loaded, Unit};
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
    MailDomainIsDomain,
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
            Self::MailDomainIsDomain => "mail-domain-is-domain",
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
    let mut domains: BTreeMap<&Name, Vec<Box<str>>> = BTreeMap::new();
    let mut names: BTreeMap<String, Vec<Box<str>>> = BTreeMap::new();
    let mut ranks: BTreeMap<u32, Vec<Box<str>>> = BTreeMap::new();
    for member in &population.members {
        let (asked, ids) = (member.asked(), vec![member.id.clone()]);
        domains.entry(asked).or_default().push(member.id.clone());
        if !member.name.is_empty() && population.unit == Unit::Company {
            names.entry(member.name.to_lowercase()).or_default().push(member.id.clone());
        }
        if let Some(rank) = member.rank {
            ranks.entry(rank).or_default().push(member.id.clone());
        }
        if FREE_MAIL.contains(&asked.bare()) {
            found(FindingKind::FreeMail, ids.clone(), format!("{} is a mailbox service open to anybody", asked.bare()));
        }
        match registrable(asked) {
            None => {
                found(FindingKind::PublicSuffix, ids.clone(), format!("{} is a public suffix, nobody's domain", asked.bare()))
            }
            Some(_) if !known_suffix(asked) => {
                found(
                    FindingKind::UnknownSuffix,
                    ids.clone(),
                    format!("{}: its last label is no known top-level domain", asked.bare()),
                );
            }
            Some(owner) if owner != *asked => {
                let text = format!("{} stands below {}; is mail sent from the host name?", asked.bare(), owner.bare());
                found(FindingKind::Subdomain, ids.clone(), text);
            }
            Some(_) => {}
        }
        if member.mail_domain.as_ref() == Some(&member.domain) {
            found(FindingKind::MailDomainIsDomain, ids, format!("{}: mail_domain repeats domain", member.id));
        }
    }
    for (domain, ids) in domains.into_iter().filter(|(_, ids)| ids.len() > 1) {
        let text = format!("{} is the domain of {} members: {}", domain.bare(), ids.len(), ids.join(", "));
        found(FindingKind::SharedDomain, ids, text);
    }
    for (name, ids) in names.into_iter().filter(|(_, ids)| ids.len() > 1) {
        let text = format!("{} members are called {name:?}: {}", ids.len(), ids.join(", "));
        found(FindingKind::SameName, ids, text);
    }
    for (rank, ids) in ranks.into_iter().filter(|(_, ids)| ids.len() > 1) {
        let text = format!("rank {rank} is held by {} members: {}", ids.len(), ids.join(", "));
        found(FindingKind::RepeatedRank, ids, text);
    }
    findings.sort_by_key(|finding| finding.kind);
    findings
}

fn known_suffix(name: &Name) -> bool {
    psl::suffix(name.bare().as_bytes()).is_some_and(|suffix| suffix.is_known())
}
