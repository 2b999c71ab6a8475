//! From start to exit code: prepares a node, starts it, and waits for its end.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;

use crate::config::Config;
use crate::http::LogLevel;
use crate::node::build::Build;
use crate::node::data_dir::InputFiles;
use crate::node::open_files::fit_connections;
use crate::runtime::StopSignals;

use super::console::is_terminal;
use super::logging;
use super::prepare::PreparedNode;
use super::process::{report_failure, run_on_runtime};
use super::running::RunningNode;
use super::stop::run_until_stopped;

/// Runs a node until a signal or the supervisor ends it.
pub fn run(config: Config, files: Option<InputFiles>, build: Build) -> ExitCode {
    let log = logging::start_node_log(&config);
    for note in &config.notes {
        tracing::info!(event = "configuration", note);
        // at a terminal the log begins at warnings, so the note is printed
        if is_terminal() {
            eprintln!("note: {note}");
        }
    }
    run_on_runtime(async {
        match run_node(&Arc::new(config), files.as_ref(), log, build).await {
            Ok(code) => ExitCode::from(code),
            Err(error) => report_failure(&error),
        }
    })
}

async fn run_node(
    config: &Arc<Config>,
    files: Option<&InputFiles>,
    log: Arc<dyn LogLevel>,
    build: Build,
) -> anyhow::Result<u8> {
    let started = Instant::now();
    let mut signals = StopSignals::listen().context("cannot listen for signals")?;
    let connections = fit_connections(config);
    let prepared = tokio::select! {
        prepared = PreparedNode::prepare(config, files, connections) => prepared?,
        // the node serves no request yet, so there is nothing to drain
        _ = signals.next() => return Ok(0),
    };
    let running = RunningNode::start(config, prepared, log, started, build)?;
    Ok(run_until_stopped(running, signals, &config.supervision).await)
}
