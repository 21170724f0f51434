//! A scene handed to a plotters backend: the same calls make vectors and pixels.

use plotters::style::text_anchor::Pos;
use plotters::style::{Color, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::colour::Colour;
use super::font;
use super::palette::Ink;
use super::scene::{Item, Point, Scene, ring};

/// Backends take whole numbers: so many of them are one CSS pixel.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub per_px: f64,
    /// Letter by letter, each at its own place. Plotters' pixel text rounds every advance down and leaves
    /// out the room before a letter, so that words run together; vector text goes whole.
    pub letters: bool,
    /// Circles as polygons: plotters' pixel circles have no soft edge.
    pub round: bool,
}

/// Draws the whole scene on paper.
///
/// # Errors
/// What the backend says.
pub fn paint<B: DrawingBackend>(
    scene: &Scene,
    colour: &dyn Fn(Ink) -> Colour,
    scale: Scale,
    back: &mut B,
) -> Result<(), DrawingErrorKind<B::ErrorType>> {
    let at = |v: f64| (v * scale.per_px).round() as i32;
    let place = |p: &Point| -> BackendCoord { (at(p.0), at(p.1)) };
    let shape = |ink: Ink, opacity: f64, width: f64| ShapeStyle {
        color: rgb(colour(ink)).mix(opacity),
        filled: true,
        stroke_width: at(width).max(1) as u32,
    };
    let rect = |back: &mut B, x: f64, y: f64, w: f64, h: f64, ink: Ink| {
        // The far corner is the first pixel outside, as plotters' pixel boxes have it.
        back.draw_rect((at(x), at(y)), (at(x + w), at(y + h)), &shape(ink, 1.0, 1.0), true)
    };
    rect(back, 0.0, 0.0, scene.width, scene.height, Ink::Paper)?;
    for item in &scene.items {
        match item {
            Item::Rect { at: r, ink } => rect(back, r.x, r.y, r.w, r.h, *ink)?,
            Item::Polygon { points, ink, opacity } => {
                back.fill_polygon(points.iter().map(place), &shape(*ink, *opacity, 1.0))?;
            }
            Item::Line { points, ink, width } => back.draw_path(points.iter().map(place), &shape(*ink, 1.0, *width))?,
            Item::Disc { at: centre, radius, ink } if scale.round => {
                back.fill_polygon(ring(*centre, *radius, 48).iter().map(place), &shape(*ink, 1.0, 1.0))?;
            }
            Item::Disc { at: centre, radius, ink } => {
                back.draw_circle(place(centre), at(*radius).max(1) as u32, &shape(*ink, 1.0, 1.0), true)?;
            }
            Item::Text { x, baseline, text, font, turned } => {
                let px = font.px * scale.per_px;
                let line = px * font::LINE_PER_EM;
                let transform = if *turned { FontTransform::Rotate270 } else { FontTransform::None };
                let style = TextStyle {
                    font: font::desc(px, font.weight).transform(transform),
                    color: rgb(colour(font.ink)).to_backend_color(),
                    pos: Pos::default(),
                };
                // Plotters' pixel text stands with its baseline half a line below its upper left corner.
                let corner = |along: f64| {
                    let half = (line as f32 / 2.0) as i32;
                    if *turned { (at(*x) - half, at(baseline - along)) } else { (at(x + along), at(*baseline) - half) }
                };
                if !scale.letters {
                    back.draw_text(text, &style, corner(0.0))?;
                    continue;
                }
                let mut along = 0.0;
                let mut letter = [0; 4];
                for c in text.chars() {
                    let drawn: &str = c.encode_utf8(&mut letter);
                    back.draw_text(drawn, &style, corner(along + font::bearing(c, font.px, font.weight)))?;
                    along += font::width(drawn, font.px, font.weight);
                }
            }
        }
    }
    Ok(())
}

fn rgb(c: Colour) -> RGBAColor {
    RGBColor(c.0, c.1, c.2).to_rgba()
}
