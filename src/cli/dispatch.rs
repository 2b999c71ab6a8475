//! Runs a parsed command.

use std::future::Future;
use std::process::ExitCode;

use crate::config::Config;
use crate::node::{self, Build, report_failure, run_on_runtime, start_command_log};

use super::command::Command;
use super::files::{inspect, sample_data};
use super::forecast::backtest;
use super::print::print;
use super::{buckets, doctor, forecast, preprocess, promotion, reload, run, show_config, topics};

/// Runs the command and returns the exit code of the program.
pub fn execute(command: Command, build: Build) -> ExitCode {
    match command {
        Command::Run { config, files } => node::run(*config, files, build),
        Command::PrintTopology { config } => run::print_topology(&config),
        Command::Preprocess { config, files } => run_job(&config, preprocess::work(&config, files)),
        Command::Forecast { config, options } => run_job(&config, forecast::work(&config, &options)),
        Command::Backtest { config, options } => run_job(&config, backtest::work(&config, &options)),
        Command::Inspect { config, options } => inspect::run(&config, &options),
        Command::Promotion { config, options } => run_job(&config, promotion::work(&config, &options)),
        Command::Reload { config, json } => run_job(&config, reload::work(&config, json)),
        Command::Topics { config, options } => run_job(&config, topics::work(&config, options)),
        Command::Buckets { config, options } => run_job(&config, buckets::work(&config, options)),
        Command::Doctor { config, json } => run_job(&config, doctor::work(&config, json)),
        Command::Config { config, json } => show_config::print_config(&config, json),
        Command::SampleData { to } => sample_data::write(&to),
    }
}

/// Runs a command that ends by itself, and prints its text on stdout.
fn run_job(config: &Config, work: impl Future<Output = anyhow::Result<String>>) -> ExitCode {
    start_command_log(config);
    run_on_runtime(async {
        match work.await {
            Ok(text) => {
                print(&text);
                ExitCode::SUCCESS
            }
            Err(error) => report_failure(&error),
        }
    })
}
