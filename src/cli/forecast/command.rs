//! `flts forecast`: its flags, and what runs it.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::cli::command::{Command, ForecastOptions, Format};
use crate::cli::exit::Exit;
use crate::cli::flags::Environment;
use crate::cli::{flags, help};
use crate::config::{Config, Group};
use crate::forecast::MAX_HORIZON;

use super::{fitted, promoted};

/// The command and its flags.
pub fn command() -> clap::Command {
    let data = Arg::new("data")
        .long("data")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help_heading("Input")
        .help("File whose last rows the forecast starts from; without it the newest data set of IDENTIFIER");
    let fit =
        Arg::new("fit").long("fit").action(ArgAction::SetTrue).requires("data").help_heading("Input").help(
            "Fit the cheap families to the file and use the best one: needs no node, no store and no promoted model",
        );
    let horizon = Arg::new("horizon")
        .long("horizon")
        .value_name("N")
        .value_parser(value_parser!(u64).range(1..=MAX_HORIZON))
        .help_heading("Output")
        .help("Steps to forecast; without it as many as the model forecasts at once");
    let format = Arg::new("format")
        .long("format")
        .value_parser(PossibleValuesParser::new(["csv", "json", "chart"]))
        .default_value("csv")
        .help_heading("Output")
        .help("How the forecast is written to stdout");
    clap::Command::new("forecast")
        .about("Forecast the steps that follow a file or the newest data set, and exit")
        .after_help(help::RULES)
        .args([data, fit, horizon, format])
        .args(flags::settings(|setting| flags::is_place(setting) || setting.group == Group::Preprocess))
}

/// From the parsed flags to the command.
pub fn parse(matches: &ArgMatches, environment: &Environment) -> Result<Command, Exit> {
    let options = ForecastOptions {
        data: flags::path(matches, "data"),
        fit: matches.get_flag("fit"),
        horizon: matches.get_one::<u64>("horizon").and_then(|steps| usize::try_from(*steps).ok()),
        format: match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => Format::Json,
            Some("chart") => Format::Chart,
            _ => Format::Csv,
        },
    };
    Ok(Command::Forecast { config: flags::config(matches, environment, None)?, options })
}

/// Forecasts, and returns the forecast as text.
///
/// # Errors
/// File, store or model cannot be used.
pub async fn work(config: &Config, options: &ForecastOptions) -> anyhow::Result<String> {
    match &options.data {
        Some(file) if options.fit => fitted::forecast(config, options, file).await,
        file => promoted::forecast(config, options, file.as_deref()).await,
    }
}
