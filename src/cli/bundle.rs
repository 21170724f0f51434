//! `bundle`: the publication folder.
//!
//! Everything in it follows from the snapshots, the rules and the flags, so building it twice gives the
//! same bytes. A folder that holds anything else is never written into.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::chart::Theme;
use crate::export::package::{About, Resource, datapackage};
use crate::export::{self, Metadata, Rows, dictionary};
use crate::report::table::{Format, Table, latex};
use crate::report::{self, Picture, publication};
use crate::snapshot::{Manifest, digest12, sha256, write_sums};

use super::args::{BundleArgs, Common};
use super::charts::{default_folder, picture, title};
use super::failure::{Exit, Failure};
use super::made::{Form, Made};
use super::{export::metadata, out, pictures, side};

const SUMS: &str = "SHA256SUMS";
const DESCRIPTION: &str = concat!(
    "Who receives, hosts and may send the mail of the members of a list, worked out from public DNS records. ",
    "How, and with which parameters: methods.md."
);

/// Path within the folder, and content.
type Files = BTreeMap<String, Vec<u8>>;

pub fn bundle(common: &Common, args: &BundleArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let new = side::open(common, &args.snapshot)?;
    let old = args.old.as_deref().map(|old| side::open(common, old)).transpose()?;
    let folder = args.out.clone().unwrap_or_else(|| {
        let mut name = default_folder(&new).into_os_string();
        name.push("-bundle");
        name.into()
    });
    clear(&folder)?;
    let made = Made::new(&new, old.as_ref(), rules.get(), args.top)?;
    let (manifest, before) = (&new.manifest, old.as_ref().map(|s| &s.manifest));
    let title = title(&new, old.as_ref());
    let script = script(args, manifest, before, &rules.get().digest, common.rules.is_some());
    let mut files = Files::new();

    let charts = pictures::files(|theme| made.charts(theme));
    files.extend(charts.into_iter().map(|(name, bytes)| (format!("charts/{name}"), bytes)));
    let shown: Vec<Picture> = made.charts(Theme::Light).iter().map(|(chart, _)| picture(chart)).collect();
    let tables = made.tables(args.aggregate_only);
    write_tables(&mut files, &tables, &metadata(&new, old.as_ref(), rules.get()))?;
    for (name, table) in made.printed() {
        files.insert(format!("print/{name}.tex"), latex(&table, &name).into_bytes());
        files.insert(format!("print/{name}.md"), table.render(Format::Markdown).into_bytes());
    }
    let commands: Vec<String> = script.lines().filter(|line| line.starts_with("mxcensus")).map(str::to_owned).collect();
    let page = |whole, write: &dyn Fn(&report::Page<'_>) -> String| {
        made.page(&title, &shown, &commands, Form { whole, aggregate_only: args.aggregate_only }, write)
    };
    let licences = licences(manifest, before);
    let more = [
        ("rules (SHA-256)", rules.get().digest.clone()),
        ("program", format!("mxcensus {}", env!("CARGO_PKG_VERSION"))),
        ("vendors named one by one in charts", args.top.to_string()),
        ("owners", "of today, not of the day of observation".to_owned()),
        ("questions compared", "those that both sides hold".to_owned()),
    ];
    let more = if old.is_some() { &more[..] } else { &more[..4] };
    files.insert("report.html".into(), page(true, &report::html).into_bytes());
    files.insert("report.md".into(), page(false, &report::markdown).into_bytes());
    files.insert("methods.md".into(), page(false, &|p| publication::methods(p, manifest, before, more)).into_bytes());
    files.insert("README.md".into(), page(false, &|p| publication::readme(p, &licences, &script)).into_bytes());
    files.insert("rebuild.sh".into(), format!("#!/bin/sh\nset -eu\n{script}").into_bytes());
    let version = match before {
        Some(old) => format!("{}-{}", digest12(&old.digest), digest12(&manifest.digest)),
        None => digest12(&manifest.digest).to_owned(),
    };
    let authors = if args.author.is_empty() { vec!["The mxcensus developers".to_owned()] } else { args.author.clone() };
    let citation = publication::citation(&title, &authors, &version, &manifest.date, licences.first().map(String::as_str));
    files.insert("CITATION.cff".into(), citation.into_bytes());
    let described = describe(&files, &tables, &title, &licences, manifest, before, &rules.get().digest);
    files.insert("datapackage.json".into(), described.into_bytes());

    write(&folder, &files)?;
    out::emit(&format!("{}\n", folder.display()), None)?;
    Ok(Exit::Done)
}

/// CSV of every table, and Parquet where the program was built with it.
fn write_tables(files: &mut Files, tables: &[(String, Table)], metadata: &Metadata) -> Result<(), Failure> {
    for (name, table) in tables {
        files.insert(format!("tables/{name}.csv"), table.render(Format::Csv).into_bytes());
        #[cfg(feature = "parquet")]
        {
            let mut bytes = Vec::new();
            let mut rows = Rows::new(export::Format::Parquet, dictionary::fields(&table.columns), metadata, &mut bytes)?;
            for row in &table.rows {
                rows.row(row)?;
            }
            rows.finish()?;
            files.insert(format!("tables/{name}.parquet"), bytes);
        }
    }
    Ok(())
}

/// The descriptor of the tables.
fn describe(
    files: &Files,
    tables: &[(String, Table)],
    title: &str,
    licences: &[String],
    new: &Manifest,
    old: Option<&Manifest>,
    rules: &str,
) -> String {
    let mut resources = Vec::new();
    for (name, table) in tables {
        let (path, twin) = (format!("tables/{name}.csv"), format!("tables/{name}.parquet"));
        if let Some(bytes) = files.get(&path) {
            let parquet = files.contains_key(&twin).then_some(twin);
            resources.push(Resource { path, bytes: bytes.len() as u64, sha256: sha256(bytes), parquet, table });
        }
    }
    let name: String =
        new.population.name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let mut facts = vec![("mxcensus-snapshot", new.digest.clone()), ("mxcensus-rules", rules.to_owned())];
    facts.extend(old.map(|old| ("mxcensus-old-snapshot", old.digest.clone())));
    facts.push(("mxcensus-version", env!("CARGO_PKG_VERSION").to_owned()));
    let source = |m: &Manifest| {
        m.source.clone().unwrap_or_else(|| format!("DNS, asked by mxcensus from {} to {}", m.observed_from, m.observed_to))
    };
    let mut sources: Vec<String> = old.into_iter().chain([new]).map(source).collect();
    sources.dedup();
    datapackage(&About { name: &name, title, description: DESCRIPTION, licences, sources: &sources, facts: &facts }, &resources)
}

fn licences(new: &Manifest, old: Option<&Manifest>) -> Vec<String> {
    let all: BTreeSet<&String> = [Some(new), old].into_iter().flatten().filter_map(|m| m.licence.as_ref()).collect();
    all.into_iter().cloned().collect()
}

/// The commands that make the folder again, into the folder `$1` or `bundle`.
fn script(args: &BundleArgs, new: &Manifest, old: Option<&Manifest>, rules: &str, own_rules: bool) -> String {
    let name = |m: &Manifest| format!("{}/{}-{}", m.population.name, m.date, digest12(&m.digest));
    let snapshots: Vec<String> = [Some(new), old].into_iter().flatten().map(|m| quoted(&name(m))).collect();
    let snapshots = snapshots.join(" ");
    let mut flags = format!(" --top {}", args.top);
    if args.aggregate_only {
        flags.push_str(" --aggregate-only");
    }
    for author in &args.author {
        flags.push_str(&format!(" --author {}", quoted(author)));
    }
    let rules_flag = if own_rules { " --rules \"$RULES\"" } else { "" };
    let rules_note = if own_rules {
        format!("# RULES is the folder of the rules with digest {rules}\n")
    } else {
        format!("# the rules compiled in have digest {rules}\n")
    };
    format!(
        "# mxcensus {version}; snapshots stand in ./data/snapshots or in the folder that MXCENSUS_DATA names\n{rules_note}\
         mxcensus snapshot verify {snapshots}\n\
         mxcensus bundle {snapshots}{flags}{rules_flag} --out \"${{1:-bundle}}\"\n\
         cd \"${{1:-bundle}}\" && sha256sum --check --quiet SHA256SUMS\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:,".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Makes room: a bundle made before is taken away, anything else is left alone and refused.
fn clear(folder: &Path) -> Result<(), Failure> {
    let unreadable = |e: std::io::Error| Failure::new(format!("cannot read {}: {e}", folder.display()));
    if !folder.exists() {
        return Ok(());
    }
    let mut found: Vec<PathBuf> = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() && !path.is_symlink() { open.push(path) } else { found.push(path) }
        }
    }
    let sums = fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    let listed: BTreeSet<PathBuf> = sums.lines().filter_map(|l| l.split_once("  ")).map(|(_, name)| folder.join(name)).collect();
    if let Some(other) = found.iter().find(|path| !listed.contains(*path) && **path != folder.join(SUMS)) {
        return Err(Failure::usage(format!(
            "{} holds {}, which no bundle put there: name another folder with --out",
            folder.display(),
            other.display()
        )));
    }
    fs::remove_dir_all(folder).map_err(|e| Failure::new(format!("cannot empty {}: {e}", folder.display())))
}

/// All files, and last the sums over them: a folder without sums is not whole.
fn write(folder: &Path, files: &Files) -> Result<(), Failure> {
    for (name, bytes) in files {
        out::write(&folder.join(name), bytes)?;
    }
    let sums: Vec<(&str, String)> = files.iter().map(|(name, bytes)| (name.as_str(), sha256(bytes))).collect();
    out::write(&folder.join(SUMS), write_sums(&sums).as_bytes())
}
