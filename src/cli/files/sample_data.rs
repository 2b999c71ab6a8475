//! `flts sample-data TO`: writes synthetic data as two files; the second holds the last fifth.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, value_parser};

use crate::forecast::{SAMPLE_DAYS, sample, split_last_fifth, to_csv};

use crate::cli::command::Command;
use crate::cli::flags;

const SEED: u64 = 42;

/// The command and its flags.
pub fn command() -> clap::Command {
    let to = Arg::new("TO")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("the folder for sample.csv and sample_test.csv");
    clap::Command::new("sample-data")
        .about("Write synthetic data: seeded, with daily and weekly seasons, bursts and missing cells")
        .arg(to)
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches) -> Command {
    Command::SampleData { to: flags::path(matches, "TO").unwrap_or_default() }
}

/// Writes `sample.csv` and `sample_test.csv` into the folder `to`, and prints their paths.
pub fn write(to: &Path) -> ExitCode {
    let (train, test) = split_last_fifth(sample(SEED, SAMPLE_DAYS));
    let parts = [("sample.csv", train), ("sample_test.csv", test)];
    let written = fs::create_dir_all(to)
        .and_then(|()| parts.iter().try_for_each(|(name, part)| fs::write(to.join(name), to_csv(part))));
    match written {
        Ok(()) => {
            parts.iter().for_each(|(name, part)| println!("{}: {} rows", to.join(name).display(), part.rows()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: the sample data cannot be written to '{}': {error}", to.display());
            ExitCode::FAILURE
        }
    }
}
