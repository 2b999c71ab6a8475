//! What one client reports of a dependency: a service outside the process, which may be unavailable.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::state::{Outage, SharedState};

/// One client of a dependency; dropping it withdraws its report.
pub struct Dependency {
    state: SharedState,
    name: Arc<str>,
    owner: u64,
}

impl Dependency {
    pub(super) fn new(state: SharedState, name: &str, owner: u64) -> Dependency {
        Dependency { state, name: name.into(), owner }
    }

    /// Reports that the dependency is available.
    pub fn here(&self) {
        self.change(|outages| {
            let before = outages.len();
            outages.retain(|outage| outage.owner != self.owner);
            outages.len() != before
        });
    }

    /// Reports that the dependency is unavailable, and why; the outage lasts since the first such report in a row.
    pub fn away(&self, reason: impl fmt::Display) {
        let reason = reason.to_string();
        self.change(|outages| match outages.iter_mut().find(|outage| outage.owner == self.owner) {
            Some(known) if known.reason == reason => false,
            Some(known) => {
                known.reason = reason;
                true
            }
            None => {
                outages.push(Outage { owner: self.owner, since: Instant::now(), reason });
                true
            }
        });
    }

    /// Changes the outages of the dependency; `change` returns whether it changed anything.
    fn change(&self, change: impl FnOnce(&mut Vec<Outage>) -> bool) {
        self.state.send_if_modified(|state| {
            let entry = state.dependencies.iter_mut().find(|known| known.name == self.name);
            entry.is_some_and(|entry| change(&mut entry.outages))
        });
    }
}

impl Drop for Dependency {
    fn drop(&mut self) {
        self.here();
    }
}

impl fmt::Debug for Dependency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Dependency({})", self.name)
    }
}
