//! Rows of a bar-like chart: a label, a plot between, and columns of figures that stand straight.
//!
//! On wide charts labels stand left of the plot, in a column as wide as the longest needs, up to a limit
//! beyond which they wrap. On narrow ones labels and figures share a line above the bar, which then has
//! the whole width.

use super::frame::Frame;
use super::palette::Ink;
use super::scene::{Anchor, Rect, Scene, Type};

/// Rows that belong together, under a caption of their own.
pub struct Block<'a> {
    pub caption: Option<String>,
    pub labels: Vec<&'a str>,
}

/// Where one row's bar is centred.
pub struct Line {
    pub bar: f64,
}

pub struct Rows {
    /// Between labels and figures; from the first row's top to the last row's bottom.
    pub plot: Rect,
    /// In the order of the blocks.
    pub lines: Vec<Line>,
    /// Where a grid may run: from top to bottom of each block, or along each bar where labels stand between.
    pub bands: Vec<(f64, f64)>,
    /// Scene items from here on stand above the grid.
    pub ground: usize,
}

/// Room between columns.
const GAP: f64 = 14.0;
/// Labels take no more than this part of the width; a plot narrower than this sends them above the bars.
const LABEL_PART: f64 = 0.32;
const LEAST_PLOT: f64 = 240.0;
const FONT: Type = Type::LABEL;

impl Rows {
    /// A grid line across all blocks, beneath everything drawn since.
    pub fn grid(&self, scene: &mut Scene, x: f64, ink: Ink) {
        scene.beneath(self.ground, |scene| {
            for (top, bottom) in &self.bands {
                scene.vertical(x, *top, *bottom, ink, 1.0);
            }
        });
    }

    /// Draws captions, labels and figures, and says where the bars go. `left` figures stand before the plot,
    /// `right` ones after it; `cells` holds, for each row, the left figures and then the right ones.
    pub fn lay_out<const N: usize>(
        frame: &mut Frame,
        blocks: &[Block<'_>],
        left: &[&str],
        right: &[&str],
        cells: &[[String; N]],
    ) -> Self {
        let headings: Vec<&str> = left.iter().chain(right).copied().collect();
        let column = |i: usize| {
            let figures = cells.iter().map(|c| Type::FIGURE.width(&c[i])).fold(0.0, f64::max);
            figures.max(Type::AXIS.width(headings[i]))
        };
        let widths: Vec<f64> = (0..headings.len()).map(column).collect();
        let figures: f64 = widths.iter().map(|w| w + GAP).sum();

        let labels = || blocks.iter().flat_map(|b| b.labels.iter().copied());
        let wrap = |limit: f64| labels().map(|l| FONT.wrap(l, limit)).collect::<Vec<Vec<String>>>();
        let widest = |lines: &[Vec<String>]| lines.iter().flatten().map(|l| FONT.width(l)).fold(0.0, f64::max);
        let mut wrapped = wrap(frame.inner() * LABEL_PART);
        let mut plot = (frame.left + widest(&wrapped) + GAP, frame.right);
        if frame.narrow || frame.inner() - (plot.0 - frame.left) - figures < LEAST_PLOT {
            frame.narrow = true;
            wrapped = wrap((frame.inner() - figures).max(60.0));
            plot.0 = frame.left;
        }
        // Right edges of the figures' columns.
        let mut ends = Vec::new();
        if frame.narrow {
            let mut x = frame.right - figures;
            for width in &widths {
                x += GAP + width;
                ends.push(x);
            }
        } else {
            for width in &widths[..left.len()] {
                ends.push(plot.0 + width);
                plot.0 += width + GAP;
            }
            plot.1 -= widths[left.len()..].iter().map(|w| w + GAP).sum::<f64>();
            let mut x = plot.1;
            for width in &widths[left.len()..] {
                x += GAP + width;
                ends.push(x);
            }
        }

        for (heading, end) in headings.iter().zip(&ends) {
            frame.scene.text(*end, frame.y + 9.0, heading, Type::AXIS, Anchor::End);
        }
        if !headings.is_empty() {
            frame.y += 16.0;
        }
        let top = frame.y;
        let ground = frame.scene.items.len();
        let mut bands = Vec::new();
        let mut y = top;
        let mut lines = Vec::new();
        let (mut row, mut first) = (0, true);
        for block in blocks.iter().filter(|b| !b.labels.is_empty()) {
            if let Some(caption) = &block.caption {
                y += if first { 4.0 } else { 14.0 };
                let text = Type::AXIS.wrap(caption, frame.inner());
                y = frame.scene.lines(frame.left, y + 10.0, &text, Type::AXIS, Anchor::Start) - 6.0;
            }
            first = false;
            let band = y;
            let first_line = lines.len();
            for _ in &block.labels {
                let text = &wrapped[row];
                let block_height = text.len() as f64 * FONT.leading();
                let bar = if frame.narrow {
                    frame.scene.lines(frame.left, y + 14.0, text, FONT, Anchor::Start);
                    y + 6.0 + block_height + 8.0
                } else {
                    let middle = y + (block_height + 9.0).max(26.0) / 2.0;
                    let first = middle - (text.len() as f64 - 1.0) * FONT.leading() / 2.0 + FONT.drop();
                    frame.scene.lines(frame.left, first, text, FONT, Anchor::Start);
                    middle
                };
                let baseline = if frame.narrow { y + 14.0 } else { bar + Type::FIGURE.drop() };
                for (cell, end) in cells[row].iter().zip(&ends) {
                    frame.scene.text(*end, baseline, cell, Type::FIGURE.ink(Ink::Text), Anchor::End);
                }
                y = if frame.narrow { bar + 17.0 } else { y + (block_height + 9.0).max(26.0) };
                lines.push(Line { bar });
                row += 1;
            }
            if frame.narrow {
                bands.extend(lines[first_line..].iter().map(|l: &Line| (l.bar - 10.0, l.bar + 10.0)));
            } else {
                bands.push((band, y));
            }
        }
        frame.y = y;
        Self { plot: Rect { x: plot.0, y: top, w: (plot.1 - plot.0).max(40.0), h: y - top }, lines, bands, ground }
    }
}
