//! Where a list is: a path, the name of a shipped list, or the newest of a series.

use std::path::{Path, PathBuf};

use super::about::series_of;
use super::{Loaded, PopulationError, read};

/// The series used where none is named.
pub const DEFAULT_SERIES: &str = "fortune500";

/// Reads the list that `what` means: a file, a name under `<data>/populations` (with or without
/// `.csv`), or a series, of which the newest list is taken. `None` is the newest Fortune 500 list.
pub fn find(what: Option<&str>, data: &Path) -> Result<Loaded, PopulationError> {
    read(&locate(what, data)?)
}

/// The file that [`find`] reads.
pub fn locate(what: Option<&str>, data: &Path) -> Result<PathBuf, PopulationError> {
    let what = what.unwrap_or(DEFAULT_SERIES);
    let path = Path::new(what);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let folder = data.join("populations");
    let names = names(&folder);
    let wanted = what.strip_suffix(".csv").unwrap_or(what);
    // Dates at the end of a stem sort as text.
    let newest = || names.iter().filter(|name| series_of(name) == wanted && **name != wanted).max();
    match names.iter().find(|name| *name == wanted).or_else(newest) {
        Some(name) => Ok(folder.join(format!("{name}.csv"))),
        None => Err(PopulationError::NotFound { what: what.to_owned(), folder: folder.display().to_string(), names }),
    }
}

/// The stems of the lists in a folder, sorted; none where the folder cannot be read. Converters keep
/// other tables there as well, so only files that begin like a population count.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let lists = entries.filter(|path| path.extension().is_some_and(|e| e == "csv"));
    let mut names: Vec<String> = lists.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_by_path_name_or_series() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("populations");
        std::fs::create_dir(&folder).unwrap();
        for name in ["fortune500-2024", "fortune500-2025", "fortune500-extra", "banks"] {
            std::fs::write(folder.join(format!("{name}.csv")), "domain\nexample.com\n").unwrap();
        }
        std::fs::write(folder.join("banks.toml"), "series = \"money\"\nunit = \"company\"\n").unwrap();
        let name = |what| find(what, data.path()).unwrap().population.name;
        assert_eq!(name(None), "fortune500-2025");
        assert_eq!(name(Some("fortune500")), "fortune500-2025");
        assert_eq!(name(Some("fortune500-2024")), "fortune500-2024");
        assert_eq!(name(Some("fortune500-2024.csv")), "fortune500-2024");
        let path = folder.join("banks.csv");
        let banks = find(path.to_str(), data.path()).unwrap();
        assert_eq!((&*banks.population.series, banks.population.unit), ("money", super::super::Unit::Company));
        let error = find(Some("nothing"), data.path()).unwrap_err().to_string();
        assert!(error.contains("no list \"nothing\"") && error.contains("banks, fortune500-2024"), "{error}");
        std::fs::write(folder.join("banks.toml"), "serie = \"money\"\n").unwrap();
        let error = find(path.to_str(), data.path()).unwrap_err().to_string();
        assert!(error.contains("banks.toml") && error.contains("serie"), "{error}");
        assert!(locate(None, Path::new("/nowhere")).unwrap_err().to_string().contains("no lists"));
    }
}
