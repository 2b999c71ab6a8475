//! Readiness as latches: each part that must be up holds one and says why it is closed. What is outside, and may be away,
//! is told beside them.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use super::dependency::{Complaint, Dependency, Outside};

/// Whether the node should get traffic, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// True when every latch is open and the node is not draining.
    pub ready: bool,
    /// Each closed latch as `name: reason`.
    pub waiting_for: Vec<String>,
    /// Each dependency that is away, as `name: reason (away for 3 s)`; the node serves on without it.
    pub degraded: Vec<String>,
}

/// The node's readiness: all latches and the drain switch; clones are one.
#[derive(Clone)]
pub struct Health {
    state: Arc<watch::Sender<State>>,
}

/// One part's say in readiness; dropping it, as a dying actor does, closes it.
pub struct Latch {
    health: Health,
    name: Arc<str>,
    owner: u64,
}

#[derive(Default)]
struct State {
    draining: bool,
    latches: Vec<Entry>,
    outside: Vec<Outside>,
    needs_outside: bool,
    owners: u64,
}

struct Entry {
    name: Arc<str>,
    owner: u64,
    closed: Option<String>,
}

impl Health {
    /// A node with no latches yet, which is ready.
    pub fn new() -> Health {
        Health { state: Arc::new(watch::Sender::new(State::default())) }
    }

    /// Takes the latch of this name, closed; an earlier owner of it has no more say.
    pub fn latch(&self, name: &str) -> Latch {
        let name: Arc<str> = name.into();
        let mut owner = 0;
        self.state.send_modify(|state| {
            state.owners += 1;
            owner = state.owners;
            let entry = Entry { name: name.clone(), owner, closed: Some("starting".to_owned()) };
            match state.latches.iter_mut().find(|known| known.name == name) {
                Some(known) => *known = entry,
                None => state.latches.push(entry),
            }
        });
        Latch { health: self.clone(), name, owner }
    }

    /// Declares latches that actors will take when they start, so that the node is not ready before they do.
    pub fn expect(&self, names: &[&str]) {
        for name in names {
            drop(self.latch(name));
        }
    }

    /// A new voice about the dependency of this name, which says nothing yet; it is away while any voice says so.
    pub fn dependency(&self, name: &str) -> Dependency {
        let mut owner = 0;
        self.state.send_modify(|state| {
            state.owners += 1;
            owner = state.owners;
            if state.outside.iter().all(|known| *known.name != *name) {
                state.outside.push(Outside { name: name.into(), complaints: Vec::new() });
            }
        });
        Dependency { health: self.clone(), name: name.into(), owner }
    }

    /// Says that this node can do nothing without its dependencies: one that is away makes it not ready.
    pub fn need_dependencies(&self) {
        self.state.send_modify(|state| state.needs_outside = true);
    }

    /// Each dependency that somebody has a voice about, and whether it is there.
    pub fn dependencies(&self) -> Vec<(String, bool)> {
        let state = self.state.borrow();
        state.outside.iter().map(|outside| (outside.name.to_string(), outside.complaints.is_empty())).collect()
    }

    /// Says that the node is stopping: it is not ready again.
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
        let open = |entry: &Entry| (entry.name.to_string(), entry.closed.is_none());
        state.latches.iter().map(open).collect()
    }

    /// Lets one voice change what is said of a dependency; whether it did is what the change gives back.
    pub(crate) fn change_outside(&self, name: &str, change: impl FnOnce(&mut Vec<Complaint>) -> bool) {
        self.state.send_if_modified(|state| {
            let outside = state.outside.iter_mut().find(|known| *known.name == *name);
            outside.is_some_and(|outside| change(&mut outside.complaints))
        });
    }

    /// Waits until the node is ready.
    pub async fn until_ready(&self) {
        let mut changes = self.state.subscribe();
        // An error would mean that the sender is gone, but we hold it.
        let _ = changes.wait_for(|state| state.readiness().ready).await;
    }
}

impl Default for Health {
    fn default() -> Self {
        Health::new()
    }
}

impl Latch {
    /// Says that this part is up.
    pub fn open(&self) {
        self.set(None);
    }

    /// Says that this part is not up, and why.
    pub fn close(&self, reason: impl fmt::Display) {
        self.set(Some(reason.to_string()));
    }

    fn set(&self, closed: Option<String>) {
        self.health.state.send_if_modified(|state| {
            let mine = |entry: &&mut Entry| entry.owner == self.owner;
            match state.latches.iter_mut().find(mine) {
                Some(entry) if entry.closed != closed => {
                    entry.closed = closed;
                    true
                }
                _ => false,
            }
        });
    }
}

impl Drop for Latch {
    fn drop(&mut self) {
        self.close("not running");
    }
}

impl fmt::Debug for Latch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Latch({})", self.name)
    }
}

impl State {
    fn readiness(&self) -> Readiness {
        let mut waiting_for: Vec<String> = self
            .latches
            .iter()
            .filter_map(|entry| Some(format!("{}: {}", entry.name, entry.closed.as_ref()?)))
            .collect();
        let degraded: Vec<String> = self.outside.iter().filter_map(Outside::told).collect();
        if self.needs_outside {
            waiting_for.extend(degraded.iter().cloned());
        }
        if self.draining {
            waiting_for.push("draining: the node is stopping".to_owned());
        }
        Readiness { ready: waiting_for.is_empty(), waiting_for, degraded }
    }
}
