//! What all latches and clients have reported, and the readiness that follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::watch;

/// How much of what is damaged is named.
const DAMAGED_SHOWN: usize = 16;

/// Whether the node should get traffic, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// True when every latch is open and the node is not draining.
    pub ready: bool,
    /// Each closed latch as `name: reason`.
    pub waiting_for: Vec<String>,
    /// Each unavailable dependency as `name: reason (away for 3 s)`, and what is damaged; the node serves on without it.
    pub degraded: Vec<String>,
}

/// The state that a node's latches and clients share.
pub(super) type SharedState = Arc<watch::Sender<HealthState>>;

#[derive(Default)]
pub(super) struct HealthState {
    pub draining: bool,
    pub latches: Vec<LatchEntry>,
    pub dependencies: Vec<DependencyEntry>,
    /// What is damaged, by name: what and why.
    pub damaged: BTreeMap<String, String>,
    /// Whether an unavailable dependency makes the node not ready.
    pub needs_dependencies: bool,
    /// The number of owners so far: each latch and each client has a number of its own.
    owners: u64,
}

/// One latch.
pub(super) struct LatchEntry {
    pub name: Arc<str>,
    /// The owner that may open and close it: the last one that took it.
    pub owner: u64,
    /// Why it is closed; `None` if it is open.
    pub closed: Option<String>,
}

/// One dependency with the outages that its clients report.
pub(super) struct DependencyEntry {
    pub name: Arc<str>,
    /// The oldest first; it is available while there is none.
    pub outages: Vec<Outage>,
}

/// An outage of a dependency as one client reports it.
pub(super) struct Outage {
    pub owner: u64,
    pub since: Instant,
    pub reason: String,
}

impl HealthState {
    pub fn new_owner(&mut self) -> u64 {
        self.owners += 1;
        self.owners
    }

    pub fn readiness(&self) -> Readiness {
        let closed = self.latches.iter().filter_map(LatchEntry::describe);
        let mut waiting_for: Vec<String> = closed.collect();
        let mut degraded: Vec<String> = self.dependencies.iter().filter_map(DependencyEntry::describe).collect();
        if self.needs_dependencies {
            waiting_for.extend(degraded.iter().cloned());
        }
        degraded.extend(self.damaged.values().take(DAMAGED_SHOWN).cloned());
        if let Some(more) = self.damaged.len().checked_sub(DAMAGED_SHOWN + 1) {
            degraded.push(format!("and {} more that are damaged", more + 1));
        }
        if self.draining {
            waiting_for.push("draining: the node is stopping".to_owned());
        }
        Readiness { ready: waiting_for.is_empty(), waiting_for, degraded }
    }
}

impl LatchEntry {
    /// Why it is closed; `None` if it is open.
    fn describe(&self) -> Option<String> {
        Some(format!("{}: {}", self.name, self.closed.as_ref()?))
    }
}

impl DependencyEntry {
    /// Why and for how long it is unavailable; `None` if it is available.
    fn describe(&self) -> Option<String> {
        let Outage { since, reason, .. } = self.outages.first()?;
        Some(format!("{}: {reason} (away for {} s)", self.name, since.elapsed().as_secs()))
    }
}
