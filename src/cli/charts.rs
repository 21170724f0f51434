//! `chart` and `report`: pictures and pages of a snapshot, or of two compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::chart::{self, Chart, Style, Theme};
use crate::diff::DiffTable;
use crate::provenance::Provenance;
use crate::report::table::{Format, Table};
use crate::report::{self, Page, Picture, Side, tables};
use crate::share::{Cut, Labels, Ownership, ShareTable};
use crate::snapshot::Snapshot;
use crate::vendor::{Role, Ruleset};

use super::args::{Common, PlanArg, ReportArgs};
use super::change::{Pair, all_diffs};
use super::failure::{Exit, Failure};
use super::measures::{self, all_shares};
use super::{out, side};

pub fn chart(common: &Common, args: &ReportArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let (new, old, folder) = sides(common, args)?;
    let made = Made::new(&new, old.as_ref(), rules.get(), args.top)?;
    let mut paths = write_charts(&made.charts(Theme::Light), &folder)?;
    paths.extend(write_charts(&made.charts(Theme::Dark), &folder.join("dark"))?);
    out::emit(&paths.iter().map(|p| format!("{}\n", p.display())).collect::<String>(), None)?;
    Ok(Exit::Done)
}

pub fn report(common: &Common, args: &ReportArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let (new, old, folder) = sides(common, args)?;
    write_report(common, &new, old.as_ref(), rules.get(), &folder, args.top)?;
    Ok(Exit::Done)
}

fn sides(common: &Common, args: &ReportArgs) -> Result<(Snapshot, Option<Snapshot>, PathBuf), Failure> {
    let new = side::open(common, &args.snapshot)?;
    let old = args.old.as_deref().map(|old| side::open(common, old)).transpose()?;
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&new));
    Ok((new, old, folder))
}

/// `output/<population>-<date>`, the date left out where the name has it already.
pub fn default_folder(snapshot: &Snapshot) -> PathBuf {
    let (name, date) = (&snapshot.population.name, &snapshot.manifest.date);
    Path::new("output").join(if name.ends_with(date.as_str()) { name.clone() } else { format!("{name}-{date}") })
}

/// Everything a page or a set of charts is made of.
pub struct Made<'a> {
    new: &'a Snapshot,
    old: Option<&'a Snapshot>,
    rules: &'a Ruleset,
    pair: Option<Pair>,
    members: Vec<crate::classify::Classification>,
    provenance: Provenance,
    pub shares: Vec<ShareTable>,
    old_shares: Vec<ShareTable>,
    pub diffs: Vec<DiffTable>,
    cuts: Vec<Cut>,
}

impl<'a> Made<'a> {
    pub fn new(new: &'a Snapshot, old: Option<&'a Snapshot>, rules: &'a Ruleset, top: usize) -> Result<Self, Failure> {
        let provenance = new.provenance();
        let pair = old.map(|old| Pair::classify(old, new, PlanArg::Shared, rules));
        let members = side::classify_all(new, None, rules);
        let shares = all_shares(&members, &provenance, rules, top)?;
        let old_shares = match &pair {
            Some(pair) => all_shares(&pair.old, &pair.old_provenance, rules, top)?,
            None => Vec::new(),
        };
        let diffs = pair.as_ref().map(|pair| all_diffs(pair, rules, top)).transpose()?.unwrap_or_default();
        let cuts = measures::cuts(&members, &new.population.cohorts, &provenance, rules)?;
        Ok(Self { new, old, rules, pair, members, provenance, shares, old_shares, diffs, cuts })
    }

    /// Every chart of every role in one theme.
    pub fn charts(&self, theme: Theme) -> Vec<Chart> {
        let style = Style { theme, ..Style::default() };
        let diff = |share: &ShareTable| self.diffs.iter().find(|d| d.role == share.role);
        self.shares.iter().flat_map(|share| chart::of_role(share, diff(share), &self.cuts, &style)).collect()
    }

    /// One page in the form that `write` gives it, with its pictures named relative to it.
    pub fn page(&self, title: &str, pictures: &[Picture], commands: &[String], write: fn(&Page<'_>) -> String) -> String {
        let plan = |s: &Snapshot| s.manifest.plan.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
        let (new_plan, old_plan) = (plan(self.new), self.old.map(plan).unwrap_or_default());
        let vendors: BTreeMap<String, String> = self.rules.vendors.values().map(|v| (v.id.clone(), v.name.clone())).collect();
        let old = self.pair.as_ref().map(|pair| Side {
            provenance: &pair.old_provenance,
            shares: &self.old_shares,
            members: &pair.old,
            plan: &old_plan,
        });
        write(&Page {
            title,
            new: Side { provenance: &self.provenance, shares: &self.shares, members: &self.members, plan: &new_plan },
            old,
            diffs: &self.diffs,
            cuts: &self.cuts,
            ruleset: &self.rules.digest,
            vendors: &vendors,
            pictures,
            commands,
        })
    }

    /// Every table of the page as CSV: file name and content.
    pub fn tables(&self) -> Vec<(String, String)> {
        let csv = |t: &Table| t.render(Format::Csv);
        let labels = Labels::new(&self.rules.vendors, &Ownership::Current);
        let mut files = vec![("attributions.csv".to_owned(), csv(&tables::attributions(&self.members, &Role::ALL, &labels)))];
        for share in &self.shares {
            files.push((format!("share-{}.csv", share.role.as_str()), csv(&tables::share(share))));
        }
        for diff in &self.diffs {
            let role = diff.role.as_str();
            files.push((format!("diff-{role}.csv"), csv(&tables::diff(diff))));
            files.push((format!("switchers-{role}.csv"), csv(&tables::switchers(diff))));
            if diff.role.is_exclusive() {
                files.push((format!("transitions-{role}.csv"), csv(&tables::transitions(diff))));
            }
        }
        files
    }
}

pub fn write_charts(charts: &[Chart], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for chart in charts {
        for (ending, bytes) in [("svg", chart.svg().into_bytes()), ("png", chart.png())] {
            let path = folder.join(format!("{}.{ending}", chart.name));
            out::write(&path, &bytes)?;
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Writes page, charts and tables into a folder and prints the path of the page.
pub fn write_report(
    common: &Common,
    new: &Snapshot,
    old: Option<&Snapshot>,
    rules: &Ruleset,
    folder: &Path,
    top: usize,
) -> Result<(), Failure> {
    let made = Made::new(new, old, rules, top)?;
    let name = |s: &Snapshot| s.dir.display().to_string();
    let command = match old {
        Some(old) => format!("mxcensus report {} {} --out {}", name(new), name(old), folder.display()),
        None => format!("mxcensus report {} --out {}", name(new), folder.display()),
    };
    let title = match old {
        Some(old) => format!("{}: {} compared with {}", new.population.series, new.manifest.date, old.manifest.date),
        None => format!("{} on {}", new.population.name, new.manifest.date),
    };
    let page = write_page(&made, &title, folder, &[command])?;
    if !common.quiet {
        for diff in made.diffs.iter().filter(|d| d.role.is_exclusive()) {
            eprint!("{}", report::summary::text(&crate::diff::summary(diff, 5)));
        }
    }
    out::emit(&format!("{}\n", page.display()), None)
}

/// Writes one page as HTML and Markdown, with its charts and tables; returns the path of the HTML page.
pub fn write_page(made: &Made, title: &str, folder: &Path, commands: &[String]) -> Result<PathBuf, Failure> {
    let charts = made.charts(Theme::Light);
    write_charts(&charts, &folder.join("charts"))?;
    write_charts(&made.charts(Theme::Dark), &folder.join("charts/dark"))?;
    for (name, text) in made.tables() {
        out::write(&folder.join("tables").join(name), text.as_bytes())?;
    }
    let picture = |c: &Chart| Picture {
        path: format!("charts/{}.svg", c.name),
        title: c.title.clone(),
        description: c.description.clone(),
    };
    let pictures: Vec<Picture> = charts.iter().map(picture).collect();
    out::write(&folder.join("report.md"), made.page(title, &pictures, commands, report::markdown).as_bytes())?;
    let path = folder.join("report.html");
    out::write(&path, made.page(title, &pictures, commands, report::html).as_bytes())?;
    Ok(path)
}
