//! How few vendors hold how much: shares added up from the largest down.

use num_traits::Zero;

use super::frame::{Frame, tick_percent, ticks};
use super::palette::{self, Fill, Ink};
use super::scene::{Anchor, Point, Type};
use super::{Chart, Style, words};
use crate::share::number::{self, float};
use crate::share::{Count, Row, ShareTable};

/// Height of the plot, in pixels.
const HEIGHT: f64 = 300.0;
/// Vendors named on the curve.
const NAMED: usize = 8;

/// Cumulative share by number of vendors. Rows folded into "other" end the curve early: its length is what
/// the table names one by one.
pub fn concentration(table: &ShareTable, style: &Style) -> Chart {
    let p = &table.provenance;
    let mut sum = Count::zero();
    let mut steps: Vec<(&str, &Row, Count, Count)> = Vec::new();
    for row in table.rows.iter().filter(|r| matches!(r.row, Row::Named(_)) && r.withheld.is_none() && !r.members.is_zero()) {
        if let Some(share) = row.share {
            sum += share;
            steps.push((&row.label, &row.row, share, sum));
        }
    }
    let cohort = table.cohort.as_deref().map(|c| format!(" \u{b7} {c}")).unwrap_or_default();
    let subtitle = [
        format!("{}{}{cohort} \u{b7} cumulative share", words::measure(table.role), words::grouping(table.by)),
        format!("{} \u{b7} {}", words::measured(&table.base, p.unit), p.dates()),
    ];
    let mut frame = Frame::begin(style, finding(table, &steps), subtitle, &[p]);
    if steps.is_empty() || !table.role.is_exclusive() {
        frame.say("Shares add up for roles that a member gives to one vendor alone; here there is nothing to add up.");
    } else {
        draw(&mut frame, &steps, table.by.noun(2));
    }
    let mut notes = vec![
        "Self-hosted and unattributed members are in the denominator and not in the curve, which therefore ends below 100 %."
            .to_owned(),
    ];
    if let Some(other) = table.rows.iter().find(|r| r.row == Row::Other) {
        notes.push(format!("The row of {} is not on the curve: {}.", other.label, words::count(&other.members)));
    }
    if let Some(found) = &table.concentration {
        notes.push(format!(
            "Herfindahl-Hirschman index {} of 10,000, a lower bound because unattributed members are left out.",
            words::typeset(&number::fixed(&found.hhi, 0))
        ));
    }
    let body: Vec<String> = steps
        .iter()
        .take(NAMED)
        .map(|s| format!("{} {} (together {})", s.0, words::percent(&s.2), words::percent(&s.3)))
        .collect();
    let name = format!("concentration-{}", table.role.as_str());
    frame.finish(&name, &format!("{}.", body.join(", ")), &notes, &[("Data", p)], &table.ruleset)
}

fn finding(table: &ShareTable, steps: &[(&str, &Row, Count, Count)]) -> String {
    let half = Count::new(1, 2);
    let base = table.base.measured();
    let said = |n: usize, share: &Count| {
        let vendors = if n == 1 {
            format!("One {}", table.by.noun(1))
        } else {
            format!("The {} largest {}", words::whole(n), table.by.noun(n))
        };
        let verb = if n == 1 { "holds" } else { "hold" };
        format!(
            "{vendors} {verb} {} of {} {} ({})",
            words::count(&(share * base)),
            words::count(&base),
            table.provenance.unit.noun(2),
            words::percent(share)
        )
    };
    match steps.iter().position(|s| s.3 >= half) {
        Some(i) => said(i + 1, &steps[i].3),
        None => steps.last().map_or_else(|| words::share_finding(table), |last| said(steps.len(), &last.3)),
    }
}

fn draw(frame: &mut Frame, steps: &[(&str, &Row, Count, Count)], vendors: &str) {
    let font = Type::LABEL;
    let axis_width = Type::AXIS.width(&tick_percent(1.0)) + 8.0;
    let (x0, x1, top) = (frame.left + axis_width, frame.right - 10.0, frame.y + 8.0);
    let bottom = top + HEIGHT;
    let most = steps.len() as f64;
    let at = |n: f64, share: f64| Point(x0 + (x1 - x0) * n / most.max(1.0), bottom - HEIGHT * share);
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = at(0.0, share).1;
        frame.scene.horizontal(x0, x1, y, if share == 0.0 { Ink::Rule } else { Ink::Grid }, 1.0);
        frame.scene.text(x0 - 8.0, y + Type::AXIS.drop(), &tick_percent(share), Type::AXIS, Anchor::End);
    }
    for n in ticks(most, 6).into_iter().filter(|n| *n > 0.0 && n.fract() == 0.0 && *n <= most) {
        frame.tick(at(n, 0.0).0, bottom + 16.0, &format!("{n:.0}"));
    }
    let mut line = vec![at(0.0, 0.0)];
    line.extend(steps.iter().enumerate().map(|(i, s)| at(i as f64 + 1.0, float(&s.3))));
    let mut area = line.clone();
    area.push(at(most, 0.0));
    frame.scene.polygon(area, Ink::Gain, 0.12);
    frame.scene.line(&line, Ink::Gain, 2.2);
    // Names stand right below their dots, as long as each step is high enough to keep them apart.
    for (i, (label, row, share, sum)) in steps.iter().enumerate().take(NAMED) {
        let point = at(i as f64 + 1.0, float(sum));
        let text = format!("{}{label} {}", if i > 0 { "+ " } else { "" }, words::percent(share));
        let apart = i == 0 || HEIGHT * float(share) >= font.leading() + 1.0;
        if !apart || point.1 + 22.0 > bottom || point.0 + 6.0 + font.width(&text) > x1 {
            break;
        }
        let ink = match palette::fill(row, label) {
            Fill::Solid(ink) | Fill::Hatched(ink) => ink,
        };
        frame.scene.disc(point.0, point.1, 4.5, ink);
        frame.scene.text(point.0 + 6.0, point.1 + 16.0, &text, font, Anchor::Start);
    }
    frame.tick((x0 + x1) / 2.0, bottom + 33.0, &format!("number of {vendors}, largest first"));
    frame.y = bottom + 42.0;
}
