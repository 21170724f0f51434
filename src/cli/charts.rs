//! `chart` and `report`: pictures and pages of a snapshot, or of two compared.

use std::path::{Path, PathBuf};

use crate::chart::{Chart, Theme};
use crate::report::table::Format;
use crate::report::{self, Picture};
use crate::snapshot::Snapshot;
use crate::vendor::Ruleset;

use super::args::{ChartArgs, Common, ReportArgs};
use super::failure::{Exit, Failure};
use super::made::{Form, Made};
use super::{out, pictures, side};

pub fn chart(common: &Common, args: &ChartArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let (new, old, folder) = sides(common, &args.of)?;
    let made = Made::new(&new, old.as_ref(), rules.get(), args.of.top)?;
    let known: Vec<String> = made.charts(Theme::Light).into_iter().map(|(chart, _)| chart.name).collect();
    if let Some(name) = args.only.iter().find(|name| !known.contains(name)) {
        return Err(Failure::usage(format!("there is no chart {name}; there are {}", known.join(", "))));
    }
    let wanted = |chart: &Chart| args.only.is_empty() || args.only.contains(&chart.name);
    let paths = pictures::write(&folder, |theme| made.charts(theme).into_iter().filter(|(chart, _)| wanted(chart)).collect())?;
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
    let title = title(new, old);
    let page = write_page(&made, &title, folder, &[command])?;
    if !common.quiet {
        for diff in made.diffs.iter().filter(|d| d.role.is_exclusive()) {
            eprintln!("{}", report::summary::text(&crate::diff::summary(diff, 5)).trim_end());
        }
    }
    out::emit(&format!("{}\n", page.display()), None)
}

/// Writes one page as HTML and Markdown, with its charts and tables; returns the path of the HTML page.
pub fn write_page(made: &Made, title: &str, folder: &Path, commands: &[String]) -> Result<PathBuf, Failure> {
    pictures::write(&folder.join("charts"), |theme| made.charts(theme))?;
    for (name, table) in made.tables(false) {
        out::write(&folder.join("tables").join(format!("{name}.csv")), table.render(Format::Csv).as_bytes())?;
    }
    let pictures: Vec<Picture> = made.charts(Theme::Light).iter().map(|(chart, _)| picture(chart)).collect();
    let page = |whole, write: &dyn Fn(&report::Page<'_>) -> String| {
        made.page(title, &pictures, commands, Form { whole, aggregate_only: false }, write)
    };
    out::write(&folder.join("report.md"), page(false, &report::markdown).as_bytes())?;
    let path = folder.join("report.html");
    out::write(&path, page(true, &report::html).as_bytes())?;
    Ok(path)
}

/// A chart as pages name it, relative to them.
pub fn picture(chart: &Chart) -> Picture {
    Picture { path: format!("charts/{}.svg", chart.name), title: chart.title.clone(), description: chart.description.clone() }
}

/// What a page is called.
pub fn title(new: &Snapshot, old: Option<&Snapshot>) -> String {
    match old {
        Some(old) => format!("{}: {} compared with {}", new.population.series, new.manifest.date, old.manifest.date),
        None => format!("{} on {}", new.population.series, new.manifest.date),
    }
}
