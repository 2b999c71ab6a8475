//! The runs of the data sets that were listed last: a run is written once, so that it need not be read again.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::record::RunRecord;

/// Data sets whose runs are remembered.
const DATASETS_MAX: usize = 256;

/// By key: ETag and run of every object of a listing; no run where the object is passed over.
pub(super) type ListedRuns = BTreeMap<String, (String, Option<RunRecord>)>;

/// The last listing of each data set; clones share it.
#[derive(Clone, Default)]
pub(super) struct KnownRuns {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// The number of listings so far.
    listings: u64,
    /// By prefix: the number of the last listing, and what it gave.
    datasets: BTreeMap<String, (u64, ListedRuns)>,
}

impl KnownRuns {
    /// What the last listing of this prefix gave.
    pub(super) fn of(&self, prefix: &str) -> ListedRuns {
        self.shared.lock().datasets.get(prefix).map(|(_, runs)| runs.clone()).unwrap_or_default()
    }

    /// Remembers a listing, in place of the one that is the longest ago where there are too many.
    pub(super) fn keep(&self, prefix: String, runs: ListedRuns) {
        let mut shared = self.shared.lock();
        shared.listings += 1;
        let at = shared.listings;
        shared.datasets.insert(prefix, (at, runs));
        if shared.datasets.len() > DATASETS_MAX {
            let oldest = shared.datasets.iter().min_by_key(|(_, (at, _))| *at).map(|(prefix, _)| prefix.clone());
            oldest.map(|oldest| shared.datasets.remove(&oldest));
        }
    }
}
