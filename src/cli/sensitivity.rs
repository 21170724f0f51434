//! `sensitivity`: how much of the headline is the method.

use crate::report::tables;
use crate::share::{self, Labels, Options, Ownership, View, measure};
use crate::vendor::Role;

use super::args::{Common, SensitivityArgs, SensitivityTableArg};
use super::failure::{Exit, Failure};
use super::{out, side};

pub fn sensitivity(common: &Common, args: &SensitivityArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let snapshot = side::open(common, &args.snapshot)?;
    let provenance = snapshot.provenance();
    let labels = Labels::new(&rules.vendors, &Ownership::Current);
    let table = if args.table == SensitivityTableArg::Published {
        let figures = share::published(share::PUBLISHED).map_err(|e| Failure::new(format!("published shares: {e}")))?;
        let members = side::classify_all(&snapshot, None, rules);
        let view = View { role: Role::Gateway, by: share::Grouping::Vendor, labels: &labels };
        let ours = measure(&members, view, &provenance, rules.short_digest(), &Options::default())?;
        tables::published(&share::overlay(&ours, &figures))
    } else {
        let observe = || snapshot.population.members.iter().map(|member| snapshot.observation(member));
        let found = share::sensitivity(observe, rules, &labels, &provenance)?;
        match args.table {
            SensitivityTableArg::Long => tables::sensitivity_long(&found),
            _ => tables::sensitivity(&found, args.top),
        }
    };
    out::emit(&table.render(args.format.into()), args.out.as_deref())?;
    Ok(Exit::Done)
}
