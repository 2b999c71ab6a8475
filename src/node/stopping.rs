//! The end of a node: why it ends, in which order its parts stop, and its exit code.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::runtime::{StopSignal, StopSignals, SupervisorHandle};

use super::config::Supervision;
use super::console::is_terminal;
use super::exit;
use super::serving::{Running, http_share};

const ESCALATED_DRAIN: Duration = Duration::from_secs(3);
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a node ends.
enum Stop {
    Asked(StopSignal),
    Escalated(String),
}

/// How the actors ended.
struct Drained {
    /// Those that did not stop in time.
    late: Vec<String>,
    /// When everything was to be done.
    deadline: Instant,
    /// The exit code where all of them did.
    code: u8,
}

/// Waits for the end of the node and stops its parts in order; a second signal ends it at once.
pub async fn stop_when_told(running: Running, mut signals: StopSignals, settings: &Supervision) -> u8 {
    let Running { supervisor, services, http, close_http, looking, console, backing, data_dir } = running;
    let stop = next(&mut signals, &supervisor).await;
    services.health.draining();
    let drained = match stop {
        Stop::Escalated(reason) => {
            report_escalation(settings.termination_log.as_deref(), &reason);
            drop(close_http);
            let deadline = Instant::now() + ESCALATED_DRAIN;
            Drained { late: supervisor.stop(deadline).await, deadline, code: exit::ESCALATED }
        }
        Stop::Asked(signal) => tokio::select! {
            drained = drain(signal, settings, &supervisor, close_http, http) => drained,
            _ = signals.next() => return exit::LATE,
        },
    };
    let Drained { late, deadline, code } = drained;
    if !late.is_empty() {
        eprintln!("error: did not stop in time: {}", late.join(", "));
    }
    let left = deadline.saturating_duration_since(Instant::now()).min(FLUSH_TIMEOUT);
    services.producer.flush(left).await;
    drop(looking);
    console.abort();
    backing.stop().await;
    drop(data_dir);
    tracing::info!(event = "service_stop", service = "node", code);
    code
}

async fn next(signals: &mut StopSignals, supervisor: &SupervisorHandle) -> Stop {
    tokio::select! {
        signal = signals.next() => Stop::Asked(signal),
        reason = supervisor.escalated() => Stop::Escalated(reason.to_string()),
    }
}

/// Serves on for the notice, answers what is open while the pool still works, then stops the actors.
async fn drain(
    signal: StopSignal,
    settings: &Supervision,
    supervisor: &SupervisorHandle,
    close_http: oneshot::Sender<()>,
    http: JoinHandle<()>,
) -> Drained {
    let impatient = signal == StopSignal::Interrupt && is_terminal();
    tokio::time::sleep(if impatient { Duration::ZERO } else { settings.drain_notice }).await;
    drop(close_http);
    let begun = Instant::now();
    let (answered, deadline) = (begun + http_share(settings.drain_timeout), begun + settings.drain_timeout);
    // whoever is not answered by then loses the connection
    let _ = tokio::time::timeout_at(answered.into(), http).await;
    let late = supervisor.stop(deadline).await;
    let code = if late.is_empty() { 0 } else { exit::LATE };
    Drained { late, deadline, code }
}

/// The reason where an operator looks first: stderr, and the file Kubernetes shows.
fn report_escalation(termination_log: Option<&Path>, reason: &str) {
    eprintln!("error: {reason}");
    tracing::error!(event = "supervisor_gave_up", service = "node", reason);
    if let Some(path) = termination_log
        && let Err(error) = std::fs::write(path, reason)
    {
        tracing::warn!(event = "termination_log_fail", path = %path.display(), error = %error);
    }
}
