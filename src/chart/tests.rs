//! Layout and content of every chart, over tables made up for the purpose (and marked so).

use std::fs;
use std::path::Path;

use super::scene::{Item, Rect, Scene};
use super::*;
use crate::diff::{DiffRow, DiffTable, End, PanelRow, Transition};
use crate::population::Unit;
use crate::provenance::{Kind, Provenance};
use crate::share::{Base, Count, Grouping, Row, ShareRow, ShareTable};
use crate::trend::{Point, Series, TrendTable};
use crate::vendor::Role;

fn int(n: i128) -> Count {
    Count::from_integer(n)
}

pub fn provenance(year: &str, members: i128) -> Provenance {
    Provenance {
        population: format!("synthetic-{year}"),
        series: "synthetic".into(),
        unit: Unit::Company,
        members: members as usize,
        observed_from: format!("{year}-03-15"),
        observed_to: format!("{year}-03-15"),
        kind: Kind::Synthetic,
        source: None,
        snapshot: "0123456789ab".into(),
        notes: vec!["Counts are made up to try the layout".into()],
    }
}

/// Vendors with old and new counts; self-hosted, unattributed, no-mail, unreachable likewise.
#[derive(Clone)]
pub struct World {
    pub vendors: Vec<(String, i128, i128)>,
    pub rest: [(i128, i128); 4],
}

const REST: [(Row, &str); 4] = [
    (Row::SelfHosted, "self-hosted"),
    (Row::Unattributed, "unattributed"),
    (Row::NoMail, "no-mail"),
    (Row::Unreachable, "unreachable"),
];

fn row_of(name: &str) -> Row {
    Row::Named(name.to_lowercase().replace(' ', "-"))
}

impl World {
    pub fn new(vendors: &[(&str, i128, i128)], rest: [(i128, i128); 4]) -> Self {
        Self { vendors: vendors.iter().map(|(n, a, b)| ((*n).to_owned(), *a, *b)).collect(), rest }
    }

    fn base(&self, new: bool) -> Base {
        let pick = |p: (i128, i128)| int(if new { p.1 } else { p.0 });
        let named: Count = self.vendors.iter().map(|v| pick((v.1, v.2))).sum();
        let rest: Count = self.rest.iter().map(|r| pick(*r)).sum();
        Base { population: named + rest, unreachable: pick(self.rest[3]), no_mail: pick(self.rest[2]) }
    }

    pub fn shares(&self) -> ShareTable {
        let base = self.base(true);
        let (r, ru) = (base.measured(), base.measurable());
        let over = |n: Count, d: Count| (d != int(0)).then(|| n / d);
        let row = |row: Row, label: &str, members: Count| {
            let inside = !matches!(row, Row::NoMail | Row::Unreachable);
            let open = if row == Row::Unattributed { int(0) } else { int(self.rest[1].1) };
            ShareRow {
                row,
                label: label.into(),
                members,
                share: over(members, r).filter(|_| inside),
                lower_bound: over(members, ru).filter(|_| inside),
                upper_bound: over(members + open + base.unreachable, ru).filter(|_| inside),
                confirmed: members,
                likely: int(0),
                weak: int(0),
                wilson: None,
                withheld: None,
            }
        };
        let mut rows: Vec<ShareRow> = self.vendors.iter().map(|(n, _, b)| row(row_of(n), n, int(*b))).collect();
        rows.sort_by_key(|r| std::cmp::Reverse(r.members));
        rows.extend(REST.iter().zip(&self.rest).map(|((r, l), n)| row(r.clone(), l, int(n.1))));
        ShareTable {
            role: Role::Gateway,
            by: Grouping::Vendor,
            provenance: provenance("2025", *base.population.numer()),
            ruleset: "0123456789ab".into(),
            cohort: None,
            base,
            rows,
            concentration: None,
        }
    }

    pub fn diff(&self) -> DiffTable {
        let (old, new) = (self.base(false), self.base(true));
        let over = |n: i128, base: &Base| (base.measured() != int(0)).then(|| int(n) / base.measured());
        let row = |row: Row, label: &str, a: i128, b: i128| {
            let inside = !matches!(row, Row::NoMail | Row::Unreachable);
            let (share_old, share_new) = (over(a, &old).filter(|_| inside), over(b, &new).filter(|_| inside));
            DiffRow {
                row,
                label: label.into(),
                old: int(a),
                new: int(b),
                relative_change: (a != 0).then(|| Count::new(b - a, a)),
                share_old,
                share_new,
                share_change_pp: share_old.zip(share_new).map(|(a, b)| (b - a) * int(100)),
                count_effect_pp: None,
                denominator_effect_pp: None,
                gained: int((b - a).max(0)),
                lost: int((a - b).max(0)),
                entered: int(0),
                left: int(0),
                appeared: int(0),
                disappeared: int(0),
                gained_from_unattributed: int(0),
                lost_to_unattributed: int(0),
                gained_domain: int(0),
                lost_domain: int(0),
                p_value: None,
                p_holm: None,
                panel: PanelRow::default(),
                withheld: None,
            }
        };
        let mut rows: Vec<DiffRow> = self.vendors.iter().map(|(n, a, b)| row(row_of(n), n, *a, *b)).collect();
        rows.sort_by_key(|r| std::cmp::Reverse(r.new));
        rows.extend(REST.iter().zip(&self.rest).map(|((r, l), n)| row(r.clone(), l, n.0, n.1)));
        let transitions = flow(&rows);
        DiffTable {
            role: Role::Gateway,
            by: Grouping::Vendor,
            old: provenance("2024", *old.population.numer()),
            new: provenance("2025", *new.population.numer()),
            ruleset: "0123456789ab".into(),
            cohort: None,
            panel: 400,
            compared: 390,
            base_old: old,
            base_new: new,
            panel_base_old: old,
            panel_base_new: new,
            rows,
            transitions,
            switchers: Vec::new(),
        }
    }
}

/// An end of a move with its label.
type Labelled = (End, String);

/// Some way for the losers' members to reach the gainers; what is left over enters or leaves.
fn flow(rows: &[DiffRow]) -> Vec<Transition> {
    let end = |r: &DiffRow| (End::Row(r.row.clone()), r.label.clone());
    let mut out: Vec<(Labelled, Labelled, Count)> = Vec::new();
    let mut gaps: Vec<Count> = rows.iter().map(|r| r.new - r.old.min(r.new)).collect();
    for row in rows {
        out.push((end(row), end(row), row.old.min(row.new)));
        let mut rest = row.old - row.old.min(row.new);
        for (to, gap) in rows.iter().zip(&mut gaps) {
            let part = rest.min(*gap).min(int(3));
            out.push((end(row), end(to), part));
            *gap -= part;
            rest -= part;
        }
        out.push((end(row), (End::Left, "(left)".into()), rest));
    }
    for (to, gap) in rows.iter().zip(&gaps) {
        out.push(((End::Entered, "(entered)".into()), end(to), *gap));
    }
    out.into_iter()
        .filter(|t| t.2 != int(0))
        .map(|(from, to, members)| Transition { from: from.0, from_label: from.1, to: to.0, to_label: to.1, members })
        .collect()
}

pub fn usual() -> World {
    World::new(
        &[
            ("Proofpoint", 138, 151),
            ("Microsoft", 89, 78),
            ("Cisco", 61, 72),
            ("Mimecast", 41, 43),
            ("Google", 14, 16),
            ("Trend Micro", 18, 15),
            ("Broadcom", 24, 15),
            ("Barracuda", 11, 12),
            ("Trellix", 12, 8),
            ("Forcepoint", 9, 6),
            ("Cloudflare", 0, 4),
            ("Fortinet", 3, 5),
            ("Sophos", 2, 2),
            ("Hornetsecurity", 2, 1),
            ("Zix", 1, 0),
        ],
        [(31, 29), (20, 17), (12, 14), (12, 12)],
    )
}

fn worlds() -> Vec<(&'static str, World)> {
    let three = World::new(&[("Microsoft", 12, 14), ("Google", 3, 2), ("Proofpoint", 1, 1)], [(0, 0), (1, 0), (0, 0), (0, 0)]);
    let many: Vec<(String, i128, i128)> =
        (0..40).map(|i| (format!("Vendor Number {i}"), 300 / (i + 1), 290 / (i + 1) + i128::from(i % 3 == 0))).collect();
    let forty = World { vendors: many, rest: [(40, 42), (60, 50), (9, 9), (30, 31)] };
    let dominant =
        World::new(&[("Microsoft", 9800, 9931), ("Google", 3, 2), ("Proofpoint", 1, 30)], [(1, 1), (1, 0), (7, 7), (2, 3)]);
    let mut still = usual();
    still.vendors.iter_mut().for_each(|v| v.2 = v.1);
    still.rest.iter_mut().for_each(|r| r.1 = r.0);
    let empty = World::new(&[], [(0, 0); 4]);
    let nobody = World::new(&[], [(0, 0), (0, 0), (0, 0), (40, 41)]);
    let long = World::new(
        &[
            ("Internationale Gesellschaft für die Sicherheit der elektronischen Post mbH & Co. KGaA", 1_234_567, 1_334_567),
            ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", 220, 880),
            ("A<script>alert(1)</script>\u{202e}gnirts & \"Söhne\"", 100, 1),
            ("日本メール", 50, 70),
            ("X", 12, 12),
        ],
        [(400, 300), (123_456, 123_000), (2, 2), (99_999, 100_000)],
    );
    let doubled = World::new(&[("Proofpoint", 20, 95), ("Microsoft", 60, 5), ("Cisco", 1, 40)], [(5, 0), (0, 5), (0, 0), (3, 3)]);
    vec![
        ("usual", usual()),
        ("three", three),
        ("forty", forty),
        ("dominant", dominant),
        ("still", still),
        ("empty", empty),
        ("nobody", nobody),
        ("long", long),
        ("doubled", doubled),
    ]
}

/// The same world at three dates: old, new, and new again.
fn trend(world: &World) -> TrendTable {
    let whole = world.diff();
    let mut shares = world.shares();
    let days = ["2023-01-10", "2024-03-15", "2025-03-15"];
    let at = |day: &str| Provenance { observed_from: day.into(), observed_to: day.into(), ..shares.provenance.clone() };
    let snapshots = days.map(at).to_vec();
    let point = |members: Count, share: Option<Count>| Some(Point { members, share, lower_bound: None, upper_bound: None });
    let series = |r: &DiffRow| Series {
        row: r.row.clone(),
        label: r.label.clone(),
        points: vec![point(r.old, r.share_old), None, point(r.new, r.share_new)],
    };
    let mut lines: Vec<Series> = whole.rows.iter().map(series).collect();
    for (i, line) in lines.iter_mut().enumerate().filter(|(i, _)| i % 2 == 0) {
        line.points[1] = line.points[i % 4];
    }
    shares.cohort = None;
    TrendTable {
        role: whole.role,
        by: whole.by,
        ruleset: whole.ruleset.clone(),
        cohort: None,
        snapshots,
        shares: vec![shares],
        series: lines,
        steps: Vec::new(),
        whole,
    }
}

fn parts(world: &World) -> Vec<ShareTable> {
    let part = |(i, name): (usize, &&str)| {
        let mut world = world.clone();
        for (k, vendor) in world.vendors.iter_mut().enumerate() {
            vendor.2 = vendor.2 * ((i + k) % 4) as i128 / 4;
        }
        ShareTable { cohort: Some(format!("sector={name}")), ..world.shares() }
    };
    ["Energy", "Retailing", "Food, Beverages & Tobacco of the whole of North America", "X"].iter().enumerate().map(part).collect()
}

fn charts(world: &World, style: &Style) -> Vec<Chart> {
    let (shares, diff, parts) = (world.shares(), world.diff(), parts(world));
    let mut charts = vec![
        share_bars(&shares, style),
        change_bars(&diff, style),
        dumbbell(&diff, style),
        transitions(&diff, style),
        alluvial(&diff, style),
        concentration(&shares, style),
        trend_lines(&trend(world), style),
    ];
    charts.extend(cohort_heat(&parts, "sector", style));
    charts.extend(cohort_bars(&parts, "sector", style));
    charts
}

fn styles() -> Vec<Style> {
    [(360, 12), (560, 12), (880, 12), (880, 60), (1200, 5)].map(|(width, top)| Style { theme: Theme::Light, width, top }).to_vec()
}

/// Every text on the canvas, and no two on each other.
fn assert_legible(what: &str, scene: &Scene) {
    let boxes = scene.text_boxes();
    let canvas = Rect { x: 0.0, y: 0.0, w: scene.width, h: scene.height };
    for (i, (text, at)) in boxes.iter().enumerate() {
        let inside = at.x >= 2.0 && at.y >= 2.0 && at.right() <= canvas.w - 2.0 && at.bottom() <= canvas.h - 2.0;
        assert!(inside, "{what}: {text:?} is cut: {at:?} of {} x {}", canvas.w, canvas.h);
        for (other, there) in &boxes[i + 1..] {
            assert!(!at.overlaps(*there), "{what}: {text:?} {at:?} and {other:?} {there:?} overlap");
        }
    }
}

#[test]
fn no_text_is_cut_or_overlaps() {
    for (name, world) in worlds() {
        for style in styles() {
            for chart in charts(&world, &style) {
                assert_legible(&format!("{} of {name} at {}", chart.name, style.width), &chart.scene);
            }
        }
    }
}

#[test]
fn shapes_stay_on_the_canvas() {
    for (name, world) in worlds() {
        for style in styles() {
            for chart in charts(&world, &style) {
                for item in &chart.scene.items {
                    if let Item::Rect { at, .. } = item {
                        let ok =
                            at.x >= 0.0 && at.right() <= chart.scene.width && at.y >= 0.0 && at.bottom() <= chart.scene.height;
                        assert!(
                            ok && at.w.is_finite() && at.h.is_finite(),
                            "{} of {name} at {}: {at:?}",
                            chart.name,
                            style.width
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn same_tables_same_bytes() {
    let style = Style::default();
    for (a, b) in charts(&usual(), &style).iter().zip(&charts(&usual(), &style)) {
        assert_eq!(a.svg(), b.svg());
    }
    let chart = share_bars(&usual().shares(), &Style { width: 360, ..style });
    assert_eq!(chart.png(), chart.png());
}

#[test]
fn synthetic_data_says_so_on_its_face() {
    for chart in charts(&usual(), &Style::default()) {
        assert!(chart.svg().contains(">SYNTHETIC DATA, NOT A MEASUREMENT</text>"), "{}", chart.name);
    }
}

#[test]
fn a_change_in_percent_never_stands_without_counts_and_points() {
    let chart = change_bars(&usual().diff(), &Style::default());
    assert_eq!(
        chart.title,
        "Proofpoint +9.4\u{a0}% (138\u{a0}→\u{a0}151 companies, +2.9 points); Microsoft −12.4\u{a0}% (89\u{a0}→\u{a0}78 companies, −2.2 points)"
    );
    let texts: Vec<String> = chart.scene.text_boxes().into_iter().map(|(t, _)| t).collect();
    for expected in ["−12.4\u{a0}%", "89\u{a0}→\u{a0}78", "−2.2", "new", "0\u{a0}→\u{a0}4"] {
        assert!(texts.iter().any(|t| t == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn no_row_is_hidden() {
    for (name, world) in worlds() {
        let chart = share_bars(&world.shares(), &Style::default());
        let texts: String = chart.scene.text_boxes().into_iter().map(|(t, _)| t).collect();
        for ((_, label), n) in REST.iter().zip(&world.rest) {
            assert!(n.1 == 0 || texts.contains(label), "{label} in {name}");
        }
    }
}

/// A vendor too small to be among the largest is drawn all the same where the title is about it.
#[test]
fn what_a_title_names_is_drawn() {
    let mut world = usual();
    world.vendors.push(("Fallen".into(), 30, 2));
    world.vendors.iter_mut().take(8).for_each(|v| (v.1, v.2) = (v.1 + 100, v.2 + 100));
    for top in [1, 2, 5, 12] {
        for draw in [change_bars, dumbbell] {
            let chart = draw(&world.diff(), &Style { top, ..Style::default() });
            let texts: Vec<String> = chart.scene.text_boxes().into_iter().map(|(t, _)| t).collect();
            let named = ["Fallen", "Proofpoint"].into_iter().filter(|name| chart.title.contains(name));
            for name in named {
                assert!(texts.iter().any(|t| t == name), "{name} of {:?} with {top}: {texts:?}", chart.title);
            }
        }
    }
}

/// Moves between vendors that a chart folds together are moves all the same.
#[test]
fn titles_count_moves_before_rows_are_folded() {
    let (_, forty) = worlds().into_iter().find(|(n, _)| *n == "forty").unwrap();
    let title = |draw: fn(&DiffTable, &Style) -> Chart, top| draw(&forty.diff(), &Style { top, ..Style::default() }).title;
    for draw in [transitions, alluvial] {
        assert!(title(draw, 60).contains("changed vendor"));
        for top in [1, 5, 12] {
            assert_eq!(title(draw, top), title(draw, 60));
        }
    }
}

/// Members of a reach role overlap: what is not drawn is told, and never added up.
#[test]
fn reach_roles_have_no_sum_of_other_vendors() {
    let (mut shares, mut diff) = (usual().shares(), usual().diff());
    (shares.role, diff.role) = (Role::Sender, Role::Sender);
    let style = Style { top: 5, ..Style::default() };
    for chart in [share_bars(&shares, &style), change_bars(&diff, &style)] {
        let texts: Vec<String> = chart.scene.text_boxes().into_iter().map(|(t, _)| t).collect();
        assert!(!texts.iter().any(|t| t.contains("other vendors")), "{texts:?}");
        assert!(texts.iter().any(|t| t.contains("smaller vendors are not drawn")), "{texts:?}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let (_, world) = worlds().into_iter().find(|(n, _)| *n == "long").unwrap();
    for chart in charts(&world, &Style::default()) {
        for svg in [chart.svg(), chart.svg_inline("a\"b")] {
            assert!(!svg.contains("<script") && !svg.contains('\u{202e}'), "{}", chart.name);
        }
        assert!(
            chart.svg().contains("&lt;script&gt;")
                || !["share", "change", "shares"].contains(&chart.name.split('-').next().unwrap())
        );
    }
}

#[test]
fn svg_names_the_embedded_font_at_its_true_size() {
    let svg = share_bars(&usual().shares(), &Style::default()).svg();
    assert!(svg.contains("font-family=\"Inter, sans-serif\"") && svg.contains("@font-face{font-family:Inter;font-weight:700;"));
    assert!(svg.contains("font-size=\"21.0000\" font-weight=\"700\"") || svg.contains("font-size=\"21\""), "title at 21 px");
}

#[test]
fn png_is_two_pixels_a_css_pixel() {
    let chart = share_bars(&usual().shares(), &Style { width: 360, ..Style::default() });
    let bytes = chart.png();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let be = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((be(16), be(20)), (chart.size().0 * 2, chart.size().1 * 2));
}

#[test]
fn inline_charts_follow_the_page() {
    let svg = share_bars(&usual().shares(), &Style::default()).svg_inline("share");
    assert!(svg.contains("class=\"f-text\"") && !svg.contains("@font-face") && svg.contains("id=\"share-title\""));
    assert!(theme_css(Theme::Dark, "html.dark").contains("html.dark .f-text{fill:#e9ecf0}"));
}

/// Writes every chart for people to look at: `MXCENSUS_LOOK=folder cargo test --lib look`, with
/// `MXCENSUS_LOOK_FOR=usual-flow` those whose name holds it.
#[test]
fn look() {
    let Ok(folder) = std::env::var("MXCENSUS_LOOK") else { return };
    let wanted = std::env::var("MXCENSUS_LOOK_FOR").unwrap_or_default();
    for (name, world) in worlds() {
        for theme in Theme::ALL {
            for width in [880, 360] {
                for chart in charts(&world, &Style { theme, width, ..Style::default() }) {
                    let stem = format!("{name}-{}-{width}-{}", chart.name, theme.as_str());
                    if stem.contains(&wanted) {
                        fs::write(Path::new(&folder).join(format!("{stem}.svg")), chart.svg()).unwrap();
                        fs::write(Path::new(&folder).join(format!("{stem}.png")), chart.png()).unwrap();
                    }
                }
            }
        }
    }
}
