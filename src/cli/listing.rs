//! `population`, and what every command says about the list it reads.

use crate::population::{self, Loaded, Rejected, Repairs};
use crate::report::escape::visible_lines;

use super::args::{Common, PopulationArgs, PopulationCommand};
use super::failure::{Exit, Failure};
use super::{out, side};

pub fn population(common: &Common, args: &PopulationArgs) -> Result<Exit, Failure> {
    let PopulationCommand::Check { list } = &args.command;
    let loaded = side::population(common, Some(list))?;
    let mut text = String::new();
    let findings = population::check(&loaded);
    for finding in &findings {
        text += &format!("{}: {}\n", finding.kind.as_str(), finding.text);
    }
    out::emit(&visible_lines(&text), None)?;
    if !common.quiet {
        let list = &loaded.population;
        eprintln!(
            "{}: series {}, {} {}, {} rejected",
            list.name,
            list.series,
            list.members.len(),
            list.unit.noun(list.members.len()),
            loaded.rejected.len()
        );
        for (repair, count) in loaded.repairs.iter() {
            eprintln!("{count} repaired: {}", repair.as_str());
        }
    }
    Ok(if findings.is_empty() && loaded.rejected.is_empty() { Exit::Done } else { Exit::Found })
}

/// Says on standard error what was put right or refused in a list; never silently.
pub fn warn(common: &Common, loaded: &Loaded) {
    warn_of(common, &loaded.population.name, &loaded.rejected, &loaded.repairs);
}

/// As [`warn`], of a list called `name`.
pub fn warn_of(common: &Common, name: &str, rejected: &[Rejected], repairs: &Repairs) {
    for rejected in rejected.iter().take(if common.verbose > 0 { usize::MAX } else { 10 }) {
        eprintln!("{name}, line {}: row left out: {}: {}", rejected.line, rejected.reason, rejected.text);
    }
    if rejected.len() > 10 && common.verbose == 0 {
        eprintln!("{name}: {} rows left out in all (mxcensus population check shows them)", rejected.len());
    }
    if !common.quiet {
        for (repair, count) in repairs.iter() {
            eprintln!("{name}: {count} repaired: {}", repair.as_str());
        }
    }
}
