//! Charts as files: SVG and PNG, light beside the CSV they were drawn from, dark in a folder of their own.

use std::path::{Path, PathBuf};

use crate::chart::{Chart, Theme};

use super::failure::Failure;
use super::out;

/// Name and content of every file of the charts that `draw` gives in a theme, each with its CSV.
pub fn files(draw: impl Fn(Theme) -> Vec<(Chart, String)>) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for theme in Theme::ALL {
        for (chart, csv) in draw(theme) {
            let folder = if theme == Theme::Dark { "dark/" } else { "" };
            files.push((format!("{folder}{}.svg", chart.name), chart.svg().into_bytes()));
            files.push((format!("{folder}{}.png", chart.name), chart.png()));
            if theme == Theme::Light {
                files.push((format!("{}.csv", chart.name), csv.into_bytes()));
            }
        }
    }
    files
}

/// Writes the same into a folder and gives their paths.
pub fn write(folder: &Path, draw: impl Fn(Theme) -> Vec<(Chart, String)>) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for (name, bytes) in files(draw) {
        let path = folder.join(name);
        out::write(&path, &bytes)?;
        paths.push(path);
    }
    Ok(paths)
}
