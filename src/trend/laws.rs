//! Laws of trends over arbitrary series of snapshots.

use proptest::prelude::*;

use crate::classify::Verdict;
use crate::diff::{self};
use crate::share::arbitrary::{labels, member, named, provenance, snapshot, snapshots};
use crate::share::{Count, Grouping, View};
use crate::trend::{TrendError, trend};
use crate::vendor::Role;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_sum_to_first_against_last((a, b) in snapshots(), c in snapshot()) {
        let labels = labels();
        let at = |members: &Vec<_>, day| (provenance(members.len(), day), members.clone());
        let series = [at(&c, "2025-06-01"), at(&a, "2023-06-01"), at(&b, "2024-06-01")];
        for role in Role::ALL {
            let table = trend(&series, View { role, by: Grouping::Vendor, labels: &labels }, "rules", None).unwrap();
            prop_assert_eq!(table.snapshots.iter().map(|p| p.observed_to.as_str()).collect::<Vec<_>>(), ["2023-06-01", "2024-06-01", "2025-06-01"]);
            let net = |t: &diff::DiffTable, row: &crate::share::Row| t.rows.iter().find(|r| r.row == *row).map_or(Count::default(), |r| r.net());
            for line in &table.series {
                let steps: Count = table.steps.iter().map(|step| net(step, &line.row)).sum();
                prop_assert_eq!(steps, net(&table.whole, &line.row));
                prop_assert_eq!(line.points.len(), 3);
            }
            for (i, shares) in table.shares.iter().enumerate() {
                let sum: Count = table.series.iter().filter(|s| s.row != crate::share::Row::Total).filter_map(|s| s.points[i]).map(|p| p.members).sum();
                prop_assert!(!role.is_exclusive() || sum == shares.base.population);
            }
        }
    }
}

#[test]
fn gaps_are_gaps_and_noughts_are_noughts() {
    let labels = labels();
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let year = |day: &str, verdict: Verdict| (provenance(1, day), vec![member("a", "a.example", &[verdict])]);
    let series =
        [year("2023-01-01", named("alpha")), year("2024-01-01", Verdict::Unreachable), year("2025-01-01", named("beta"))];
    let table = trend(&series, view, "rules", None).unwrap();
    let of = |label: &str| &table.series.iter().find(|s| s.label == label).unwrap().points;
    assert_eq!(of("Alpha").iter().map(|p| p.map(|p| p.members)).collect::<Vec<_>>(), [Some(1.into()), None, Some(0.into())]);
    assert_eq!(of("Alpha")[2].unwrap().share, Some(Count::from_integer(0)));
    assert_eq!(of("unreachable")[1].unwrap().members, Count::from_integer(1));
    assert_eq!(
        table.series.iter().map(|s| s.label.as_str()).collect::<Vec<_>>(),
        ["Beta", "Alpha", "self-hosted", "unattributed", "no-mail", "unreachable", "total"]
    );
}

#[test]
fn a_trend_needs_two_days() {
    let labels = labels();
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let one = [(provenance(0, "2023-01-01"), Vec::new())];
    assert_eq!(trend(&one, view, "rules", None), Err(TrendError::TooFew(1)));
    let twice = [one[0].clone(), one[0].clone()];
    assert!(matches!(trend(&twice, view, "rules", None), Err(TrendError::SameDay { .. })));
}
