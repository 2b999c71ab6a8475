//! The jobs in the queue of the inference pool, and why a job may fail.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::forecast::{Context, Forecast, VerifiedModel};

/// A job in the queue.
pub enum Job {
    /// A request of `POST /predict`, which may share a batch with others.
    Request(PredictJob),
    /// A part of an inference claim, which is a batch by itself.
    Chunk(ChunkJob),
}

impl Job {
    /// Whether the caller gave up, or the deadline passed.
    pub fn is_void(&self, now: Instant) -> bool {
        match self {
            Job::Request(job) => job.is_void(now),
            Job::Chunk(job) => job.reply.is_closed(),
        }
    }
}

/// Contexts of one claim. They are forecast in one pass of their own, so that the answer has the same bits whatever else the
/// pool does.
pub struct ChunkJob {
    /// The model that answers.
    pub served: Arc<VerifiedModel>,
    /// The rows that each forecast starts from.
    pub contexts: Vec<Context>,
    /// Steps to forecast.
    pub horizon: usize,
    /// Sends the answers.
    pub reply: ChunkReply,
    /// Held while the chunk waits: it bounds the number of waiting chunks.
    permit: Option<OwnedSemaphorePermit>,
    /// Held until the work on the chunk has ended, whether or not its caller still waits.
    _held: HeldForWork,
}

/// What lives as long as the work that it is for, such as its memory.
pub type HeldForWork = Arc<dyn Any + Send + Sync>;

impl ChunkJob {
    /// A job that holds `permit` until a worker begins it.
    pub fn new(
        served: Arc<VerifiedModel>,
        contexts: Vec<Context>,
        horizon: usize,
        reply: oneshot::Sender<Result<Vec<Forecast>, PredictError>>,
        permit: OwnedSemaphorePermit,
        held: HeldForWork,
    ) -> Self {
        Self {
            served,
            contexts,
            horizon,
            reply: ChunkReply { reply: Some(reply), has_begun: false },
            permit: Some(permit),
            _held: held,
        }
    }

    /// A worker begins it: another chunk may wait now, and a panic from here on is caused by this chunk.
    pub fn begin(&mut self) {
        self.permit = None;
        self.reply.has_begun = true;
    }
}

/// Sends the answers to a chunk. Dropped without an answer, it reports a dead worker; dropped by a panic after the chunk began, it
/// reports that this chunk caused the panic.
pub struct ChunkReply {
    reply: Option<oneshot::Sender<Result<Vec<Forecast>, PredictError>>>,
    has_begun: bool,
}

impl ChunkReply {
    /// Sends the answer.
    pub fn send(mut self, answer: Result<Vec<Forecast>, PredictError>) {
        if let Some(reply) = self.reply.take() {
            // the caller may have given up: the record of its claim is then read again
            let _ = reply.send(answer);
        }
    }

    fn is_closed(&self) -> bool {
        self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

impl Drop for ChunkReply {
    fn drop(&mut self) {
        if self.has_begun && std::thread::panicking() {
            let reply = self.reply.take();
            // as in `send`
            let _ = reply.map(|reply| reply.send(Err(PredictError::Panicked)));
        }
    }
}

/// One forecast to make, with the model that its rows were checked against.
pub struct PredictJob {
    /// The model that answers.
    pub served: Arc<VerifiedModel>,
    /// The rows that the forecast starts from.
    pub context: Context,
    /// Steps to forecast.
    pub horizon: usize,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// When it was admitted.
    pub queued_at: Instant,
    /// Sends the answer; dropped without one, it reports a dead worker.
    pub reply: oneshot::Sender<Result<Forecast, String>>,
}

impl PredictJob {
    /// Whether the caller gave up, or the deadline passed.
    pub fn is_void(&self, now: Instant) -> bool {
        self.reply.is_closed() || self.deadline <= now
    }
}

/// Why a forecast was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    /// The queue holds the most rows it may.
    #[error("the queue is full with {depth_rows} rows; try again in {retry_after_seconds} s")]
    QueueFull {
        /// Rows waiting.
        depth_rows: usize,
        /// Seconds until the queue is likely to have room.
        retry_after_seconds: u64,
    },
    /// The deadline passed, and the job was dropped.
    #[error("the deadline passed before the forecast was made; send a later one in x-timeout-ms, or try again")]
    DeadlineExceeded,
    /// The worker thread died with this batch.
    #[error("the worker that held this request died; the request is safe to send again")]
    WorkerDied,
    /// The worker panicked over this chunk; only claims get this error.
    #[error("the model panicked over these rows")]
    Panicked,
    /// The model gave an error.
    #[error("the model could not answer: {0}")]
    Model(String),
    /// The pool takes no more jobs: it drains or is being restarted.
    #[error("the pool is stopping")]
    Stopping,
}
