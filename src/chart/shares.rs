//! Shares of one snapshot as bars, largest first, with the bounds that missing answers leave open.

use num_traits::Zero;

use super::fold::{self, Folded};
use super::frame::{Frame, tick_percent, ticks};
use super::palette::{self, Ink};
use super::rows::{Block, Rows};
use super::{Chart, Style, words};
use crate::share::number::float;
use crate::share::{Row, ShareRow, ShareTable};

/// Bars of share with thin lines from lower to upper bound. What has no share (no-mail, unreachable) stands
/// below on the same scale, never left out.
pub fn share_bars(table: &ShareTable, style: &Style) -> Chart {
    let folded = fold::shares(table, style.top);
    let note = folded.note(table.by);
    let Folded { named, rest, .. } = folded;
    let outside = |r: &&ShareRow| matches!(r.row, Row::NoMail | Row::Unreachable);
    let (apart, inside): (Vec<&ShareRow>, Vec<&ShareRow>) = rest.iter().partition(outside);
    let apart: Vec<&ShareRow> = apart.into_iter().filter(|r| !r.members.is_zero()).collect();
    let within: Vec<&ShareRow> = named.iter().chain(inside.into_iter().filter(|r| !r.members.is_zero())).collect();

    let p = &table.provenance;
    let noun = p.unit.noun(2);
    let cohort = table.cohort.as_deref().map(|c| format!(" \u{b7} {c}")).unwrap_or_default();
    let subtitle = [
        format!("{}{}{cohort}", words::measure(table.role), words::grouping(table.by)),
        format!("{} \u{b7} {}", words::measured(&table.base, p.unit), p.dates()),
    ];
    let mut frame = Frame::begin(style, words::share_finding(table), subtitle, &[p]);

    let bounded = within.iter().any(|r| is_bounded(r));
    let mut notes = Vec::new();
    if within.is_empty() && apart.is_empty() {
        frame.say("The table is empty: nothing was asked, or nothing is left after filtering.");
    } else {
        let blocks = [
            Block { caption: None, labels: within.iter().map(|r| r.label.as_str()).collect() },
            Block {
                caption: Some(format!("Outside the shares, {noun} on the same scale")),
                labels: apart.iter().map(|r| r.label.as_str()).collect(),
            },
        ];
        let share = |r: &ShareRow| r.share.map_or_else(|| "\u{2013}".to_owned(), |s| words::percent(&s));
        let all: Vec<&ShareRow> = within.iter().chain(&apart).copied().collect();
        let cells: Vec<[String; 2]> = all
            .iter()
            .map(|r| match r.withheld {
                Some(limit) => [format!("< {limit}"), String::new()],
                None => [words::count(&r.members), share(r)],
            })
            .collect();
        let rows = Rows::lay_out(&mut frame, &blocks, &[], &[noun, "share"], &cells);
        draw(&mut frame, &rows, &all, table);
        if bounded {
            let open = if table.role.is_exclusive() { "unreachable, unattributed and weakly self-hosted" } else { "unreachable" };
            notes.push(format!(
                "Bars: members / measured members. Thin lines: lower and upper bound, what {open} members could change."
            ));
        }
    }
    notes.push(note);
    notes.push(words::parts(table.rows.iter().map(|r| &r.members)));
    if !table.role.is_exclusive() {
        notes.push("A member can have several of these at once: shares do not add up to 100 %.".to_owned());
    }
    let body: Vec<String> = within
        .iter()
        .chain(&apart)
        .filter(|r| r.withheld.is_none())
        .map(|r| match r.share {
            Some(share) => format!("{} {} ({})", r.label, words::count(&r.members), words::percent(&share)),
            None => format!("{} {}", r.label, words::count(&r.members)),
        })
        .collect();
    let name = format!("share-{}", table.role.as_str());
    frame.finish(&name, &format!("{}.", body.join(", ")), &notes, &[("Data", p)], &table.ruleset)
}

fn is_bounded(row: &ShareRow) -> bool {
    row.withheld.is_none() && row.lower_bound.zip(row.upper_bound).is_some_and(|(low, high)| low != high)
}

/// Bars, bounds and axis inside the plot of laid-out rows.
fn draw(frame: &mut Frame, rows: &Rows, all: &[&ShareRow], table: &ShareTable) {
    let base = float(&table.base.measured());
    let length = |r: &ShareRow| match r.share {
        Some(share) => float(&share),
        None if base > 0.0 => float(&r.members) / base,
        None => float(&r.members),
    };
    let widest = |r: &&&ShareRow| if is_bounded(r) { r.upper_bound.map_or(0.0, |u| float(&u)) } else { length(r) };
    let max = all.iter().filter(|r| r.withheld.is_none()).map(|r| widest(&r)).fold(0.0, f64::max);
    let steps = ticks(max, if frame.narrow { 3 } else { 5 });
    let top = steps.last().copied().filter(|t| *t > 0.0).unwrap_or(1.0);
    let (x0, w) = (rows.plot.x, rows.plot.w);
    let at = |v: f64| x0 + w * (v / top).min(1.0);
    if base > 0.0 {
        for step in &steps {
            rows.grid(&mut frame.scene, at(*step), Ink::Grid);
            frame.tick(at(*step), rows.plot.bottom() + 16.0, &tick_percent(*step));
        }
    }
    let scene = &mut frame.scene;
    for (row, line) in all.iter().zip(&rows.lines) {
        if row.withheld.is_some() {
            continue;
        }
        let (y, h) = (line.bar - 8.0, 16.0);
        let long = w * (length(row) / top).min(1.0);
        // A member is never nothing: the shortest bar still shows.
        scene.filled(x0, y, if row.members.is_zero() { 0.0 } else { long.max(1.5) }, h, palette::fill(&row.row, &row.label));
        if let (true, Some(low), Some(high)) = (is_bounded(row), row.lower_bound, row.upper_bound) {
            let (low, high) = (at(float(&low)), at(float(&high)));
            // Paper under the line, so that it shows on its own bar.
            scene.horizontal(low, high.max(low + 1.0), line.bar, Ink::Paper, 3.4);
            scene.horizontal(low, high.max(low + 1.0), line.bar, Ink::Muted, 1.3);
            for end in [low, high] {
                scene.vertical(end, line.bar - 4.0, line.bar + 4.0, Ink::Muted, 1.3);
            }
        }
    }
    rows.grid(scene, x0, Ink::Rule);
    frame.y = rows.plot.bottom() + if base > 0.0 { 26.0 } else { 8.0 };
}
