//! The tree of SPF records below a domain, walked over recorded answers.

use crate::dns::{Answer, Name, Outcome, Type};
use crate::mail::spf::{self, MAX_LOOKUPS, MAX_VOID_LOOKUPS, Record, Term};

/// One record of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where the record stands.
    pub at: Name,
    /// Number of includes and redirects between the domain and this record.
    pub depth: usize,
    pub record: Record,
}

/// The records an evaluation can reach, in its own order (depth first, left to right).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    pub nodes: Vec<Node>,
    /// Lookup terms in the records reached (RFC 7208 section 4.6.4 allows 10).
    pub lookups: usize,
    /// Includes and redirects whose name holds no SPF record.
    pub void_lookups: usize,
    /// More than one SPF record at a name (RFC 7208 section 4.5: permerror).
    pub several_records: bool,
    /// Targets that could not be read: not asked, failed, or hidden behind a macro.
    pub unread: Vec<String>,
}

impl Tree {
    /// Whether an evaluation would end in permerror by the limits of RFC 7208.
    pub fn over_limits(&self) -> bool {
        self.lookups > MAX_LOOKUPS || self.void_lookups > MAX_VOID_LOOKUPS
    }
}

/// Walks from `root`. `answer` gives the recorded TXT answer of a name; `descend` says, for each
/// include and redirect, whether what lies below it matters. Errors on the way do not end the walk;
/// a name met before is not walked again, so loops end.
pub fn walk<'a>(
    root: &Name,
    answer: impl Fn(&Name) -> Option<&'a Answer>,
    mut descend: impl FnMut(&Name, &Term) -> bool,
) -> Tree {
    let mut tree = Tree::default();
    let mut stack = vec![(root.clone(), 0)];
    let mut seen = Vec::new();
    while let Some((at, depth)) = stack.pop() {
        if seen.contains(&at) {
            continue;
        }
        seen.push(at.clone());
        let Some(txt) = answer(&at).filter(|a| a.outcome.is_definitive()) else {
            tree.unread.push(at.bare().to_owned());
            continue;
        };
        let mut records = txt.rdata(Type::Txt).filter_map(spf::parse);
        let Some(record) = records.next() else {
            if depth > 0 || txt.outcome != Outcome::Answered {
                tree.void_lookups += usize::from(depth > 0);
            }
            continue;
        };
        let others: Vec<Record> = records.collect();
        tree.several_records |= !others.is_empty();
        // Of several records all are kept as evidence, though an evaluator would stop here.
        for record in std::iter::once(record).chain(others) {
            let mut below = Vec::new();
            for term in record.lookups() {
                tree.lookups += 1;
                if !matches!(term, Term::Include(..) | Term::Redirect(_)) || !descend(&at, term) {
                    continue;
                }
                match term.followed_target(&at) {
                    Some(target) => below.push((target, depth + 1)),
                    None => tree.unread.push(term.to_string()),
                }
            }
            stack.extend(below.into_iter().rev());
            tree.nodes.push(Node { at: at.clone(), depth, record });
        }
    }
    tree
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::dns::{Record as DnsRecord, quote_strings};

    fn world(records: &[(&str, &[&str])]) -> HashMap<Name, Answer> {
        let answer = |(name, texts): &(&str, &[&str])| {
            let owner = Name::parse(name).unwrap();
            let record = |text: &&str| DnsRecord { owner: owner.clone(), rtype: Type::Txt, rdata: quote_strings([text]).into() };
            let records: Vec<_> = texts.iter().map(record).collect();
            let outcome = if records.is_empty() { Outcome::Nodata } else { Outcome::Answered };
            (owner.clone(), Answer::new(&owner, outcome, records))
        };
        records.iter().map(answer).collect()
    }

    fn tree(records: &[(&str, &[&str])]) -> Tree {
        let world = world(records);
        walk(&Name::parse("example").unwrap(), |name| world.get(name), |_, _| true)
    }

    #[test]
    fn loops_voids_and_broken_records_do_not_end_the_walk() {
        let tree = tree(&[
            ("example", &["v=spf1 include:a.example bogus include:void.example include:gone.example -all"]),
            ("a.example", &["other", "v=spf1 include:example include:b.example"]),
            ("b.example", &["v=spf1 redirect=example", "v=spf1 ip4:192.0.2.1"]),
            ("void.example", &[]),
        ]);
        let at: Vec<_> = tree.nodes.iter().map(|n| (n.at.bare(), n.depth)).collect();
        assert_eq!(at, [("example", 0), ("a.example", 1), ("b.example", 2), ("b.example", 2)]);
        assert_eq!((tree.lookups, tree.void_lookups, tree.several_records), (6, 1, true));
        assert_eq!(tree.unread, ["gone.example"]);
        assert!(!tree.over_limits());
    }
}
