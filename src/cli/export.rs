//! `snapshot export`: what a snapshot holds and says, for other programs.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::classify::{Classification, classify};
use crate::export::{self, Field, Format, Metadata, Rows};
use crate::report::table::Table;
use crate::report::tables::{self, attribution_rows};
use crate::share::{self, Labels, Ownership, View};
use crate::snapshot::Snapshot;
use crate::stream::{self, Observed};
use crate::vendor::{Role, Ruleset};

use super::args::{Common, ExportArgs, ExportFormat, ExportTable, PlanArg};
use super::change::{self, Pair};
use super::failure::{Exit, Failure};
use super::{out, side};

/// One export in the making.
struct Job<'a> {
    snapshot: Snapshot,
    old: Option<Snapshot>,
    rules: &'a Ruleset,
    format: ExportFormat,
    metadata: Metadata,
}

pub fn export(common: &Common, args: &ExportArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let mut snapshot = side::open(common, &args.snapshot)?;
    let old = args.old.as_deref().map(|old| side::open(common, old)).transpose()?;
    if args.table == ExportTable::Diff && old.is_none() {
        return Err(Failure::usage("the table diff needs an older snapshot: snapshot export NEW OLD --table diff"));
    }
    if args.format == ExportFormat::Zdns && args.table != ExportTable::Observations {
        return Err(Failure::usage("zdns knows answers alone: leave --table out"));
    }
    if let Some(shard) = args.shard {
        snapshot.population = snapshot.population.shard(shard);
    }
    let metadata = metadata(&snapshot, old.as_ref(), rules.get());
    let job = Job { snapshot, old, rules: rules.get(), format: args.format, metadata };
    if args.table != ExportTable::All {
        job.table(args.table, args.out.as_deref())?;
        return Ok(Exit::Done);
    }
    let Some(folder) = &args.out else {
        return Err(Failure::usage("--table all writes several files: name a folder with --out"));
    };
    let mut all = vec![ExportTable::Observations, ExportTable::Members, ExportTable::Attributions, ExportTable::Shares];
    all.extend(job.old.is_some().then_some(ExportTable::Diff));
    for table in all {
        job.table(table, Some(&file(folder, table, job.format)))?;
    }
    Ok(Exit::Done)
}

fn file(folder: &Path, table: ExportTable, format: ExportFormat) -> PathBuf {
    let stem = match table {
        ExportTable::Observations | ExportTable::All => "observations",
        ExportTable::Members => "members",
        ExportTable::Attributions => "attributions",
        ExportTable::Shares => "shares",
        ExportTable::Diff => "diff",
    };
    let ending = match format {
        ExportFormat::Csv => "csv",
        ExportFormat::Jsonl | ExportFormat::Zdns => "jsonl",
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => "parquet",
    };
    folder.join(format!("{stem}.{ending}"))
}

/// What the tables were made of; nothing of when or where, so that the same inputs are the same bytes.
pub fn metadata(snapshot: &Snapshot, old: Option<&Snapshot>, rules: &Ruleset) -> Metadata {
    let manifest = &snapshot.manifest;
    let mut pairs = vec![
        ("mxcensus.snapshot", manifest.digest.clone()),
        ("mxcensus.population", manifest.population.name.clone()),
        ("mxcensus.population_digest", manifest.population.digest.clone()),
        ("mxcensus.observed_from", manifest.observed_from.clone()),
        ("mxcensus.observed_to", manifest.observed_to.clone()),
        ("mxcensus.kind", manifest.kind.as_str().to_owned()),
        ("mxcensus.rules", rules.digest.clone()),
    ];
    pairs.extend(manifest.source.clone().map(|source| ("mxcensus.source", source)));
    pairs.extend(manifest.licence.clone().map(|licence| ("mxcensus.licence", licence)));
    pairs.extend(old.map(|old| ("mxcensus.old_snapshot", old.manifest.digest.clone())));
    pairs.extend((!manifest.notes.is_empty()).then(|| ("mxcensus.notes", manifest.notes.join("\n"))));
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

impl Job<'_> {
    fn table(&self, table: ExportTable, out: Option<&Path>) -> Result<(), Failure> {
        let mut output = out::Stream::open(out)?;
        let format = match self.format {
            ExportFormat::Csv => Format::Csv,
            ExportFormat::Jsonl => Format::Jsonl,
            #[cfg(feature = "parquet")]
            ExportFormat::Parquet => Format::Parquet,
            ExportFormat::Zdns => {
                export::zdns(&self.snapshot.facts, &mut output)?;
                return output.finish();
            }
        };
        match table {
            ExportTable::Observations | ExportTable::All if format == Format::Jsonl => self.stream(&mut output)?,
            ExportTable::Observations | ExportTable::All => {
                export::observations(&self.snapshot.facts, format, &self.metadata, &mut output)?;
            }
            ExportTable::Members => export::members(&self.snapshot.population, format, &self.metadata, &mut output)?,
            ExportTable::Attributions => {
                let mut rows = Rows::new(format, export::attribution_fields(), &self.metadata, &mut output)?;
                let labels = Labels::new(&self.rules.vendors, &Ownership::Current);
                for member in &self.snapshot.population.members {
                    let member = classify(&self.snapshot.observation(member), self.rules);
                    for row in attribution_rows(&member, &Role::ALL, &labels) {
                        rows.row(&row)?;
                    }
                }
                rows.finish()?;
            }
            ExportTable::Shares => self.whole(&self.shares()?, export::share_fields, format, &mut output)?,
            ExportTable::Diff => {
                if let Some(old) = &self.old {
                    self.whole(&self.diff(old)?, export::diff_fields, format, &mut output)?;
                }
            }
        }
        output.finish()
    }

    fn stream(&self, output: &mut impl Write) -> Result<(), Failure> {
        for member in &self.snapshot.population.members {
            let observed = Observed::of(&self.snapshot.observation(member), &self.snapshot.population.cohorts);
            stream::write(&observed, &mut *output)?;
        }
        Ok(())
    }

    fn whole(
        &self,
        tables: &[Table],
        fields: fn(&Table) -> Vec<Field>,
        format: Format,
        output: &mut (impl Write + Send),
    ) -> Result<(), Failure> {
        let Some(first) = tables.first() else { return Ok(()) };
        let mut rows = Rows::new(format, fields(first), &self.metadata, output)?;
        for row in tables.iter().flat_map(|table| &table.rows) {
            rows.row(row)?;
        }
        Ok(rows.finish()?)
    }

    /// All vendors, all roles: nothing is folded or withheld.
    fn shares(&self) -> Result<Vec<Table>, Failure> {
        let members = side::classify_all(&self.snapshot, None, self.rules);
        let labels = Labels::new(&self.rules.vendors, &Ownership::Current);
        let provenance = self.snapshot.provenance();
        let table = |role| {
            let view = View { role, by: share::Grouping::Vendor, labels: &labels };
            let members: &[Classification] = &members;
            let table = share::measure(members, view, &provenance, self.rules.short_digest(), &share::Options::default())?;
            Ok(tables::share(&table))
        };
        Role::ALL.into_iter().map(table).collect()
    }

    fn diff(&self, old: &Snapshot) -> Result<Vec<Table>, Failure> {
        let pair = Pair::classify(old, &self.snapshot, PlanArg::Shared, self.rules);
        Ok(change::all_diffs(&pair, self.rules, None)?.iter().map(tables::diff).collect())
    }
}
