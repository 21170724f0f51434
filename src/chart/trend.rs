//! Shares over time as lines, each named at its end: no legend to hunt through.

use std::cmp::Reverse;

use super::frame::{Frame, tick_percent, ticks};
use super::palette::{self, Fill, Ink};
use super::scene::{Anchor, Point, Type};
use super::{Chart, Style, words};
use crate::provenance::Provenance;
use crate::share::Row;
use crate::share::number::float;
use crate::trend::{Series, TrendTable};

/// Height of the plot, in pixels, at least.
const HEIGHT: f64 = 340.0;
/// More lines than this are a tangle.
const MOST: usize = 9;

/// One line a named row, gaps where nobody was measured; the first snapshot stands left.
pub fn trend_lines(table: &TrendTable, style: &Style) -> Chart {
    let top = style.top.min(MOST);
    let largest = |s: &Series| s.points.iter().flatten().map(|p| p.members).max().unwrap_or_default();
    let mut shown: Vec<&Series> = table.series.iter().filter(|s| matches!(s.row, Row::Named(_))).collect();
    shown.sort_by_key(|s| Reverse(largest(s)));
    let hidden = shown.len().saturating_sub(top);
    shown.truncate(top);
    let rest = |s: &&Series| matches!(s.row, Row::SelfHosted | Row::Unattributed | Row::Other | Row::None);
    let has_share = |s: &&Series| s.points.iter().flatten().any(|p| p.share.is_some_and(|s| s > 0.into()));
    shown.extend(table.series.iter().filter(rest));
    shown.retain(has_share);

    let sides: Vec<&Provenance> = table.snapshots.iter().collect();
    let (first, last) = (&table.whole.old, &table.whole.new);
    let cohort = table.cohort.as_deref().map(|c| format!(" \u{b7} {c}")).unwrap_or_default();
    let n = words::ends(&table.whole.base_old.measured(), &table.whole.base_new.measured());
    let subtitle = [
        format!(
            "{}{}{cohort} \u{b7} share at {} dates",
            words::measure(table.role),
            words::grouping(table.by),
            words::whole(sides.len())
        ),
        format!("n = {n} {} measured \u{b7} {} \u{2192} {}", last.unit.noun(2), first.dates(), last.dates()),
    ];
    let mut frame = Frame::begin(style, words::change_finding(&table.whole), subtitle, &sides);
    if shown.is_empty() {
        frame.say("No row has a share at any of the dates.");
    } else {
        draw(&mut frame, &shown, &sides);
    }
    let mut notes = Vec::new();
    if hidden > 0 {
        notes.push(format!("{} smaller {} are not drawn.", words::whole(hidden), table.by.noun(hidden)));
    }
    let body: Vec<String> = shown.iter().map(|s| format!("{}: {}", s.label, figures(s))).collect();
    // Two snapshots stand for a long row of them: the data files name every one.
    let (told, between) = if sides.len() > 3 { (vec![first, last], sides.len() - 2) } else { (sides.clone(), 0) };
    if between > 0 {
        notes.push(format!("{} more snapshots lie between the first and the last.", words::whole(between)));
    }
    let days: Vec<String> = told.iter().map(|p| p.observed_to.clone()).collect();
    let named: Vec<(&str, &Provenance)> = days.iter().map(String::as_str).zip(told).collect();
    let name = format!("trend-{}", table.role.as_str());
    frame.finish(&name, &format!("{}.", body.join("; ")), &notes, &named, &table.ruleset)
}

fn figures(series: &Series) -> String {
    let text = |p: &Option<crate::trend::Point>| match p.and_then(|p| Some((p.share?, p.members))) {
        Some((share, members)) => format!("{} ({})", words::percent(&share), words::count(&members)),
        None => "not measured".to_owned(),
    };
    series.points.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Days since 1970 of `YYYY-MM-DD`, for distances on the axis (Hinnant, "chrono-compatible low-level date
/// algorithms"); dates that cannot be read stand in order.
fn day(date: &str, index: usize) -> f64 {
    let mut parts = date.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let (Some(Some(y)), Some(Some(m)), Some(Some(d))) = (parts.next(), parts.next(), parts.next()) else {
        return index as f64;
    };
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year) as f64
}

/// A label at a line's end: where the line ends, and where the label found room.
struct Ending {
    text: String,
    line_y: f64,
    y: f64,
    ink: Ink,
}

fn draw(frame: &mut Frame, shown: &[&Series], sides: &[&Provenance]) {
    let font = Type::LABEL;
    let days: Vec<f64> = sides.iter().enumerate().map(|(i, p)| day(&p.observed_to, i)).collect();
    let (from, to) = (days.first().copied().unwrap_or(0.0), days.last().copied().unwrap_or(1.0));
    let max = shown.iter().flat_map(|s| s.points.iter().flatten()).filter_map(|p| p.share).map(|s| float(&s)).fold(0.0, f64::max);
    let steps = ticks(max, 5);
    let ceiling = steps.last().copied().filter(|t| *t > 0.0).unwrap_or(1.0);

    let limit = frame.inner() * if frame.narrow { 0.36 } else { 0.28 };
    let label = |s: &Series| {
        let last = s.points.iter().rev().flatten().next();
        let figure = last.and_then(|p| Some(format!("{} ({})", words::percent(&p.share?), words::count(&p.members))));
        let text = format!("{}  {}", s.label, figure.unwrap_or_default());
        // One line each: a name that is too long is told in full in the description.
        font.wrap(&text, limit)
    };
    let labels: Vec<Vec<String>> = shown.iter().map(|s| label(s)).collect();
    let label_width = labels.iter().flatten().map(|l| font.width(l)).fold(0.0, f64::max);
    let lines: usize = labels.iter().map(Vec::len).sum();
    let height = HEIGHT.max((lines as f64 + labels.len() as f64 * 0.3) * font.leading());

    let axis = steps.iter().map(|s| Type::AXIS.width(&tick_percent(*s))).fold(0.0, f64::max) + 8.0;
    let (x0, x1) = (frame.left + axis, frame.right - label_width - 24.0);
    let (top, bottom) = (frame.y + 8.0, frame.y + 8.0 + height);
    let x = |d: f64| if to > from { x0 + 6.0 + (x1 - x0 - 6.0) * (d - from) / (to - from) } else { x1 };
    let y = |share: f64| bottom - height * share / ceiling;
    for step in &steps {
        frame.scene.horizontal(x0, x1, y(*step), if *step == 0.0 { Ink::Rule } else { Ink::Grid }, 1.0);
        frame.scene.text(x0 - 8.0, y(*step) + Type::AXIS.drop(), &tick_percent(*step), Type::AXIS, Anchor::End);
    }
    dates(frame, sides, &days, &x, (x0, bottom));

    let mut endings = Vec::new();
    // Greys first, so that vendors stand above them; among vendors the largest last.
    for (series, text) in shown.iter().zip(&labels).rev() {
        let ink = match palette::fill(&series.row, &series.label) {
            Fill::Solid(Ink::Pale) => Ink::Grey,
            Fill::Solid(ink) | Fill::Hatched(ink) => ink,
        };
        let place = |(d, p): (&f64, &Option<crate::trend::Point>)| p.and_then(|p| p.share).map(|s| Point(x(*d), y(float(&s))));
        let points: Vec<Option<Point>> = days.iter().zip(&series.points).map(place).collect();
        for run in points.split(Option::is_none) {
            let run: Vec<Point> = run.iter().flatten().copied().collect();
            if run.len() > 1 {
                frame.scene.line(&run, ink, 2.4);
            }
            for p in &run {
                frame.scene.disc(p.0, p.1, 3.6, ink);
            }
        }
        if let Some(end) = points.iter().rev().flatten().next() {
            endings.push(Ending { text: text.join("\n"), line_y: end.1, y: end.1, ink });
        }
    }
    spread(&mut endings, font.leading(), top, bottom);
    for end in &endings {
        let lines: Vec<String> = end.text.split('\n').map(str::to_owned).collect();
        let middle = end.y + (lines.len() as f64 - 1.0) * font.leading() / 2.0;
        frame.scene.line(&[Point(x1 + 6.0, end.line_y), Point(x1 + 19.0, middle)], end.ink, 1.2);
        frame.scene.lines(x1 + 24.0, end.y + font.drop(), &lines, font, Anchor::Start);
    }
    frame.y = bottom + 30.0;
}

/// Dates under the axis: all that fit, the first and the last before any other.
fn dates(frame: &mut Frame, sides: &[&Provenance], days: &[f64], x: &impl Fn(f64) -> f64, (x0, bottom): (f64, f64)) {
    let width = Type::AXIS.width("0000-00-00") + 10.0;
    let last = days.len().saturating_sub(1);
    let mut taken: Vec<f64> = Vec::new();
    for i in [last, 0].into_iter().chain(1..last.max(1)) {
        let (Some(d), Some(side)) = (days.get(i), sides.get(i)) else { continue };
        let at = x(*d).max(x0 + width / 2.0 - 12.0);
        frame.scene.vertical(x(*d), bottom, bottom + 5.0, Ink::Rule, 1.0);
        if taken.iter().all(|other| (other - at).abs() >= width) {
            frame.tick(at, bottom + 19.0, &side.observed_to);
            taken.push(at);
        }
    }
}

/// Moves labels apart so that none overlaps, as little as possible, within the plot.
fn spread(endings: &mut [Ending], leading: f64, top: f64, bottom: f64) {
    endings.sort_by(|a, b| a.line_y.total_cmp(&b.line_y));
    let height = |e: &Ending| e.text.split('\n').count() as f64 * leading;
    let mut floor = top;
    for end in endings.iter_mut() {
        end.y = (end.line_y - (height(end) - leading) / 2.0).max(floor);
        floor = end.y + height(end) + 2.0;
    }
    let mut ceiling = bottom + leading / 2.0;
    for end in endings.iter_mut().rev() {
        end.y = end.y.min(ceiling - height(end));
        ceiling = end.y - 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_across_leap_years() {
        assert_eq!(day("2024-03-01", 0) - day("2024-02-28", 0), 2.0);
        assert_eq!(day("2025-03-01", 0) - day("2025-02-28", 0), 1.0);
        assert_eq!(day("2025-01-01", 0) - day("2024-01-01", 0), 366.0);
        assert_eq!(day("soon", 3), 3.0);
    }
}
