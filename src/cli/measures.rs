//! `classify`, `share`, `diff`.

use crate::classify::Classification;
use crate::diff::{self, DiffTable};
use crate::provenance::Provenance;
use crate::report::table::{Cell, Column, Table};
use crate::report::{headline, tables};
use crate::share::{self, Cohort, Labels, Ownership, ShareTable, View};
use crate::snapshot::Snapshot;
use crate::vendor::{Role, Ruleset};

use super::args::{ClassifyArgs, Common, DiffArgs, DiffTableArg, Format, PlanArg, ShareArgs, Tables};
use super::failure::{Exit, Failure};
use super::{out, side};

pub fn classify(common: &Common, args: &ClassifyArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let snapshot = side::open(common, &args.snapshot)?;
    let members = side::classify_all(&snapshot, None, rules.get());
    let roles: Vec<Role> = args.role.map_or(Role::ALL.to_vec(), |role| vec![role.into()]);
    let labels = labels(rules.get(), &Ownership::Current);
    out::emit(&tables::attributions(&members, &roles, &labels).render(args.format.into()), args.out.as_deref())?;
    Ok(Exit::Done)
}

fn labels(rules: &Ruleset, ownership: &Ownership) -> Labels {
    Labels::new(&rules.vendors, ownership)
}

/// Whose owner a brand is: today's, or that of the day of the snapshot.
fn ownership(tables: &Tables, day: &str) -> Ownership {
    match tables.ownership {
        super::args::OwnershipArg::Current => Ownership::Current,
        super::args::OwnershipArg::AsOfSnapshot => Ownership::AsOf(day.to_owned()),
    }
}

/// The cohorts a table is asked for, each with its members; one without a label where none is asked.
fn cohorts<'m>(
    members: &'m [Classification],
    snapshot: &Snapshot,
    wanted: Option<&str>,
) -> Result<Vec<(Option<String>, Vec<&'m Classification>)>, Failure> {
    let Some(text) = wanted else { return Ok(vec![(None, members.iter().collect())]) };
    let columns = &snapshot.population.cohorts;
    let cohort = Cohort::parse(text, columns).map_err(|e| Failure::usage(e.to_string()))?;
    let chosen = share::select(members, columns, &cohort).map_err(|e| Failure::usage(e.to_string()))?;
    Ok(chosen.into_iter().map(|(label, members)| (Some(label), members)).collect())
}

pub fn share(common: &Common, args: &ShareArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let snapshot = side::open(common, &args.snapshot)?;
    let members = side::classify_all(&snapshot, None, rules);
    let provenance = snapshot.provenance();
    let cut = &args.tables;
    let labels = labels(rules, &ownership(cut, &snapshot.manifest.date));
    let view = View { role: cut.role.into(), by: cut.by.into(), labels: &labels };
    let mut list = Vec::new();
    for (cohort, members) in cohorts(&members, &snapshot, cut.cohort.as_deref())? {
        let options = share::Options { top: cut.top, min_n: cut.min_n, wilson: args.wilson, cohort: cohort.clone() };
        let table = share::measure(members, view, &provenance, rules.short_digest(), &options)?;
        list.push((cohort, tables::share(&table)));
    }
    out::emit(&render(list, cut.format), cut.out.as_deref())?;
    Ok(Exit::Done)
}

/// Tables one below the other for readers; for programs one table, with the cohort as its first column.
pub fn render(list: Vec<(Option<String>, Table)>, format: Format) -> String {
    if matches!(format, Format::Table | Format::Markdown) {
        return list.iter().map(|(_, table)| table.render(format.into())).collect::<Vec<_>>().join("\n");
    }
    let mut whole: Option<Table> = None;
    for (cohort, mut table) in list {
        if let Some(cohort) = cohort {
            table.columns.insert(0, Column::new("cohort", "cohort"));
            for row in &mut table.rows {
                row.insert(0, Cell::text(&*cohort));
            }
        }
        match &mut whole {
            Some(whole) => whole.rows.append(&mut table.rows),
            None => whole = Some(table),
        }
    }
    whole.map(|table| table.render(format.into())).unwrap_or_default()
}

pub fn diff(common: &Common, args: &DiffArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let (old, new) = (side::open(common, &args.old)?, side::open(common, &args.new)?);
    let pair = Pair::classify(&old, &new, args.plan, rules);
    let cut = &args.tables;
    let labels = labels(rules, &ownership(cut, &new.manifest.date));
    let view = View { role: cut.role.into(), by: cut.by.into(), labels: &labels };
    let mut list = Vec::new();
    let mut summary = String::new();
    let newer = cohorts(&pair.new, &new, cut.cohort.as_deref())?;
    for (cohort, new_members) in newer {
        let old_members: Vec<&Classification> = match &cohort {
            None => pair.old.iter().collect(),
            Some(label) => {
                let all = cohorts(&pair.old, &old, cut.cohort.as_deref())?;
                all.into_iter().find(|(l, _)| l.as_ref() == Some(label)).map(|(_, m)| m).unwrap_or_default()
            }
        };
        let options = diff::Options { top: cut.top, min_n: cut.min_n, cohort: cohort.clone() };
        let sides = diff::Sides { old: &pair.old_provenance, new: &pair.new_provenance, ruleset: rules.short_digest() };
        let table = diff::compare(old_members, new_members, view, sides, &options)?;
        match args.table {
            DiffTableArg::All if matches!(cut.format, Format::Table | Format::Markdown) => {
                summary += &headline::changes(&table, 10);
                summary.push('\n');
                list.extend([(cohort.clone(), tables::diff(&table)), (cohort, tables::switchers(&table))]);
            }
            DiffTableArg::All | DiffTableArg::Changes => list.push((cohort, tables::diff(&table))),
            DiffTableArg::Transitions => list.push((cohort, tables::transitions(&table))),
            DiffTableArg::Switchers => list.push((cohort, tables::switchers(&table))),
        }
    }
    if !common.quiet {
        eprintln!("both sides classified with rules {} on: {}", rules.short_digest(), pair.kinds);
    }
    let text = summary + &render(list, cut.format);
    out::emit(&text, cut.out.as_deref())?;
    Ok(Exit::Done)
}

/// Two snapshots classified with the same rules.
pub struct Pair {
    pub old: Vec<Classification>,
    pub new: Vec<Classification>,
    pub old_provenance: Provenance,
    pub new_provenance: Provenance,
    /// The question kinds used, in words.
    pub kinds: String,
}

impl Pair {
    pub fn classify(old: &Snapshot, new: &Snapshot, plan: PlanArg, rules: &Ruleset) -> Self {
        let shared = new.manifest.shared_plan(&old.manifest);
        let chosen = (plan == PlanArg::Shared).then_some(&shared);
        let kinds = match chosen {
            Some(plan) => plan.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", "),
            None => "each side's own question kinds".to_owned(),
        };
        Self {
            old: side::classify_all(old, chosen, rules),
            new: side::classify_all(new, chosen, rules),
            old_provenance: old.provenance(),
            new_provenance: new.provenance(),
            kinds,
        }
    }
}

/// The share tables of all roles, for a page.
pub fn all_shares(
    members: &[Classification],
    provenance: &Provenance,
    rules: &Ruleset,
    top: usize,
) -> Result<Vec<ShareTable>, Failure> {
    let labels = labels(rules, &Ownership::Current);
    let options = share::Options { top: Some(top), ..share::Options::default() };
    let table = |role| {
        let view = View { role, by: share::Grouping::Vendor, labels: &labels };
        Ok(share::measure(members, view, provenance, rules.short_digest(), &options)?)
    };
    Role::ALL.into_iter().map(table).collect()
}

/// The comparisons of all roles, for a page.
pub fn all_diffs(pair: &Pair, rules: &Ruleset, top: usize) -> Result<Vec<DiffTable>, Failure> {
    let labels = labels(rules, &Ownership::Current);
    let options = diff::Options { top: Some(top), ..diff::Options::default() };
    let sides = diff::Sides { old: &pair.old_provenance, new: &pair.new_provenance, ruleset: rules.short_digest() };
    let table = |role| {
        let view = View { role, by: share::Grouping::Vendor, labels: &labels };
        Ok(diff::compare(&pair.old, &pair.new, view, sides, &options)?)
    };
    Role::ALL.into_iter().map(table).collect()
}
