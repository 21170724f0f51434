//! Diffs computed by hand, and the statistics checked against independent implementations.

use crate::classify::{Classification, Verdict};
use crate::diff::laws::diff;
use crate::diff::{Cause, DiffRow, DiffTable, Options, holm, mcnemar, needed};
use crate::share::arbitrary::{member, named};
use crate::share::{Count, Grouping, number};
use crate::vendor::Role;

fn row<'t>(table: &'t DiffTable, label: &str) -> &'t DiffRow {
    table.rows.iter().find(|r| r.label == label).unwrap_or_else(|| panic!("no row {label}"))
}

fn whole(n: i128) -> Count {
    Count::from_integer(n)
}

fn gateways(old: &[Classification], new: &[Classification]) -> DiffTable {
    diff(old, new, Role::Gateway, Grouping::Vendor, &Options::default())
}

/// `alpha` of 455 members to Alpha, the rest to Beta.
fn year(alpha: usize) -> Vec<Classification> {
    let verdict = |i| if i < alpha { named("alpha") } else { named("beta") };
    (0..455).map(|i| member(&format!("m{i}"), &format!("m{i}.example"), &[verdict(i)])).collect()
}

/// The founding post's pattern: 89 -> 78 is -12 %, and -2 points; 78 -> 92 is +18 %.
#[test]
fn a_relative_change_is_not_a_change_in_points() {
    let first = gateways(&year(89), &year(78));
    let alpha = row(&first, "Alpha");
    assert_eq!((alpha.old, alpha.new, alpha.gained, alpha.lost), (whole(89), whole(78), whole(0), whole(11)));
    assert_eq!(alpha.relative_change, Some(Count::new(-11, 89)));
    assert_eq!(number::relative(&alpha.relative_change.unwrap()), "-12.4 %");
    assert_eq!(number::points(&alpha.share_change_pp.unwrap()), "-2.4");
    assert_eq!(alpha.denominator_effect_pp, Some(whole(0)));
    let second = gateways(&year(78), &year(92));
    assert_eq!(number::relative(&row(&second, "Alpha").relative_change.unwrap()), "+17.9 %");
    assert_eq!(number::points(&row(&second, "Alpha").share_change_pp.unwrap()), "+3.1");
    assert_eq!(row(&second, "Alpha").gained, whole(14));
}

/// The list shrinks and nobody switches: the count stays, the share does not.
#[test]
fn a_smaller_list_moves_shares_by_the_denominator_alone() {
    let old = year(91);
    let new: Vec<_> = old.iter().take(364).cloned().collect();
    let alpha = gateways(&old, &new);
    let alpha = row(&alpha, "Alpha");
    assert_eq!((alpha.share_old, alpha.share_new), (Some(Count::new(1, 5)), Some(Count::new(1, 4))));
    assert_eq!((alpha.count_effect_pp, alpha.denominator_effect_pp), (Some(whole(0)), Some(whole(5))));
}

#[test]
fn a_renamed_member_stays_in_the_panel_with_its_cause() {
    let old = [member("acme", "acme.example", &[named("alpha")]), member("b", "b.example", &[named("beta")])];
    let new = [member("acme", "acme-group.example", &[named("beta")]), member("b-new-id", "b.example", &[named("beta")])];
    let table = gateways(&old, &new);
    assert_eq!((table.panel, table.compared, table.switchers.len()), (2, 2, 1));
    let switcher = &table.switchers[0];
    assert_eq!((switcher.id.as_str(), switcher.cause), ("acme", Cause::Domain));
    assert_eq!((switcher.domain_old.as_str(), switcher.domain_new.as_str()), ("acme.example", "acme-group.example"));
    assert_eq!((row(&table, "Beta").gained, row(&table, "Beta").gained_domain), (whole(1), whole(1)));
    assert_eq!((row(&table, "Alpha").lost_domain, row(&table, "total").entered), (whole(1), whole(0)));
}

/// Ids go before domains, and a domain finds one partner only.
#[test]
fn ids_match_before_domains() {
    let old = [member("a", "x.example", &[named("alpha")]), member("b", "y.example", &[named("beta")])];
    let new = [
        member("b", "x.example", &[named("beta")]),
        member("c", "y.example", &[named("gamma")]),
        member("d", "x.example", &[named("gamma")]),
    ];
    let table = gateways(&old, &new);
    // b by id, although x.example was a's; a by domain with d; c enters.
    assert_eq!((table.panel, row(&table, "total").entered, row(&table, "total").left), (2, whole(1), whole(0)));
    assert_eq!((row(&table, "Gamma").entered, row(&table, "Gamma").gained), (whole(1), whole(1)));
    assert_eq!(table.switchers.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["d"]);
}

#[test]
fn unreachable_is_never_a_switch() {
    let old = [
        member("a", "a", &[named("alpha")]),
        member("b", "b", &[Verdict::Unreachable]),
        member("c", "c", &[Verdict::Unreachable]),
    ];
    let new = [
        member("a", "a", &[Verdict::Unreachable]),
        member("b", "b", &[named("beta")]),
        member("c", "c", &[Verdict::Unreachable]),
    ];
    let table = gateways(&old, &new);
    assert_eq!((table.panel, table.compared, table.switchers.len()), (3, 0, 0));
    assert_eq!((row(&table, "Alpha").disappeared, row(&table, "Beta").appeared), (whole(1), whole(1)));
    let unreachable = row(&table, "unreachable");
    assert_eq!(
        (unreachable.old, unreachable.new, unreachable.appeared, unreachable.disappeared),
        (whole(2), whole(2), whole(1), whole(1))
    );
    assert_eq!((row(&table, "total").appeared, row(&table, "total").disappeared), (whole(2), whole(2)));
    assert_eq!((row(&table, "Alpha").p_value, row(&table, "Alpha").p_holm), (Some(1.0), None));
}

#[test]
fn everything_unreachable_and_nobody_at_all() {
    let silent: Vec<_> = (0..4).map(|i| member(&format!("m{i}"), &format!("m{i}.example"), &[Verdict::Unreachable])).collect();
    let table = gateways(&silent, &silent);
    assert_eq!((table.compared, row(&table, "unreachable").new), (0, whole(4)));
    assert!(table.rows.iter().all(|r| r.share_change_pp.is_none()));
    let empty = gateways(&[], &[]);
    assert_eq!((empty.panel, row(&empty, "total").relative_change), (0, None));
    let from_nothing = gateways(&[], &year(89)[..2]);
    assert_eq!((row(&from_nothing, "Alpha").entered, row(&from_nothing, "Alpha").relative_change), (whole(2), None));
}

/// Half Alpha, half Beta becomes all Beta: half a member moves.
#[test]
fn a_split_member_moves_in_parts() {
    let old = [member("a", "a", &[named("alpha"), named("beta")]), member("b", "b", &[Verdict::Unattributed])];
    let new = [member("a", "a", &[named("beta")]), member("b", "b", &[named("gamma")])];
    let table = gateways(&old, &new);
    let half = Count::new(1, 2);
    assert_eq!((row(&table, "Alpha").lost, row(&table, "Beta").gained), (half, half));
    assert_eq!((row(&table, "Beta").panel.rose, row(&table, "Alpha").panel.fell), (1, 1));
    assert_eq!((row(&table, "Gamma").gained, row(&table, "Gamma").gained_from_unattributed), (whole(1), whole(1)));
    assert_eq!(row(&table, "unattributed").lost, whole(1));
    assert_eq!(table.switchers[0].from, "Alpha + Beta");
    let moved: Vec<(&str, &str, Count)> =
        table.transitions.iter().map(|t| (t.from_label.as_str(), t.to_label.as_str(), t.members)).collect();
    assert_eq!(moved, [("Alpha", "Beta", half), ("Beta", "Beta", half), ("unattributed", "Gamma", whole(1))]);
}

/// `statsmodels.stats.contingency_tables.mcnemar([[0, b], [c, 0]], exact=True).pvalue`, statsmodels
/// 0.15.0; the same figures from `scipy.stats.binomtest(min(b, c), b + c, 0.5).pvalue`, scipy 1.17.1.
#[test]
fn mcnemar_is_that_of_statsmodels() {
    for (rose, fell, expected) in [
        (0, 0, 1.0),
        (0, 1, 1.0),
        (5, 0, 0.0625),
        (6, 0, 0.03125),
        (4, 1, 0.375),
        (12, 3, 0.035_156_25),
        (10, 10, 1.0),
        (11, 9, 0.823_802_947_998_046_9),
        (40, 17, 0.003_201_543_767_450_381_3),
        (512, 431, 0.009_147_443_051_900_267),
        (1000, 1100, 0.030_720_707_864_242_49),
        (12_000, 11_500, 0.001_133_014_209_028_071_4),
        (0, 60, 1.734_723_475_976_807e-18),
        (200_000, 199_000, 0.113_755_455_756_072_88),
        (3, 900, 3.629_598_428_509_170_8e-264),
    ] {
        let p = mcnemar(rose, fell);
        assert!((p / expected - 1.0).abs() < 1e-9, "{rose} {fell}: {p}, not {expected}");
        assert_eq!(p.to_bits(), mcnemar(fell, rose).to_bits());
    }
    // Out of the range of doubles (statsmodels says 0): never 0.
    assert_eq!(mcnemar(0, 1200), f64::MIN_POSITIVE);
}

/// `[d for d in range(n % 2, n + 1, 2) if binomtest((n - d) // 2, n, 0.5).pvalue < 0.05][:1]`.
#[test]
fn the_difference_needed_is_that_of_scipy() {
    let expected = [(0, None), (1, None), (5, None), (6, Some(6)), (7, Some(7)), (8, Some(8)), (9, Some(7)), (10, Some(8))];
    for (changed, difference) in expected.into_iter().chain([(20, Some(10)), (25, Some(11)), (100, Some(22)), (1000, Some(64))]) {
        assert_eq!(needed(changed), difference, "{changed}");
    }
}

/// `statsmodels.stats.multitest.multipletests(p, method='holm')[1]`, statsmodels 0.15.0.
#[test]
fn holm_is_that_of_statsmodels() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005, 0.2, 0.9, 0.04]);
    for (found, expected) in adjusted.iter().zip([0.06, 0.16, 0.15, 0.035, 0.4, 0.9, 0.16]) {
        assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
    }
    assert_eq!(holm(&[]), Vec::<f64>::new());
}

#[test]
fn holm_runs_over_changed_rows_before_any_is_folded() {
    let (old, new) = (year(89), year(78));
    let all = gateways(&old, &new);
    // Two rows changed: Alpha and Beta, 11 of 11 one way.
    let p = 2.0 * 0.5_f64.powi(11);
    assert_eq!((row(&all, "Alpha").p_value, row(&all, "Alpha").p_holm), (Some(p), Some(2.0 * p)));
    let top = diff(&old, &new, Role::Gateway, Grouping::Vendor, &Options { top: Some(1), ..Options::default() });
    assert_eq!(row(&top, "Beta").p_holm, Some(2.0 * p));
    assert_eq!((row(&top, "other (1 vendor)").p_value, row(&top, "other (1 vendor)").lost), (None, whole(11)));
}
