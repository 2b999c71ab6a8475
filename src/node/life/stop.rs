//! The end of a node: why it ends, what is told of it, and its exit code.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use crate::config::Supervision;
use crate::runtime::{Exit, StopSignal, StopSignals, SupervisorHandle};

use super::console::is_terminal;
use super::drain::{Budget, Parts, Record};
use super::exit_codes;
use super::serve::Running;

/// What a node that cannot go on still does for those who wait for it, and for those who want to see why.
const SHORT_DRAIN: Budget = Budget { notice: Duration::from_secs(1), timeout: Duration::from_secs(2) };

/// How long the leases of work that did not end in time may take to be given back.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Why a node ends.
enum Stop {
    Asked(StopSignal),
    Escalated(String),
}

/// Waits for the end of the node and stops its parts in order; a second signal ends it at once.
pub async fn stop_when_told(running: Running, mut signals: StopSignals, settings: &Supervision) -> u8 {
    let Running { mut parts, services, looking, console, backing, data_dir } = running;
    let supervisor = parts.supervisor.clone();
    let stop = next(&mut signals, &supervisor).await;
    services.health.draining();
    let (record, given_up) = (Record::default(), OnceLock::new());
    let end = async {
        drain(stop, &mut parts, settings, &record, &given_up).await;
        if given_up.get().is_none() {
            services.leases.give_back_all(LAST_WORD).await;
        }
        drop(looking);
        console.abort();
        backing.stop().await;
    };
    tokio::pin!(end);
    let broken_off = tokio::select! {
        () = &mut end => None,
        _ = signals.next() => Some(format!("a second signal broke the drain off; not done: {}", record.undone())),
    };
    if broken_off.is_some() && given_up.get().is_none() {
        // what was asked to stop is no attempt; the store that this node runs is still there
        services.leases.give_back_all(LAST_WORD).await;
    }
    let late = record.late().map(|late| format!("did not stop in time: {late}"));
    let code = match (given_up.get(), &broken_off, &late) {
        (Some(_), ..) => exit_codes::ESCALATED,
        (None, None, None) => 0,
        _ => exit_codes::LATE,
    };
    let words: Vec<String> = broken_off.into_iter().chain(late).collect();
    words.iter().for_each(|words| eprintln!("error: {words}"));
    if !words.is_empty() {
        let all: Vec<String> = given_up.get().cloned().into_iter().chain(words).collect();
        note_in(settings.termination_log.as_deref(), &all.join("\n"));
    }
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

/// Drains, shortly where the supervisor has given up or gives up meanwhile; its reason is left in `given_up`.
async fn drain(stop: Stop, parts: &mut Parts, settings: &Supervision, record: &Record, given_up: &OnceLock<String>) {
    let supervisor = parts.supervisor.clone();
    let reason = match stop {
        Stop::Escalated(reason) => reason,
        Stop::Asked(signal) => {
            let impatient = signal == StopSignal::Interrupt && is_terminal();
            let notice = if impatient { Duration::ZERO } else { settings.drain_notice };
            tracing::info!(event = "drain_begin", service = "node", signal = ?signal, notice_ms = notice.as_millis() as u64);
            let budget = Budget { notice, timeout: settings.drain_timeout };
            tokio::select! {
                () = parts.drain(budget, record) => return,
                reason = broken(&supervisor) => reason,
            }
        }
    };
    let reason =
        format!("{reason}; the node ends with exit code {} and has to be started again", exit_codes::ESCALATED);
    // where an operator looks first: stderr, and the file Kubernetes shows
    eprintln!("error: {reason}");
    tracing::error!(event = "supervisor_gave_up", service = "node", reason);
    note_in(settings.termination_log.as_deref(), &reason);
    // nobody gives up twice
    let _ = given_up.set(reason);
    parts.drain(SHORT_DRAIN, record).await;
}

/// Why the supervisor gives up while the node drains. A child that hangs is no reason then: the drain has a deadline of its own,
/// and names whoever is late.
async fn broken(supervisor: &SupervisorHandle) -> String {
    let reason = supervisor.escalated().await;
    match reason.exit {
        Exit::Unresponsive { .. } => std::future::pending().await,
        _ => reason.to_string(),
    }
}

fn note_in(termination_log: Option<&Path>, text: &str) {
    if let Some(path) = termination_log
        && let Err(error) = std::fs::write(path, text)
    {
        tracing::warn!(event = "termination_log_fail", path = %path.display(), error = %error);
    }
}
