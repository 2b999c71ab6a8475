//! `flts config`: the settings in effect, each with its origin.

use std::process::ExitCode;

use clap::ArgMatches;

use crate::config::{Config, setting};

use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::print::{print, table};
use super::{flags, help};

/// The command and its flags.
pub fn command() -> clap::Command {
    clap::Command::new("config")
        .about("Show the settings as they come out, and where each value came from; secrets are not shown")
        .after_help(help::RULES)
        .arg(flags::json())
        .args(flags::settings(flags::all))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    Ok(Command::Config { config: flags::config(matches, environment, None)?, json: matches.get_flag("json") })
}

/// Prints the configuration, and starts nothing.
pub fn print_config(config: &Config, json: bool) -> ExitCode {
    if json {
        print(&format!("{:#}", config.shown_json()));
        return ExitCode::SUCCESS;
    }
    let rows = config.shown.iter().map(|one| {
        // a setting without a value shows what that means
        let value = one.value.clone().unwrap_or_else(|| setting(one.name).default_text());
        [one.name.to_owned(), value, one.origin.to_string()]
    });
    print(&table(["setting", "value", "from"], rows));
    config.notes.iter().for_each(|note| eprintln!("note: {note}"));
    ExitCode::SUCCESS
}
