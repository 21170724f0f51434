//! Letters stand out from whatever was painted under them.

use super::worlds::worlds;
use super::{charts, styles};
use crate::chart::colour::Colour;
use crate::chart::scene::{Item, Point, Scene};
use crate::chart::{Style, Theme, palette::Ink};

/// WCAG 2.2, 1.4.3: text of ordinary size.
const LEAST: f64 = 4.5;

#[test]
fn every_text_reads_on_what_is_under_it() {
    for (name, world) in worlds() {
        for style in styles() {
            for theme in Theme::ALL {
                for chart in charts(&world, &Style { theme, ..style.clone() }) {
                    let what = format!("{} of {name} at {}, {}", chart.name, style.width, theme.as_str());
                    assert_readable(&what, &chart.scene, theme);
                }
            }
        }
    }
}

fn assert_readable(what: &str, scene: &Scene, theme: Theme) {
    let mut boxes = scene.text_boxes().into_iter();
    for (i, item) in scene.items.iter().enumerate() {
        let Item::Text { font, .. } = item else { continue };
        let (text, at) = boxes.next().unwrap();
        for part in [0.1, 0.5, 0.9] {
            let (x, y) =
                if at.w >= at.h { (at.x + at.w * part, at.y + at.h / 2.0) } else { (at.x + at.w / 2.0, at.y + at.h * part) };
            let ground = ground(&scene.items[..i], Point(x, y), theme);
            let contrast = font.ink.colour(theme).contrast(ground);
            assert!(contrast >= LEAST, "{what}: {text:?} has contrast {contrast:.2} on {ground}");
        }
    }
}

/// The colour of a point. Lines and grid are thinner than a stroke of a letter and change nothing.
fn ground(items: &[Item], at: Point, theme: Theme) -> Colour {
    let mut seen = Ink::Paper.colour(theme);
    for item in items {
        match item {
            Item::Rect { at: r, ink }
                if r.w > 1.5 && r.h > 1.5 && at.0 >= r.x && at.0 <= r.right() && at.1 >= r.y && at.1 <= r.bottom() =>
            {
                seen = ink.colour(theme);
            }
            Item::Polygon { points, ink, opacity } if inside(points, at) => seen = over(ink.colour(theme), seen, *opacity),
            _ => {}
        }
    }
    seen
}

fn over(top: Colour, under: Colour, opacity: f64) -> Colour {
    let mix = |a: u8, b: u8| (f64::from(a) * opacity + f64::from(b) * (1.0 - opacity)).round() as u8;
    Colour(mix(top.0, under.0), mix(top.1, under.1), mix(top.2, under.2))
}

/// Whether a ray to the right crosses the outline an odd number of times.
fn inside(points: &[Point], at: Point) -> bool {
    let next = points.iter().cycle().skip(1);
    let crosses =
        |(a, b): (&Point, &Point)| (a.1 > at.1) != (b.1 > at.1) && at.0 < a.0 + (b.0 - a.0) * (at.1 - a.1) / (b.1 - a.1);
    points.iter().zip(next).filter(|pair| crosses(*pair)).count() % 2 == 1
}
