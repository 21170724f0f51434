//! `explain` and `unattributed`.

use std::fmt::Write;

use crate::classify::explain::{explain as explain_member, why_not};
use crate::observation::Observation;
use crate::report::explain as page;
use crate::vendor::Ruleset;

use super::args::{Common, ExplainArgs, UnattributedArgs};
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

pub fn unattributed(common: &Common, args: &UnattributedArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let snapshot = side::open(common, &args.snapshot)?;
    let observations = snapshot.population.members.iter().map(|m| snapshot.observation(m));
    let groups = crate::classify::unattributed(observations, rules.get());
    let measured = side::classify_all(&snapshot, None, rules.get()).iter().filter(|c| side::is_mail(c)).count();
    let shown = &groups[..groups.len().min(args.top)];
    let text = if args.stanzas {
        shown.iter().map(stanza).collect::<Vec<_>>().join("\n")
    } else {
        crate::report::unattributed_table(shown, measured).render(args.format.into())
    };
    out::emit(&text, None)?;
    if groups.len() > shown.len() && !common.quiet {
        eprintln!("{} more groups; --top N shows them", groups.len() - shown.len());
    }
    Ok(Exit::Done)
}

/// A rule that only lacks a name and a source.
fn stanza(group: &crate::classify::Group) -> String {
    let mut text = String::new();
    let id = group.domain.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    _ = writeln!(text, "# {} members: {}", group.members, group.domains.iter().take(3).cloned().collect::<Vec<_>>().join(", "));
    _ = writeln!(text, "id = {id:?}\nname = \"\"\nwebsite = \"https://{}\"\ndomains = [{:?}]\n", group.domain, group.domain);
    _ = writeln!(text, "[[product]]\nid = {id:?}\nname = \"\"\nroles = [\"gateway\"]\n");
    _ = writeln!(
        text,
        "[[product.rule]]\nid = \"{id}-mx\"\nsignal = \"mx-host\"\npattern = {:?}\ncertainty = \"medium\"\nsource = \"\"",
        group.domain
    );
    _ = writeln!(text, "matches = {:?}\nrejects = [\"not{}\"]", group.exchanges.iter().take(2).collect::<Vec<_>>(), group.domain);
    text
}
