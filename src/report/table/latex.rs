//! LaTeX, with the rules of the package booktabs.

use super::{Cell, Table};
use crate::report::escape;

/// A `table` environment: caption, label, what readers see of the columns, notes below.
pub fn latex(table: &Table, label: &str) -> String {
    let shown: Vec<(usize, &str)> = table.shown().collect();
    let align: String = shown.iter().map(|(i, _)| if table.is_numeric(*i) { 'r' } else { 'l' }).collect();
    let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
    let mut out = String::from("% Needs \\usepackage{booktabs}.\n\\begin{table}\n\\centering\n");
    out.push_str(&format!("\\caption{{{}}}\n\\label{{tab:{label}}}\n", escape::latex(&table.title)));
    out.push_str(&format!("\\begin{{tabular}}{{{align}}}\n\\toprule\n"));
    out.push_str(&line(shown.iter().map(|(_, heading)| escape::latex(heading)).collect()));
    out.push_str("\\midrule\n");
    for row in &table.rows {
        let cell = |i: usize| row.get(i).map_or_else(String::new, shown_cell);
        out.push_str(&line(shown.iter().map(|(i, _)| cell(*i)).collect()));
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n");
    for note in &table.notes {
        out.push_str(&format!("\n\\par\\smallskip\\footnotesize {}\n", escape::latex(note)));
    }
    out.push_str("\\end{table}\n");
    out
}

/// Figures get a true minus, and a thin space before the per cent sign.
fn shown_cell(cell: &Cell) -> String {
    let text = escape::latex(&cell.for_readers());
    if cell.is_number() { text.replace('-', "$-$").replace(" \\%", "\\,\\%") } else { text }
}
