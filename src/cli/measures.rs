//! `classify` and `share`.

use std::io::Write;

use crate::classify::Classification;
use crate::population::Member;
use crate::provenance::Provenance;
use crate::report::table::{Cell, Column, Table, csv_header, csv_row};
use crate::report::tables::{self, ATTRIBUTIONS, attribution_rows};
use crate::share::{self, Cohort, Labels, Ownership, ShareTable, View};
use crate::snapshot::{self, Snapshot};
use crate::vendor::{Role, Ruleset};

use super::args::{ClassifyArgs, Common, Format, ShareArgs, Tables};
use super::failure::{Exit, Failure};
use super::{out, side};

pub fn classify(common: &Common, args: &ClassifyArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let roles: Vec<Role> = args.role.map_or(Role::ALL.to_vec(), |role| vec![role.into()]);
    let labels = labels(rules.get(), &Ownership::Current);
    if args.format == Format::Csv {
        // Row by row: a table of all would be many times as large as the answers.
        let dir = side::find(common, &args.snapshot)?;
        let mut output = out::Stream::open(args.out.as_deref())?;
        output.write_all(csv_header(&ATTRIBUTIONS).as_bytes())?;
        let wanted = |member: &Member| args.shard.is_none_or(|shard| shard.holds(member));
        let rows = |member: &Classification| attribution_rows(member, &roles, &labels).iter().map(|row| csv_row(row)).collect();
        side::each_in_order(&dir, rules.get(), wanted, rows, &mut output)?;
        output.finish()?;
        return Ok(Exit::Done);
    }
    let mut snapshot = side::open(common, &args.snapshot)?;
    if let Some(shard) = args.shard {
        snapshot.population = snapshot.population.shard(shard);
    }
    let members = side::classify_all(&snapshot, None, rules.get());
    out::emit(&tables::attributions(&members, &roles, &labels).render(args.format.into()), args.out.as_deref())?;
    Ok(Exit::Done)
}

pub fn labels(rules: &Ruleset, ownership: &Ownership) -> Labels {
    Labels::new(&rules.vendors, ownership)
}

/// Whose owner a brand is: today's, or that of the day of the snapshot.
pub fn ownership(tables: &Tables, day: &str) -> Ownership {
    match tables.ownership {
        super::args::OwnershipArg::Current => Ownership::Current,
        super::args::OwnershipArg::AsOfSnapshot => Ownership::AsOf(day.to_owned()),
    }
}

/// The members of one table, and the label of their cohort where one is asked for.
pub type Chosen<'m> = (Option<String>, Vec<&'m Classification>);

/// The cohorts a table is asked for, each with its members; one without a label where none is asked.
pub fn cohorts<'m>(members: &'m [Classification], snapshot: &Snapshot, wanted: Option<&str>) -> Result<Vec<Chosen<'m>>, Failure> {
    let Some(text) = wanted else { return Ok(vec![(None, members.iter().collect())]) };
    let columns = &snapshot.population.cohorts;
    let cohort = Cohort::parse(text, columns).map_err(|e| Failure::usage(e.to_string()))?;
    let chosen = share::select(members, columns, &cohort).map_err(|e| Failure::usage(e.to_string()))?;
    Ok(chosen.into_iter().map(|(label, members)| (Some(label), members)).collect())
}

pub fn share(common: &Common, args: &ShareArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let dir = side::find(common, &args.snapshot)?;
    let manifest = snapshot::manifest(&dir)?;
    let cut = &args.tables;
    let labels = labels(rules, &ownership(cut, &manifest.date));
    let view = View { role: cut.role.into(), by: cut.by.into(), labels: &labels };
    let columns = &manifest.population.cohorts;
    let cohort = cut.cohort.as_deref().map(|text| Cohort::parse(text, columns)).transpose();
    let mut tallies = share::Tallies::new(view, columns, cohort.map_err(|e| Failure::usage(e.to_string()))?);
    side::each(&dir, rules, Some(view.role), |member| {
        tallies.add(member);
        Ok(())
    })?;
    let provenance = manifest.provenance();
    let mut list = Vec::new();
    for (cohort, tally) in tallies.finish().map_err(|e| Failure::usage(e.to_string()))? {
        let options = share::Options { top: cut.top, min_n: cut.min_n, wilson: args.wilson, cohort: cohort.clone() };
        list.push((cohort, tables::share(&tally.finish(&provenance, rules.short_digest(), &options)?)));
    }
    out::emit(&render(list, cut.format), cut.out.as_deref())?;
    Ok(Exit::Done)
}

/// Tables one below the other for readers; for programs one table, with the cohort as its first column.
pub fn render(list: Vec<(Option<String>, Table)>, format: Format) -> String {
    if matches!(format, Format::Table | Format::Markdown) {
        return list.iter().map(|(_, table)| table.render(format.into())).collect::<Vec<_>>().join("\n");
    }
    joined(list).map(|table| table.render(format.into())).unwrap_or_default()
}

/// One table of several, with the cohort as its first column where they have one.
pub fn joined(list: Vec<(Option<String>, Table)>) -> Option<Table> {
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
    whole
}

/// More parts than this make no picture.
const MOST_PARTS: usize = 24;

/// The gateway's shares in every part that the population's columns and ranks cut it into.
pub fn cuts(
    members: &[Classification],
    columns: &[String],
    provenance: &Provenance,
    rules: &Ruleset,
) -> Result<Vec<share::Cut>, Failure> {
    let labels = labels(rules, &Ownership::Current);
    let view = View { role: Role::Gateway, by: share::Grouping::Vendor, labels: &labels };
    let cuts = columns.iter().map(|c| (c.clone(), Cohort::Column(c.clone()))).chain([("rank".to_owned(), Cohort::Bands)]);
    let mut list = Vec::new();
    for (name, cohort) in cuts {
        let chosen = share::select(members, columns, &cohort).map_err(|e| Failure::usage(e.to_string()))?;
        if !(2..=MOST_PARTS).contains(&chosen.len()) {
            continue;
        }
        let table = |(label, members): (String, Vec<&Classification>)| {
            let options = share::Options { cohort: Some(label), ..share::Options::default() };
            share::measure(members, view, provenance, rules.short_digest(), &options)
        };
        list.push(share::Cut { name, tables: chosen.into_iter().map(table).collect::<Result<_, _>>()? });
    }
    Ok(list)
}

/// One share table a role, with every vendor or the `top` largest.
pub fn all_shares(
    members: &[Classification],
    provenance: &Provenance,
    rules: &Ruleset,
    top: Option<usize>,
) -> Result<Vec<ShareTable>, Failure> {
    let labels = labels(rules, &Ownership::Current);
    let options = share::Options { top, ..share::Options::default() };
    let table = |role| {
        let view = View { role, by: share::Grouping::Vendor, labels: &labels };
        Ok(share::measure(members, view, provenance, rules.short_digest(), &options)?)
    };
    Role::ALL.into_iter().map(table).collect()
}
