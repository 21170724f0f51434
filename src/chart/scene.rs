//! A laid-out picture: shapes and texts in CSS pixels, top left first, before any file format.
//!
//! Layout happens here and only here, so that tests can measure every text against every other.

use std::f64::consts::TAU;

use super::font::{self, Weight};
use super::palette::{Fill, Ink};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point(pub f64, pub f64);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

impl Rect {
    pub fn right(self) -> f64 {
        self.x + self.w
    }

    pub fn bottom(self) -> f64 {
        self.y + self.h
    }

    #[cfg(test)]
    pub fn overlaps(self, other: Self) -> bool {
        // Half a pixel of grace: bearings make boxes wider than ink.
        self.x + 0.5 < other.right()
            && other.x + 0.5 < self.right()
            && self.y + 0.5 < other.bottom()
            && other.y + 0.5 < self.bottom()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Size, weight and ink of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Type {
    pub px: f64,
    pub weight: Weight,
    pub ink: Ink,
}

impl Type {
    pub const TITLE: Self = Self { px: 21.0, weight: Weight::Bold, ink: Ink::Text };
    pub const SUBTITLE: Self = Self { px: 14.0, weight: Weight::Regular, ink: Ink::Muted };
    pub const LABEL: Self = Self { px: 13.0, weight: Weight::Regular, ink: Ink::Text };
    pub const FIGURE: Self = Self { px: 13.0, weight: Weight::Regular, ink: Ink::Text };
    pub const AXIS: Self = Self { px: 11.5, weight: Weight::Regular, ink: Ink::Muted };
    pub const FOOT: Self = Self { px: 11.0, weight: Weight::Regular, ink: Ink::Muted };

    pub fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    pub fn width(self, text: &str) -> f64 {
        font::width(&font::visible(text), self.px, self.weight)
    }

    pub fn wrap(self, text: &str, limit: f64) -> Vec<String> {
        font::wrap(&font::visible(text), self.px, self.weight, limit)
    }

    /// Distance of baselines.
    pub fn leading(self) -> f64 {
        (self.px * 1.32).round()
    }

    /// From a line's middle down to its baseline, so that capitals and digits stand centred.
    pub fn drop(self) -> f64 {
        self.px * 0.364
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Rect {
        at: Rect,
        ink: Ink,
    },
    Polygon {
        points: Vec<Point>,
        ink: Ink,
        opacity: f64,
    },
    Line {
        points: Vec<Point>,
        ink: Ink,
        width: f64,
    },
    Disc {
        at: Point,
        radius: f64,
        ink: Ink,
    },
    /// `x` is where the text starts, whatever it was anchored by; `turned` runs upwards.
    Text {
        x: f64,
        baseline: f64,
        text: String,
        font: Type,
        turned: bool,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    pub items: Vec<Item>,
}

impl Scene {
    pub fn new(width: f64) -> Self {
        Self { width, height: 0.0, items: Vec::new() }
    }

    pub fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, ink: Ink) {
        if w > 0.0 && h > 0.0 {
            self.items.push(Item::Rect { at: Rect { x, y, w, h }, ink });
        }
    }

    /// A filled box; stripes run at 45 degrees and end at its edges.
    pub fn filled(&mut self, x: f64, y: f64, w: f64, h: f64, fill: Fill) {
        match fill {
            Fill::Solid(ink) => self.rect(x, y, w, h, ink),
            Fill::Hatched(ink) => {
                if w <= 0.0 || h <= 0.0 {
                    return;
                }
                self.rect(x, y, w, h, Ink::Pale);
                let mut offset = 3.0;
                while offset < w + h {
                    // The stripe x - left + y - top = offset, cut to the box.
                    let from = Point(x + offset.min(w), y + (offset - w).max(0.0));
                    let to = Point(x + (offset - h).max(0.0), y + offset.min(h));
                    self.line(&[from, to], ink, 1.4);
                    offset += 6.0;
                }
            }
        }
    }

    pub fn polygon(&mut self, points: Vec<Point>, ink: Ink, opacity: f64) {
        self.items.push(Item::Polygon { points, ink, opacity });
    }

    pub fn line(&mut self, points: &[Point], ink: Ink, width: f64) {
        self.items.push(Item::Line { points: points.to_vec(), ink, width });
    }

    pub fn horizontal(&mut self, x0: f64, x1: f64, y: f64, ink: Ink, width: f64) {
        self.rect(x0.min(x1), y - width / 2.0, (x1 - x0).abs(), width, ink);
    }

    pub fn vertical(&mut self, x: f64, y0: f64, y1: f64, ink: Ink, width: f64) {
        self.rect(x - width / 2.0, y0.min(y1), width, (y1 - y0).abs(), ink);
    }

    pub fn disc(&mut self, x: f64, y: f64, radius: f64, ink: Ink) {
        self.items.push(Item::Disc { at: Point(x, y), radius, ink });
    }

    /// Puts what `draw` adds beneath everything from item `at` on.
    pub fn beneath(&mut self, at: usize, draw: impl FnOnce(&mut Self)) {
        let above = self.items.split_off(at);
        draw(self);
        self.items.extend(above);
    }

    /// A text on its baseline; gives its width.
    pub fn text(&mut self, x: f64, baseline: f64, text: &str, font: Type, anchor: Anchor) -> f64 {
        let text = font::visible(text).into_owned();
        let width = font::width(&text, font.px, font.weight);
        let x = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        if !text.trim().is_empty() {
            self.items.push(Item::Text { x, baseline, text, font, turned: false });
        }
        width
    }

    /// A text with paper under it, so that no grid line runs through its letters.
    pub fn text_on_paper(&mut self, x: f64, baseline: f64, text: &str, font: Type, anchor: Anchor) {
        let at = self.items.len();
        self.text(x, baseline, text, font, anchor);
        if let Some(Item::Text { x, text, .. }) = self.items.get(at) {
            let (x, width) = (*x, font::width(text, font.px, font.weight));
            self.beneath(at, |scene| scene.rect(x - 2.0, baseline - font.px * 0.8, width + 4.0, font.px * 1.05, Ink::Paper));
        }
    }

    /// A text that reads upwards, its baseline at `x`, starting at `y`.
    pub fn text_upwards(&mut self, x: f64, y: f64, text: &str, font: Type) {
        let text = font::visible(text).into_owned();
        self.items.push(Item::Text { x, baseline: y, text, font, turned: true });
    }

    /// Lines of a text below each other; gives the baseline after the last.
    pub fn lines(&mut self, x: f64, baseline: f64, lines: &[String], font: Type, anchor: Anchor) -> f64 {
        let mut y = baseline;
        for line in lines {
            self.text(x, y, line, font, anchor);
            y += font.leading();
        }
        y
    }

    /// Where the letters of each text are: from ascent of capitals to descent.
    #[cfg(test)]
    pub fn text_boxes(&self) -> Vec<(String, Rect)> {
        let boxed = |item: &Item| match item {
            Item::Text { x, baseline, text, font, turned } => {
                let width = font::width(text, font.px, font.weight);
                let (up, down) = (font.px * 0.74, font.px * 0.2);
                let at = if *turned {
                    Rect { x: x - up, y: baseline - width, w: up + down, h: width }
                } else {
                    Rect { x: *x, y: baseline - up, w: width, h: up + down }
                };
                Some((text.clone(), at))
            }
            _ => None,
        };
        self.items.iter().filter_map(boxed).collect()
    }
}

/// Corners of a regular polygon that passes for a circle.
pub fn ring(at: Point, radius: f64, corners: u32) -> Vec<Point> {
    (0..corners)
        .map(|i| {
            let (sin, cos) = (TAU * f64::from(i) / f64::from(corners)).sin_cos();
            Point(at.0 + radius * cos, at.1 + radius * sin)
        })
        .collect()
}
