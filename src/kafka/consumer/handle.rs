//! The handle of a running consumer: its state, and how it is stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;

use super::ledger::Counts;
use super::phase::ConsumerPhase;

/// The state of a consumer, for people and metrics.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ConsumerState {
    /// Whether it consumes, drains or is complete.
    pub phase: ConsumerPhase,
    /// The partitions that are assigned to it.
    pub assigned: Vec<i32>,
    /// By partition: one past the last record read.
    pub position: BTreeMap<i32, i64>,
    /// By partition: the committed offset in the last answer of the broker.
    pub committed: BTreeMap<i32, i64>,
    /// By partition: the number of records that are not committed yet (without a group: not read yet).
    pub lag: BTreeMap<i32, i64>,
    /// The number of records that are read and not settled.
    pub in_flight: usize,
    /// The bytes that they take up.
    pub in_flight_bytes: usize,
    /// The number of records that a worker is expected to acknowledge soon; a revocation waits for them.
    pub in_hand: usize,
    /// Whether reading is paused because too many records, or bytes of them, are in flight.
    pub paused: bool,
    /// Counters of the records so far.
    pub records: Counts,
    /// Why the last dead letter was not delivered; nothing after its record is committed.
    pub burial_error: Option<String>,
    /// The present error of the brokers.
    pub last_error: Option<String>,
}

/// Receives the state of one consumer at short intervals; dropped when the consumer ends.
pub trait Meter: Send + Sync {
    /// Takes the present state.
    fn read(&self, state: &ConsumerState);
}

/// The handle of a consumer whose [`ConsumerLoop`](crate::kafka::ConsumerLoop) runs on another thread.
#[derive(Debug, Clone)]
pub struct Consumer {
    shared: Arc<Shared>,
}

impl Consumer {
    /// The handle of a loop that holds the other clone of `shared`.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Asks the loop to end: it delivers no more records, waits for records in hand, commits what is settled, and leaves its group.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
    }

    /// Asks the loop to end, and to wait for records in hand no longer than `timeout`.
    pub fn stop_within(&self, timeout: Duration) {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.shared.stop_timeout_ms.store(timeout_ms, Ordering::Relaxed);
        self.stop();
    }

    /// The state that the loop published last; does not wait for the loop.
    pub fn state(&self) -> ConsumerState {
        self.shared.state().clone()
    }
}

/// What the handle and the loop share.
#[derive(Debug)]
pub(super) struct Shared {
    stop: AtomicBool,
    /// The timeout of [`Consumer::stop_within`].
    stop_timeout_ms: AtomicU64,
    state: Mutex<ConsumerState>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { stop: AtomicBool::new(false), stop_timeout_ms: AtomicU64::new(u64::MAX), state: Mutex::default() }
    }
}

impl Shared {
    /// How long a stop may take: the requested timeout, and `timeout_max` at most.
    pub fn stop_timeout(&self, timeout_max: Duration) -> Duration {
        timeout_max.min(Duration::from_millis(self.stop_timeout_ms.load(Ordering::Relaxed)))
    }

    /// Whether a stop was requested.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    pub fn state(&self) -> MutexGuard<'_, ConsumerState> {
        self.state.lock()
    }
}
