//! The readiness of a node: it is ready when every latch is open and the node is not draining.

use tokio::sync::watch;

use super::damage::Damage;
use super::dependency::Dependency;
use super::latch::Latch;
use super::state::{DependencyEntry, HealthState, LatchEntry, Readiness, SharedState};

/// The readiness of a node, with its latches, its dependencies and whether it is draining; clones share one state.
#[derive(Clone)]
pub struct Health {
    state: SharedState,
}

impl Health {
    /// A node without latches, which is ready.
    pub fn new() -> Health {
        Health { state: SharedState::new(watch::Sender::new(HealthState::default())) }
    }

    /// Takes the latch of this name, closed; an earlier owner can no longer change it.
    pub fn latch(&self, name: &str) -> Latch {
        Latch::take(self.state.clone(), name)
    }

    /// Declares latches that actors will take when they start, so that the node is not ready before they do.
    pub fn expect(&self, names: &[&str]) {
        for name in names {
            drop(self.latch(name));
        }
    }

    /// A new client of the dependency of this name. The dependency is unavailable while any of its clients reports so.
    pub fn dependency(&self, name: &str) -> Dependency {
        let mut owner = 0;
        self.state.send_modify(|state| {
            owner = state.new_owner();
            if state.dependencies.iter().all(|known| *known.name != *name) {
                state.dependencies.push(DependencyEntry { name: name.into(), outages: Vec::new() });
            }
        });
        Dependency::new(self.state.clone(), name, owner)
    }

    /// Reports what is damaged and does not stop the node.
    pub fn damage(&self) -> Damage {
        Damage::new(self.state.clone())
    }

    /// Declares that this node can do nothing without its dependencies: an unavailable one makes it not ready.
    pub fn need_dependencies(&self) {
        self.state.send_modify(|state| state.needs_dependencies = true);
    }

    /// Each dependency that has had a client, and whether it is available.
    pub fn dependencies(&self) -> Vec<(String, bool)> {
        let state = self.state.borrow();
        state.dependencies.iter().map(|known| (known.name.to_string(), known.outages.is_empty())).collect()
    }

    /// Declares that the node is stopping: it is not ready from here on.
    pub fn draining(&self) {
        self.state.send_modify(|state| state.draining = true);
    }

    /// Whether the node is stopping.
    pub fn is_draining(&self) -> bool {
        self.state.borrow().draining
    }

    /// Whether the node should get traffic now, and what it waits for.
    pub fn ready(&self) -> Readiness {
        self.state.borrow().readiness()
    }

    /// Each latch in the order of its declaration, and whether it is open.
    pub fn latches(&self) -> Vec<(String, bool)> {
        let state = self.state.borrow();
        let open = |entry: &LatchEntry| (entry.name.to_string(), entry.closed.is_none());
        state.latches.iter().map(open).collect()
    }

    /// Waits until the node is ready.
    pub async fn until_ready(&self) {
        let mut changes = self.state.subscribe();
        // an error would mean that the sender is gone, but `self` holds it
        let _ = changes.wait_for(|state| state.readiness().ready).await;
    }
}

impl Default for Health {
    fn default() -> Self {
        Health::new()
    }
}
