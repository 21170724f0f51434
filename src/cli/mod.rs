//! The command line: first what was typed (`args`), then what is meant, one file a command.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 wrong usage, 3 done but incomplete.

/// In place of the standard macro, for every file of the command line: text on standard error goes
/// through [`out::say`], so that nothing strangers wrote acts in a terminal.
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::cli::out::say(&format!($($text)*)) };
}

mod args;
mod books;
mod bundle;
mod change;
mod charts;
mod config;
mod confirm;
mod made;
mod pictures;

mod crawl;
mod demo;

mod explain;
mod export;
mod failure;
mod filter;
mod job;
mod listing;
mod measures;
mod merge;

mod out;
mod progress;
mod rules;

mod sensitivity;
mod serve;
mod shell;
mod side;
mod snapshot;
mod unattributed;
mod validate;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command, ConfigCommand};
use failure::{Exit, Failure};

/// Runs one command line and returns the exit code of the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let config = match config::Config::load() {
        Ok(config) => config,
        Err(failure) => {
            eprintln!("mxcensus: {failure}");
            return ExitCode::from(failure.code());
        }
    };
    let set = |name: &str| std::env::var_os(name).is_some();
    let arguments = config.complete(arguments.into_iter().collect(), set);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Printing can only fail on a closed pipe, which is the reader's wish.
            _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { 2 });
        }
    };
    match dispatch(&cli, &config) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mxcensus: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(cli: &Cli, config: &config::Config) -> Result<Exit, Failure> {
    let common = &cli.common;
    match &cli.command {
        Command::Demo(args) => demo::demo(common, args),
        Command::Run(args) => crawl::run(common, args),
        Command::Crawl(args) if args.stream.is_some() => filter::crawl_stream(common, args),
        Command::Crawl(args) => crawl::crawl(common, args),
        Command::Classify(args) if args.snapshot == "-" => filter::classify_stream(common, args),
        Command::Classify(args) => measures::classify(common, args),
        Command::Share(args) => measures::share(common, args),
        Command::Diff(args) => change::diff(common, args),
        Command::Trend(args) => change::trend(common, args),
        Command::Noise(args) => change::noise(common, args),
        Command::Sensitivity(args) => sensitivity::sensitivity(common, args),
        Command::Chart(args) => charts::chart(common, args),
        Command::Bundle(args) => bundle::bundle(common, args),
        Command::Report(args) => charts::report(common, args),
        Command::Explain(args) => explain::explain(common, args),
        Command::Unattributed(args) => unattributed::unattributed(common, args),
        Command::Validate(args) => validate::validate(common, args),
        Command::Rules(args) => rules::rules(common, args),
        Command::Population(args) => listing::population(common, args),
        Command::Snapshot(args) => snapshot::snapshot(common, args),
        Command::Serve(args) => serve::serve(common, args),
        Command::Config(args) => match args.command {
            ConfigCommand::Show => config::show(config),
        },
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
}
