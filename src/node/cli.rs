//! The command line: arguments and environment in, a command out. Pure, so that it is tested without a process.

use super::commands::{config, forecast, preprocess, promotion, run, sample_data};
use super::config::Config;
use super::flags::Environment;
use super::help;
use super::intake::InputFiles;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of wrong usage.
pub const USAGE: u8 = 2;
/// Exit code of a wrong configuration (`EX_CONFIG` of sysexits).
pub const CONFIGURATION: u8 = 78;

/// What a person asked for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Start a node.
    Run {
        /// The whole configuration.
        config: Box<Config>,
        /// Files to put into bucket `dataset` first.
        files: Option<InputFiles>,
    },
    /// Draw what `run` would start.
    PrintTopology {
        /// The whole configuration.
        config: Box<Config>,
    },
    /// Make a data set of two files, and be done.
    Preprocess {
        /// The whole configuration.
        config: Box<Config>,
        /// Files to put into bucket `dataset` first.
        files: Option<InputFiles>,
    },
    /// Forecast the rows that follow those of a file.
    Forecast {
        /// The whole configuration.
        config: Box<Config>,
        /// What is forecast, and how it is written.
        asked: forecast::Asked,
    },
    /// Show or move the pointer.
    Promotion {
        /// The whole configuration.
        config: Box<Config>,
        /// What is asked of it.
        asked: promotion::Asked,
    },
    /// Show the configuration.
    Config {
        /// The whole configuration.
        config: Box<Config>,
        /// For machines.
        json: bool,
    },
    /// Write the synthetic data.
    SampleData {
        /// The folder for it.
        to: PathBuf,
    },
}

/// The end of the program before any work: help, a version, or a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
    /// What to tell.
    pub message: String,
}

impl Exit {
    /// Tells the message, on stdout where it was asked for and on stderr where it is a mistake.
    pub fn tell(&self) -> ExitCode {
        let message = self.message.trim_end();
        // a reader that went away (`| head`) is no failure
        let _ = match self.code {
            0 => writeln!(std::io::stdout(), "{message}"),
            _ => writeln!(std::io::stderr(), "{message}"),
        };
        ExitCode::from(self.code)
    }
}

/// Reads the arguments (the program's name first) and the environment.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Command, Exit> {
    let text = |os: OsString| os.to_string_lossy().into_owned();
    let environment: Environment = environment.into_iter().map(|(name, value)| (text(name), text(value))).collect();
    let matches = command_line().try_get_matches_from(args).map_err(usage)?;
    match matches.subcommand() {
        Some(("run", matches)) => run::parse(matches, &environment),
        Some(("preprocess", matches)) => preprocess::parse(matches, &environment),
        Some(("forecast", matches)) => forecast::parse(matches, &environment),
        Some(("promotion", matches)) => promotion::parse(matches, &environment),
        Some(("config", matches)) => config::parse(matches, &environment),
        Some(("sample-data", matches)) => Ok(sample_data::parse(matches)),
        _ => unreachable!("invariant: clap asks for one of the commands below"),
    }
}

fn command_line() -> clap::Command {
    clap::Command::new("flts")
        .version(env!("CARGO_PKG_VERSION"))
        .about("An actor-based distributed runtime for continuous forecasting")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(help::EXAMPLES)
        .subcommands([
            run::command(),
            preprocess::command(),
            forecast::command(),
            promotion::command(),
            config::command(),
            sample_data::command(),
        ])
}

fn usage(error: clap::Error) -> Exit {
    let code = if error.use_stderr() { USAGE } else { 0 };
    Exit { code, message: error.render().to_string() }
}
