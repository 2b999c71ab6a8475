//! The life of a node: it starts, serves and stops, each in a file of its own.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;

use crate::config::Config;
use crate::http::LogLevel;
use crate::node::data_dir::InputFiles;
use crate::runtime::StopSignals;

use super::console::is_terminal;
use super::serve::Running;
use super::start::Ground;
use super::{stop, telemetry};

/// Runs one node until it is told to stop.
pub fn run(config: Config, files: Option<InputFiles>) -> ExitCode {
    let log = telemetry::start_for_node(&config);
    for note in &config.notes {
        tracing::info!(event = "configuration", note);
        // a person's log begins at warnings, and this is said once
        if is_terminal() {
            eprintln!("note: {note}");
        }
    }
    super::on_runtime(async {
        match live(&Arc::new(config), files.as_ref(), log).await {
            Ok(code) => ExitCode::from(code),
            Err(error) => super::failed(&error),
        }
    })
}

async fn live(config: &Arc<Config>, files: Option<&InputFiles>, log: Arc<dyn LogLevel>) -> anyhow::Result<u8> {
    let started = Instant::now();
    let mut signals = StopSignals::listen().context("cannot listen for signals")?;
    let ground = tokio::select! {
        ground = Ground::prepare(config, files) => ground?,
        // nobody was served yet, so there is nothing to drain
        _ = signals.next() => return Ok(0),
    };
    let running = Running::start(config, ground, log, started)?;
    Ok(stop::stop_when_told(running, signals, &config.supervision).await)
}
