//! What each subcommand does, one a file: its flags, and its work.
//!
//! * `run`: a node, or the drawing of one
//! * `preprocess`: two files to a data set, once
//! * `forecast`: the rows after those of a file, with the promoted model
//! * `promotion`: the pointer and its history, shown or moved by hand
//! * `topics`: the topics that should exist, shown or created
//! * `config`: the settings and where each came from
//! * `sample_data`: synthetic data
//! * `table`: how all of them print rows

pub mod config;
pub mod forecast;
pub mod preprocess;
pub mod promotion;
pub mod run;
pub mod sample_data;
mod table;
pub mod topics;

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

use super::config::Config;
use super::intake::InputFiles;
use super::{failed, on_runtime, telemetry};

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
    /// Show or create the topics.
    Topics {
        /// The whole configuration.
        config: Box<Config>,
        /// What is asked of them.
        asked: topics::Asked,
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

/// Does what was asked for.
pub fn carry_out(command: Command) -> ExitCode {
    match command {
        Command::Run { config, files } => super::run(*config, files),
        Command::PrintTopology { config } => run::print_topology(&config),
        Command::Preprocess { config, files } => job(&config, preprocess::work(&config, files)),
        Command::Forecast { config, asked } => job(&config, forecast::work(&config, &asked)),
        Command::Promotion { config, asked } => job(&config, promotion::work(&config, &asked)),
        Command::Topics { config, asked } => job(&config, topics::work(&config, asked)),
        Command::Config { config, json } => config::print(&config, json),
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

/// Writes the text and a line end; a reader that went away (`| head`) is no failure.
fn print(text: &str) {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush());
}
