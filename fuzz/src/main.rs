//! `flts-fuzz`: mutated inputs for everything of flts that reads what others write. No input may cause a panic, take over a second, or
//! more memory than its target is allowed.
//!
//! * `corpus`: the inputs to start from
//! * `mutation`: new inputs from known ones
//! * `targets`: what reads the inputs; one table
//! * `trial`: one input and what it came to
//! * `campaign`: one target for some seconds

#![forbid(unsafe_code)]

mod campaign;
mod corpus;
mod mutation;
mod targets;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;

use campaign::Campaign;
use targets::{Ground, TARGETS};

/// Feeds mutated inputs to the readers of flts; exits 1 if one of them panics, hangs, or takes too much memory
#[derive(Parser)]
struct Cli {
    /// Seconds for each target
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seed of the mutations; the same seed gives the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program whose node is tried
    #[arg(long, default_value = "target/release/flts")]
    bin: PathBuf,
    /// The checkout, with its fixtures and its corpus
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// The targets; all of them if none is named
    targets: Vec<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every target held.
fn run(cli: Cli) -> Result<bool> {
    let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    if let Some(unknown) = cli.targets.iter().find(|name| !known.contains(&name.as_str())) {
        anyhow::bail!("there is no target {unknown}; the targets are {}", known.join(", "));
    }
    let ground = Ground::new(cli.bin)?;
    let (mut held, mut failed) = (0, 0);
    for target in TARGETS.iter().filter(|t| cli.targets.is_empty() || cli.targets.iter().any(|name| name == t.name)) {
        let campaign = Campaign { target, root: &cli.root, seed: cli.seed, duration: Duration::from_secs(cli.seconds) };
        match campaign.run(&ground)? {
            true => held += 1,
            false => failed += 1,
        }
    }
    println!("{held} passed, {failed} failed");
    Ok(failed == 0)
}
