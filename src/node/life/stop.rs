//! Waits for the end of a node, drains it, and chooses the exit code.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use crate::config::Supervision;
use crate::runtime::{Exit, StopSignal, StopSignals, SupervisorHandle};

use super::console::is_terminal;
use super::drain::{DrainBudget, DrainParts, DrainRecord};
use super::exit_codes;
use super::refused_files::GivenFiles;
use super::running::RunningNode;

/// The drain after the supervisor gave up: short, but open requests are answered and probes see why.
const SHORT_DRAIN: DrainBudget = DrainBudget { notice: Duration::from_secs(1), timeout: Duration::from_secs(2) };

/// How long it may take to release the leases of work that did not end in time.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a node stops.
enum StopReason {
    Signal(StopSignal),
    Escalated(String),
    /// The files of the command line cannot be used.
    FilesRefused,
}

impl StopReason {
    fn signal(&self) -> Option<StopSignal> {
        match self {
            StopReason::Signal(signal) => Some(*signal),
            StopReason::Escalated(_) | StopReason::FilesRefused => None,
        }
    }
}

/// Waits for a signal or the supervisor, and stops the parts in order. A second signal ends the node at once. Returns the exit
/// code.
pub async fn run_until_stopped(running: RunningNode, mut signals: StopSignals, settings: &Supervision) -> u8 {
    let RunningNode { mut parts, services, probes, console, backends, data_dir, mut given_files } = running;
    let supervisor = parts.supervisor.clone();
    let reason = stop_reason(&mut signals, &supervisor, &mut given_files).await;
    let files_refused = matches!(reason, StopReason::FilesRefused);
    services.health.draining();
    let (record, given_up) = (DrainRecord::default(), OnceLock::new());
    let end = async {
        drain(reason, &mut parts, settings, &record, &given_up).await;
        if given_up.get().is_none() {
            services.leases.give_back_all(RELEASE_TIMEOUT).await;
        }
        drop(probes);
        console.abort();
        backends.stop().await;
    };
    tokio::pin!(end);
    let interrupted = tokio::select! {
        () = &mut end => None,
        _ = signals.next() => Some(format!("a second signal broke the drain off; not done: {}", record.undone())),
    };
    if interrupted.is_some() && given_up.get().is_none() {
        // released, an interrupted attempt does not count as failed; the embedded store still runs here
        services.leases.give_back_all(RELEASE_TIMEOUT).await;
    }
    let late = record.late().map(|late| format!("did not stop in time: {late}"));
    let code = match (given_up.get(), &interrupted, &late) {
        (Some(_), ..) => exit_codes::ESCALATED,
        (None, ..) if files_refused => exit_codes::FAILED,
        (None, None, None) => 0,
        _ => exit_codes::LATE,
    };
    let problems: Vec<String> = interrupted.into_iter().chain(late).collect();
    problems.iter().for_each(|problem| eprintln!("error: {problem}"));
    if !problems.is_empty() {
        let all: Vec<String> = given_up.get().cloned().into_iter().chain(problems).collect();
        write_termination_log(settings.termination_log.as_deref(), &all.join("\n"));
    }
    drop(data_dir);
    tracing::info!(event = "service_stop", service = "node", code);
    code
}

async fn stop_reason(
    signals: &mut StopSignals,
    supervisor: &SupervisorHandle,
    given_files: &mut GivenFiles,
) -> StopReason {
    tokio::select! {
        signal = signals.next() => StopReason::Signal(signal),
        reason = supervisor.escalated() => StopReason::Escalated(reason.to_string()),
        error = given_files.refused() => {
            eprintln!("error: the files of --data and --test cannot be used: {error}");
            StopReason::FilesRefused
        }
    }
}

/// Drains the node. If the supervisor gives up, before or meanwhile, its reason is put into `given_up` and the drain is short.
async fn drain(
    reason: StopReason,
    parts: &mut DrainParts,
    settings: &Supervision,
    record: &DrainRecord,
    given_up: &OnceLock<String>,
) {
    let supervisor = parts.supervisor.clone();
    let reason = match reason {
        StopReason::Escalated(reason) => reason,
        reason => {
            let signal = reason.signal();
            let is_hasty = signal.is_none_or(|signal| signal == StopSignal::Interrupt && is_terminal());
            let notice = if is_hasty { Duration::ZERO } else { settings.drain_notice };
            tracing::info!(
                event = "drain_begin",
                service = "node",
                signal = signal.map(tracing::field::debug),
                notice_ms = notice.as_millis() as u64
            );
            let budget = DrainBudget { notice, timeout: settings.drain_timeout };
            tokio::select! {
                () = parts.drain(budget, record) => return,
                reason = gave_up(&supervisor) => reason,
            }
        }
    };
    let reason =
        format!("{reason}; the node ends with exit code {} and has to be started again", exit_codes::ESCALATED);
    // operators look at stderr first, and at the file that Kubernetes shows
    eprintln!("error: {reason}");
    tracing::error!(event = "supervisor_gave_up", service = "node", reason);
    write_termination_log(settings.termination_log.as_deref(), &reason);
    // set only once: the supervisor gives up only once
    let _ = given_up.set(reason);
    parts.drain(SHORT_DRAIN, record).await;
}

/// Resolves if the supervisor gives up during the drain. A child that hangs does not count: the drain has its own deadline and
/// names the children that are late.
async fn gave_up(supervisor: &SupervisorHandle) -> String {
    let reason = supervisor.escalated().await;
    match reason.exit {
        Exit::Unresponsive { .. } => std::future::pending().await,
        _ => reason.to_string(),
    }
}

fn write_termination_log(termination_log: Option<&Path>, text: &str) {
    if let Some(path) = termination_log
        && let Err(error) = std::fs::write(path, text)
    {
        tracing::warn!(event = "termination_log_fail", path = %path.display(), error = %error);
    }
}
