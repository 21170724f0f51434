//! Compiles `data/truth` (labels from outside, for `mxcensus validate`) and the recorded snapshot of
//! Nordic listed companies from raw facts.
//!
//! ```text
//! cargo run --example compile_truth -- RAW [DATA] [WORK]
//! ```
//!
//! RAW is the folder that `compile_data` reads, with `dns_snapshots/<country>/labels.csv` and
//! `observations/nordic-listed-2026-04-21/`. The same input gives the same bytes. A sealed snapshot is
//! never written again: to compile it anew, move the old one away first.

mod label;
mod nordic;
#[path = "../compile_data/table.rs"]
mod table;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use table::{Row, read};

const COUNTRIES: [&str; 8] = ["be", "ca", "dk", "fi", "gb", "nl", "no", "se"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let raw = arguments.next().ok_or("usage: compile_truth RAW [DATA] [WORK]")?;
    let data = arguments.next().unwrap_or_else(|| "data".into());
    let work = arguments.next().unwrap_or_else(|| "output/compile".into());
    fs::create_dir_all(data.join("truth"))?;
    fs::create_dir_all(&work)?;

    let mut rows = Vec::new();
    for country in COUNTRIES {
        rows.extend(read(&raw.join("dns_snapshots").join(country).join("labels.csv"))?);
    }
    write(&data.join("truth/municipalities-2026-06-11.csv"), &rows)?;

    let mut rows = Vec::new();
    for index in ["omxc20", "omxs30"] {
        rows.extend(read(&raw.join("observations/nordic-listed-2026-04-21").join(format!("{index}.csv")))?);
    }
    write(&data.join("truth/nordic-listed-2026-04-21.csv"), &rows)?;
    nordic::compile(&rows, &data, &work)
}

/// One row a domain and role, sorted by domain and role.
fn write(path: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let mut lines = Vec::new();
    for row in rows {
        let domain = row.get("domain").to_owned();
        let note = label::note(row);
        lines.push((domain.clone(), "gateway", label::gateway(row)?, note.clone()));
        lines.push((domain, "mailbox", label::mailbox(row)?, note));
    }
    lines.sort();
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["domain", "role", "label", "note"])?;
    for (domain, role, label, note) in &lines {
        writer.write_record([domain.as_str(), role, label, note])?;
    }
    writer.flush()?;
    println!("{}: {} labels of {} domains", path.display(), lines.len(), rows.len());
    Ok(())
}
