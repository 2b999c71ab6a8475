//! What is not tried again in this process: runs whose files are lost and did not come back, and data sets for which there is never enough
//! memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

/// The ids of such runs or data sets; clones share one set.
#[derive(Clone, Default)]
pub struct KnownIds {
    ids: Arc<Mutex<BTreeSet<String>>>,
}

impl KnownIds {
    /// Adds an id.
    pub fn insert(&self, id: &str) {
        self.lock().insert(id.to_owned());
    }

    /// Whether an id is among them.
    pub fn contains(&self, id: &str) -> bool {
        self.lock().contains(id)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.ids.lock()
    }
}
