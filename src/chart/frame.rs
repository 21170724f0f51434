//! What every chart has around it: title, subtitle, face mark, and the footer with its sources.

use super::palette::{Fill, Ink};
use super::scene::{Anchor, Point, Scene, Type};
use super::{Chart, Style, words};
use crate::provenance::Provenance;

/// Between parts of a subtitle.
const DOT: &str = " \u{b7} ";

/// Below this width labels stand above their bars.
const NARROW: f64 = 560.0;

/// A chart under way: furniture above is drawn, `y` is where the body may go on.
pub struct Frame {
    pub scene: Scene,
    pub left: f64,
    pub right: f64,
    pub y: f64,
    pub narrow: bool,
    theme: super::Theme,
    brief: bool,
    title: String,
    subtitle: String,
}

impl Frame {
    /// Draws face mark, title and subtitle (what is measured; of whom and when). The sides say what kind of data it is.
    pub fn begin(style: &Style, title: String, subtitle: [String; 2], sides: &[&Provenance]) -> Self {
        let width = f64::from(style.width.max(320));
        let narrow = width < NARROW;
        let margin = if narrow { 16.0 } else { 24.0 };
        let mut scene = Scene::new(width);
        let (left, right) = (margin, width - margin);
        let mut y = margin;
        if let Some(mark) = words::mark(sides) {
            y = face_mark(&mut scene, left, right, y, &mark) + 10.0;
        }
        let font = if narrow { Type { px: 18.0, ..Type::TITLE } } else { Type::TITLE };
        y = scene.lines(left, y + font.px * 0.78, &font.wrap(&title, right - left), font, Anchor::Start);
        y -= font.leading() - font.px * 0.22;
        let font = Type::SUBTITLE;
        let lines: Vec<String> = subtitle.iter().flat_map(|line| parts(line, font, right - left)).collect();
        y = scene.lines(left, y + 8.0 + font.px * 0.78, &lines, font, Anchor::Start);
        y -= font.leading() - font.px * 0.22;
        Self {
            scene,
            left,
            right,
            y: y + 18.0,
            narrow,
            theme: style.theme,
            brief: style.brief,
            title,
            subtitle: subtitle.join(". "),
        }
    }

    pub fn inner(&self) -> f64 {
        self.right - self.left
    }

    /// A sentence in place of a body that would be empty.
    pub fn say(&mut self, text: &str) {
        let lines = Type::LABEL.wrap(text, self.inner());
        self.y = self.scene.lines(self.left, self.y + 14.0, &lines, Type::LABEL.ink(Ink::Muted), Anchor::Start);
    }

    /// A row of swatches with their meanings, wrapped where it must be.
    pub fn key(&mut self, entries: &[(Fill, String)]) {
        let font = Type::AXIS;
        let (mut x, mut below) = (self.left, self.y + 20.0);
        for (fill, text) in entries {
            let lines = font.wrap(text, self.inner() - 18.0);
            let width = 18.0 + lines.iter().map(|l| font.width(l)).fold(0.0, f64::max);
            if x > self.left && x + width > self.right {
                (x, self.y) = (self.left, below);
            }
            self.scene.filled(x, self.y + 1.0, 12.0, 12.0, *fill);
            self.scene.lines(x + 18.0, self.y + 7.0 + font.drop(), &lines, font, Anchor::Start);
            below = below.max(self.y + 5.0 + lines.len() as f64 * font.leading());
            x += width + 18.0;
        }
        self.y = below + 8.0;
    }

    /// A label under an axis, moved inwards where it would leave the canvas.
    pub fn tick(&mut self, x: f64, baseline: f64, text: &str) {
        let half = Type::AXIS.width(text) / 2.0;
        let x = x.max(self.left + half).min(self.right - half);
        self.scene.text(x, baseline, text, Type::AXIS, Anchor::Middle);
    }

    /// Draws the footer and closes the chart. Notes say how to read it.
    pub fn finish(mut self, name: &str, body: &str, notes: &[String], sides: &[(&str, &Provenance)], ruleset: &str) -> Chart {
        self.y += 14.0;
        self.scene.horizontal(self.left, self.right, self.y, Ink::Grid, 1.0);
        let font = Type::FOOT;
        let mut y = self.y + 10.0 + font.px * 0.78;
        let mut paragraphs: Vec<String> = notes.iter().filter(|n| !n.is_empty()).cloned().collect();
        let source = if self.brief { words::short_source } else { words::source };
        paragraphs.extend(sides.iter().map(|(side, p)| source(side, p)));
        paragraphs.push(format!("Rules {ruleset}. Made with mxcensus."));
        for paragraph in &paragraphs {
            y = self.scene.lines(self.left, y, &font.wrap(paragraph, self.inner()), font, Anchor::Start);
        }
        self.scene.height = (y - font.leading() + font.px * 0.22 + self.left).ceil();
        Chart {
            name: name.to_owned(),
            description: format!("{}. {body}", self.subtitle),
            title: self.title,
            theme: self.theme,
            scene: self.scene,
        }
    }
}

/// Lines of a text made of parts with dots between them: a dot that would end a line is left out.
fn parts(text: &str, font: Type, limit: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split(DOT) {
        match lines.last_mut().map(|line| (format!("{line}{DOT}{part}"), line)) {
            Some((joined, line)) if font.width(&joined) <= limit => *line = joined,
            _ => lines.extend(font.wrap(part, limit)),
        }
    }
    lines
}

/// A filled pill with its words in capitals; gives its lower edge.
fn face_mark(scene: &mut Scene, left: f64, right: f64, y: f64, text: &str) -> f64 {
    let font = Type { px: 11.0, ..Type::LABEL }.bold().ink(Ink::OnMark);
    let mut y = y;
    for line in font.wrap(text, right - left - 16.0) {
        let width = font.width(&line) + 16.0;
        let (h, r) = (20.0, 3.0);
        let corners = [
            (left + r, y),
            (left + width - r, y),
            (left + width, y + r),
            (left + width, y + h - r),
            (left + width - r, y + h),
            (left + r, y + h),
            (left, y + h - r),
            (left, y + r),
        ];
        scene.polygon(corners.iter().map(|&(x, y)| Point(x, y)).collect(), Ink::Mark, 1.0);
        scene.text(left + 8.0, y + h / 2.0 + font.drop(), &line, font, Anchor::Start);
        y += h + 2.0;
    }
    y - 2.0
}

/// Round steps from 0 to at least `max`: about `wanted` of them.
pub fn ticks(max: f64, wanted: usize) -> Vec<f64> {
    if !max.is_finite() || max <= 0.0 {
        return vec![0.0];
    }
    let rough = max / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(power * 10.0);
    let n = (max / step - 1e-9).ceil().max(1.0) as usize;
    (0..=n).map(|i| i as f64 * step).collect()
}

/// A tick of a per cent axis, without needless decimals.
pub fn tick_percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    let text = if (value - value.round()).abs() < 1e-6 { format!("{value:.0}") } else { format!("{value:.1}") };
    words::typeset(&format!("{text} %"))
}
