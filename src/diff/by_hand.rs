//! Diffs computed by hand, and the statistics checked against independent implementations.

use crate::classify::{Classification, Verdict};
use crate::diff::laws::diff;
use crate::diff::{
    Cause, Corners, DiffRow, DiffTable, Options, drift, finding, holm, mcnemar, needed, noise, ownership, summary, win_loss,
};
use crate::population::Unit;
use crate::provenance::Provenance;
use crate::share::arbitrary::{labels, member, named, provenance, vendors};
use crate::share::{Count, Grouping, View, measure, number};
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

/// The sentence of the measure's definition, from 214 of 2,640 domains: 4 in, 1 out.
#[test]
fn the_summary_cannot_be_misread() {
    let build = |alpha: std::ops::Range<usize>, also: Option<usize>| -> Vec<Classification> {
        let verdict = |i: usize| if alpha.contains(&i) || Some(i) == also { named("alpha") } else { named("beta") };
        (0..2640).map(|i| member(&format!("m{i}"), &format!("m{i}.example"), &[verdict(i)])).collect()
    };
    // 0 goes, 214 to 217 come.
    let table = gateways(&build(0..214, None), &build(1..218, None));
    let table = DiffTable { new: Provenance { unit: Unit::Domain, ..table.new.clone() }, ..table };
    let found = summary(&table, 5);
    assert_eq!(found.findings[0].vendor, "Beta");
    let alpha = &found.findings[1];
    assert_eq!(alpha.headline, "Alpha +1.4 % (214 -> 217 domains, +0.1 points)");
    assert_eq!(
        alpha.switching,
        "Alpha gained 3 of 2,640 domains (+1.4 %, +0.1 points; 4 in, 1 out; exact p = 0.38, Holm p = 0.75: \
         not distinguishable from balanced switching)"
    );
    assert_eq!(alpha.remarks, ["With 5 changes, no split could have reached p < 0.05."]);
}

#[test]
fn the_summary_keeps_the_causes_apart() {
    let old = [
        member("a", "a", &[named("alpha")]),
        member("b", "b", &[Verdict::Unattributed]),
        member("c", "c", &[named("alpha")]),
        member("d", "d", &[named("alpha")]),
    ];
    let new = [
        member("a", "a2", &[named("gamma")]),
        member("b", "b", &[named("alpha")]),
        member("d", "d", &[Verdict::Unreachable]),
        member("e", "e", &[named("alpha")]),
    ];
    let table = gateways(&old, &new);
    let alpha = finding(&table, row(&table, "Alpha"));
    assert_eq!(alpha.headline, "Alpha -33.3 % (3 -> 2 companies, -8.3 points)");
    assert_eq!(
        alpha.remarks,
        [
            "With 2 changes, no split could have reached p < 0.05.",
            "3 -> 2: 0 by switching, +1 entered the list, -1 left it, -1 became unreachable.",
            "Of the change in share, -33.3 points come from its count and +25.0 from the denominator (4 -> 3 measured).",
            "1 of what it gained came from unattributed and 0 of what it lost went there: detection, not market.",
            "0 gained and 1 lost because another domain was asked for the same member."
        ]
    );
    let caveats = summary(&table, 1).caveats;
    assert_eq!(
        caveats[0],
        "The lists differ: 1 company entered and 1 left. They count in both totals, and in no one's gains or losses."
    );
    assert_eq!(caveats[1], "1 became unreachable and 0 reachable again: not measured, hence no switch.");
    assert_eq!(caveats.last().unwrap(), "1 further vendor has changed as well.");
    let gamma = finding(&table, row(&table, "Gamma"));
    assert_eq!(gamma.headline, "Gamma new (0 -> 1 company, +33.3 points)");
}

/// Alpha was bought by the owner of Beta on 2025-01-01, between the snapshots.
#[test]
fn an_acquisition_is_an_annotation_and_not_growth() {
    let members = year(89);
    let brands = gateways(&members, &members);
    let events = ownership(&brands, &vendors());
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((event.vendor.as_str(), event.from.as_str(), event.to.as_str()), ("Alpha", "Alpha Inc", "Beta Group"));
    assert_eq!((event.on.as_deref(), event.members_old, event.members_new), (Some("2025-01-01"), whole(89), whole(89)));
    let owners = diff(&members, &members, Role::Gateway, Grouping::Owner, &Options::default());
    let group = row(&owners, "Beta Group");
    assert_eq!((group.old, group.new, group.gained), (whole(455), whole(455), whole(0)));
}

#[test]
fn duels_name_both_sides() {
    let duels = win_loss(&gateways(&year(89), &year(78)));
    let told: Vec<(&str, &str, Count, Count)> =
        duels.iter().map(|d| (d.vendor.as_str(), d.counterpart.as_str(), d.won, d.lost)).collect();
    assert_eq!(told, [("Alpha", "Beta", whole(0), whole(11)), ("Beta", "Alpha", whole(11), whole(0))]);
}

#[test]
fn noise_is_flips_over_members_resolved_twice() {
    let (mut first, second) = (year(89), year(78));
    first[454] = member("m454", "m454.example", &[Verdict::Unreachable]);
    let noise = noise(&gateways(&first, &second));
    assert_eq!((noise.panel, noise.resolved, noise.flipped, noise.half_reachable), (455, 454, 11, whole(1)));
    assert_eq!((noise.rate(), noise.expected(908)), (Some(Count::new(11, 454)), Some(whole(22))));
}

/// New rules read 10 more members as Alpha in the old records; DNS moved 11 away.
#[test]
fn rule_drift_and_data_sum_to_what_is_seen() {
    let labels = labels();
    let view = View { role: Role::Gateway, by: Grouping::Vendor, labels: &labels };
    let table = |alpha: usize, rules: &str| {
        measure(&year(alpha), view, &provenance(455, "2025-06-01"), rules, &Default::default()).unwrap()
    };
    let (a, b, c, d) = (table(89, "old"), table(99, "new"), table(79, "old"), table(88, "new"));
    let corners = Corners { old_data_old_rules: &a, old_data_new_rules: &b, new_data_old_rules: &c, new_data_new_rules: &d };
    let drift = drift(corners);
    let alpha = drift.rows.iter().find(|r| r.label == "Alpha").unwrap();
    assert_eq!((alpha.apparent(), alpha.data_effect(), alpha.rule_effect()), (whole(-1), whole(-11), whole(10)));
    assert_eq!(alpha.data_effect_pp(), Some(Count::new(-1100, 455)));
    assert_eq!((drift.old_rules.as_str(), drift.new_rules.as_str()), ("old", "new"));
    assert_eq!(drift.rows.last().unwrap().label, "total");
}
