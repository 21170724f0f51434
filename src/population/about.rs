//! What is said about a list beside the list: a small TOML file with the same stem.

use std::path::Path;

use super::{PopulationError, Unit};

/// The file `<stem>.toml` beside `<stem>.csv`. Every key is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct About {
    /// What all years of one list share; without it, the stem without a date at its end.
    pub series: Option<String>,
    /// What a row stands for; without it, judged by the columns.
    pub unit: Option<Unit>,
    pub title: Option<String>,
    pub source: Option<String>,
    /// Date of the list, `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub date: Option<String>,
    pub licence: Option<String>,
    /// Known faults and things a reader must know, each a sentence.
    pub notes: Vec<String>,
}

impl About {
    /// Reads the file beside `list`; a list without one is the usual case and no error.
    pub fn beside(list: &Path) -> Result<Self, PopulationError> {
        let path = list.with_extension("toml");
        // A list may itself be called x.toml by mistake; then there is nothing beside it.
        if path == list {
            return Ok(Self::default());
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| PopulationError::About { path: path.display().to_string(), error: Box::new(error) }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(PopulationError::Io { path: path.display().to_string(), error }),
        }
    }
}

/// `fortune500-2025` belongs to the series `fortune500`, `x-2026-05-03` to `x`; a stem that ends in
/// no date is a series of its own.
pub fn series_of(stem: &str) -> &str {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = stem.rsplitn(4, '-');
    let tail: Vec<&str> = parts.by_ref().take(3).collect();
    let cut = match tail[..] {
        [day, month, year] if digits(year, 4) && digits(month, 2) && digits(day, 2) => 11,
        [month, year, ..] if digits(year, 4) && digits(month, 2) => 8,
        [year, ..] if digits(year, 4) => 5,
        _ => 0,
    };
    match stem.len().checked_sub(cut) {
        Some(end) if end > 0 => &stem[..end],
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_the_stem_without_its_date() {
        for (stem, series) in [
            ("fortune500-2025", "fortune500"),
            ("recorded-municipalities-2026-05-03", "recorded-municipalities"),
            ("tranco-2026-07", "tranco"),
            ("banks", "banks"),
            ("banks-12", "banks-12"),
            ("2025", "2025"),
            ("-2025", "-2025"),
            ("2025-05-03", "2025-05-03"),
            ("", ""),
        ] {
            assert_eq!(series_of(stem), series, "{stem}");
        }
    }
}
