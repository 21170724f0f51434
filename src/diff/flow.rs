//! Where a member's parts go when its verdict changes.

use num_traits::Zero;

use crate::share::Count;
use crate::share::parts::Key;

/// One member's parts by row, each row once, sorted.
pub(super) type Parts = Vec<(Key, Count)>;

/// A part that goes from one row to another, or stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flow {
    pub from: Key,
    pub to: Key,
    pub weight: Count,
}

/// The smaller of both weights stays in its row; the rest goes from the rows that lose to those
/// that gain, in proportion to their gains. Sums by `from` are the old weights, by `to` the new.
pub(super) fn flows(old: &[(Key, Count)], new: &[(Key, Count)]) -> Vec<Flow> {
    if let ([(from, weight)], [(to, other)]) = (old, new)
        && weight == other
    {
        return vec![Flow { from: *from, to: *to, weight: *weight }];
    }
    let zero = Count::zero();
    let in_side = |side: &[(Key, Count)], key: Key| side.iter().find(|(k, _)| *k == key).map_or(zero, |(_, w)| *w);
    let mut flows = Vec::new();
    let mut losers = Vec::new();
    for &(key, weight) in old {
        let stays = weight.min(in_side(new, key));
        if stays > zero {
            flows.push(Flow { from: key, to: key, weight: stays });
        }
        if weight > stays {
            losers.push((key, weight - stays));
        }
    }
    let gains = |&(key, weight): &(Key, Count)| (key, weight - weight.min(in_side(old, key)));
    let gainers: Vec<(Key, Count)> = new.iter().map(gains).filter(|(_, gain)| *gain > zero).collect();
    let gained: Count = gainers.iter().map(|(_, gain)| gain).sum();
    for (from, lost) in &losers {
        for (to, gain) in &gainers {
            flows.push(Flow { from: *from, to: *to, weight: lost * gain / gained });
        }
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(from: Key, to: Key, numer: i128, denom: i128) -> Flow {
        Flow { from, to, weight: Count::new(numer, denom) }
    }

    #[test]
    fn what_stays_stays_and_the_rest_goes_in_proportion() {
        let half = Count::new(1, 2);
        let third = Count::new(1, 3);
        // Half A, half B becomes a third each of A, C and D.
        let moved = flows(&[(10, half), (11, half)], &[(10, third), (12, third), (13, third)]);
        let expected = [flow(10, 10, 1, 3), flow(10, 12, 1, 12), flow(10, 13, 1, 12), flow(11, 12, 1, 4), flow(11, 13, 1, 4)];
        assert_eq!(moved, expected);
    }

    #[test]
    fn whole_members_move_whole() {
        let one = Count::new(1, 1);
        assert_eq!(flows(&[(10, one)], &[(11, one)]), [flow(10, 11, 1, 1)]);
        assert_eq!(flows(&[(10, one)], &[(10, one)]), [flow(10, 10, 1, 1)]);
    }
}
