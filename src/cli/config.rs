//! `mxcensus.toml`: flags that are the same every time. What is typed wins.
//!
//! ```toml
//! data = "/srv/mxcensus"          # for every command
//! [crawl]                         # for one: the long flags without their hyphens
//! resolver = ["192.0.2.53", "192.0.2.54"]
//! qps = 50
//! [snapshot.import]
//! licence = "CC0"
//! ```
//!
//! The file is the one named by `MXCENSUS_CONFIG`, else `mxcensus.toml` in the current folder, else
//! `mxcensus/mxcensus.toml` in the user's configuration folder. An empty `MXCENSUS_CONFIG` is none.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, CommandFactory};
use toml::{Table, Value};

use super::args::Cli;
use super::failure::{Exit, Failure};
use super::out;

/// The settings of a file.
#[derive(Debug, Default, PartialEq)]
pub struct Config {
    path: Option<PathBuf>,
    table: Table,
}

impl Config {
    pub fn load() -> Result<Self, Failure> {
        let Some(path) = find(|name| std::env::var_os(name)) else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))?;
        Self::parse(path, &text)
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, Failure> {
        let fail = |reason: String| Failure::usage(format!("{}: {reason}", path.display()));
        let table: Table = toml::from_str(text).map_err(|e| fail(e.to_string().trim_end().to_owned()))?;
        check(&Cli::command(), &table, true).map_err(fail)?;
        Ok(Self { path: Some(path), table })
    }

    /// The command line with the flags of the file behind it, except those that were typed and those
    /// whose environment variable is set.
    pub fn complete(&self, typed: Vec<OsString>, is_set: impl Fn(&str) -> bool) -> Vec<OsString> {
        let cli = Cli::command();
        let path = commands(&cli, &typed);
        // What follows `--` is no flag.
        let end = typed.iter().position(|a| a == "--").unwrap_or(typed.len());
        let mut line = typed;
        let rest = line.split_off(end);
        let mut added = Vec::new();
        let mut table = Some(&self.table);
        let mut at = &cli;
        for (depth, name) in std::iter::once(None).chain(path.iter().map(Some)).enumerate() {
            if let Some(name) = name {
                table = table.and_then(|t| t.get(name.as_str())).and_then(Value::as_table);
                let Some(next) = at.find_subcommand(name) else { break };
                at = next;
            }
            let Some(table) = table else { break };
            for arg in at.get_arguments() {
                // Without a command there is nothing to set.
                let wanted = depth > 0 || !path.is_empty();
                let Some(value) = arg.get_long().filter(|_| wanted).and_then(|long| table.get(long)) else { continue };
                let from_environment = arg.get_env().is_some_and(|name| is_set(&name.to_string_lossy()));
                if !from_environment && !was_typed(arg, &line) {
                    added.extend(flag(arg, value));
                }
            }
        }
        line.extend(added);
        line.extend(rest);
        line
    }
}

/// The file in force, if there is one.
fn find(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(named) = variable("MXCENSUS_CONFIG") {
        return Some(PathBuf::from(named)).filter(|path| !path.as_os_str().is_empty());
    }
    let home = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config")));
    let user = home.or_else(|| variable("APPDATA").map(PathBuf::from)).map(|folder| folder.join("mxcensus/mxcensus.toml"));
    [Some(PathBuf::from("mxcensus.toml")), user].into_iter().flatten().find(|path| path.is_file())
}

/// Every key is a command or one of its long flags, every value fits.
fn check(command: &Command, table: &Table, top: bool) -> Result<(), String> {
    for (key, value) in table {
        if let (Some(sub), Value::Table(inner)) = (command.find_subcommand(key), value) {
            check(sub, inner, false)?;
            continue;
        }
        let known = || flags(command).filter_map(Arg::get_long).collect::<Vec<_>>().join(", ");
        let place = if top { "every command".to_owned() } else { format!("[{}]", command.get_name()) };
        let Some(arg) = flags(command).find(|arg| arg.get_long() == Some(key)) else {
            return Err(format!("{key:?} is no flag of {place}; there are {}", known()));
        };
        let is_switch = matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Count);
        let fits = match value {
            Value::Boolean(_) => is_switch,
            Value::Array(list) => !is_switch && list.iter().all(|v| scalar(v).is_some()),
            other => !is_switch && scalar(other).is_some(),
        };
        if !fits {
            let expected = if is_switch { "true or false" } else { "a text, a number or a list of them" };
            return Err(format!("{key} = {value} in {place}: expected {expected}"));
        }
    }
    Ok(())
}

fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.get_long().is_some_and(|long| !matches!(long, "help" | "version")))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

fn flag(arg: &Arg, value: &Value) -> Vec<OsString> {
    let long = arg.get_long().unwrap_or_default();
    match value {
        Value::Boolean(false) => Vec::new(),
        Value::Boolean(true) => vec![format!("--{long}").into()],
        Value::Array(list) => list.iter().filter_map(scalar).map(|text| format!("--{long}={text}").into()).collect(),
        other => scalar(other).map(|text| format!("--{long}={text}").into()).into_iter().collect(),
    }
}

fn was_typed(arg: &Arg, typed: &[OsString]) -> bool {
    let long = arg.get_long().map(|long| format!("--{long}"));
    typed.iter().any(|word| {
        let word = word.to_string_lossy();
        let is_long =
            long.as_ref().is_some_and(|l| word.strip_prefix(l.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('=')));
        // Short switches may be typed together: -qv.
        let is_short =
            arg.get_short().is_some_and(|short| word.starts_with('-') && !word.starts_with("--") && word.contains(short));
        is_long || is_short
    })
}

/// The names of the commands that were typed, outermost first.
fn commands(cli: &Command, typed: &[OsString]) -> Vec<String> {
    let mut at = cli;
    let mut path = Vec::new();
    let mut words = typed.iter().skip(1);
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        if word == "--" {
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let takes_value = |command: &Command| {
                command
                    .get_arguments()
                    .any(|a| a.get_long() == Some(long) && matches!(a.get_action(), ArgAction::Set | ArgAction::Append))
            };
            if takes_value(at) || takes_value(cli) {
                words.next();
            }
        } else if !word.starts_with('-') {
            match at.find_subcommand(&*word) {
                Some(next) => {
                    path.push(next.get_name().to_owned());
                    at = next;
                }
                None => break,
            }
        }
    }
    path
}

/// `config show`: every flag with its value and where it comes from; itself a valid file.
pub fn show(config: &Config) -> Result<Exit, Failure> {
    let mut text = match &config.path {
        Some(path) => format!("# {}\n", path.display()),
        None => "# no mxcensus.toml here, in the user's configuration folder or in MXCENSUS_CONFIG\n".to_owned(),
    };
    section(&Cli::command(), &config.table, "", &mut text);
    out::emit(&text, None)?;
    Ok(Exit::Done)
}

fn section(command: &Command, table: &Table, path: &str, text: &mut String) {
    for arg in flags(command) {
        let long = arg.get_long().unwrap_or_default();
        let set = arg.get_env().and_then(std::env::var_os);
        let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
        let quoted = |text: &str| Value::String(text.to_owned()).to_string();
        _ = match (set, table.get(long), &defaults[..]) {
            (Some(value), ..) => writeln!(text, "{long} = {}  # environment", quoted(&value.to_string_lossy())),
            (None, Some(value), _) => writeln!(text, "{long} = {value}  # file"),
            (None, None, [value]) if !matches!(arg.get_action(), ArgAction::SetTrue | ArgAction::Count) => {
                writeln!(text, "# {long} = {}", quoted(value))
            }
            _ => writeln!(text, "# {long}"),
        };
    }
    let none = Table::new();
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let path = if path.is_empty() { sub.get_name().to_owned() } else { format!("{path}.{}", sub.get_name()) };
        let inner = table.get(sub.get_name()).and_then(Value::as_table).unwrap_or(&none);
        let mut body = String::new();
        section(sub, inner, &path, &mut body);
        if !body.is_empty() {
            _ = write!(text, "\n[{path}]\n{body}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "data = \"/srv/a b\"\nquiet = true\n[crawl]\nresolver = [\"192.0.2.53\", \"192.0.2.54\"]\nqps = 50\n[snapshot.import]\nlicence = \"CC0\"\n";

    fn line(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    fn completed(typed: &str) -> String {
        let config = Config::parse("x.toml".into(), FILE).unwrap();
        let line: Vec<_> = config.complete(line(typed), |_| false).iter().map(|w| w.to_string_lossy().into_owned()).collect();
        line.join(" ")
    }

    #[test]
    fn flags_win_over_the_file() {
        let general = "--data=/srv/a b --quiet";
        for (typed, added) in [
            ("mxcensus share S", format!("mxcensus share S {general}")),
            ("mxcensus crawl", format!("mxcensus crawl {general} --resolver=192.0.2.53 --resolver=192.0.2.54 --qps=50")),
            ("mxcensus crawl --qps 9 --resolver=x -q", "mxcensus crawl --qps 9 --resolver=x -q --data=/srv/a b".to_owned()),
            ("mxcensus --data crawl share S", "mxcensus --data crawl share S --quiet".to_owned()),
            ("mxcensus snapshot import f", format!("mxcensus snapshot import f {general} --licence=CC0")),
            ("mxcensus classify -- -q", format!("mxcensus classify {general} -- -q")),
            ("mxcensus --help", "mxcensus --help".to_owned()),
        ] {
            assert_eq!(completed(typed), added, "{typed}");
        }
        let config = Config::parse("x.toml".into(), FILE).unwrap();
        let set = config.complete(line("mxcensus share S"), |name| name == "MXCENSUS_DATA");
        assert_eq!(set, line("mxcensus share S --quiet"));
    }

    #[test]
    fn a_mistake_is_named_with_the_remedy() {
        for (text, reason) in [
            ("dta = 1", "\"dta\" is no flag of every command; there are data, rules"),
            ("[crawl]\nqsp = 1", "\"qsp\" is no flag of [crawl]"),
            ("quiet = \"yes\"", "expected true or false"),
            ("[crawl]\nqps = true", "expected a text, a number or a list"),
            ("[crawl", "x.toml: "),
        ] {
            let error = Config::parse("x.toml".into(), text).unwrap_err();
            assert!(error.to_string().contains(reason) && error.code() == 2, "{text}: {error}");
        }
    }

    #[test]
    fn the_file_is_found_where_people_keep_it() {
        let variable = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v))
        };
        assert_eq!(find(variable(&[("MXCENSUS_CONFIG", "/etc/m.toml")])), Some("/etc/m.toml".into()));
        assert_eq!(find(variable(&[("MXCENSUS_CONFIG", "")])), None);
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("mxcensus");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("mxcensus.toml"), "").unwrap();
        let home = dir.path().as_os_str().to_owned();
        assert_eq!(find(|name| (name == "XDG_CONFIG_HOME").then(|| home.clone())), Some(folder.join("mxcensus.toml")));
    }
}
