//! Who went where: a heat map of members by their old row and their new one.
//!
//! The diagonal (who stayed) is grey, because its counts would drown the moves. Margins are the old and
//! the new counts, so the picture adds up like the table.

use std::cmp::Reverse;

use num_traits::Zero;

use super::frame::Frame;
use super::matrix::Matrix;
use super::palette::{HEAT_STEPS, Ink};
use super::rows::{Block, Rows};
use super::scene::{Anchor, Type};
use super::{Chart, Style, change, words};
use crate::diff::{DiffTable, End};
use crate::share::number::float;
use crate::share::{Count, Row};

/// Old rows downwards, new rows across, largest movers first.
pub fn transitions(table: &DiffTable, style: &Style) -> Chart {
    let matrix = Matrix::new(table, style.top.min(10));
    let noun = table.new.unit.noun(2);
    let subtitle = change::subtitle(table, &format!("{noun} by old and new {}", table.by.noun(1)));
    let mut frame = Frame::begin(style, finding(table), subtitle, &[&table.old, &table.new]);
    if matrix.cells.is_empty() {
        let text = if table.role.is_exclusive() {
            "There is nothing to compare."
        } else {
            "Members can have several of these at once, so one added displaces nobody: there are no transitions."
        };
        frame.say(text);
    } else {
        // As many vendors as leave room for the counts; where even a few do not, the moves are listed.
        let fitting =
            (LEAST_NAMED..=style.top.min(10)).rev().map(|top| Matrix::new(table, top)).find(|m| Grid::of(&frame, m).fits());
        match fitting {
            Some(matrix) => draw(&mut frame, &matrix, table),
            None => list(&mut frame, &Matrix::new(table, usize::MAX - 1), table),
        }
    }
    let moves: Vec<String> = matrix
        .moves()
        .into_iter()
        .take(12)
        .map(|(from, to, n)| format!("{} from {} to {}", words::count(&n), matrix.labels[&from], matrix.labels[&to]))
        .collect();
    let body = if moves.is_empty() { "No moves.".to_owned() } else { format!("{}.", moves.join("; ")) };
    let notes = [
        format!("From top: old side. Across: new side. Grey: stayed (for folded rows: in any of them). {}", change::panel(table)),
        matrix.counted(table),
        words::parts(matrix.cells.values()),
    ];
    let name = format!("transitions-{}", table.role.as_str());
    frame.finish(&name, &body, &notes, &[("Old", &table.old), ("New", &table.new)], &table.ruleset)
}

/// Who moved, counted before any row is folded.
pub fn finding(table: &DiffTable) -> String {
    Matrix::new(table, usize::MAX - 1).finding(table.new.unit, table.by.noun(1))
}

/// The step of the scale for a count: by its square root, so that small moves still differ.
fn step(n: f64, max: f64) -> u8 {
    if n <= 0.0 || max <= 0.0 {
        return 0;
    }
    (1.0 + (f64::from(HEAT_STEPS) - 2.0) * (n / max).sqrt()).round().min(f64::from(HEAT_STEPS - 1)) as u8
}

/// A heat map with fewer vendors than this says less than a list of the moves.
const LEAST_NAMED: usize = 5;
const FONT: Type = Type { px: 12.0, ..Type::LABEL };

/// Widths of the heat map's columns.
struct Grid {
    /// Old rows' labels, wrapped.
    labels: Vec<Vec<String>>,
    label_width: f64,
    cell: f64,
    /// The column of old totals.
    margin: f64,
    /// What the widest count needs.
    widest: f64,
}

impl Grid {
    fn of(frame: &Frame, matrix: &Matrix) -> Self {
        let limit = frame.inner() * if frame.narrow { 0.30 } else { 0.22 };
        let labels: Vec<Vec<String>> = matrix.from.iter().map(|e| FONT.wrap(&matrix.labels[e], limit)).collect();
        let label_width = labels.iter().flatten().map(|l| FONT.width(l)).fold(0.0, f64::max) + 10.0;
        let total = |end: &End| FONT.width(&words::count(&matrix.old_total(end)));
        let margin = matrix.from.iter().map(total).fold(Type::AXIS.width("old total"), f64::max) + 10.0;
        let counts = matrix.cells.values().copied().chain(matrix.to.iter().map(|e| matrix.new_total(e)));
        let widest = counts.map(|n| FONT.width(&words::count(&n))).fold(14.0, f64::max) + 6.0;
        let cell = ((frame.inner() - label_width - margin) / matrix.to.len() as f64).min(76.0);
        Self { labels, label_width, cell, margin, widest }
    }

    fn fits(&self) -> bool {
        self.cell >= self.widest
    }
}

fn draw(frame: &mut Frame, matrix: &Matrix, table: &DiffTable) {
    let (font, figure) = (FONT, FONT);
    let label = |end: &End| matrix.labels[end].as_str();
    let Grid { labels: wrapped, label_width, cell, margin, .. } = Grid::of(frame, matrix);
    let columns = matrix.to.len() as f64;
    let (x0, gap) = (frame.left + label_width, 2.0);

    // Headings lie flat where every one fits its column, in three lines at most; else they all read upwards.
    let flat_heads: Vec<Vec<String>> = matrix.to.iter().map(|e| font.wrap(label(e), cell - 6.0)).collect();
    let whole_words = matrix.to.iter().all(|e| label(e).split(' ').all(|w| font.width(w) <= cell - 6.0));
    let flat = whole_words && flat_heads.iter().all(|h| h.len() <= 3);
    let heads = if flat { flat_heads } else { matrix.to.iter().map(|e| upwards(label(e), font, cell)).collect() };
    let head_height = if flat {
        heads.iter().map(Vec::len).max().unwrap_or(1) as f64 * font.leading() + 4.0
    } else {
        heads.iter().flatten().map(|l| font.width(l)).fold(0.0, f64::max) + 8.0
    };
    let axis = Type::AXIS;
    frame.scene.text(x0, frame.y + 9.0, &format!("new, {}", table.new.dates()), axis, Anchor::Start);
    frame.y += 18.0;
    for (i, lines) in heads.iter().enumerate() {
        let middle = x0 + (i as f64 + 0.5) * cell;
        let before = (lines.len() as f64 - 1.0) * font.leading();
        if flat {
            frame.scene.lines(middle, frame.y + head_height - 6.0 - before, lines, font, Anchor::Middle);
        } else {
            for (n, line) in lines.iter().enumerate() {
                let x = middle + font.drop() - before / 2.0 + n as f64 * font.leading();
                frame.scene.text_upwards(x, frame.y + head_height - 4.0, line, font);
            }
        }
    }
    let right = x0 + columns * cell;
    frame.scene.text(right + margin, frame.y + head_height - 6.0, "old total", axis, Anchor::End);
    frame.y += head_height;

    let max = matrix.cells.iter().filter(|(c, _)| c.0 != c.1).map(|(_, n)| float(n)).fold(8.0, f64::max);
    for (from, lines) in matrix.from.iter().zip(&wrapped) {
        let height = (lines.len() as f64 * font.leading() + 8.0).max(30.0);
        let middle = frame.y + height / 2.0;
        let first = middle + font.drop() - (lines.len() as f64 - 1.0) * font.leading() / 2.0;
        frame.scene.lines(frame.left, first, lines, font, Anchor::Start);
        for (i, to) in matrix.to.iter().enumerate() {
            let n = matrix.cells.get(&(from.clone(), to.clone())).copied().unwrap_or_default();
            let x = x0 + i as f64 * cell;
            let stayed = from == to;
            let heat = if stayed { 0 } else { step(float(&n), max) };
            let ink = if stayed { Ink::Grid } else { Ink::Heat(heat) };
            frame.scene.rect(
                x + gap / 2.0,
                frame.y + gap / 2.0,
                cell - gap,
                height - gap,
                if n.is_zero() && !stayed { Ink::Paper } else { ink },
            );
            let text_ink = if stayed { Ink::Muted } else { Ink::OnHeat(heat) };
            if n.is_zero() {
                // A quiet dot: looked at, and nobody.
                frame.scene.disc(x + cell / 2.0, middle, 1.0, Ink::Pale);
            } else {
                frame.scene.text(x + cell / 2.0, middle + figure.drop(), &words::count(&n), figure.ink(text_ink), Anchor::Middle);
            }
        }
        frame.scene.text(
            right + margin,
            middle + figure.drop(),
            &words::count(&matrix.old_total(from)),
            figure.ink(Ink::Muted),
            Anchor::End,
        );
        frame.y += height;
    }
    frame.scene.text(frame.left, frame.y + 18.0, "new total", axis, Anchor::Start);
    for (i, to) in matrix.to.iter().enumerate() {
        let x = x0 + (i as f64 + 0.5) * cell;
        frame.scene.text(x, frame.y + 18.0, &words::count(&matrix.new_total(to)), figure.ink(Ink::Muted), Anchor::Middle);
    }
    frame.y += 28.0;
}

/// Lines of a heading that reads upwards: no more of them than stand side by side in the cell.
pub fn upwards(label: &str, font: Type, cell: f64) -> Vec<String> {
    let room = ((cell / font.leading()) as usize).max(1);
    let mut limit = 130.0;
    loop {
        let lines = font.wrap(label, limit);
        if lines.len() <= room {
            return lines;
        }
        limit *= 1.25;
    }
}

/// How many moves a list shows.
const LISTED: usize = 15;

/// The moves as bars, largest first, with what entered, left, appeared and disappeared.
fn list(frame: &mut Frame, matrix: &Matrix, table: &DiffTable) {
    let name = |from: &End, to: &End| format!("{} \u{2192} {}", matrix.labels[from], matrix.labels[to]);
    let moves = matrix.moves();
    let failed = |end: &End| *end == End::Row(Row::Unreachable);
    let mut other: Vec<(End, End, Count)> = matrix
        .cells
        .iter()
        .filter(|((from, to), _)| from != to && (failed(from) || failed(to) || *from == End::Entered || *to == End::Left))
        .map(|((from, to), n)| (from.clone(), to.clone(), *n))
        .collect();
    other.sort_by_key(|m| Reverse(m.2));
    let shown = |all: &[(End, End, Count)]| -> (Vec<(String, Count)>, usize) {
        let keep = if all.len() == LISTED + 1 { LISTED + 1 } else { LISTED };
        (all.iter().take(keep).map(|(from, to, n)| (name(from, to), *n)).collect(), all.len().saturating_sub(keep))
    };
    let stayed = matrix.sum(|c| c.0 == c.1);
    let ((mut rows, more), (mut apart, more_apart)) = (shown(&moves), shown(&other));
    if more > 0 {
        rows.push((format!("{more} smaller flows"), moves.iter().skip(moves.len() - more).map(|m| m.2).sum()));
    }
    if more_apart > 0 {
        apart.push((format!("{more_apart} smaller flows"), other.iter().skip(other.len() - more_apart).map(|m| m.2).sum()));
    }
    if rows.is_empty() && apart.is_empty() {
        return frame.say(&format!("All {} stayed where they were.", words::count(&stayed)));
    }
    let noun = table.new.unit.noun(2);
    let blocks = [
        Block { caption: None, labels: rows.iter().map(|r| r.0.as_str()).collect() },
        Block {
            caption: Some("Entered or left the list, or unreachable on one side".to_owned()),
            labels: apart.iter().map(|r| r.0.as_str()).collect(),
        },
    ];
    let cells: Vec<[String; 1]> = rows.iter().chain(&apart).map(|r| [words::count(&r.1)]).collect();
    let laid = Rows::lay_out(frame, &blocks, &[], &[noun], &cells);
    let max = rows.iter().chain(&apart).map(|r| float(&r.1)).fold(1.0, f64::max);
    for (i, (line, (_, n))) in laid.lines.iter().zip(rows.iter().chain(&apart)).enumerate() {
        let ink = if i < rows.len() { Ink::Gain } else { Ink::Pale };
        frame.scene.rect(laid.plot.x, line.bar - 6.0, (laid.plot.w * float(n) / max).max(1.5), 12.0, ink);
    }
    laid.grid(&mut frame.scene, laid.plot.x, Ink::Rule);
    frame.y += 8.0;
}
