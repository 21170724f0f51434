//! Which charts a role gets.

use super::{Chart, Style, alluvial, change_bars, cohort_bars, cohort_heat, concentration, dumbbell, share_bars, transitions};
use crate::diff::DiffTable;
use crate::share::{Cut, ShareTable};

/// Every chart of one role, in the order of a page. Roles that a member gives to several vendors have
/// shares and changes, and no flows between vendors.
pub fn of_role(share: &ShareTable, diff: Option<&DiffTable>, cuts: &[Cut], style: &Style) -> Vec<Chart> {
    let mut charts = vec![share_bars(share, style)];
    if let Some(diff) = diff {
        charts.push(change_bars(diff, style));
        if diff.role.is_exclusive() {
            charts.extend([dumbbell(diff, style), transitions(diff, style), alluvial(diff, style)]);
        }
    }
    if share.role.is_exclusive() {
        charts.push(concentration(share, style));
    }
    for cut in cuts.iter().filter(|p| p.tables.first().is_some_and(|t| t.role == share.role)) {
        charts.extend(cohort_heat(&cut.tables, &cut.name, style));
        charts.extend(cohort_bars(&cut.tables, &cut.name, style));
    }
    charts
}
