//! From arguments and environment to a command. Pure, so that it is tested without a process.

use std::ffi::OsString;

use crate::node::{Build, USAGE};

use super::command::Command;
use super::exit::Exit;
use super::files::{inspect, sample_data};
use super::flags::Environment;
use super::forecast::backtest;
use super::{buckets, doctor, forecast, help, preprocess, promotion, reload, run, show_config, topics};

/// Reads the arguments (the program's name first) and the environment.
///
/// # Errors
/// The text and exit code of help, of the version, or of a mistake.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    build: Build,
) -> Result<Command, Exit> {
    let text = |os: OsString| os.to_string_lossy().into_owned();
    let environment: Environment = environment.into_iter().map(|(name, value)| (text(name), text(value))).collect();
    let matches = command_line(build).try_get_matches_from(args).map_err(usage)?;
    match matches.subcommand() {
        Some(("run", matches)) => run::parse(matches, &environment),
        Some(("preprocess", matches)) => preprocess::parse(matches, &environment),
        Some(("forecast", matches)) => forecast::parse(matches, &environment),
        Some(("backtest", matches)) => backtest::parse(matches, &environment),
        Some(("inspect", matches)) => inspect::parse(matches, &environment),
        Some(("promotion", matches)) => promotion::parse(matches, &environment),
        Some(("reload", matches)) => reload::parse(matches, &environment),
        Some(("topics", matches)) => topics::parse(matches, &environment),
        Some(("buckets", matches)) => buckets::parse(matches, &environment),
        Some(("doctor", matches)) => doctor::parse(matches, &environment),
        Some(("config", matches)) => show_config::parse(matches, &environment),
        Some(("sample-data", matches)) => Ok(sample_data::parse(matches)),
        _ => unreachable!("invariant: clap asks for one of the commands below"),
    }
}

fn command_line(build: Build) -> clap::Command {
    clap::Command::new("flts")
        .version(build.to_string())
        .about("An actor-based distributed runtime for continuous forecasting")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(help::EXAMPLES)
        .subcommands([
            run::command(),
            preprocess::command(),
            forecast::command(),
            backtest::command(),
            inspect::command(),
            promotion::command(),
            reload::command(),
            topics::command(),
            buckets::command(),
            doctor::command(),
            show_config::command(),
            sample_data::command(),
        ])
}

/// The end of the program for help, the version, or a wrong argument.
fn usage(error: clap::Error) -> Exit {
    let code = if error.use_stderr() { USAGE } else { 0 };
    Exit { code, message: error.render().to_string() }
}
