//! The command line: first what was typed (`args`), then what is meant, one file a command.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 wrong usage, 3 done but incomplete.

mod args;
mod change;
mod charts;
mod confirm;

mod crawl;
mod demo;

mod explain;
mod export;
mod failure;
mod filter;
mod job;
mod listing;
mod measures;

mod out;
mod progress;
mod rules;

mod sensitivity;
mod serve;
mod side;
mod snapshot;
mod validate;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use failure::{Exit, Failure};

/// Runs one command line and returns the exit code of the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Printing can only fail on a closed pipe, which is the reader's wish.
            _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked { 0 } else { 2 });
        }
    };
    match dispatch(&cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mxcensus: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(cli: &Cli) -> Result<Exit, Failure> {
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
        Command::Report(args) => charts::report(common, args),
        Command::Explain(args) => explain::explain(common, args),
        Command::Unattributed(args) => explain::unattributed(common, args),
        Command::Validate(args) => validate::validate(common, args),
        Command::Rules(args) => rules::rules(common, args),
        Command::Population(args) => listing::population(common, args),
        Command::Snapshot(args) => snapshot::snapshot(common, args),
        Command::Serve(args) => serve::serve(common, args),
    }
}
