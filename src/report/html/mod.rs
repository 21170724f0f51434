//! The report as one self-contained HTML page: no request leaves it, and every text in it is escaped by
//! the template engine.
//!
//! Without scripts it is a plain document: headline, charts, shares and changes. With them its tables can
//! be sorted, filtered and saved, the tables of members are drawn from the data in the page, and a link to
//! a member opens its evidence. Style and script are allowed by their digests alone, so markup that
//! slipped into a record could still not run.

mod members;
mod rows;
mod sheet;

use askama::Template;
use num_traits::Zero;
use sha2::{Digest, Sha256};

use sheet::Sheets;

use super::table::Table;
use super::{Page, Side, escape, headline, tables, words};
use crate::chart::{self, Drawn, Style, Theme};
use crate::diff;
use crate::share::ShareTable;
use crate::vendor::Role;

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

/// Widths of the charts on large and on small screens.
const WIDE: u32 = 880;
const NARROW: u32 = 360;

#[derive(Template)]
#[template(path = "report.html")]
struct Document {
    policy: String,
    title: String,
    css: String,
    script: &'static str,
    sections: Vec<(String, &'static str)>,
    warnings: Vec<String>,
    leads: Vec<Lead>,
    sides: Vec<&'static str>,
    facts: Vec<(&'static str, Vec<String>)>,
    notes: Vec<String>,
    roles: Vec<RoleView>,
    /// Rendered tables of members; none where the page is of aggregates alone.
    members: Option<MembersView>,
    failed: String,
    /// Rows of the long tables, as JSON that cannot end its element.
    data: String,
    methods: Vec<String>,
    limits: Vec<String>,
    commands: Vec<String>,
}

/// What changed in one role, or who leads it.
struct Lead {
    heading: String,
    findings: Vec<Finding>,
    caveats: Vec<String>,
}

struct Finding {
    headline: String,
    /// One sentence that stands below it; may be empty.
    switching: String,
    more: Vec<String>,
}

struct MembersView {
    all: String,
    unattributed: String,
    failures: String,
}

struct RoleView {
    id: String,
    title: &'static str,
    meaning: &'static str,
    /// Said in place of charts, where there are none.
    unmeasured: String,
    figures: Vec<Figure>,
    /// Rendered tables.
    tables: Vec<String>,
}

struct Figure {
    wide: String,
    narrow: String,
}

/// The whole page. Charts are drawn from the page's tables; `pictures` is for forms that keep them beside.
pub fn html(page: &Page<'_>) -> String {
    let css = format!("{}\n{}\n{}", chart::font_css(), STYLE, themes());
    let failures = words::failures(page.new.members);
    let mut sheets = Sheets::default();
    let roles = page.new.shares.iter().map(|share| role(page, share, &mut sheets)).collect();
    let members = (!page.aggregate_only).then(|| MembersView {
        all: members::members(page, &mut sheets),
        unattributed: members::unattributed(page, &mut sheets),
        failures: members::failures(&failures, &mut sheets),
    });
    let document = Document {
        policy: format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; font-src data:; base-uri 'none'; form-action 'none'",
            digest(&css),
            digest(SCRIPT)
        ),
        title: shown(page.title),
        css,
        script: SCRIPT,
        sections: sections(page),
        warnings: words::kind_warnings(page),
        leads: leads(page),
        sides: if page.old.is_some() { vec!["old", "new"] } else { vec!["snapshot"] },
        facts: facts(page),
        notes: notes(page),
        roles,
        members,
        failed: members::failed(page, &failures),
        data: sheets.json(),
        methods: words::methods(page).iter().map(|t| shown(t)).collect(),
        limits: words::limits(page),
        commands: page.commands.iter().map(|c| shown(c)).collect(),
    };
    document.render().expect("writing to a string")
}

/// Text whose acting characters are written out; the template escapes the rest.
fn shown(text: &str) -> String {
    escape::visible(text).into_owned()
}

/// A sentence as printers set it: arrows, true minus signs, no line break before a per cent sign.
fn typeset(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let text = shown(text).replace(" -> ", " \u{2192} ").replace(" %", "\u{a0}%").replace('`', "");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_sign = c == '-' && matches!(before, ' ' | '(') && rest.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_sign { '\u{2212}' } else { c });
        before = c;
    }
    out
}

/// Colours of the inline charts in both themes: the reader's choice, or else the system's. Paper is light.
fn themes() -> String {
    format!(
        "{}\n@media screen and (prefers-color-scheme:dark){{{}}}\n@media screen{{{}}}",
        chart::theme_css(Theme::Light, "svg"),
        chart::theme_css(Theme::Dark, "[data-theme=auto] svg"),
        chart::theme_css(Theme::Dark, "[data-theme=dark] svg"),
    )
}

/// A source expression of a content security policy (CSP 3, section 2.3.1).
fn digest(text: &str) -> String {
    format!("sha256-{}", chart::base64(&Sha256::digest(text.as_bytes())))
}

fn sections(page: &Page<'_>) -> Vec<(String, &'static str)> {
    let mut list = vec![("short".to_owned(), "In short"), ("measured".to_owned(), "Measured")];
    list.extend(page.new.shares.iter().map(|s| (s.role.as_str().to_owned(), role_short(s.role))));
    let of_members = [("members", "Members"), ("unattributed", "Unattributed")];
    let last = [("failures", "Failures"), ("methods", "Methods")];
    let of_members = of_members.into_iter().filter(|_| !page.aggregate_only);
    list.extend(of_members.chain(last).map(|(id, name)| (id.to_owned(), name)));
    list
}

fn leads(page: &Page<'_>) -> Vec<Lead> {
    let compared = page.diffs.iter().filter(|d| d.role.is_exclusive()).map(|table| {
        let summary = diff::summary(table, 5);
        let finding = |f: &diff::Finding| Finding {
            headline: typeset(&f.headline),
            switching: typeset(&format!("{}.", f.switching)),
            more: f.remarks.iter().map(|t| typeset(t)).collect(),
        };
        Lead {
            heading: format!(
                "{}, observed {}, compared with {}",
                words::role_title(table.role),
                table.new.dates(),
                table.old.dates()
            ),
            findings: summary.findings.iter().map(finding).collect(),
            caveats: summary.caveats.iter().map(|t| typeset(t)).collect(),
        }
    });
    let alone = page.new.shares.iter().filter(|s| page.diffs.is_empty() && s.role.is_exclusive()).map(|table| Lead {
        heading: format!("{}, observed {}", words::role_title(table.role), table.provenance.dates()),
        findings: (headline::share_lines(table, 5).iter())
            .map(|l| Finding { headline: typeset(l), switching: String::new(), more: Vec::new() })
            .collect(),
        caveats: Vec::new(),
    });
    compared.chain(alone).collect()
}

fn both<'a>(page: &Page<'a>) -> Vec<Side<'a>> {
    page.old.into_iter().chain([page.new]).collect()
}

fn facts(page: &Page<'_>) -> Vec<(&'static str, Vec<String>)> {
    let sides: Vec<_> = both(page).into_iter().map(words::facts).collect();
    let names = sides.first().map(|s| s.iter().map(|f| f.0).collect::<Vec<_>>()).unwrap_or_default();
    names.into_iter().enumerate().map(|(i, name)| (name, sides.iter().map(|s| shown(&s[i].1)).collect())).collect()
}

/// What a reader must know of the data; what holds for both sides is said once.
fn notes(page: &Page<'_>) -> Vec<String> {
    let new = &page.new.provenance.notes;
    let Some(old) = page.old.map(|side| &side.provenance.notes) else { return new.iter().map(|n| shown(n)).collect() };
    let both = new.iter().filter(|n| old.contains(n)).map(|n| shown(n));
    let one = |name: &'static str, notes: &[String], other: &[String]| -> Vec<String> {
        notes.iter().filter(|n| !other.contains(n)).map(|n| shown(&format!("{name}: {n}"))).collect()
    };
    both.chain(one("old", old, new)).chain(one("new", new, old)).collect()
}

/// Charts and tables of one role.
fn role(page: &Page<'_>, share: &ShareTable, sheets: &mut Sheets) -> RoleView {
    let difference = page.diffs.iter().find(|d| d.role == share.role);
    let draw = |width: u32| chart::of_role(share, difference, page.cuts, &Style { width, brief: true, ..Style::default() });
    let figure = |(wide, narrow): (Drawn, Drawn)| Figure {
        wide: wide.chart.svg_inline(&wide.chart.name),
        narrow: narrow.chart.svg_inline(&format!("{}-narrow", narrow.chart.name)),
    };
    let title = words::role_title(share.role);
    let unmeasured = words::unmeasured(share);
    let mut tables = Vec::new();
    if unmeasured.is_empty() || difference.is_some_and(|d| !d.base_old.measured().is_zero()) {
        tables.push(rows::table(&format!("share-{}", share.role.as_str()), "Shares", title, tables::share(share)));
        if let Some(diff) = difference {
            let name = |what: &str| format!("{what}-{}", diff.role.as_str());
            tables.push(rows::table(&name("diff"), "Change", title, tables::diff(diff)));
            if diff.role.is_exclusive() {
                tables.push(rows::table(&name("panel"), "Switching in the compared panel", title, tables::panel(diff)));
            }
            if !page.aggregate_only {
                tables.push(members::movers(name("movers"), diff, sheets));
            }
        }
    }
    RoleView {
        id: share.role.as_str().to_owned(),
        title,
        meaning: words::role_meaning(share.role),
        unmeasured,
        figures: draw(WIDE).into_iter().zip(draw(NARROW)).map(figure).collect(),
        tables,
    }
}

/// The heading where there is little room.
fn role_short(role: Role) -> &'static str {
    match role {
        Role::Gateway => "Gateways",
        Role::Mailbox => "Mailboxes",
        Role::Sender => "Senders",
        Role::Dmarc => "Reporting",
        Role::Overlay => "Overlays",
    }
}

#[cfg(test)]
mod tests {
    use super::typeset;

    #[test]
    fn figures_are_typeset_and_dates_are_not() {
        assert_eq!(
            typeset("Broadcom -37.5 % (24 -> 15, -0.4 points) from 2024-03-15, see `noise`"),
            "Broadcom \u{2212}37.5\u{a0}% (24 \u{2192} 15, \u{2212}0.4 points) from 2024-03-15, see noise"
        );
    }
}
