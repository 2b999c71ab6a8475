//! `flts-soak`: steady load, faults and stops, and what callers see of them.

#![forbid(unsafe_code)]

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use flts_soak::load::{self, Load};
use flts_soak::stops::{self, Stops};
use flts_soak::{hang, panics};
use serde_json::Value;

/// Drives flts nodes from outside; exits 1 if a promise is broken
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    scenario: Scenario,
    /// Figures as JSON instead of tables
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Scenario {
    /// Forecasts at a steady rate
    Load(Load),
    /// The same twice: quiet, then with a panic in a random inference worker every so often; a node that runs already
    /// needs ENABLE_FAULTS=1
    Panics {
        #[command(flatten)]
        load: Load,
        /// Pause between two panics
        #[arg(long, default_value_t = 500)]
        every_ms: u64,
    },
    /// A hung inference worker, until the process escalates or --seconds have passed
    Hang(Load),
    /// Nodes of its own that get SIGTERM under load
    Stops(Stops),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let Cli { scenario, json } = cli;
    match scenario {
        Scenario::Load(load) => {
            let report = load::run(&load).await?;
            show(json, report.json(), &report);
            Ok(())
        }
        Scenario::Panics { load, every_ms } => {
            let panics = panics::run(&load, Duration::from_millis(every_ms)).await?;
            show(json, panics.json(), &panics);
            panics.check()
        }
        Scenario::Hang(load) => {
            let hung = hang::run(&load).await?;
            show(json, hung.json(), &hung);
            hung.check()
        }
        Scenario::Stops(stops) => {
            let stopped = stops::run(&stops).await?;
            show(json, stopped.json(), &stopped);
            stopped.check()
        }
    }
}

fn show(json: bool, figures: Value, table: &impl Display) {
    if json { println!("{figures}") } else { print!("{table}") }
}
