//! `rules`: the vendor knowledge base.

use std::fmt::Write;

use crate::report::rules_table;
use crate::vendor::{Ruleset, Vendor, lint};

use super::args::{Common, RulesArgs, RulesCommand};
use super::failure::{Exit, Failure};
use super::{change, out, side};

pub fn rules(common: &Common, args: &RulesArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    match &args.command {
        RulesCommand::List { role, format } => {
            out::emit(&rules_table(rules, role.map(Into::into)).render((*format).into()), None)?;
            Ok(Exit::Done)
        }
        RulesCommand::Check => check(common, rules),
        RulesCommand::Show { id } => show(id, rules),
        RulesCommand::Impact { rules, snapshot, role, format } => {
            change::impact(common, rules, snapshot, (*role).into(), *format)
        }
    }
}

fn check(common: &Common, rules: &Ruleset) -> Result<Exit, Failure> {
    let findings = lint(rules);
    let text: String = findings.iter().map(|f| format!("{}: {}: {}\n", f.place, f.key, f.problem)).collect();
    out::emit(&text, None)?;
    if !common.quiet {
        let (vendors, count) = (rules.vendors.len(), rules.rules.len());
        eprintln!("{vendors} vendors, {count} rules, digest {}: {} findings", rules.short_digest(), findings.len());
    }
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Found })
}

fn show(id: &str, rules: &Ruleset) -> Result<Exit, Failure> {
    let vendor = rules.vendor(id).or_else(|| rules.rule(id).and_then(|r| rules.vendor(&r.vendor)));
    let Some(vendor) = vendor else {
        let names = rules.vendors.keys().map(String::as_str).chain(rules.rules.iter().map(|r| &*r.id));
        let near = side::nearest(&id.to_lowercase(), names).map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        return Err(Failure::usage(format!("no vendor or rule {id:?}{near}")));
    };
    out::emit(&vendor_text(vendor, id, rules), None)?;
    Ok(Exit::Done)
}

/// A vendor with all its rules, or with the one rule asked for.
fn vendor_text(vendor: &Vendor, id: &str, rules: &Ruleset) -> String {
    let mut text = format!("{} ({})\n{}\n", vendor.name, vendor.id, vendor.website);
    for owner in &vendor.owners {
        let from = owner.from.as_deref().map(|d| format!(" from {d}")).unwrap_or_default();
        let doubt = if owner.verified { "" } else { " (not verified)" };
        _ = writeln!(text, "owner: {}{from}{doubt}", owner.name);
    }
    for product in &vendor.products {
        let roles: Vec<_> = product.roles.iter().map(|r| r.as_str()).collect();
        _ = writeln!(text, "\n{} ({}): {}", product.name, product.id, roles.join(", "));
        let own = rules.rules.iter().filter(|r| *r.vendor == *vendor.id && *r.product == *product.id);
        for rule in own.filter(|r| id == vendor.id || *r.id == *id) {
            _ = writeln!(text, "  {}: {} {}", rule.id, rule.signal.as_str(), rule.pattern);
            for (label, value) in [("regex", &rule.regex), ("reason", &rule.reason), ("customer", &rule.customer)] {
                if let Some(value) = value {
                    _ = writeln!(text, "    {label}: {value}");
                }
            }
            _ = writeln!(text, "    certainty: {:?}; source: {}", rule.certainty, rule.source);
            for (label, list) in [("matches", &rule.matches), ("rejects", &rule.rejects)] {
                if !list.is_empty() {
                    _ = writeln!(text, "    {label}: {}", list.join(", "));
                }
            }
        }
    }
    text
}
