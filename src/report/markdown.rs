//! The report as one Markdown page.

use super::Page;

/// The whole page.
pub fn markdown(page: &Page<'_>) -> String {
    format!("# {}\n", page.title)
}
