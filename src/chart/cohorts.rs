//! Parts of a population side by side: sectors, countries, rank bands.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use num_traits::Zero;

use super::colour::Colour;
use super::country::country;
use super::frame::Frame;
use super::palette::{self, Fill, HEAT_STEPS, Ink};
use super::rows::{Block, Rows};
use super::scene::{Anchor, Type};
use super::{Chart, Style, words};
use crate::provenance::Provenance;
use crate::share::number::float;
use crate::share::{Base, Count, Row, ShareRow, ShareTable};

/// Below so many measured members, a part's shares say little and decide no title.
const SMALL: i128 = 10;

/// Shares of each part as a heat map: parts downwards, vendors across.
///
/// Tables are of one role and grouping, each of one cohort. Name says what the parts are: `sector`.
pub fn cohort_heat(tables: &[ShareTable], name: &str, style: &Style) -> Option<Chart> {
    let first = tables.first()?;
    let mut tables: Vec<&ShareTable> = tables.iter().filter(|t| !t.base.measured().is_zero()).collect();
    tables.sort_by_key(|t| Reverse(t.base.measured()));
    let all = Columns::of(&tables, style.top.min(if style.width < 560 { 3 } else { 9 }));
    let mut frame = begin(first, &tables, &all, style, &format!("share by {name}, in %"));
    if tables.is_empty() {
        frame.say("No part of the population was measured.");
    } else {
        heat(&mut frame, &tables, &all);
    }
    Some(finish(frame, first, &tables, &all, &format!("heat-{name}-{}", first.role.as_str())))
}

/// Shares of each part as one bar of 100 %, in the order given; countries, which the tables order by their codes, by name.
/// None for reach roles, whose shares do not add up.
pub fn cohort_bars(tables: &[ShareTable], name: &str, style: &Style) -> Option<Chart> {
    let first = tables.first().filter(|t| t.role.is_exclusive())?;
    let mut tables: Vec<&ShareTable> = tables.iter().filter(|t| !t.base.measured().is_zero()).collect();
    if name == "country" {
        tables.sort_by_key(|t| part(t));
    }
    let all = Columns::of(&tables, style.top.min(8));
    let mut frame = begin(first, &tables, &all, style, &format!("share by {name}"));
    if tables.is_empty() {
        frame.say("No part of the population was measured.");
    } else {
        stacked(&mut frame, &tables, &all);
    }
    Some(finish(frame, first, &tables, &all, &format!("bands-{name}-{}", first.role.as_str())))
}

/// What stands across: the largest vendors over all parts, then the rest.
struct Columns {
    named: Vec<(Row, String)>,
    rest: Vec<(Row, String)>,
}

impl Columns {
    fn of(tables: &[&ShareTable], top: usize) -> Self {
        let mut sizes: BTreeMap<&Row, (Count, &str)> = BTreeMap::new();
        for row in tables.iter().flat_map(|t| &t.rows).filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none()) {
            sizes.entry(&row.row).or_insert((Count::zero(), &row.label)).0 += row.members;
        }
        let mut named: Vec<_> = sizes.into_iter().filter(|(_, (n, _))| !n.is_zero()).collect();
        named.sort_by_key(|(_, (n, _))| Reverse(*n));
        let folded = named.len() > top;
        named.truncate(top);
        let has = |row: &Row| tables.iter().flat_map(|t| &t.rows).any(|r| r.row == *row && !r.members.is_zero());
        let noun = tables.first().map_or("vendors", |t| t.by.noun(2));
        let mut rest = Vec::new();
        if folded || has(&Row::Other) {
            rest.push((Row::Other, format!("other {noun}")));
        }
        for (row, label) in [(Row::SelfHosted, "self-hosted"), (Row::Unattributed, "unattributed"), (Row::None, "none")] {
            if has(&row) {
                rest.push((row, label.to_owned()));
            }
        }
        Self { named: named.into_iter().map(|(row, (_, label))| (row.clone(), label.to_owned())).collect(), rest }
    }

    fn all(&self) -> impl Iterator<Item = &(Row, String)> {
        self.named.iter().chain(&self.rest)
    }

    /// Members of a column in one table; `other` is every named row without a column.
    fn members(&self, table: &ShareTable, column: &Row) -> Count {
        let matches = |r: &&ShareRow| match column {
            Row::Other => {
                r.row == Row::Other || (matches!(r.row, Row::Named(_)) && !self.named.iter().any(|(row, _)| *row == r.row))
            }
            row => r.row == *row,
        };
        table.rows.iter().filter(matches).map(|r| r.members).sum()
    }

    fn share(&self, table: &ShareTable, column: &Row) -> Count {
        let base = table.base.measured();
        if base.is_zero() { Count::zero() } else { self.members(table, column) / base }
    }
}

/// `Energy` of `sector=Energy`, `Finland` of `country=fi`.
fn part(table: &ShareTable) -> &str {
    let cohort = table.cohort.as_deref().unwrap_or("all");
    match cohort.split_once('=') {
        Some(("country", code)) => country(code).unwrap_or(code),
        Some((_, value)) => value,
        None => cohort,
    }
}

fn begin(first: &ShareTable, tables: &[&ShareTable], all: &Columns, style: &Style, what: &str) -> Frame {
    let p = &first.provenance;
    let subtitle = [
        format!("{}{} \u{b7} {what}", words::measure(first.role), words::grouping(first.by)),
        format!(
            "n = {} {} measured in {} {} \u{b7} {}",
            words::count(&tables.iter().map(|t| t.base.measured()).sum()),
            p.unit.noun(2),
            words::whole(tables.len()),
            if tables.len() == 1 { "part" } else { "parts" },
            p.dates()
        ),
    ];
    Frame::begin(style, finding(tables, all), subtitle, &[p])
}

/// Where the largest vendor is strongest and weakest.
fn finding(tables: &[&ShareTable], all: &Columns) -> String {
    let Some((row, label)) = all.named.first() else { return "No vendor is named in any part".to_owned() };
    let enough: Vec<&&ShareTable> = tables.iter().filter(|t| t.base.measured() >= Count::from_integer(SMALL)).collect();
    let share = |t: &ShareTable| all.share(t, row);
    let figure = |t: &ShareTable| {
        let (members, n) = (all.members(t, row), words::count(&t.base.measured()));
        let share = if members.is_zero() { "none".to_owned() } else { words::percent(&share(t)) };
        format!("{share} of {} ({}\u{a0}of\u{a0}{n})", part(t), words::count(&members))
    };
    // Among equals the largest part, and then the first by name: whatever the order of the tables.
    let strongest = enough.iter().max_by_key(|t| (share(t), t.base.measured(), Reverse(part(t))));
    let weakest = enough.iter().min_by_key(|t| (share(t), Reverse(t.base.measured()), part(t)));
    match (strongest, weakest) {
        (Some(high), Some(low)) if part(high) != part(low) => format!("{label} has {}, and {}", figure(high), figure(low)),
        (Some(one), _) => format!("{label} has {}", figure(one)),
        _ => format!("{label} is the largest in parts too small to compare"),
    }
}

fn finish(frame: Frame, first: &ShareTable, tables: &[&ShareTable], all: &Columns, name: &str) -> Chart {
    let line = |t: &&ShareTable| {
        let figures: Vec<String> = all
            .all()
            .filter(|(row, _)| !all.members(t, row).is_zero())
            .map(|(row, label)| format!("{label} {}", words::percent(&all.share(t, row))))
            .collect();
        format!("{} (n = {}): {}", part(t), words::count(&t.base.measured()), figures.join(", "))
    };
    let body: Vec<String> = tables.iter().map(line).collect();
    let unreachable: Count = tables
        .iter()
        .map(|t: &&ShareTable| -> Count {
            let base: &Base = &t.base;
            base.unreachable
        })
        .max()
        .unwrap_or_default();
    let mut notes = vec![format!("n: {} measured in the part; shares are of these.", first.provenance.unit.noun(2))];
    if !unreachable.is_zero() {
        notes.push(format!("Unreachable members are left out, up to {} in a part.", words::count(&unreachable)));
    }
    let p: &Provenance = &first.provenance;
    frame.finish(name, &format!("{}.", body.join("; ")), &notes, &[("Data", p)], &first.ruleset)
}

fn heat(frame: &mut Frame, tables: &[&ShareTable], all: &Columns) {
    let font = Type { px: 12.0, ..Type::LABEL };
    let columns: Vec<&(Row, String)> = all.all().collect();
    let limit = frame.inner() * if frame.narrow { 0.34 } else { 0.26 };
    let labels: Vec<Vec<String>> = tables.iter().map(|t| font.wrap(part(t), limit)).collect();
    let ns: Vec<String> = tables.iter().map(|t| words::count(&t.base.measured())).collect();
    let label_width = labels.iter().flatten().map(|l| font.width(l)).fold(0.0, f64::max) + 10.0;
    let n_width = ns.iter().map(|n| font.width(n)).fold(font.width("n"), f64::max) + 12.0;
    let x0 = frame.left + label_width + n_width;
    let cell = ((frame.right - x0) / columns.len() as f64).min(90.0);
    let heads: Vec<Vec<String>> = columns.iter().map(|(_, label)| super::transitions::upwards(label, font, cell)).collect();
    let head = heads.iter().flatten().map(|l| font.width(l)).fold(0.0, f64::max) + 8.0;
    for (i, lines) in heads.iter().enumerate() {
        let middle = x0 + (i as f64 + 0.5) * cell;
        for (k, line) in lines.iter().enumerate() {
            let x = middle + font.drop() + (k as f64 - (lines.len() as f64 - 1.0) / 2.0) * font.leading();
            frame.scene.text_upwards(x, frame.y + head - 4.0, line, font);
        }
    }
    frame.scene.text(x0 - 12.0, frame.y + head - 6.0, "n", Type::AXIS, Anchor::End);
    frame.y += head;
    // Per cent signs everywhere or, where cells are too narrow, nowhere: the subtitle names the unit.
    let signed = font.width("<1\u{a0}%").max(font.width("88\u{a0}%")) <= cell - 4.0;
    let max = tables.iter().flat_map(|t| columns.iter().map(|(row, _)| float(&all.share(t, row)))).fold(0.05, f64::max);
    for ((table, lines), n) in tables.iter().zip(&labels).zip(&ns) {
        let height = (lines.len() as f64 * font.leading() + 8.0).max(30.0);
        let middle = frame.y + height / 2.0;
        let first = middle + font.drop() - (lines.len() as f64 - 1.0) * font.leading() / 2.0;
        frame.scene.lines(frame.left, first, lines, font, Anchor::Start);
        frame.scene.text(x0 - 12.0, middle + font.drop(), n, font.ink(Ink::Muted), Anchor::End);
        for (i, (row, _)) in columns.iter().enumerate() {
            let x = x0 + i as f64 * cell;
            let share = all.share(table, row);
            if share.is_zero() {
                frame.scene.disc(x + cell / 2.0, middle, 1.0, Ink::Pale);
                continue;
            }
            let step = (1.0 + (f64::from(HEAT_STEPS) - 2.0) * float(&share) / max).round().min(f64::from(HEAT_STEPS - 1)) as u8;
            frame.scene.rect(x + 1.0, frame.y + 1.0, cell - 2.0, height - 2.0, Ink::Heat(step));
            let text = whole_percent(&share);
            let text = if signed { text } else { text.trim_end_matches('%').trim_end_matches('\u{a0}').to_owned() };
            frame.scene.text(x + cell / 2.0, middle + font.drop(), &text, font.ink(Ink::OnHeat(step)), Anchor::Middle);
        }
        frame.y += height;
    }
    frame.y += 10.0;
}

/// Without decimals: cells are small, and parts of a population are too.
fn whole_percent(share: &Count) -> String {
    let hundredths = (share * Count::from_integer(100)).round();
    if hundredths.is_zero() { "<1\u{a0}%".to_owned() } else { format!("{}\u{a0}%", words::count(&hundredths)) }
}

fn stacked(frame: &mut Frame, tables: &[&ShareTable], all: &Columns) {
    let columns: Vec<&(Row, String)> = all.all().collect();
    let key: Vec<(Fill, String)> = columns.iter().map(|(row, label)| (palette::fill(row, label), label.clone())).collect();
    frame.key(&key);
    let labels: Vec<&str> = tables.iter().map(|t| part(t)).collect();
    let cells: Vec<[String; 1]> = tables.iter().map(|t| [words::count(&t.base.measured())]).collect();
    let rows = Rows::lay_out(frame, &[Block { caption: None, labels }], &["n"], &[], &cells);
    let font = Type { px: 11.5, ..Type::LABEL };
    for (table, line) in tables.iter().zip(&rows.lines) {
        let mut x = rows.plot.x;
        for (row, label) in &columns {
            let share = all.share(table, row);
            let w = rows.plot.w * float(&share);
            let fill = palette::fill(row, label);
            // A sliver of paper between segments keeps neighbours apart for every eye.
            frame.scene.filled(x, line.bar - 10.0, (w - 1.0).max(0.0), 20.0, fill);
            let text = whole_percent(&share);
            if let Fill::Solid(ink) = fill
                && w >= font.width(&text) + 8.0
            {
                frame.scene.text(x + w / 2.0, line.bar + font.drop(), &text, font.ink(over(ink)), Anchor::Middle);
            }
            x += w;
        }
    }
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        frame.tick(rows.plot.x + rows.plot.w * share, rows.plot.bottom() + 16.0, &super::frame::tick_percent(share));
    }
    frame.y = rows.plot.bottom() + 26.0;
}

/// Ink that reads on a segment. Black or white: one of the two has a contrast of 4.5 on any colour.
fn over(ink: Ink) -> Ink {
    let (black, white) = (Colour(0, 0, 0), Colour(0xff, 0xff, 0xff));
    match ink {
        Ink::Data(colour) => Ink::Data(if colour.contrast(white) >= colour.contrast(black) { white } else { black }),
        // A middle grey in both themes.
        Ink::Grey => Ink::Data(black),
        _ => Ink::Text,
    }
}
