//! The handles that every actor of a node may use: the stores, the producer, events, health.

use std::time::Duration;

use crate::actors::telemetry::Events;
use crate::kafka::Producer;
use crate::runtime::{Health, Io};
use crate::storage::{Checkpoints, Datasets, Decisions, Leases, ObjectStore, Runs, Snapshots, StorageError};

use super::memory::MemoryBudget;

/// Handles shared by all actors of a node; cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The runtime of all network calls; owned threads block on it.
    pub io: Io,
    /// The object store itself, for input files.
    pub objects: ObjectStore,
    /// Data sets in the store.
    pub datasets: Datasets,
    /// Training runs and their artifacts.
    pub runs: Runs,
    /// Checkpoints of unfinished trainings.
    pub checkpoints: Checkpoints,
    /// Leases, by which one trainer at a time works on a run.
    pub leases: Leases,
    /// Decision logs and promotion pointers.
    pub decisions: Decisions,
    /// Snapshots of actor state on local disk.
    pub snapshots: Snapshots,
    /// The Kafka producer.
    pub producer: Producer,
    /// Events: each is a log line, a count, and news for the console.
    pub events: Events,
    /// The memory that work may hold at a time.
    pub memory: MemoryBudget,
    /// Readiness latches of the actors.
    pub health: Health,
    /// Time between two searches for work left undone.
    pub reconcile_interval: Duration,
    /// Allows moving the pointer by hand on a store that ignores conditional writes.
    pub allow_unsafe_pointer: bool,
}

impl Services {
    /// Blocks an owned thread on a call to the store; gives [`StorageError::Stopping`] once the thread must stop, so that a
    /// store that hangs does not hold up a drain.
    pub fn stored<T, E: From<StorageError>>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.io.block_on_while_wanted(call).unwrap_or_else(|| Err(StorageError::Stopping.into()))
    }
}
