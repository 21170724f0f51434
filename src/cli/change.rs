//! `diff`, `trend`, `noise`, and what rules move: snapshots held against each other.

use crate::chart::{self, Style};
use crate::classify::Classification;
use crate::diff::{self, Corners, DiffTable};
use crate::plan::Plan;
use crate::provenance::Provenance;
use crate::report::table::Table;
use crate::report::{summary, tables};
use crate::share::{self, Labels, Ownership, View};
use crate::snapshot::{self, Snapshot};
use crate::trend::trend as line_up;
use crate::vendor::{Role, Ruleset};

use super::args::{Common, DiffArgs, DiffTableArg, Format, NoiseArgs, PlanArg, TrendArgs, TrendTableArg};
use super::failure::{Exit, Failure};
use super::measures::{cohorts, labels, ownership, render};
use super::{merge, out, pictures, side};

/// Findings of a written summary.
const SENTENCES: usize = 10;

pub fn diff(common: &Common, args: &DiffArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let cut = &args.tables;
    let (old, new) = (side::find(common, &args.old)?, side::find(common, &args.new)?);
    let labels = labels(rules, &ownership(cut, &snapshot::manifest(&new)?.date));
    let view = View { role: cut.role.into(), by: cut.by.into(), labels: &labels };
    if args.table == DiffTableArg::Drift {
        return drift(args, &Snapshot::open(&old)?, &Snapshot::open(&new)?, rules, view);
    }
    let (kinds, compared) = match merge::merged(args, &old, &new, rules, view)? {
        Some((kinds, table)) => (kinds, vec![(None, table)]),
        None => in_memory(args, &Snapshot::open(&old)?, &Snapshot::open(&new)?, rules, view)?,
    };
    let mut list: Vec<(Option<String>, Table)> = Vec::new();
    let mut sentences = String::new();
    for (cohort, table) in compared {
        let readers = matches!(cut.format, Format::Table | Format::Markdown);
        match args.table {
            DiffTableArg::All if readers => {
                sentences += &written(&diff::summary(&table, SENTENCES), cut.format)?;
                sentences.push('\n');
                list.extend([(cohort.clone(), tables::diff(&table)), (cohort, tables::switchers(&table))]);
            }
            DiffTableArg::Summary if cut.format != Format::Csv => {
                sentences += &written(&diff::summary(&table, usize::MAX), cut.format)?
            }
            DiffTableArg::Summary => list.push((cohort, tables::summary(&diff::summary(&table, usize::MAX)))),
            DiffTableArg::All | DiffTableArg::Changes => list.push((cohort, tables::diff(&table))),
            DiffTableArg::Panel => list.push((cohort, tables::panel(&table))),
            DiffTableArg::Transitions => list.push((cohort, tables::transitions(&table))),
            DiffTableArg::Switchers => list.push((cohort, tables::switchers(&table))),
            DiffTableArg::WinLoss => list.push((cohort, tables::win_loss(&table))),
            DiffTableArg::Owners => list.push((cohort, tables::ownership(&diff::ownership(&table, &rules.vendors)))),
            DiffTableArg::Drift => {}
        }
    }
    if !common.quiet {
        eprintln!("both sides classified with rules {} on: {kinds}", rules.short_digest());
    }
    out::emit(&(sentences + &render(list, cut.format)), cut.out.as_deref())?;
    Ok(Exit::Done)
}

/// The question kinds used, in words, and one comparison a cohort with its label.
type Compared = (String, Vec<(Option<String>, DiffTable)>);

/// Both snapshots held in memory, compared as a whole or by cohorts.
fn in_memory(args: &DiffArgs, old: &Snapshot, new: &Snapshot, rules: &Ruleset, view: View<'_>) -> Result<Compared, Failure> {
    let cut = &args.tables;
    let pair = Pair::classify(old, new, args.plan, rules);
    let mut list = Vec::new();
    for (cohort, new_members) in cohorts(&pair.new, new, cut.cohort.as_deref())? {
        let old_members = same_cohort(&pair.old, old, cut.cohort.as_deref(), cohort.as_deref())?;
        let options = diff::Options { top: cut.top, min_n: cut.min_n, cohort: cohort.clone() };
        list.push((cohort, diff::compare(old_members, new_members, view, pair.sides(rules), &options)?));
    }
    Ok((pair.kinds, list))
}

fn written(found: &diff::Summary, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Markdown => summary::markdown(found),
        Format::Json => summary::json(found)?,
        Format::Table | Format::Csv => summary::text(found),
    })
}

/// The old members of the cohort that the new ones were selected by; none where the old list has none.
fn same_cohort<'m>(
    members: &'m [Classification],
    snapshot: &Snapshot,
    wanted: Option<&str>,
    label: Option<&str>,
) -> Result<Vec<&'m Classification>, Failure> {
    let Some(label) = label else { return Ok(members.iter().collect()) };
    if !wanted.is_some_and(|text| text.contains('=')) {
        let all = cohorts(members, snapshot, wanted)?;
        return Ok(all.into_iter().find(|(l, _)| l.as_deref() == Some(label)).map(|(_, m)| m).unwrap_or_default());
    }
    // One value: the old list may know nobody of it, which is no error.
    Ok(cohorts(members, snapshot, wanted).map(|mut all| all.pop().map(|(_, m)| m).unwrap_or_default()).unwrap_or_default())
}

/// Old and new data under old and new rules: what a reader of two published tables must know.
fn drift(args: &DiffArgs, old: &Snapshot, new: &Snapshot, rules: &Ruleset, view: View<'_>) -> Result<Exit, Failure> {
    let Some(folder) = &args.old_rules else {
        return Err(Failure::usage("--table drift compares two rulesets: name the other one with --old-rules DIR"));
    };
    let earlier = side::load(folder)?;
    let earlier_labels = Labels::new(&earlier.vendors, &Ownership::Current);
    let table = |snapshot: &Snapshot, rules: &Ruleset, labels: &Labels| {
        let members = side::classify_all(snapshot, Some(&shared_plan(&[old, new], rules)), rules);
        let view = View { labels, ..view };
        share::measure(&members, view, &snapshot.provenance(), rules.short_digest(), &share::Options::default())
    };
    let corners = [
        table(old, &earlier, &earlier_labels)?,
        table(old, rules, view.labels)?,
        table(new, &earlier, &earlier_labels)?,
        table(new, rules, view.labels)?,
    ];
    let [a, b, c, d] = &corners;
    let found =
        diff::drift(Corners { old_data_old_rules: a, old_data_new_rules: b, new_data_old_rules: c, new_data_new_rules: d });
    out::emit(&tables::drift(&found).render(args.tables.format.into()), args.tables.out.as_deref())?;
    Ok(Exit::Done)
}

/// The question kinds that all snapshots hold.
fn shared_plan(snapshots: &[&Snapshot], rules: &Ruleset) -> Plan {
    let mut kinds = snapshots.iter().map(|s| s.manifest.plan.kinds.clone());
    let first = kinds.next().unwrap_or_default();
    let labels = snapshots.last().map_or_else(|| rules.labels.clone(), |s| s.manifest.plan.labels.clone());
    Plan::of(kinds.fold(first, |all, next| all.intersection(&next).copied().collect()), labels)
}

pub fn trend(common: &Common, args: &TrendArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let snapshots = args.snapshots.iter().map(|s| side::open(common, s)).collect::<Result<Vec<_>, _>>()?;
    let plan = shared_plan(&snapshots.iter().collect::<Vec<_>>(), rules);
    let cut = &args.tables;
    if cut.cohort.as_deref().is_some_and(|c| !c.contains('=')) {
        return Err(Failure::usage("trend takes one cohort: --cohort COLUMN=VALUE"));
    }
    let newest = snapshots.iter().map(|s| s.manifest.date.as_str()).max().unwrap_or_default();
    let labels = labels(rules, &ownership(cut, newest));
    let view = View { role: cut.role.into(), by: cut.by.into(), labels: &labels };
    let mut sides: Vec<(Provenance, Vec<Classification>)> = Vec::new();
    for snapshot in &snapshots {
        let members = side::classify_all(snapshot, Some(&plan), rules);
        let chosen = cohorts(&members, snapshot, cut.cohort.as_deref())?;
        let members = chosen.into_iter().next().map(|(_, m)| m.into_iter().cloned().collect()).unwrap_or_default();
        sides.push((snapshot.provenance(), members));
    }
    let table = line_up(&sides, view, rules.short_digest(), cut.cohort.as_deref())?;
    if let Some(folder) = &args.charts {
        let csv = tables::trend_long(&table).render(crate::report::table::Format::Csv);
        let draw = |theme| chart::trend_lines(&table, &Style { theme, ..Style::default() });
        let paths = pictures::write(folder, |theme| vec![(draw(theme), csv.clone())])?;
        if !common.quiet {
            paths.iter().for_each(|path| eprintln!("chart: {}", path.display()));
        }
    }
    let table = match args.table {
        TrendTableArg::Wide => tables::trend(&table),
        TrendTableArg::Long => tables::trend_long(&table),
        TrendTableArg::Steps => tables::trend_steps(&table),
    };
    out::emit(&table.render(cut.format.into()), cut.out.as_deref())?;
    Ok(Exit::Done)
}

pub fn noise(common: &Common, args: &NoiseArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let (first, second) = (side::open(common, &args.first)?, side::open(common, &args.second)?);
    let pair = Pair::classify(&first, &second, PlanArg::Shared, rules.get());
    let days = first.manifest.day().zip(second.manifest.day()).map(|(a, b)| (b - a).whole_days().abs());
    if let Some(days) = days.filter(|d| *d > 7)
        && !common.quiet
    {
        eprintln!("warning: {days} days lie between the crawls: real moves count as noise beyond a week");
    }
    let found: Vec<diff::Noise> = all_diffs(&pair, rules.get(), None)?.iter().map(diff::noise).collect();
    out::emit(&tables::noise(&found).render(args.format.into()), args.out.as_deref())?;
    Ok(Exit::Done)
}

/// What changing from the rules in force to another ruleset does to one snapshot.
pub fn impact(common: &Common, folder: &std::path::Path, snapshot: &str, role: Role, format: Format) -> Result<Exit, Failure> {
    let now = side::rules(common)?;
    let next = side::load(folder)?;
    let snapshot = side::open(common, snapshot)?;
    let provenance = snapshot.provenance();
    let labels = labels(&next, &Ownership::Current);
    let view = View { role, by: share::Grouping::Vendor, labels: &labels };
    let sides = diff::Sides { old: &provenance, new: &provenance, ruleset: next.short_digest() };
    let (before, after) = (side::classify_all(&snapshot, None, now.get()), side::classify_all(&snapshot, None, &next));
    let table = diff::compare(&before, &after, view, sides, &diff::Options::default())?;
    let mut changes = tables::diff(&table);
    changes
        .rows
        .retain(|row| row.get(4).is_none_or(|net| !matches!(net, crate::report::table::Cell::Change(n) if *n == 0.into())));
    let text = match format {
        Format::Table | Format::Markdown => render(vec![(None, changes), (None, tables::switchers(&table))], format),
        Format::Csv | Format::Json => tables::switchers(&table).render(format.into()),
    };
    if !common.quiet {
        eprintln!(
            "rules {} -> {}: {} of {} members read otherwise",
            now.get().short_digest(),
            next.short_digest(),
            table.switchers.len(),
            before.len()
        );
    }
    out::emit(&text, None)?;
    Ok(Exit::Done)
}

/// Two snapshots classified with the same rules.
pub struct Pair {
    pub old: Vec<Classification>,
    pub new: Vec<Classification>,
    /// Whether the new side was read with all of its own question kinds.
    pub new_is_whole: bool,
    pub old_provenance: Provenance,
    pub new_provenance: Provenance,
    /// The question kinds used, in words.
    pub kinds: String,
}

impl Pair {
    pub fn sides<'a>(&'a self, rules: &'a Ruleset) -> diff::Sides<'a> {
        diff::Sides { old: &self.old_provenance, new: &self.new_provenance, ruleset: rules.short_digest() }
    }

    pub fn classify(old: &Snapshot, new: &Snapshot, plan: PlanArg, rules: &Ruleset) -> Self {
        let shared = new.manifest.shared_plan(&old.manifest);
        let chosen = (plan == PlanArg::Shared).then_some(&shared);
        let kinds = in_words(chosen);
        Self {
            old: side::classify_all(old, chosen, rules),
            new: side::classify_all(new, chosen, rules),
            new_is_whole: chosen.is_none_or(|plan| plan.kinds == new.manifest.plan.kinds),
            old_provenance: old.provenance(),
            new_provenance: new.provenance(),
            kinds,
        }
    }
}

/// The question kinds of a shared plan; without one each side is read on its own.
pub(super) fn in_words(shared: Option<&Plan>) -> String {
    match shared {
        Some(plan) => plan.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", "),
        None => "each side's own question kinds".to_owned(),
    }
}

/// The comparisons of all roles, with every vendor or the `top` largest.
pub fn all_diffs(pair: &Pair, rules: &Ruleset, top: Option<usize>) -> Result<Vec<DiffTable>, Failure> {
    let labels = labels(rules, &Ownership::Current);
    let options = diff::Options { top, ..diff::Options::default() };
    let table = |role| {
        let view = View { role, by: share::Grouping::Vendor, labels: &labels };
        Ok(diff::compare(&pair.old, &pair.new, view, pair.sides(rules), &options)?)
    };
    Role::ALL.into_iter().map(table).collect()
}
