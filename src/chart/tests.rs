//! Layout and content of every chart, over tables made up for the purpose (and marked so).

mod contrast;
mod worlds;

use std::fs;
use std::path::Path;

use super::scene::{Item, Rect, Scene};
use super::*;
use crate::diff::DiffTable;
use crate::vendor::Role;

use worlds::{REST, parts, trend, worlds};
pub use worlds::{World, usual};

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
    [(360, 12), (560, 12), (880, 12), (880, 60), (1200, 5)].map(|(width, top)| Style { width, top, ..Style::default() }).to_vec()
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

/// Dates of many days are longer than those of one.
#[test]
fn long_observations_fit() {
    let (mut shares, mut diff, mut lines) = (usual().shares(), usual().diff(), trend(&usual()));
    let whole = [&mut lines.whole.old, &mut lines.whole.new];
    let sides = [&mut shares.provenance, &mut diff.old, &mut diff.new].into_iter().chain(whole).chain(&mut lines.snapshots);
    sides.for_each(|p| p.observed_from = "2021-12-28".into());
    for style in styles() {
        let charts = [change_bars(&diff, &style), dumbbell(&diff, &style), transitions(&diff, &style), alluvial(&diff, &style)];
        for chart in charts.iter().chain(&[share_bars(&shares, &style), trend_lines(&lines, &style)]) {
            assert_legible(&format!("{} at {}", chart.name, style.width), &chart.scene);
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
    assert!(
        svg.contains("font-family=\"Inter, Arial, Helvetica, sans-serif\"")
            && svg.contains("@font-face{font-family:Inter;font-weight:700;")
    );
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
