//! Laws of share tables over arbitrary classifications, and cases computed by hand.

use proptest::prelude::*;

use crate::classify::{Attribution, Classification, Confidence, Verdict};
use crate::share::arbitrary::{attribution, labels, member, named, provenance, snapshot};
use crate::share::{Cohort, Count, Grouping, Options, Row, ShareRow, ShareTable, View, check, measure, select, wilson};
use crate::vendor::Role;

const GROUPINGS: [Grouping; 4] = [Grouping::Vendor, Grouping::Product, Grouping::Owner, Grouping::Customer];

fn shares(members: &[Classification], role: Role, by: Grouping, options: &Options) -> ShareTable {
    let labels = labels();
    measure(members, View { role, by, labels: &labels }, &provenance(members.len(), "2025-06-01"), "rules", options).unwrap()
}

fn row<'t>(table: &'t ShareTable, label: &str) -> &'t ShareRow {
    table.rows.iter().find(|r| r.label == label).unwrap_or_else(|| panic!("no row {label}"))
}

fn whole(n: i128) -> Count {
    Count::from_integer(n)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn rows_add_up_in_every_role_and_grouping(members in snapshot(), top in prop::option::of(0_usize..4)) {
        for role in Role::ALL {
            for by in GROUPINGS {
                let table = shares(&members, role, by, &Options { top, ..Options::default() });
                prop_assert_eq!(check(&table), Ok(()));
                let total = whole(members.len() as i128);
                prop_assert_eq!(row(&table, "total").members, total);
                if role.is_exclusive() {
                    let sum: Count = table.rows.iter().filter(|r| r.row != Row::Total).map(|r| r.members).sum();
                    prop_assert_eq!(sum, total);
                } else {
                    for reached in &table.rows {
                        prop_assert!(reached.members <= total);
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_members_does_not_matter((members, shuffled) in snapshot().prop_flat_map(|m| (Just(m.clone()), Just(m).prop_shuffle()))) {
        for role in Role::ALL {
            let options = Options { top: Some(2), ..Options::default() };
            prop_assert_eq!(shares(&members, role, Grouping::Vendor, &options), shares(&shuffled, role, Grouping::Vendor, &options));
        }
    }

    #[test]
    fn folding_keeps_what_it_folds(members in snapshot(), top in 0_usize..3) {
        let all = shares(&members, Role::Gateway, Grouping::Product, &Options::default());
        let some = shares(&members, Role::Gateway, Grouping::Product, &Options { top: Some(top), ..Options::default() });
        let beyond: Count = all.rows.iter().filter(|r| matches!(r.row, Row::Named(_))).skip(top).map(|r| r.members).sum();
        let other = some.rows.iter().find(|r| r.row == Row::Other).map_or(whole(0), |r| r.members);
        prop_assert_eq!(other, beyond);
        prop_assert_eq!(all.concentration, some.concentration);
    }

    #[test]
    fn coarser_groupings_sum_finer_ones(members in snapshot()) {
        let by = |by| shares(&members, Role::Mailbox, by, &Options::default());
        let named = |t: &ShareTable| t.rows.iter().filter(|r| matches!(r.row, Row::Named(_))).map(|r| r.members).sum::<Count>();
        let vendors = named(&by(Grouping::Vendor));
        for other in GROUPINGS {
            prop_assert_eq!(named(&by(other)), vendors);
        }
    }

    #[test]
    fn cohorts_of_a_column_sum_to_the_population(members in snapshot()) {
        let columns = vec!["region".to_owned()];
        let cohorts = select(&members, &columns, &Cohort::parse("region", &columns).unwrap()).unwrap();
        prop_assert_eq!(cohorts.iter().map(|(_, m)| m.len()).sum::<usize>(), members.len());
        for band in select(&members, &columns, &Cohort::Bands).unwrap().windows(2) {
            prop_assert!(band[0].1.len() <= band[1].1.len());
        }
    }
}

/// Five to Alpha, one split between Alpha and Beta, two unattributed, one weakly and one surely
/// self-hosted, one without mail, two unreachable.
fn by_hand() -> Vec<Classification> {
    let mut verdicts = vec![vec![named("alpha")]; 5];
    verdicts.push(vec![named("alpha"), named("beta")]);
    verdicts.extend([vec![Verdict::Unattributed], vec![Verdict::Unattributed]]);
    verdicts.extend([vec![Verdict::SelfHosted], vec![Verdict::SelfHosted], vec![Verdict::NoMail]]);
    verdicts.extend([vec![Verdict::Unreachable], vec![Verdict::Unreachable]]);
    let mut members: Vec<Classification> =
        verdicts.iter().enumerate().map(|(i, v)| member(&format!("m{i}"), &format!("m{i}.example"), v)).collect();
    members[8].gateway[0].confidence = Some(Confidence::Confirmed);
    members
}

#[test]
fn shares_and_bounds_by_hand() {
    let table = shares(&by_hand(), Role::Gateway, Grouping::Vendor, &Options::default());
    // 13 members, 2 unreachable, 1 without mail: R = 10, R + U = 12.
    assert_eq!((table.base.measured(), table.base.measurable()), (whole(10), whole(12)));
    let alpha = row(&table, "Alpha");
    assert_eq!(alpha.members, Count::new(11, 2));
    assert_eq!(alpha.share, Some(Count::new(11, 20)));
    assert_eq!(alpha.lower_bound, Some(Count::new(11, 24)));
    // 5.5 + 2 unattributed + 1 weakly self-hosted + 2 unreachable.
    assert_eq!(alpha.upper_bound, Some(Count::new(21, 24)));
    // Not its own 2 again.
    assert_eq!(row(&table, "unattributed").upper_bound, Some(Count::new(5, 12)));
    // Both self-hosted, 2 unattributed, 2 unreachable: its weak one not again.
    assert_eq!(row(&table, "self-hosted").upper_bound, Some(Count::new(6, 12)));
    assert_eq!((row(&table, "self-hosted").confirmed, row(&table, "self-hosted").weak), (whole(1), whole(1)));
    for rest in ["no-mail", "unreachable", "total"] {
        assert_eq!((row(&table, rest).share, row(&table, rest).lower_bound, row(&table, rest).upper_bound), (None, None, None));
    }
    let labels: Vec<&str> = table.rows.iter().map(|r| r.label.as_str()).collect();
    assert_eq!(labels, ["Alpha", "Beta", "self-hosted", "unattributed", "no-mail", "unreachable", "total"]);
    let concentration = table.concentration.unwrap();
    assert_eq!((concentration.top1, concentration.top3), (Count::new(11, 20), Count::new(6, 10)));
    // 55 squared plus 5 squared.
    assert_eq!(concentration.hhi, whole(3050));
}

#[test]
fn small_rows_are_withheld_and_named_not_dropped() {
    let table = shares(&by_hand(), Role::Gateway, Grouping::Vendor, &Options { min_n: Some(5), ..Options::default() });
    assert_eq!((row(&table, "Alpha").withheld, row(&table, "Beta").withheld), (None, Some(5)));
    assert_eq!(row(&table, "Beta").members, Count::new(1, 2));
}

#[test]
fn an_empty_population_and_one_that_nobody_answers_for() {
    let empty = shares(&[], Role::Gateway, Grouping::Vendor, &Options { wilson: true, ..Options::default() });
    assert!(
        empty.rows.iter().all(|r| r.members == whole(0) && r.share.is_none() && r.upper_bound.is_none() && r.wilson.is_none())
    );
    assert_eq!(empty.concentration, None);
    let silent: Vec<_> = (0..3).map(|i| member(&format!("m{i}"), "x.example", &[Verdict::Unreachable])).collect();
    let table = shares(&silent, Role::Gateway, Grouping::Vendor, &Options::default());
    assert_eq!(row(&table, "unreachable").members, whole(3));
    let unattributed = row(&table, "unattributed");
    // Nothing is known: no share, and bounds from 0 to 1.
    assert_eq!((unattributed.share, unattributed.lower_bound, unattributed.upper_bound), (None, Some(whole(0)), Some(whole(1))));
}

#[test]
fn reach_counts_members_once_and_never_sums() {
    let sending = |id: &str, vendors: &[&str]| Classification {
        sender: (crate::classify::Reached::Measured, vendors.iter().map(|v| attribution(named(v), 1, 1)).collect()),
        ..member(id, id, &[Verdict::NoMail])
    };
    let mut members = vec![sending("a", &["alpha", "beta"]), sending("b", &["alpha", "alpha"]), sending("c", &[])];
    members.push(Classification {
        sender: (crate::classify::Reached::Unreachable(crate::dns::Outcome::Timeout), Vec::new()),
        ..member("d", "d", &[Verdict::NoMail])
    });
    let table = shares(&members, Role::Sender, Grouping::Vendor, &Options::default());
    assert_eq!((row(&table, "Alpha").members, row(&table, "Alpha").share), (whole(2), Some(Count::new(2, 3))));
    assert_eq!(
        (row(&table, "Beta").lower_bound, row(&table, "Beta").upper_bound),
        (Some(Count::new(1, 4)), Some(Count::new(2, 4)))
    );
    assert_eq!((row(&table, "none").members, row(&table, "unreachable").members), (whole(1), whole(1)));
    // Alpha and Beta have one owner today: two members, not three.
    let owners = shares(&members, Role::Sender, Grouping::Owner, &Options::default());
    assert_eq!(row(&owners, "Beta Group").members, whole(2));
    let folded = shares(&members, Role::Sender, Grouping::Vendor, &Options { top: Some(0), ..Options::default() });
    assert_eq!(row(&folded, "other (2 vendors)").members, whole(2));
}

#[test]
fn parts_that_do_not_sum_to_one_are_refused() {
    let broken = Classification { gateway: vec![attribution(named("alpha"), 1, 2)], ..member("a", "a", &[Verdict::NoMail]) };
    let labels = labels();
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let fault = measure([&broken], view, &provenance(1, "2025-06-01"), "rules", &Options::default()).unwrap_err();
    assert!(fault.to_string().contains("the rows sum to 0.5"), "{fault}");
    let missing = measure([&broken], view, &provenance(2, "2025-06-01"), "rules", &Options::default()).unwrap_err();
    assert!(missing.to_string().contains("the population has 2"), "{missing}");
}

#[test]
fn ties_too_fine_for_exact_sums_are_refused_with_a_remedy() {
    let tie = |n: i64| Classification {
        gateway: (0..n).map(|i| Attribution { ..attribution(named(&format!("v{i}")), 1, n) }).collect(),
        ..member(&format!("m{n}"), "x.example", &[Verdict::NoMail])
    };
    let members: Vec<_> = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149].into_iter().map(tie).collect();
    let labels = labels();
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let fault = measure(&members, view, &provenance(members.len(), "2025-06-01"), "rules", &Options::default()).unwrap_err();
    assert!(fault.to_string().contains("tie between so many vendors"), "{fault}");
}

/// `statsmodels.stats.proportion.proportion_confint(k, n, 0.05, 'wilson')`, statsmodels 0.15.0.
#[test]
fn wilson_intervals_are_those_of_statsmodels() {
    for (k, n, low, high) in [
        (whole(89), whole(455), 0.161_768_953_763_334_75, 0.234_536_688_032_983_53),
        (whole(0), whole(10), 0.0, 0.277_532_799_862_889_26),
        (whole(10), whole(10), 0.722_467_200_137_110_6, 1.0),
        (whole(1), whole(3), 0.061_491_944_720_396_26, 0.792_340_399_197_952_3),
        (whole(3), whole(2640), 0.000_386_539_763_273_307_8, 0.003_335_869_077_793_881),
        (Count::new(1, 2), whole(3), 0.017_652_794_278_653_516, 0.690_011_893_558_043_5),
    ] {
        let (l, h) = wilson(&k, &n).unwrap();
        assert!((l - low).abs() < 1e-12 && (h - high).abs() < 1e-12, "{k} of {n}: {l} {h}");
    }
    assert_eq!(wilson(&whole(0), &whole(0)), None);
}

#[test]
fn cohorts_are_read_and_mistakes_are_named() {
    let columns = vec!["sector".to_owned()];
    assert_eq!(Cohort::parse("sector=Energy", &columns), Ok(Cohort::Value("sector".into(), "Energy".into())));
    assert_eq!(Cohort::parse("rank", &columns), Ok(Cohort::Bands));
    assert_eq!(Cohort::parse("rank=100", &columns), Ok(Cohort::Top(100)));
    assert!(Cohort::parse("sektor", &columns).unwrap_err().to_string().contains("it has sector, rank"));
    let members = [Classification { cohorts: vec!["Retail".into()], ..member("a", "a", &[Verdict::NoMail]) }];
    let unknown = select(&members, &columns, &Cohort::Value("sector".into(), "Energy".into())).unwrap_err();
    assert!(unknown.to_string().contains("the column holds Retail"), "{unknown}");
}
