//! Runs whose files are lost, and that training them again did not bring back.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

/// The ids of such runs; clones share one set.
#[derive(Clone, Default)]
pub struct UnrepairableRuns {
    run_ids: Arc<Mutex<BTreeSet<String>>>,
}

impl UnrepairableRuns {
    /// Adds a run.
    pub fn insert(&self, run_id: &str) {
        self.lock().insert(run_id.to_owned());
    }

    /// Whether a run is among them.
    pub fn contains(&self, run_id: &str) -> bool {
        self.lock().contains(run_id)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.run_ids.lock()
    }
}
