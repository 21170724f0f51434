//! Which charts a role gets, and which table each is drawn from.

use num_traits::Zero;

use super::{Chart, Style, alluvial, change_bars, cohort_bars, cohort_heat, concentration, dumbbell, share_bars, transitions};
use crate::diff::DiffTable;
use crate::share::{Count, Cut, ShareTable};

/// The table a chart is drawn from, of the same role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Share,
    Diff,
    Transitions,
    /// The shares of each part, by the name of the cut.
    Cut(String),
}

/// A chart with its source.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub chart: Chart,
    pub source: Source,
}

/// Every chart of one role, in the order of a page. Roles that a member gives to several vendors have
/// shares and changes, and no flows between vendors. None where nobody was measured: the question was not
/// asked. Tables are whole: charts fold small rows by themselves, and count before they do.
pub fn of_role(share: &ShareTable, diff: Option<&DiffTable>, cuts: &[Cut], style: &Style) -> Vec<Drawn> {
    let before = diff.map_or_else(Count::zero, |d| d.base_old.measured());
    if share.base.measured().is_zero() && before.is_zero() {
        return Vec::new();
    }
    let drawn = |source: &Source, chart| Drawn { chart, source: source.clone() };
    let mut charts = vec![drawn(&Source::Share, share_bars(share, style))];
    if let Some(diff) = diff {
        charts.push(drawn(&Source::Diff, change_bars(diff, style)));
        if diff.role.is_exclusive() {
            charts.push(drawn(&Source::Diff, dumbbell(diff, style)));
            charts.extend([transitions(diff, style), alluvial(diff, style)].map(|chart| drawn(&Source::Transitions, chart)));
        }
    }
    if share.role.is_exclusive() {
        charts.push(drawn(&Source::Share, concentration(share, style)));
    }
    for cut in cuts.iter().filter(|p| p.tables.first().is_some_and(|t| t.role == share.role)) {
        let source = Source::Cut(cut.name.clone());
        let pictures = [cohort_heat(&cut.tables, &cut.name, style), cohort_bars(&cut.tables, &cut.name, style)];
        charts.extend(pictures.into_iter().flatten().map(|chart| drawn(&source, chart)));
    }
    charts
}
