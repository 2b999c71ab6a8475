//! What is damaged and does not stop the node: readiness names it until it is whole again.

use std::fmt;

use super::state::SharedState;

/// Reports what is damaged; clones report to one node.
#[derive(Clone)]
pub struct Damage {
    state: SharedState,
}

impl Damage {
    pub(super) fn new(state: SharedState) -> Damage {
        Damage { state }
    }

    /// Reports that `name` is damaged; `text` says what and why, and takes the place of an earlier text of this name.
    pub fn found(&self, name: &str, text: impl fmt::Display) {
        let text = text.to_string();
        self.state.send_if_modified(|state| state.damaged.insert(name.to_owned(), text.clone()) != Some(text));
    }

    /// Reports that `name` is whole again, or gone.
    pub fn mended(&self, name: &str) {
        self.state.send_if_modified(|state| state.damaged.remove(name).is_some());
    }
}

impl fmt::Debug for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Damage")
    }
}
