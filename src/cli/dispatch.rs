//! Runs a parsed command.

use std::future::Future;
use std::process::ExitCode;

use crate::config::Config;
use crate::node::life::telemetry;
use crate::node::{self, failed, on_runtime};

use super::command::Command;
use super::output::print;
use super::{forecast, preprocess, promotion, run, sample_data, show_config, topics};

/// Does what was options for.
pub fn carry_out(command: Command) -> ExitCode {
    match command {
        Command::Run { config, files } => node::run(*config, files),
        Command::PrintTopology { config } => run::print_topology(&config),
        Command::Preprocess { config, files } => job(&config, preprocess::work(&config, files)),
        Command::Forecast { config, options } => job(&config, forecast::work(&config, &options)),
        Command::Promotion { config, options } => job(&config, promotion::work(&config, &options)),
        Command::Topics { config, options } => job(&config, topics::work(&config, options)),
        Command::Config { config, json } => show_config::print(&config, json),
        Command::SampleData { to } => sample_data::write(&to),
    }
}

/// Runs work that ends, and prints what it gives on stdout.
fn job(config: &Config, work: impl Future<Output = anyhow::Result<String>>) -> ExitCode {
    telemetry::start_for_command(config);
    on_runtime(async {
        match work.await {
            Ok(text) => {
                print(&text);
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error),
        }
    })
}
