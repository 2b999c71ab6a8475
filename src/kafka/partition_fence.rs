//! The time for which a partition is ours: what its records lead to may be published only until it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

/// One assignment of one partition, shared with every delivery that came of it.
#[derive(Debug)]
pub(crate) struct PartitionFence {
    /// Held while something is handed to the producer, so that nothing is once the end was declared.
    current: Mutex<bool>,
    /// Records that somebody is expected to answer soon.
    in_hand: AtomicUsize,
    /// What was handed to the producer and has no report yet.
    in_transit: AtomicUsize,
}

impl PartitionFence {
    /// A tenure that begins now.
    pub fn begin() -> Arc<Self> {
        Arc::new(Self { current: Mutex::new(true), in_hand: AtomicUsize::new(0), in_transit: AtomicUsize::new(0) })
    }

    /// Ends it: whoever publishes just now is waited for, and nobody does afterwards.
    pub fn end(&self) {
        *self.current() = false;
    }

    /// Whether it lasts.
    pub fn is_current(&self) -> bool {
        *self.current()
    }

    /// Does `hand_over` if the tenure lasts, which it does until that is done.
    pub fn while_current<T>(self: &Arc<Self>, hand_over: impl FnOnce(Transit) -> T) -> Option<T> {
        let current = self.current();
        current.then(|| hand_over(Transit::begin(self)))
    }

    /// One record more, or less, that somebody is expected to answer soon.
    pub fn take_in_hand(&self, taken: bool) {
        match taken {
            true => self.in_hand.fetch_add(1, Ordering::SeqCst),
            false => self.in_hand.fetch_sub(1, Ordering::SeqCst),
        };
    }

    /// Records that somebody is expected to answer soon.
    pub fn in_hand(&self) -> usize {
        self.in_hand.load(Ordering::SeqCst)
    }

    /// What was handed to the producer and has no report yet.
    pub fn in_transit(&self) -> usize {
        self.in_transit.load(Ordering::SeqCst)
    }

    fn current(&self) -> MutexGuard<'_, bool> {
        self.current.lock()
    }
}

/// Something on its way to the broker; dropped with its report.
#[derive(Debug)]
pub(crate) struct Transit(Arc<PartitionFence>);

impl Transit {
    fn begin(tenure: &Arc<PartitionFence>) -> Self {
        tenure.in_transit.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(tenure))
    }
}

impl Drop for Transit {
    fn drop(&mut self) {
        self.0.in_transit.fetch_sub(1, Ordering::SeqCst);
    }
}
