//! The fence of a partition: results of its records may be published only while the partition is assigned to this consumer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

/// The fence of one assignment of one partition, shared with every delivery of that assignment. Open while the partition is assigned.
#[derive(Debug)]
pub(super) struct PartitionFence {
    /// Held while a record is given to the producer: once the fence is closed, the producer gets none.
    is_open: Mutex<bool>,
    /// Records that a worker is expected to acknowledge soon.
    in_hand: AtomicUsize,
    /// Records that the producer has, and that have no delivery report yet.
    in_transit: AtomicUsize,
}

impl PartitionFence {
    pub fn open() -> Arc<Self> {
        Arc::new(Self { is_open: Mutex::new(true), in_hand: AtomicUsize::new(0), in_transit: AtomicUsize::new(0) })
    }

    /// Closes the fence: waits until a publication that has begun is with the producer, and permits no other.
    pub fn close(&self) {
        *self.lock() = false;
    }

    pub fn is_open(&self) -> bool {
        *self.lock()
    }

    /// Calls `publish` if the fence is open, and keeps it open until `publish` returns.
    pub fn while_open<T>(self: &Arc<Self>, publish: impl FnOnce(Transit) -> T) -> Option<T> {
        let is_open = self.lock();
        is_open.then(|| publish(Transit::begin(self)))
    }

    /// Counts a record that a worker is expected to acknowledge soon, or that is no longer one.
    pub fn count_in_hand(&self, is_in_hand: bool) {
        match is_in_hand {
            true => self.in_hand.fetch_add(1, Ordering::SeqCst),
            false => self.in_hand.fetch_sub(1, Ordering::SeqCst),
        };
    }

    /// Records that a worker is expected to acknowledge soon.
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Ordering::SeqCst)
    }

    /// Records that the producer has, and that have no delivery report yet.
    pub fn in_transit(&self) -> usize {
        self.in_transit.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_open.lock()
    }
}

/// Counts a record on its way to the broker; dropped with its delivery report.
#[derive(Debug)]
pub(super) struct Transit(Arc<PartitionFence>);

impl Transit {
    fn begin(fence: &Arc<PartitionFence>) -> Self {
        fence.in_transit.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(fence))
    }
}

impl Drop for Transit {
    fn drop(&mut self) {
        self.0.in_transit.fetch_sub(1, Ordering::SeqCst);
    }
}
