//! Laws of diff tables over arbitrary pairs of snapshots.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::classify::Classification;
use crate::diff::{DiffRow, DiffTable, End, Options, Sides, check, compare};
use crate::share::arbitrary::{labels, provenance, snapshot, snapshots};
use crate::share::{Count, Grouping, Row, View, measure};
use crate::vendor::Role;

const GROUPINGS: [Grouping; 4] = [Grouping::Vendor, Grouping::Product, Grouping::Owner, Grouping::Customer];

pub(super) fn diff(old: &[Classification], new: &[Classification], role: Role, by: Grouping, options: &Options) -> DiffTable {
    let labels = labels();
    let (before, after) = (provenance(old.len(), "2024-06-01"), provenance(new.len(), "2025-06-01"));
    let sides = Sides { old: &before, new: &after, ruleset: "rules" };
    compare(old, new, View { role, by, labels: &labels }, sides, options).unwrap()
}

fn rows(table: &DiffTable) -> BTreeMap<Row, &DiffRow> {
    table.rows.iter().map(|r| (r.row.clone(), r)).collect()
}

fn zero() -> Count {
    Count::from_integer(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_moved_member_is_accounted_for((old, new) in snapshots(), top in prop::option::of(0_usize..3)) {
        for role in Role::ALL {
            for by in GROUPINGS {
                let table = diff(&old, &new, role, by, &Options { top, ..Options::default() });
                prop_assert_eq!(check(&table), Ok(()));
                for row in &table.rows {
                    let moved = row.gained - row.lost + row.entered - row.left + row.appeared - row.disappeared;
                    prop_assert_eq!(row.new - row.old, moved);
                }
            }
        }
    }

    #[test]
    fn a_snapshot_differs_from_itself_in_nothing(members in snapshot()) {
        for role in Role::ALL {
            let table = diff(&members, &members, role, Grouping::Product, &Options::default());
            prop_assert!(table.switchers.is_empty());
            prop_assert_eq!(table.panel, members.len());
            for row in &table.rows {
                prop_assert_eq!(row.old, row.new);
                for part in [row.gained, row.lost, row.entered, row.left, row.appeared, row.disappeared] {
                    prop_assert_eq!(part, zero());
                }
            }
            prop_assert!(table.transitions.iter().all(|t| t.from == t.to));
        }
    }

    #[test]
    fn the_other_way_round_is_the_mirror((old, new) in snapshots()) {
        for role in Role::ALL {
            let (there, back) = (diff(&old, &new, role, Grouping::Vendor, &Options::default()), diff(&new, &old, role, Grouping::Vendor, &Options::default()));
            prop_assert_eq!((there.panel, there.compared), (back.panel, back.compared));
            let mirrored = rows(&back);
            prop_assert_eq!(there.rows.len(), back.rows.len());
            for row in &there.rows {
                let other = mirrored[&row.row];
                prop_assert_eq!((row.old, row.gained, row.entered, row.appeared), (other.new, other.lost, other.left, other.disappeared));
                prop_assert_eq!((row.new, row.lost, row.left, row.disappeared), (other.old, other.gained, other.entered, other.appeared));
                prop_assert_eq!((row.gained_from_unattributed, row.gained_domain), (other.lost_to_unattributed, other.lost_domain));
                prop_assert_eq!((row.p_value, row.p_holm), (other.p_value, other.p_holm));
                prop_assert_eq!(row.share_change_pp, other.share_change_pp.map(|change| -change));
                prop_assert_eq!((row.panel.rose, row.panel.fell, row.panel.needed), (other.panel.fell, other.panel.rose, other.panel.needed));
            }
            let turn = |end: &End| match end {
                End::Entered => End::Left,
                End::Left => End::Entered,
                End::Row(row) => End::Row(row.clone()),
            };
            let flows: BTreeMap<(End, End), Count> = back.transitions.iter().map(|t| ((turn(&t.to), turn(&t.from)), t.members)).collect();
            for t in &there.transitions {
                prop_assert_eq!(flows.get(&(t.from.clone(), t.to.clone())), Some(&t.members));
            }
            prop_assert_eq!(there.switchers.len(), back.switchers.len());
        }
    }

    #[test]
    fn counts_and_shares_are_those_of_the_share_tables((old, new) in snapshots()) {
        let labels = labels();
        for role in Role::ALL {
            let table = diff(&old, &new, role, Grouping::Vendor, &Options::default());
            let view = View { role, by: Grouping::Vendor, labels: &labels };
            for (members, side) in [(&old, 0), (&new, 1)] {
                let shares = measure(members, view, &provenance(members.len(), "2025-06-01"), "rules", &Default::default()).unwrap();
                for share in &shares.rows {
                    let row = rows(&table)[&share.row];
                    let (count, fraction) = if side == 0 { (row.old, row.share_old) } else { (row.new, row.share_new) };
                    prop_assert_eq!((count, fraction), (share.members, share.share));
                }
            }
        }
    }

    #[test]
    fn the_order_of_members_does_not_matter(
        ((old, new), (shuffled_old, shuffled_new)) in snapshots().prop_flat_map(|(o, n)| {
            (Just((o.clone(), n.clone())), (Just(o).prop_shuffle(), Just(n).prop_shuffle()))
        })
    ) {
        for role in Role::ALL {
            let options = Options { top: Some(2), ..Options::default() };
            prop_assert_eq!(diff(&old, &new, role, Grouping::Vendor, &options), diff(&shuffled_old, &shuffled_new, role, Grouping::Vendor, &options));
        }
    }

    #[test]
    fn sorted_lists_give_the_same_as_unsorted_ones((old, new) in snapshots()) {
        let sorted = |members: &[Classification]| {
            let mut members = members.to_vec();
            members.sort_by(|a, b| super::panel::canonical(&a.domain, &b.domain).then_with(|| a.id.cmp(&b.id)));
            members
        };
        let (a, b) = (diff(&old, &new, Role::Gateway, Grouping::Vendor, &Options::default()), diff(&sorted(&old), &sorted(&new), Role::Gateway, Grouping::Vendor, &Options::default()));
        prop_assert_eq!(a, b);
    }

    #[test]
    fn transitions_have_the_old_and_new_counts_as_margins((old, new) in snapshots()) {
        let table = diff(&old, &new, Role::Gateway, Grouping::Product, &Options::default());
        for row in table.rows.iter().filter(|r| r.row != Row::Total) {
            let end = End::Row(row.row.clone());
            prop_assert_eq!(table.transitions.iter().filter(|t| t.from == end).map(|t| t.members).sum::<Count>(), row.old);
            prop_assert_eq!(table.transitions.iter().filter(|t| t.to == end).map(|t| t.members).sum::<Count>(), row.new);
        }
        let of = |end: End, from: bool| table.transitions.iter().filter(|t| *(if from { &t.from } else { &t.to }) == end).map(|t| t.members).sum::<Count>();
        let total = rows(&table)[&Row::Total];
        prop_assert_eq!((of(End::Entered, true), of(End::Left, false)), (total.entered, total.left));
    }

    #[test]
    fn effects_sum_to_the_change_exactly((old, new) in snapshots()) {
        let table = diff(&old, &new, Role::Mailbox, Grouping::Vendor, &Options::default());
        for row in &table.rows {
            if let (Some(count), Some(denominator)) = (row.count_effect_pp, row.denominator_effect_pp) {
                prop_assert_eq!(Some(count + denominator), row.share_change_pp);
            }
        }
    }

    #[test]
    fn members_are_matched_once_each((old, new) in snapshots()) {
        let (mut panel, mut left, mut entered) = (0, 0, 0);
        let mut same_id = 0;
        super::match_members(&old, &new, |found| match found {
            super::Match::Panel { old, new } => {
                panel += 1;
                same_id += usize::from(old.id == new.id);
                assert!(old.id == new.id || old.domain == new.domain);
            }
            super::Match::Left(_) => left += 1,
            super::Match::Entered(_) => entered += 1,
        });
        prop_assert_eq!((panel + left, panel + entered), (old.len(), new.len()));
        let ids = old.iter().filter(|o| new.iter().any(|n| n.id == o.id)).count();
        prop_assert_eq!(same_id, ids);
    }
}
