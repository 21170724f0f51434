//! The report as one self-contained HTML page: no request leaves it, and every text in it is escaped by
//! the template engine.
//!
//! Without scripts it is a plain document. With them its tables can be sorted, filtered and saved, and a
//! link to a member opens its evidence. Style and script are allowed by their digests alone, so markup
//! that slipped into a record could still not run.

mod members;
mod rows;

use askama::Template;
use sha2::{Digest, Sha256};

use super::table::Table;
use super::{Page, Side, escape, headline, tables, words};
use crate::chart::{self, Chart, Style, Theme};
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
    members: String,
    unattributed: String,
    failed: String,
    failures: String,
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

struct RoleView {
    id: String,
    title: &'static str,
    meaning: &'static str,
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
        roles: page.new.shares.iter().map(|share| role(page, share)).collect(),
        members: members::members(page),
        unattributed: members::unattributed(page),
        failed: members::failed(page, &failures),
        failures: members::failures(&failures),
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

/// Colours of the inline charts in both themes: the reader's choice, or else the system's.
fn themes() -> String {
    format!(
        "{}\n@media (prefers-color-scheme:dark){{{}}}\n{}",
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
    list.extend(
        [("members", "Members"), ("unattributed", "Unattributed"), ("failures", "Failures"), ("methods", "Methods")]
            .map(|(id, name)| (id.to_owned(), name)),
    );
    list
}

fn leads(page: &Page<'_>) -> Vec<Lead> {
    let compared = page.diffs.iter().filter(|d| d.role.is_exclusive()).map(|table| {
        let summary = diff::summary(table, 5);
        let finding = |f: &diff::Finding| Finding {
            headline: shown(&f.headline),
            switching: shown(&format!("{}.", f.switching)),
            more: f.remarks.iter().map(|t| shown(t)).collect(),
        };
        Lead {
            heading: format!(
                "{}, observed {}, compared with {}",
                words::role_title(table.role),
                table.new.dates(),
                table.old.dates()
            ),
            findings: summary.findings.iter().map(finding).collect(),
            caveats: summary.caveats.iter().map(|t| shown(t)).collect(),
        }
    });
    let alone = page.new.shares.iter().filter(|s| page.diffs.is_empty() && s.role.is_exclusive()).map(|table| Lead {
        heading: format!("{}, observed {}", words::role_title(table.role), table.provenance.dates()),
        findings: (headline::share_lines(table, 5).iter())
            .map(|l| Finding { headline: shown(l), switching: String::new(), more: Vec::new() })
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

fn notes(page: &Page<'_>) -> Vec<String> {
    let old = page.old.iter().flat_map(|s| s.provenance.notes.iter().map(|n| format!("old: {n}")));
    let name = if page.old.is_some() { "new: " } else { "" };
    old.chain(page.new.provenance.notes.iter().map(|n| format!("{name}{n}"))).map(|n| shown(&n)).collect()
}

/// Charts and tables of one role.
fn role(page: &Page<'_>, share: &ShareTable) -> RoleView {
    let difference = page.diffs.iter().find(|d| d.role == share.role);
    let draw = |width: u32| chart::of_role(share, difference, page.cuts, &Style { width, ..Style::default() });
    let figure = |(wide, narrow): (Chart, Chart)| Figure {
        wide: wide.svg_inline(&wide.name),
        narrow: narrow.svg_inline(&format!("{}-narrow", narrow.name)),
    };
    let mut tables = vec![rows::table(&format!("share-{}", share.role.as_str()), "Shares", tables::share(share))];
    if let Some(diff) = difference {
        let name = |what: &str| format!("{what}-{}", diff.role.as_str());
        tables.push(rows::table(&name("diff"), "Change", tables::diff(diff)));
        if diff.role.is_exclusive() {
            tables.push(rows::table(&name("panel"), "Switching in the compared panel", tables::panel(diff)));
        }
        tables.push(members::movers(&name("movers"), diff));
    }
    RoleView {
        id: share.role.as_str().to_owned(),
        title: words::role_title(share.role),
        meaning: words::role_meaning(share.role),
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
