//! Relative change as diverging bars. A bar never stands alone: both counts and the change in points stand
//! beside it, and percentages of small counts are set apart.

use num_traits::{Signed, Zero};

use super::fold::{self, Folded};
use super::frame::{Frame, tick_percent, ticks};
use super::palette::{self, Fill, Ink};
use super::rows::{Block, Rows};
use super::scene::{Anchor, Point, Type};
use super::{Chart, Style, words};
use crate::diff::{DiffRow, DiffTable};
use crate::share::number::float;
use crate::share::{Count, Row};

/// Below so many members before, a percentage says little: one member more is 10 % or more.
const SMALL: i128 = 10;

/// Relative change of every row, sorted by it, with counts at both ends and points.
pub fn change_bars(table: &DiffTable, style: &Style) -> Chart {
    let folded = fold::diffs(table, style.top);
    let note = folded.note(table.by);
    let Folded { mut named, rest, .. } = folded;
    // Sorted by what the bars show; the folded rows stand last whatever they did.
    named.sort_by_key(|r| (r.row == Row::Other, r.relative_change.map(|c| -c), -r.new));
    let is_small = |r: &&DiffRow| few(r);
    let (small, large): (Vec<&DiffRow>, Vec<&DiffRow>) = named.iter().partition(is_small);
    let rest: Vec<&DiffRow> = rest.iter().filter(|r| !r.old.is_zero() || !r.new.is_zero()).collect();

    let sides = [&table.old, &table.new];
    let what = format!("relative change in {}", table.new.unit.noun(2));
    let mut frame = Frame::begin(style, words::change_finding(table), subtitle(table, &what), &sides);
    let noun = table.new.unit.noun(2);
    let caption = |text: String, rows: &[&DiffRow]| (!rows.is_empty()).then_some(text);
    let blocks = [
        Block { caption: None, labels: labels(&large) },
        Block {
            caption: caption(format!("Fewer than {SMALL} {noun} before: read the counts, not the percentages"), &small),
            labels: labels(&small),
        },
        Block { caption: caption(format!("No {}", table.by.noun(1)), &rest), labels: labels(&rest) },
    ];
    let all: Vec<&DiffRow> = large.iter().chain(&small).chain(&rest).copied().collect();
    if all.is_empty() {
        frame.say("Both tables are empty: there is nothing to compare.");
    } else {
        let cells: Vec<[String; 2]> = all.iter().map(|r| [ends(r), points(r)]).collect();
        let rows = Rows::lay_out(&mut frame, &blocks, &[noun], &["points"], &cells);
        draw(&mut frame, &rows, &all);
    }
    let phrases: Vec<String> =
        all.iter().filter(|r| r.withheld.is_none()).map(|r| words::change_phrase(r, table.new.unit)).collect();
    let notes = [
        format!(
            "Bars: (new \u{2212} old) / old in {noun}. Points: change of the share of measured {noun}, in percentage points. {}",
            panel(table)
        ),
        words::sources(table),
        note,
        words::parts(table.rows.iter().flat_map(|r| [&r.old, &r.new])),
    ];
    let name = format!("change-{}", table.role.as_str());
    let sides = [("Old", &table.old), ("New", &table.new)];
    frame.finish(&name, &format!("{}.", phrases.join("; ")), &notes, &sides, &table.ruleset)
}

fn few(row: &DiffRow) -> bool {
    row.old < Count::from_integer(SMALL)
}

fn labels<'a>(rows: &[&'a DiffRow]) -> Vec<&'a str> {
    rows.iter().map(|r| r.label.as_str()).collect()
}

/// Measure and what is shown of it; denominators and dates of both sides.
pub fn subtitle(table: &DiffTable, what: &str) -> [String; 2] {
    let cohort = table.cohort.as_deref().map(|c| format!(" \u{b7} {c}")).unwrap_or_default();
    let n = words::ends(&table.base_old.measured(), &table.base_new.measured());
    [
        format!("{}{}{cohort} \u{b7} {what}", words::measure(table.role), words::grouping(table.by)),
        format!("n = {n} {} measured \u{b7} {} \u{2192} {}", table.new.unit.noun(2), table.old.dates(), table.new.dates()),
    ]
}

/// How many members stand on both sides.
pub fn panel(table: &DiffTable) -> String {
    format!(
        "{} {} are in both lists, {} of them measured on both sides.",
        words::whole(table.panel),
        table.new.unit.noun(table.panel),
        words::whole(table.compared)
    )
}

pub fn ends(row: &DiffRow) -> String {
    row.withheld.map_or_else(|| words::ends(&row.old, &row.new), |limit| format!("< {limit}"))
}

pub fn points(row: &DiffRow) -> String {
    match row.share_change_pp {
        Some(change) if row.withheld.is_none() => words::points(&change),
        _ => "\u{2013}".to_owned(),
    }
}

fn draw(frame: &mut Frame, rows: &Rows, all: &[&DiffRow]) {
    let drawn = |r: &&&DiffRow| r.withheld.is_none();
    let change = |r: &DiffRow| r.relative_change.map_or(0.0, |c| float(&c));
    let text = |r: &DiffRow| {
        if r.old.is_zero() && r.new.is_zero() { String::new() } else { words::relative(r.relative_change.as_ref()) }
    };

    // Large rows set the scale; small ones may run out of it and are then marked as cut.
    let scale = |keep: &dyn Fn(&DiffRow) -> bool, sign: f64| {
        all.iter().filter(drawn).filter(|r| keep(r)).map(|r| change(r) * sign).fold(0.0, f64::max)
    };
    let (mut low, mut high) = (scale(&|r| !few(r), -1.0), scale(&|r| !few(r), 1.0));
    if low + high < 1e-9 {
        (low, high) = (scale(&|_| true, -1.0).min(1.0), scale(&|_| true, 1.0).min(1.0));
    } else {
        // Enough room to see which way a small row went.
        let least = (low + high) * 0.25;
        if scale(&few, -1.0) > 0.0 {
            low = low.max(least.min(scale(&few, -1.0)));
        }
        if scale(&few, 1.0) > 0.0 {
            high = high.max(least.min(scale(&few, 1.0)));
        }
    }
    let room = |rows: &dyn Fn(&DiffRow) -> bool| {
        all.iter().filter(drawn).filter(|r| rows(r)).map(|r| Type::FIGURE.width(&text(r)) + 8.0).fold(0.0, f64::max)
    };
    let (left_room, right_room) = (room(&|r| change(r) < 0.0), room(&|r| change(r) >= 0.0));
    let (x0, x1) = (rows.plot.x + left_room, rows.plot.right() - right_room);
    let span = (low + high).max(1e-9);
    let per_unit = (x1 - x0).max(20.0) / span;
    let zero = if low + high < 1e-9 { (x0 + x1) / 2.0 } else { x0 + low * per_unit };

    let steps = ticks(low.max(high), 3);
    let spacing = steps.get(1).map_or(0.0, |s| s * per_unit);
    let stride = if spacing > 0.0 { (52.0 / spacing).ceil().max(1.0) as usize } else { 1 };
    for (i, step) in steps.iter().enumerate().filter(|(i, _)| i % stride == 0) {
        for sign in if i == 0 { &[1.0][..] } else { &[-1.0, 1.0][..] } {
            let x = zero + sign * step * per_unit;
            if x < x0 - 0.5 || x > x1 + 0.5 {
                continue;
            }
            if i > 0 {
                rows.grid(&mut frame.scene, x, Ink::Grid);
            }
            let signed = if i == 0 {
                tick_percent(0.0)
            } else {
                format!("{}{}", if *sign < 0.0 { "\u{2212}" } else { "+" }, tick_percent(*step))
            };
            frame.tick(x, rows.plot.bottom() + 16.0, &signed);
        }
    }
    let scene = &mut frame.scene;
    for (row, line) in all.iter().zip(&rows.lines).filter(|(r, _)| r.withheld.is_none()) {
        let value = change(row);
        let cut = value > high * 1.001 || -value > low * 1.001;
        let end = zero + value.clamp(-low, high) * per_unit;
        let (y, h) = (line.bar - 8.0, 16.0);
        let fill = match row.row {
            Row::Named(_) => Fill::Solid(if value < 0.0 { Ink::Loss } else { Ink::Gain }),
            _ => palette::fill(&row.row, &row.label),
        };
        match fill {
            Fill::Solid(ink) if few(row) => {
                let corners = [(zero, y), (end, y), (end, y + h), (zero, y + h)];
                if (end - zero).abs() > 0.01 {
                    scene.rect(zero.min(end), y, (end - zero).abs(), h, Ink::Paper);
                    scene.polygon(corners.iter().map(|&(x, y)| Point(x, y)).collect(), ink, 0.5);
                }
            }
            _ => scene.filled(zero.min(end), y, (end - zero).abs(), h, fill),
        }
        if cut && (end - zero).abs() > 10.0 {
            // Two slanting cuts: the bar goes on beyond the plot.
            for shift in [6.0, 10.0] {
                let x = end - value.signum() * shift;
                scene.line(&[Point(x - 2.0, y + h + 1.0), Point(x + 2.0, y - 1.0)], Ink::Paper, 1.6);
            }
        }
        let (x, anchor) = if value < 0.0 { (end - 6.0, Anchor::End) } else { (end + 6.0, Anchor::Start) };
        let font = if few(row) { Type::FIGURE.ink(Ink::Muted) } else { Type::FIGURE.bold() };
        let font =
            if row.net().is_negative() && matches!(row.row, Row::Named(_)) && !few(row) { font.ink(Ink::Loss) } else { font };
        scene.text_on_paper(x, line.bar + Type::FIGURE.drop(), &text(row), font, anchor);
    }
    rows.grid(scene, zero, Ink::Rule);
    frame.y = rows.plot.bottom() + 26.0;
}
