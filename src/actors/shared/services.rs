//! What every actor of a node may use: the stores, the producer, events, health.

use std::time::Duration;

use crate::actors::telemetry::Events;
use crate::kafka::Producer;
use crate::runtime::{Health, Io};
use crate::storage::{Checkpoints, Datasets, Decisions, Leases, ObjectStore, Runs, Snapshots, StorageError};

/// Handles shared by all actors of a node; cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The runtime that network calls run on, also those that an owned thread waits for.
    pub io: Io,
    /// The object store itself (input files).
    pub objects: ObjectStore,
    /// Data sets in the store.
    pub datasets: Datasets,
    /// Training runs and their artifacts.
    pub runs: Runs,
    /// Where unfinished trainings stand.
    pub checkpoints: Checkpoints,
    /// Who works on what.
    pub leases: Leases,
    /// Decision log and pointer.
    pub decisions: Decisions,
    /// State that outlives its actor, on local disk.
    pub snapshots: Snapshots,
    /// The way to the topics.
    pub producer: Producer,
    /// Logs, counts and tells the console.
    pub events: Events,
    /// Readiness latches.
    pub health: Health,
    /// How often gaps are looked for.
    pub reconcile_interval: Duration,
    /// The pointer may be moved by hand though the store ignores conditional writes.
    pub allow_unsafe_pointer: bool,
}

impl Services {
    /// Waits for the store from an owned thread, until that is told to stop at most: a store that hangs must not hold a drain.
    pub fn stored<T>(&self, call: impl Future<Output = Result<T, StorageError>>) -> Result<T, StorageError> {
        self.io.block_on_while_wanted(call).unwrap_or(Err(StorageError::Stopping))
    }
}
