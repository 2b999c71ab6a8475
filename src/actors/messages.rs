//! What actors say to one another, and of which kind each is. A message that carries a `Delivery` is a hand-over: whoever
//! holds it answers for the record. Hints may be lost, because the object store holds the truth.

use std::time::SystemTime;

use actix::Message;

use crate::forecast::Family;
use crate::runtime::{HandOver, Hint, Question};
use crate::storage::Pointer;
use crate::transport::{Delivery, TrainingClaim, TrainingStatus};

use super::claims::DatasetKey;

/// A hand-over: fit one family on the data set of a claim.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Train {
    /// The data set to learn from.
    pub dataset: DatasetKey,
    /// The model family to fit.
    pub family: Family,
    /// The record behind it; `None` when the gap search found the work.
    pub delivery: Option<Delivery>,
}

impl HandOver for Train {}

/// A hand-over: a run started, finished or failed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Trained {
    /// How it stands.
    pub status: TrainingStatus,
    /// The data set it is about.
    pub dataset: DatasetKey,
    /// The record behind it.
    pub delivery: Delivery,
}

impl HandOver for Trained {}

/// What a record of `inference-data` asks for.
pub struct AskedClaim {
    /// Where the rows are.
    pub claim: TrainingClaim,
    /// The series whose model answers.
    pub identifier: String,
    /// What the answer calls the claim: its event id, else where it was read.
    pub claim_id: String,
    /// When the answer is of no use any more.
    pub deadline: Option<SystemTime>,
}

/// A hand-over: forecast from the rows of a claim, and tell it on `performance-eval`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct AnswerClaim {
    /// The claim.
    pub asked: AskedClaim,
    /// The record behind it.
    pub delivery: Delivery,
}

impl HandOver for AnswerClaim {}

/// A hint: the pointer may have moved; look now instead of at the next poll.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PointerHint;

impl Hint for PointerHint {}

/// A question: read the pointer now, follow it, and tell what came of it.
#[derive(Message)]
#[rtype(result = "Result<Reloaded, ReloadError>")]
pub struct ReloadPointer;

impl Question for ReloadPointer {}

/// What a look at the pointer came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reloaded {
    /// Whether another model is served since.
    pub loaded: bool,
    /// What the pointer says.
    pub pointer: Pointer,
}

/// Why the pointer was not followed; what was served still is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// There is no pointer.
    #[error("nothing is promoted for `{0}` yet; train and promote a model first")]
    Absent(String),
    /// The store is away or refuses.
    #[error("{0}")]
    Store(String),
    /// The pointer is the original's, or damaged.
    #[error("{0}")]
    Unreadable(String),
    /// The model that it names was not loaded.
    #[error("{0}")]
    NotLoaded(String),
}

/// A question: load, verify and warm the model a pointer names, then serve it.
#[derive(Message)]
#[rtype(result = "Result<(), LoadError>")]
pub struct Load {
    /// The decision's projection.
    pub pointer: Pointer,
}

impl Question for Load {}

/// Why a model was not loaded; the old one is still served.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// A question: run this many worker threads.
#[derive(Message)]
#[rtype(result = "Scaled")]
pub struct ScaleWorkers {
    /// Threads wanted, at least one.
    pub workers: usize,
}

impl Question for ScaleWorkers {}

/// How the pool was scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaled {
    /// Threads before.
    pub old_workers: usize,
    /// Threads now.
    pub new_workers: usize,
}

/// A hint: look for work that a crash left undone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reconcile;

impl Hint for Reconcile {}
