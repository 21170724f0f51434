//! A blind sheet for labelling by hand: domains drawn from every stratum, without our verdicts.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::classify::{Attribution, Classification, Verdict};

/// A member with its place in the order of the draw.
type Placed<'c> = ([u8; 32], &'c Classification);

/// Draws `n` domains, or all where there are fewer: from every pair of gateway and mailbox verdict one
/// (the largest strata first where there are more strata than `n`), the rest in proportion to their
/// sizes. The same members, `n` and `seed` give the same domains in the same order, which shows
/// nothing of the strata.
pub fn draw(members: &[Classification], n: usize, seed: u64) -> Vec<&Classification> {
    let place = |c: &Classification| -> [u8; 32] { Sha256::digest(format!("{seed} {} {}", c.domain, c.id)).into() };
    let mut strata: BTreeMap<(String, String), Vec<Placed>> = BTreeMap::new();
    for member in members {
        strata.entry((stratum(&member.gateway), stratum(&member.mailbox))).or_default().push((place(member), member));
    }
    let mut strata: Vec<_> = strata.into_iter().collect();
    strata.sort_by(|(a, x), (b, y)| y.len().cmp(&x.len()).then_with(|| a.cmp(b)));
    let total = members.len();
    let n = n.min(total);
    let firsts = strata.len().min(n);
    let rest = n - firsts;
    // The j-th domain of a stratum of size s stands at (j - 1/2) / (s - 1) of the rest: taking the
    // first places of all strata together is in proportion to their sizes.
    let mut queue = Vec::new();
    let mut drawn = Vec::new();
    for (i, (_, list)) in strata.iter_mut().enumerate() {
        list.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.id.cmp(&y.id)));
        if i >= firsts {
            continue;
        }
        drawn.push(list[0]);
        let others = list.len() as u128 - 1;
        for (j, &entry) in list[1..].iter().enumerate() {
            // As a fraction of 2^40, so that the order is exact on every machine.
            queue.push(((((2 * j as u128 + 1) << 40) / (2 * others)), i, entry));
        }
    }
    queue.sort_by_key(|(at, i, (hash, _))| (*at, *i, *hash));
    drawn.extend(queue.into_iter().take(rest).map(|(_, _, entry)| entry));
    drawn.sort_by_key(|(hash, _)| *hash);
    drawn.into_iter().map(|(_, member)| member).collect()
}

fn stratum(attributions: &[Attribution]) -> String {
    match attributions {
        [one] => match &one.verdict {
            Verdict::Vendor { vendor, .. } => vendor.to_string(),
            other => other.as_str().to_owned(),
        },
        _ => "split".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::classify::{Reached, Weight};

    fn member(i: usize, vendor: &str) -> Classification {
        let verdict = Verdict::Vendor { vendor: vendor.into(), product: "p".into() };
        let one =
            Attribution { verdict, weight: Weight::from_integer(1), confidence: None, customer: None, evidence: Vec::new() };
        Classification {
            id: format!("{i}").into(),
            name: "".into(),
            domain: format!("d{i}.example").into(),
            rank: None,
            cohorts: Vec::new(),
            gateway: vec![one.clone()],
            mailbox: vec![one],
            sender: (Reached::Measured, Vec::new()),
            dmarc: (Reached::Measured, Vec::new()),
            overlay: (Reached::Measured, Vec::new()),
            flags: BTreeSet::new(),
            failure: None,
        }
    }

    #[test]
    fn every_stratum_is_drawn_from_and_the_draw_is_repeatable() {
        let members: Vec<_> = (0..100).map(|i| member(i, ["a", "a", "a", "b"][i % 4])).chain([member(100, "rare")]).collect();
        let ids = |n, seed| draw(&members, n, seed).iter().map(|c| c.id.to_string()).collect::<Vec<_>>();
        let count = |n, vendor: &str| draw(&members, n, 7).iter().filter(|c| stratum(&c.gateway) == vendor).count();
        assert_eq!(ids(20, 7), ids(20, 7));
        assert_ne!(ids(20, 7), ids(20, 8));
        assert_eq!((count(23, "a"), count(23, "b"), count(23, "rare")), (16, 6, 1));
        assert_eq!(ids(20, 7).iter().collect::<BTreeSet<_>>().len(), 20);
        assert_eq!((ids(500, 1).len(), ids(0, 1).len(), count(1, "a")), (101, 0, 1));
        let mut reversed = members.clone();
        reversed.reverse();
        assert_eq!(draw(&reversed, 20, 7).iter().map(|c| c.id.to_string()).collect::<Vec<_>>(), ids(20, 7));
    }
}
