//! Compiles `data/populations` and the recorded snapshots of `data/snapshots` from raw facts.
//!
//! ```text
//! cargo run --example compile_data -- RAW [DATA] [WORK]
//! ```
//!
//! RAW is a folder with the raw lists and recordings that `data/README.md` names; DATA (default
//! `data`) is written to; WORK (default `output/compile`) takes what lies between: the import file
//! of the Fortune 20 survey. The same input gives the same bytes. A sealed snapshot is never written
//! again: to compile one anew, move the old one away first.

mod fortune20;
mod fortune500;
mod municipalities;
mod table;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use mxcensus::population::{About, Population};
use mxcensus::snapshot::import::ImportReport;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let raw = arguments.next().ok_or("usage: compile_data RAW [DATA] [WORK]")?;
    let data = arguments.next().unwrap_or_else(|| "data".into());
    let work = arguments.next().unwrap_or_else(|| "output/compile".into());
    fs::create_dir_all(data.join("populations"))?;
    fs::create_dir_all(&work)?;
    fortune500::compile(&raw, &data)?;
    municipalities::compile(&raw, &data)?;
    fortune20::compile(&raw, &data, &work)
}

/// Writes a list and what stands beside it, and reads both back as everybody else will.
fn write_population(data: &Path, population: &Population, about: &About) -> Result<(), Box<dyn Error>> {
    let path = data.join("populations").join(format!("{}.csv", population.name));
    fs::write(&path, population.to_csv())?;
    fs::write(path.with_extension("toml"), toml::to_string(about)?)?;
    let loaded = mxcensus::population::read(&path)?;
    if loaded.population != *population || !loaded.rejected.is_empty() || !loaded.repairs.is_empty() {
        return Err(format!("{}: does not read back as it was written", path.display()).into());
    }
    println!("{}: {} {}", path.display(), population.members.len(), population.unit.noun(population.members.len()));
    Ok(())
}

fn print(report: &ImportReport) {
    let ImportReport {
        rows,
        records,
        answered,
        unrecorded,
        conflicts,
        absent,
        not_asked_again,
        outside_plan,
        skipped,
        statuses: _,
    } = report;
    let outside: usize = outside_plan.iter().map(|(_, n)| n).sum();
    println!("  rows {rows}, records {records}, questions answered {answered}, unrecorded {unrecorded}, conflicts {conflicts}");
    println!("  members without a row {absent}, not asked again {not_asked_again}, records outside the plan {outside}");
    for (question, n) in outside_plan {
        println!("    outside the plan: {question} ({n})");
    }
    for skip in skipped {
        println!("    left out {} times: {} (first {})", skip.count, skip.reason, skip.first);
    }
}
