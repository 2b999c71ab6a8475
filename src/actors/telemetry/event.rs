//! What can happen in a node that an operator or the console wants to know.

use std::time::Duration;

use crate::forecast::Family;
use crate::storage::{Decision, Pointer};

/// One thing that happened.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "each variant has its sentence, and its fields are named after what they hold")]
pub enum Event {
    /// A data set was published (or was there already).
    DatasetPublished { identifier: String, dataset_id: String, train_rows: u64, test_rows: u64, fresh: bool },
    /// The input cannot be used as it is.
    DatasetRefused { error: String },
    /// This trainer has the lease of a training; `attempts` counts those since the last orderly end, this one included.
    LeaseAcquired { family: Family, dataset_id: String, epoch: u64, attempts: u32 },
    /// The same, after the lease of another trainer (`from`) had expired.
    LeaseTakenOver { family: Family, dataset_id: String, epoch: u64, attempts: u32, from: String },
    /// Another trainer took the lease over.
    LeaseLost { family: Family, dataset_id: String, epoch: u64 },
    /// A training began.
    TrainingStarted { family: Family, dataset_id: String },
    /// A training goes on from the checkpoint of an earlier attempt, at this step.
    TrainingResumed { family: Family, step: usize },
    /// The checkpoint of an earlier attempt cannot be read or used: the training begins anew.
    CheckpointUnusable { family: Family, error: String },
    /// A checkpoint was stored.
    CheckpointKept { family: Family, step: usize, bytes: usize },
    /// A checkpoint was not stored; the next one is tried at its time.
    CheckpointNotKept { family: Family, step: usize, error: String },
    /// A training has done this share of its steps, 0 to 1.
    TrainingProgress { family: Family, ratio: f64 },
    /// A training ended with a run; `fresh` is false where the run was there before.
    TrainingFinished { family: Family, run_id: String, took: Duration, fresh: bool },
    /// A training failed; `fresh` is false where it had failed before.
    TrainingFailed { family: Family, error: String, r#final: bool, fresh: bool },
    /// The files of a run were gone; training it again gave the same bytes, which are stored again.
    ArtifactRestored { family: Family, run_id: String },
    /// The files of a run are gone, and training it again on this machine gives other bytes: only a backup has them.
    ArtifactLost { family: Family, run_id: String },
    /// The evaluator waits for families whose training has not ended yet.
    WaitingForModels { dataset_id: String, have: Vec<Family>, missing: Vec<Family> },
    /// The evaluator took a decision on a promotion.
    Decided { decision: Box<Decision> },
    /// A round of judging failed; it is tried again.
    JudgingFailed { error: String },
    /// The promotion pointer names another model than the one served.
    PointerParsed { pointer: Box<Pointer> },
    /// The promotion pointer could not be read, or names a model that cannot be loaded.
    PointerRefused { fault: PointerFault, error: String },
    /// A model that reads so many rows is served from now on; `first` is true where none was served before.
    ModelLoaded { pointer: Box<Pointer>, input_rows: usize, took: Duration, first: bool },
    /// A worker thread of the pool died; its batch is lost.
    WorkerDied { worker: String, cause: String },
}

/// What kept the promotion pointer from being followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointerFault {
    /// There is no pointer.
    Absent,
    /// The store is away or refuses.
    Store,
    /// The pointer is the original's, or damaged.
    Unreadable,
    /// The model that it names was not loaded.
    NotLoaded,
}
