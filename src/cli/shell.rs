//! `completions` and `man`: what a shell and a reader of manuals need.

use std::path::Path;

use clap::{Command, CommandFactory};

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::failure::{Exit, Failure};
use super::out;

pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mxcensus", &mut bytes);
    out::emit(&String::from_utf8_lossy(&bytes), None)?;
    Ok(Exit::Done)
}

/// The page of the program, or with `--out` a folder of pages, one a command.
pub fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let mut command = Cli::command();
    command.build();
    match &args.out {
        Some(folder) => pages(&command, "mxcensus", folder)?,
        None => out::emit(&page(&command, "mxcensus")?, None)?,
    }
    Ok(Exit::Done)
}

fn pages(command: &Command, name: &str, folder: &Path) -> Result<(), Failure> {
    out::write(&folder.join(format!("{name}.1")), page(command, name)?.as_bytes())?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        pages(sub, &format!("{name}-{}", sub.get_name()), folder)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> Result<String, Failure> {
    // Without a date, so that the same program gives the same pages.
    let page = clap_mangen::Man::new(command.clone()).title(name).date("");
    let mut bytes = Vec::new();
    page.render(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
