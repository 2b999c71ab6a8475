//! What one part of the node reports of itself: whether it is up, and if not, why.

use std::fmt;
use std::sync::Arc;

use super::state::{LatchEntry, SharedState};

/// One part of the node that must be up; dropping the latch, as a dying actor does, closes it.
pub struct Latch {
    state: SharedState,
    name: Arc<str>,
    owner: u64,
}

impl Latch {
    /// Takes the latch of this name, closed; an earlier owner can no longer change it.
    pub(super) fn take(state: SharedState, name: &str) -> Latch {
        let name: Arc<str> = name.into();
        let mut owner = 0;
        state.send_modify(|state| {
            owner = state.new_owner();
            let entry = LatchEntry { name: name.clone(), owner, closed: Some("starting".to_owned()) };
            match state.latches.iter_mut().find(|known| known.name == name) {
                Some(known) => *known = entry,
                None => state.latches.push(entry),
            }
        });
        Latch { state, name, owner }
    }

    /// Reports that this part is up.
    pub fn open(&self) {
        self.set(None);
    }

    /// Reports that this part is not up, and why.
    pub fn close(&self, reason: impl fmt::Display) {
        self.set(Some(reason.to_string()));
    }

    fn set(&self, closed: Option<String>) {
        self.state.send_if_modified(|state| {
            let own = |entry: &&mut LatchEntry| entry.owner == self.owner;
            match state.latches.iter_mut().find(own) {
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
