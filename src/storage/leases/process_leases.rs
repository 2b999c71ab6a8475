//! What this process knows about leases: those that it holds, and the versions of other owners that it has seen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};

use super::record::{Ending, LeaseRecord};

/// A version that was not looked at for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// A command to the task that renews a lease.
#[derive(Debug)]
pub(super) enum RenewalCommand {
    /// A checkpoint of this step is stored.
    CheckpointStored(usize),
    /// The files of the run must not be repaired again.
    MarkBeyondRepair,
    /// Release the lease.
    Release(Ending),
}

/// The leases of one process; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessLeases {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// By key: the leases that this process holds, with the sender to the renewal task; none while the lease is being acquired.
    held: BTreeMap<String, Option<mpsc::WeakUnboundedSender<RenewalCommand>>>,
    /// By key: the version of another owner that was seen last.
    versions: BTreeMap<String, SeenVersion>,
    /// Changes whenever a held lease is gone.
    released: watch::Sender<()>,
}

/// A version of a lease, and how long it has been seen unchanged.
#[derive(Debug)]
struct SeenVersion {
    etag: String,
    unchanged_for: Duration,
    looked_at: Instant,
}

/// The entry of a lease among those that the process holds; dropping it removes the entry.
pub(super) struct Reservation {
    pub key: String,
    leases: ProcessLeases,
}

impl ProcessLeases {
    /// Reserves a key for this process; none if it holds the lease already.
    pub(super) fn reserve(&self, key: &str) -> Option<Reservation> {
        let mut shared = self.lock();
        if shared.held.contains_key(key) {
            return None;
        }
        shared.held.insert(key.to_owned(), None);
        Some(Reservation { key: key.to_owned(), leases: self.clone() })
    }

    /// Notes that a reserved lease was acquired and is renewed by a task.
    pub(super) fn acquired(&self, key: String, renewal: mpsc::WeakUnboundedSender<RenewalCommand>) {
        let mut shared = self.lock();
        shared.versions.remove(&key);
        shared.held.insert(key, Some(renewal));
    }

    pub(super) fn holds(&self, key: &str) -> bool {
        self.lock().held.contains_key(key)
    }

    /// Orders every renewal task to release its lease, and waits until all have done so.
    pub(super) async fn release_all(&self) {
        let mut released = {
            let shared = self.lock();
            for renewal in shared.held.values().flatten().filter_map(mpsc::WeakUnboundedSender::upgrade) {
                // a task that has ended has released its lease
                let _ = renewal.send(RenewalCommand::Release(Ending::Orderly));
            }
            shared.released.subscribe()
        };
        while !self.lock().held.is_empty() && released.changed().await.is_ok() {}
    }

    /// How long the process has seen this version unchanged, not counting the time in which the store did not answer.
    pub(super) fn unchanged_for(&self, key: &str, etag: &str, record: &LeaseRecord, ttl: Duration) -> Duration {
        let looked_at = Instant::now();
        let forgotten_after = FORGOTTEN_AFTER.max(ttl);
        let mut shared = self.lock();
        shared.versions.retain(|_, version| looked_at.duration_since(version.looked_at) < forgotten_after);
        let seen = shared.versions.get(key).filter(|version| version.etag == etag);
        let unchanged_for = seen.map_or(Duration::ZERO, |version| {
            record.seen_again(version.unchanged_for, looked_at.duration_since(version.looked_at))
        });
        shared.versions.insert(key.to_owned(), SeenVersion { etag: etag.to_owned(), unchanged_for, looked_at });
        unchanged_for
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut shared = self.leases.lock();
        shared.held.remove(&self.key);
        shared.released.send_replace(());
    }
}
