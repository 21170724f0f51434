//! Everything that a page, a set of charts or a publication folder is made of: one snapshot, or two
//! compared, classified once.

use std::collections::BTreeMap;

use crate::chart::{self, Chart, Source, Style, Theme};
use crate::classify::Classification;
use crate::diff::DiffTable;
use crate::provenance::Provenance;
use crate::report::table::{Format, Table};
use crate::report::{Page, Picture, Side, tables};
use crate::share::{Cut, Labels, Ownership, ShareTable};
use crate::snapshot::Snapshot;
use crate::vendor::{Role, Ruleset};

use super::args::PlanArg;
use super::change::{Pair, all_diffs};
use super::failure::Failure;
use super::measures::{self, all_shares};

pub struct Made<'a> {
    new: &'a Snapshot,
    old: Option<&'a Snapshot>,
    rules: &'a Ruleset,
    /// Vendors that pictures and short tables name one by one.
    top: usize,
    pair: Option<Pair>,
    pub members: Vec<Classification>,
    provenance: Provenance,
    /// Whole, one a role.
    pub shares: Vec<ShareTable>,
    pub diffs: Vec<DiffTable>,
    cuts: Vec<Cut>,
    /// With small rows folded.
    short: (Vec<ShareTable>, Vec<DiffTable>),
}

impl<'a> Made<'a> {
    pub fn new(new: &'a Snapshot, old: Option<&'a Snapshot>, rules: &'a Ruleset, top: usize) -> Result<Self, Failure> {
        let provenance = new.provenance();
        let pair = old.map(|old| Pair::classify(old, new, PlanArg::Shared, rules));
        let members = match &pair {
            Some(pair) if pair.new_is_whole => pair.new.clone(),
            _ => super::side::classify_all(new, None, rules),
        };
        let shares = |top| all_shares(&members, &provenance, rules, top);
        let diffs = |top| pair.as_ref().map(|pair| all_diffs(pair, rules, top)).transpose().map(Option::unwrap_or_default);
        let short = (shares(Some(top))?, diffs(Some(top))?);
        let (shares, diffs) = (shares(None)?, diffs(None)?);
        let cuts = measures::cuts(&members, &new.population.cohorts, &provenance, rules)?;
        Ok(Self { new, old, rules, top, pair, members, provenance, shares, diffs, cuts, short })
    }

    /// Every chart of every role in one theme, each with the CSV of the table it is drawn from.
    pub fn charts(&self, theme: Theme) -> Vec<(Chart, String)> {
        let style = Style { theme, top: self.top, ..Style::default() };
        let mut charts = Vec::new();
        for share in &self.shares {
            let diff = self.diffs.iter().find(|d| d.role == share.role);
            for drawn in chart::of_role(share, diff, &self.cuts, &style) {
                let csv = match (&drawn.source, diff) {
                    (Source::Diff, Some(diff)) => tables::diff(diff).render(Format::Csv),
                    (Source::Transitions, Some(diff)) => tables::transitions(diff).render(Format::Csv),
                    (Source::Cut(name), _) => self.cut(name).render(Format::Csv),
                    _ => tables::share(share).render(Format::Csv),
                };
                charts.push((drawn.chart, csv));
            }
        }
        charts
    }

    /// The shares of every part of a cut, one below the other.
    fn cut(&self, name: &str) -> Table {
        let parts = self.cuts.iter().filter(|cut| cut.name == name).flat_map(|cut| &cut.tables);
        let parts = parts.map(|part| (part.cohort.clone(), tables::share(part))).collect();
        measures::joined(parts).unwrap_or_else(|| Table::new("share", "", &[]))
    }

    /// One page in the form that `write` gives it, with its pictures named relative to it. Pages that draw
    /// charts themselves need whole tables; others read better with short ones.
    pub fn page(
        &self,
        title: &str,
        pictures: &[Picture],
        commands: &[String],
        form: Form,
        write: &dyn Fn(&Page<'_>) -> String,
    ) -> String {
        let plan = |s: &Snapshot| s.manifest.plan.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
        let (new_plan, old_plan) = (plan(self.new), self.old.map(plan).unwrap_or_default());
        let vendors: BTreeMap<String, String> = self.rules.vendors.values().map(|v| (v.id.clone(), v.name.clone())).collect();
        let (shares, diffs) = if form.whole { (&self.shares, &self.diffs) } else { (&self.short.0, &self.short.1) };
        let old = self.pair.as_ref().map(|pair| Side {
            provenance: &pair.old_provenance,
            shares: &[],
            members: &pair.old,
            plan: &old_plan,
        });
        write(&Page {
            title,
            new: Side { provenance: &self.provenance, shares, members: &self.members, plan: &new_plan },
            old,
            diffs,
            cuts: &self.cuts,
            ruleset: &self.rules.digest,
            vendors: &vendors,
            pictures,
            aggregate_only: form.aggregate_only,
            commands,
        })
    }

    /// Every table: file stem and content.
    pub fn tables(&self, aggregate_only: bool) -> Vec<(String, Table)> {
        let labels = Labels::new(&self.rules.vendors, &Ownership::Current);
        let mut list = Vec::new();
        if !aggregate_only {
            list.push(("attributions".to_owned(), tables::attributions(&self.members, &Role::ALL, &labels)));
        }
        list.extend(self.shares.iter().map(|share| (format!("share-{}", share.role.as_str()), tables::share(share))));
        for cut in &self.cuts {
            let role = cut.tables.first().map_or("gateway", |t| t.role.as_str());
            list.push((format!("share-{role}-by-{}", stem(&cut.name)), self.cut(&cut.name)));
        }
        for diff in &self.diffs {
            let role = diff.role.as_str();
            list.push((format!("diff-{role}"), tables::diff(diff)));
            if diff.role.is_exclusive() {
                list.push((format!("transitions-{role}"), tables::transitions(diff)));
            }
            if !aggregate_only {
                list.push((format!("switchers-{role}"), tables::switchers(diff)));
            }
        }
        list
    }

    /// The short tables that papers print: file stem and content.
    pub fn printed(&self) -> Vec<(String, Table)> {
        let measured = |t: &&ShareTable| t.base.measured() != 0.into();
        let shares = self.short.0.iter().filter(measured).map(|t| (format!("share-{}", t.role.as_str()), tables::share(t)));
        let compared = self.short.1.iter().filter(|d| d.base_new.measured() != 0.into());
        let diffs = compared.map(|d| (format!("diff-{}", d.role.as_str()), tables::diff(d)));
        shares.chain(diffs).collect()
    }
}

/// Which of its forms a page has.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub whole: bool,
    pub aggregate_only: bool,
}

/// The name of a column as part of a file name.
fn stem(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '-' }).collect()
}
