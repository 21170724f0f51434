//! The tree of SPF records below a domain, walked over recorded answers.

use std::collections::BTreeMap;

use crate::dns::{Answer, Name, Type};
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
/// include and redirect, whether what lies below it matters. Errors on the way do not end the walk.
///
/// Names are walked that a plan would ask about: those that an evaluation can reach within the
/// lookups of RFC 7208 section 4.6.4, counted along the shortest way. So loops end, a tree has at
/// most 2^10 names whatever strangers publish, and what other members' questions have made known
/// changes nothing.
pub fn walk<'a>(
    root: &Name,
    answer: impl Fn(&Name) -> Option<&'a Answer>,
    mut descend: impl FnMut(&Name, &Term) -> bool,
) -> Tree {
    let mut tree = Tree::default();
    let mut stack = vec![(root.clone(), 0, 0)];
    let mut cheapest: BTreeMap<Name, usize> = BTreeMap::new();
    while let Some((at, depth, cost)) = stack.pop() {
        // Met again by a shorter way: what lies below may have come within reach.
        let again = match cheapest.get(&at) {
            Some(&known) if known <= cost => continue,
            known => known.is_some(),
        };
        cheapest.insert(at.clone(), cost);
        let Some(txt) = answer(&at).filter(|a| a.outcome.is_definitive()) else {
            if !again {
                tree.unread.push(at.bare().to_owned());
            }
            continue;
        };
        let records: Vec<Record> = txt.rdata(Type::Txt).filter_map(spf::parse).collect();
        if records.is_empty() {
            tree.void_lookups += usize::from(depth > 0 && !again);
            continue;
        }
        tree.several_records |= records.len() > 1;
        let mut cost = cost;
        // Of several records all are kept as evidence, though an evaluator would stop here.
        for record in records {
            let mut below = Vec::new();
            for term in record.lookups() {
                cost += 1;
                tree.lookups += usize::from(!again);
                if !matches!(term, Term::Include(..) | Term::Redirect(_)) || !descend(&at, term) {
                    continue;
                }
                match term.followed_target(&at) {
                    Some(target) if cost <= MAX_LOOKUPS => below.push((target, depth + 1, cost)),
                    _ if again => {}
                    Some(target) => tree.unread.push(target.bare().to_owned()),
                    None => tree.unread.push(term.to_string()),
                }
            }
            stack.extend(below.into_iter().rev());
            if !again {
                tree.nodes.push(Node { at: at.clone(), depth, record });
            }
        }
    }
    // Beyond reach by one way and read by another.
    let Tree { nodes, unread, .. } = &mut tree;
    unread.retain(|target| !nodes.iter().any(|n| n.at.bare() == target));
    tree
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::dns::{Outcome, Record as DnsRecord, quote_strings};

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

    /// Twelve records in a row: what stands beyond the tenth lookup is not read, by whichever way
    /// it was met first.
    #[test]
    fn a_tree_ends_where_an_evaluation_would() {
        let name = |i: usize| format!("c{i}.example");
        let mut records: Vec<(String, String)> = (0..12).map(|i| (name(i), format!("v=spf1 include:{}", name(i + 1)))).collect();
        records.push(("example".into(), format!("v=spf1 include:{}", name(0))));
        let own: Vec<(&str, [&str; 1])> = records.iter().map(|(n, r)| (&**n, [&**r])).collect();
        let tree = tree(&own.iter().map(|(n, r)| (*n, &r[..])).collect::<Vec<_>>());
        assert_eq!(tree.nodes.last().unwrap().at.bare(), "c9.example");
        assert_eq!(tree.unread, ["c10.example"]);
        let mut shorter = records;
        shorter.last_mut().unwrap().1 = format!("v=spf1 include:{} include:{}", name(0), name(8));
        let own: Vec<(&str, [&str; 1])> = shorter.iter().map(|(n, r)| (&**n, [&**r])).collect();
        let tree = super::tests::tree(&own.iter().map(|(n, r)| (*n, &r[..])).collect::<Vec<_>>());
        let at: Vec<_> = tree.nodes.iter().map(|n| n.at.bare()).collect();
        assert_eq!(at.len(), 13, "each once: {at:?}");
        assert_eq!(tree.lookups, 14);
        assert_eq!(tree.unread, ["c12.example"], "what there is no answer of");
    }
}
