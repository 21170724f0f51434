//! Members flowing from their old row to their new one, in bands as wide as their number.
//!
//! Where nearly everybody stayed, bands of the few who moved would be thinner than a hair: then only those
//! who moved are drawn, and the chart says so.

use std::collections::BTreeMap;

use num_traits::Zero;

use super::frame::Frame;
use super::matrix::Matrix;
use super::palette::{self, Fill, Ink};
use super::scene::{Anchor, Point, Scene, Type};
use super::{Chart, Style, change, words};
use crate::diff::{DiffTable, End};
use crate::share::number::float;
use crate::share::{Count, Row};

/// Movers below this part of all flows are drawn without those who stayed.
const LEAST_PART: f64 = 0.1;
/// Height of all bands together, in pixels.
const HEIGHT: f64 = 420.0;
/// Width of the upright bars at both ends.
const NODE: f64 = 14.0;

/// Old rows on the left, new rows on the right, the same colour for a vendor on both sides.
pub fn alluvial(table: &DiffTable, style: &Style) -> Chart {
    let all = Matrix::new(table, style.top.min(12));
    let total = |m: &Matrix| m.cells.values().map(float).sum::<f64>();
    let stayed: Count = all.cells.iter().filter(|(c, _)| c.0 == c.1).map(|(_, n)| *n).sum();
    let whole = total(&all);
    let movers_only = !all.cells.is_empty() && whole - float(&stayed) < whole * LEAST_PART;
    let matrix = if movers_only { movers(table, style.top.min(12)) } else { all };

    let noun = table.new.unit.noun(2);
    let what = if movers_only {
        format!("{noun} that moved; {} that stayed are not drawn", words::count(&stayed))
    } else {
        format!("{noun} by old and new {}", table.by.noun(1))
    };
    let mut frame =
        Frame::begin(style, super::transitions::finding(table), change::subtitle(table, &what), &[&table.old, &table.new]);
    if matrix.cells.is_empty() {
        frame.say(if table.role.is_exclusive() {
            "Nobody moved."
        } else {
            "Members can have several of these at once, so one added displaces nobody: there are no flows."
        });
    } else {
        draw(&mut frame, &matrix, table);
    }
    let flow = |(from, to, n): (End, End, Count)| {
        format!("{} from {} to {}", words::count(&n), matrix.labels[&from], matrix.labels[&to])
    };
    let moves: Vec<String> = matrix.moves().into_iter().take(12).map(flow).collect();
    let body = if moves.is_empty() { "No moves.".to_owned() } else { format!("{}.", moves.join("; ")) };
    let notes = [
        format!("Height of a band: {noun}; colour: the old side. {}", change::panel(table)),
        matrix.counted(table),
        words::parts(matrix.cells.values()),
    ];
    let name = format!("flow-{}", table.role.as_str());
    frame.finish(&name, &body, &notes, &[("Old", &table.old), ("New", &table.new)], &table.ruleset)
}

/// Transitions off the diagonal alone.
fn movers(table: &DiffTable, top: usize) -> Matrix {
    let transitions = table.transitions.iter().filter(|t| t.from != t.to).cloned().collect();
    Matrix::new(&DiffTable { transitions, switchers: Vec::new(), rows: Vec::new(), ..table.clone() }, top)
}

/// One upright bar with its label.
struct Node {
    y: f64,
    h: f64,
    lines: Vec<String>,
}

fn nodes(ends: &[End], matrix: &Matrix, sum: impl Fn(&End) -> Count, per_member: f64, limit: f64, top: f64) -> (Vec<Node>, f64) {
    let font = Type::LABEL;
    let mut y = top;
    let mut list = Vec::new();
    for end in ends {
        let n = sum(end);
        let mut lines = font.wrap(&matrix.labels[end], limit);
        let count = words::count(&n);
        match lines.last_mut() {
            Some(last) if font.width(last) + font.width(&count) + 8.0 <= limit => last.push_str(&format!("  {count}")),
            _ => lines.push(count),
        }
        let h = (float(&n) * per_member).max(1.5);
        let needs = lines.len() as f64 * font.leading() + 3.0;
        // A thin bar stands in the middle of the room that its label needs.
        let room = h.max(needs);
        list.push(Node { y: y + (room - h) / 2.0, h, lines });
        y += room + 5.0;
    }
    (list, y)
}

fn draw(frame: &mut Frame, matrix: &Matrix, table: &DiffTable) {
    let total: f64 = matrix.cells.values().map(float).sum();
    let per_member = HEIGHT / total.max(1e-9);
    let limit = frame.inner() * if frame.narrow { 0.29 } else { 0.23 };
    let axis = Type::AXIS;
    frame.scene.text(frame.left, frame.y + 9.0, &table.old.dates(), axis, Anchor::Start);
    if frame.narrow {
        frame.y += 15.0;
    }
    frame.scene.text(frame.right, frame.y + 9.0, &table.new.dates(), axis, Anchor::End);
    frame.y += 20.0;
    let old = |end: &End| matrix.old_total(end);
    let new = |end: &End| matrix.new_total(end);
    let (left, left_end) = nodes(&matrix.from, matrix, old, per_member, limit, frame.y);
    let (right, right_end) = nodes(&matrix.to, matrix, new, per_member, limit, frame.y);
    let (x0, x1) = (frame.left + limit + 8.0, frame.right - limit - 8.0);

    let place = |ends: &[End]| -> BTreeMap<End, usize> { ends.iter().cloned().enumerate().map(|(i, e)| (e, i)).collect() };
    let (at_left, at_right) = (place(&matrix.from), place(&matrix.to));
    let mut starts: Vec<f64> = left.iter().map(|n| n.y).collect();
    let mut arrivals: Vec<f64> = right.iter().map(|n| n.y).collect();
    // Bands leave in the order of their targets and arrive in the order of their sources, so they cross no
    // more than they must.
    let mut flows: Vec<(usize, usize, f64)> = matrix
        .cells
        .iter()
        .filter(|(_, n)| !n.is_zero())
        .map(|((f, t), n)| (at_left[f], at_right[t], float(n) * per_member))
        .collect();
    flows.sort_by_key(|flow| (flow.0, flow.1));
    let mut bands: Vec<(usize, usize, f64, f64, f64)> = Vec::new();
    for (from, to, h) in flows {
        bands.push((from, to, h, starts[from], 0.0));
        starts[from] += h;
    }
    bands.sort_by_key(|band| (band.1, band.0));
    for band in &mut bands {
        band.4 = arrivals[band.1];
        arrivals[band.1] += band.2;
    }
    // The widest first: thin bands stay visible above them.
    bands.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    for (from, to, h, y0, y1) in bands {
        let stayed = matrix.from[from] == matrix.to[to];
        let ink = if stayed { Ink::Pale } else { solid(&matrix.from[from], matrix) };
        frame.scene.polygon(band((x0 + NODE, y0), (x1 - NODE, y1), h.max(0.8)), ink, if stayed { 0.6 } else { 0.7 });
    }
    for (ends, list, x, anchor) in [(&matrix.from, &left, x0, Anchor::End), (&matrix.to, &right, x1 - NODE, Anchor::Start)] {
        for (end, node) in ends.iter().zip(list) {
            frame.scene.filled(x, node.y, NODE, node.h, fill(end, matrix));
            label(&mut frame.scene, node, if anchor == Anchor::End { x - 8.0 } else { x + NODE + 8.0 }, anchor);
        }
    }
    frame.y = left_end.max(right_end) + 4.0;
}

fn label(scene: &mut Scene, node: &Node, x: f64, anchor: Anchor) {
    let font = Type::LABEL;
    let first = node.y + node.h / 2.0 + font.drop() - (node.lines.len() as f64 - 1.0) * font.leading() / 2.0;
    scene.lines(x, first, &node.lines, font, anchor);
}

fn fill(end: &End, matrix: &Matrix) -> Fill {
    match end {
        End::Row(row) => palette::fill(row, &matrix.labels[end]),
        End::Entered | End::Left => Fill::Solid(Ink::Rule),
    }
}

fn solid(end: &End, matrix: &Matrix) -> Ink {
    match (end, fill(end, matrix)) {
        (End::Row(Row::Other | Row::NoMail), _) => Ink::Grey,
        (_, Fill::Solid(ink) | Fill::Hatched(ink)) => ink,
    }
}

/// The outline of a band whose edges leave and arrive level.
fn band(from: (f64, f64), to: (f64, f64), h: f64) -> Vec<Point> {
    const STEPS: u32 = 24;
    let edge = |shift: f64| {
        (0..=STEPS).map(move |i| {
            let t = f64::from(i) / f64::from(STEPS);
            let smooth = t * t * (3.0 - 2.0 * t);
            Point(from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * smooth + shift)
        })
    };
    let mut points: Vec<Point> = edge(0.0).collect();
    points.extend(edge(h).collect::<Vec<_>>().into_iter().rev());
    points
}
