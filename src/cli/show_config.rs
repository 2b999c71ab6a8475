//! `flts config`: the effective settings, each with where its value came from.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches};

use crate::config::{Config, setting};

use super::command::Command;
use super::exit::Exit;
use super::flags::Environment;
use super::output::table;
use super::{flags, help, output};

/// Its flags.
pub fn command() -> clap::Command {
    clap::Command::new("config")
        .about("Show the settings as they come out, and where each value came from; secrets are not shown")
        .after_help(help::RULES)
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Write JSON"))
        .args(flags::settings(flags::all))
}

/// From the flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    Ok(Command::Config { config: flags::config(matches, environment, None)?, json: matches.get_flag("json") })
}

/// Prints the configuration; touches nothing.
pub fn print(config: &Config, json: bool) -> ExitCode {
    if json {
        output::print(&format!("{:#}", config.shown_json()));
        return ExitCode::SUCCESS;
    }
    let rows = config.shown.iter().map(|one| {
        // a setting without a value has a meaning all the same
        let value = one.value.clone().unwrap_or_else(|| setting(one.name).default_text());
        [one.name.to_owned(), value, one.origin.to_string()]
    });
    output::print(&table(["setting", "value", "from"], rows));
    config.notes.iter().for_each(|note| eprintln!("note: {note}"));
    ExitCode::SUCCESS
}
