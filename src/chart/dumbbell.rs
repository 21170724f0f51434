//! Old and new share of each row: an open dot, a filled dot, and the way between them.

use num_traits::Zero;

use super::change;
use super::fold::{self, Folded};
use super::frame::{Frame, tick_percent, ticks};
use super::palette::{self, Fill, Ink};
use super::rows::{Block, Rows};
use super::scene::{Anchor, Type};
use super::{Chart, Style, words};
use crate::diff::{DiffRow, DiffTable};
use crate::share::number::float;
use crate::share::{Base, Count, Row};

/// Shares before and after, largest first, with counts and points beside them.
pub fn dumbbell(table: &DiffTable, style: &Style) -> Chart {
    let Folded { named, rest, .. } = fold::diffs(table, style.top);
    let present = |r: &&DiffRow| !r.old.is_zero() || !r.new.is_zero();
    let outside = |r: &&DiffRow| matches!(r.row, Row::NoMail | Row::Unreachable);
    let (apart, inside): (Vec<&DiffRow>, Vec<&DiffRow>) = rest.iter().filter(present).partition(outside);
    let within: Vec<&DiffRow> = named.iter().chain(inside).collect();
    let all: Vec<&DiffRow> = within.iter().chain(&apart).copied().collect();

    let noun = table.new.unit.noun(2);
    let mut frame =
        Frame::begin(style, finding(table), change::subtitle(table, "shares before and after"), &[&table.old, &table.new]);
    if all.is_empty() {
        frame.say("Both tables are empty: there is nothing to compare.");
    } else {
        legend(&mut frame, table);
        let blocks = [
            Block { caption: None, labels: within.iter().map(|r| r.label.as_str()).collect() },
            Block {
                caption: Some(format!("Outside the shares, {noun} on the same scale")),
                labels: apart.iter().map(|r| r.label.as_str()).collect(),
            },
        ];
        let cells: Vec<[String; 2]> = all.iter().map(|r| [change::ends(r), change::points(r)]).collect();
        let rows = Rows::lay_out(&mut frame, &blocks, &[], &[noun, "points"], &cells);
        draw(&mut frame, &rows, &all, table);
    }
    let body: Vec<String> =
        all.iter().filter(|r| r.withheld.is_none()).map(|r| words::change_phrase(r, table.new.unit)).collect();
    let notes = [change::panel(table), words::parts(table.rows.iter().flat_map(|r| [&r.old, &r.new]))];
    let name = format!("shares-{}", table.role.as_str());
    let sides = [("Old", &table.old), ("New", &table.new)];
    frame.finish(&name, &format!("{}.", body.join("; ")), &notes, &sides, &table.ruleset)
}

/// Who leads now, and since when.
fn finding(table: &DiffTable) -> String {
    let named = || table.rows.iter().filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none());
    let Some(first) = named().rev().max_by_key(|r| r.new).filter(|r| !r.new.is_zero()) else {
        return words::change_finding(table);
    };
    let Some(before) = named().rev().max_by_key(|r| r.old).filter(|r| !r.old.is_zero()) else {
        return words::change_finding(table);
    };
    let (unit, phrase) = (table.new.unit, words::change_phrase(first, table.new.unit));
    let tied = named().filter(|r| r.new == first.new).count() > 1;
    if tied {
        format!(
            "{} lead together with {} {} each",
            leaders(named().filter(|r| r.new == first.new)),
            words::count(&first.new),
            unit.noun(2)
        )
    } else if before.row == first.row || before.old == first.old {
        format!("Still in the lead: {phrase}")
    } else {
        format!("{} overtakes {}: {phrase}", first.label, before.label)
    }
}

fn leaders<'a>(rows: impl Iterator<Item = &'a DiffRow>) -> String {
    rows.map(|r| r.label.as_str()).collect::<Vec<_>>().join(" and ")
}

fn legend(frame: &mut Frame, table: &DiffTable) {
    let mut x = frame.left;
    for (filled, dates) in [(false, table.old.dates()), (true, table.new.dates())] {
        if x > frame.left && x + 18.0 + Type::AXIS.width(&dates) > frame.right {
            (x, frame.y) = (frame.left, frame.y + 18.0);
        }
        let y = frame.y + 6.0;
        dot(frame, x + 6.0, y, Ink::Muted, filled);
        x += 18.0;
        x += frame.scene.text(x, y + Type::AXIS.drop(), &dates, Type::AXIS, Anchor::Start) + 22.0;
    }
    frame.y += 22.0;
}

fn dot(frame: &mut Frame, x: f64, y: f64, ink: Ink, filled: bool) {
    frame.scene.disc(x, y, 6.0, ink);
    if !filled {
        frame.scene.disc(x, y, 3.8, Ink::Paper);
    }
}

fn draw(frame: &mut Frame, rows: &Rows, all: &[&DiffRow], table: &DiffTable) {
    let of = |share: Option<Count>, members: &Count, base: &Base| {
        share.as_ref().map_or_else(|| if base.measured().is_zero() { 0.0 } else { float(&(members / base.measured())) }, float)
    };
    let ends = |r: &DiffRow| (of(r.share_old, &r.old, &table.base_old), of(r.share_new, &r.new, &table.base_new));
    let text = |share: Option<Count>| share.map(|s| words::percent(&s)).unwrap_or_default();
    let room = all
        .iter()
        .flat_map(|r| [text(r.share_old), text(r.share_new)])
        .map(|t| Type::FIGURE.width(&t) + 12.0)
        .fold(8.0, f64::max);
    let max = all.iter().filter(|r| r.withheld.is_none()).map(|r| ends(r).0.max(ends(r).1)).fold(0.0, f64::max);
    let (x0, x1) = (rows.plot.x + room, rows.plot.right() - room);
    let w = (x1 - x0).max(20.0);
    let fits = ((w / 56.0) as usize).clamp(1, 5);
    let steps = ticks(max, fits);
    let top = steps.last().copied().filter(|t| *t > 0.0).unwrap_or(1.0);
    let at = |v: f64| x0 + w * v / top;
    for step in &steps {
        rows.grid(&mut frame.scene, at(*step), if *step == 0.0 { Ink::Rule } else { Ink::Grid });
        frame.tick(at(*step), rows.plot.bottom() + 16.0, &tick_percent(*step));
    }
    for (row, line) in all.iter().zip(&rows.lines).filter(|(r, _)| r.withheld.is_none()) {
        let ink = match palette::fill(&row.row, &row.label) {
            Fill::Solid(Ink::Pale) => Ink::Grey,
            Fill::Solid(ink) | Fill::Hatched(ink) => ink,
        };
        let (old, new) = ends(row);
        let (a, b) = (at(old), at(new));
        frame.scene.horizontal(a, b, line.bar, ink, 3.0);
        dot(frame, a, line.bar, ink, false);
        dot(frame, b, line.bar, ink, true);
        // The figures stand on the outer sides of the pair; where they read the same, once is enough.
        let baseline = line.bar + Type::FIGURE.drop();
        let (low, high) = if b >= a { (row.share_old, row.share_new) } else { (row.share_new, row.share_old) };
        if text(row.share_old) == text(row.share_new) {
            frame.scene.text_on_paper(a.max(b) + 10.0, baseline, &text(row.share_new), Type::FIGURE.bold(), Anchor::Start);
            continue;
        }
        let font = |newer: bool| if newer { Type::FIGURE.bold() } else { Type::FIGURE.ink(Ink::Muted) };
        let beside = format!("from {}", text(row.share_old));
        let width = Type::FIGURE.bold().width(&text(row.share_new)) + 6.0;
        let crosses = a.min(b) - 10.0 - Type::FIGURE.bold().width(&text(low)) < x0;
        if crosses && a.max(b) + 10.0 + width + Type::FIGURE.width(&beside) <= rows.plot.right() {
            // No room before the axis: the old figure stands after the new one.
            let at = a.max(b) + 10.0;
            frame.scene.text_on_paper(at, baseline, &text(row.share_new), font(true), Anchor::Start);
            frame.scene.text_on_paper(at + width, baseline, &beside, font(false), Anchor::Start);
            continue;
        }
        frame.scene.text_on_paper(a.min(b) - 10.0, baseline, &text(low), font(b < a), Anchor::End);
        frame.scene.text_on_paper(a.max(b) + 10.0, baseline, &text(high), font(b >= a), Anchor::Start);
    }
    frame.y = rows.plot.bottom() + 26.0;
}
