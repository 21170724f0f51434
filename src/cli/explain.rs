//! `explain`.

use crate::classify::explain::{explain as explain_member, why_not};
use crate::observation::Observation;
use crate::report::explain as page;
use crate::vendor::Ruleset;

use super::args::{Common, ExplainArgs};
use super::failure::{Exit, Failure};
use super::{crawl, out, side};

pub fn explain(common: &Common, args: &ExplainArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let snapshot = match &args.snapshot {
        Some(path) => side::open(common, path)?,
        None => return crawl::explain_live(common, args, rules),
    };
    let wanted = args.domain.trim_end_matches('.').to_lowercase();
    let member =
        snapshot.population.members.iter().find(|m| m.asked().bare() == wanted || *m.id == *wanted || m.domain.bare() == wanted);
    let member = member.ok_or_else(|| {
        let near = side::nearest(&wanted, snapshot.population.members.iter().map(|m| m.asked().bare()));
        let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        Failure::new(format!(
            "{} is not in {} ({} members){hint}",
            args.domain,
            snapshot.population.name,
            snapshot.population.members.len()
        ))
    })?;
    let text = render(&snapshot.observation(member), args, &snapshot.provenance(), rules)?;
    out::emit(&text, None)?;
    Ok(Exit::Done)
}

/// The text for one observation, from a snapshot or live.
pub fn render(
    observation: &Observation,
    args: &ExplainArgs,
    provenance: &crate::provenance::Provenance,
    rules: &Ruleset,
) -> Result<String, Failure> {
    let explanation = explain_member(observation, rules);
    match &args.why_not {
        None => Ok(page::text(&explanation, provenance, rules)),
        Some(vendor) => {
            let id = vendor_id(vendor, rules)?;
            let why = why_not(observation, rules, &id).ok_or_else(|| Failure::usage(format!("no vendor {vendor}")))?;
            Ok(page::why_not_text(&why, &explanation.classification, rules))
        }
    }
}

/// A vendor by id or by name, whatever its case.
fn vendor_id(text: &str, rules: &Ruleset) -> Result<String, Failure> {
    let found = rules.vendors.values().find(|v| v.id.eq_ignore_ascii_case(text) || v.name.eq_ignore_ascii_case(text));
    found.map(|v| v.id.clone()).ok_or_else(|| {
        let near = side::nearest(&text.to_lowercase(), rules.vendors.keys().map(String::as_str));
        let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        Failure::usage(format!("no vendor {text:?} in the rules{hint} (see: mxcensus rules list)"))
    })
}
