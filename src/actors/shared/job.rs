//! What the queue of the pool holds, and why a job may come to nothing.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::forecast::{Context, Forecast, VerifiedModel};

/// What the queue holds.
pub enum Job {
    /// A request, which may share a batch with others.
    Request(PredictJob),
    /// A part of a claim, which is a batch by itself.
    Chunk(ChunkJob),
}

impl Job {
    /// Whether nobody waits for the answer any more.
    pub fn is_void(&self, now: Instant) -> bool {
        match self {
            Job::Request(job) => job.is_void(now),
            Job::Chunk(job) => job.reply.is_closed(),
        }
    }
}

/// Contexts of one claim, forecast in one pass and together with nothing else: whatever else the pool does, the answer has the
/// same bits.
pub struct ChunkJob {
    /// The model that answers.
    pub served: Arc<VerifiedModel>,
    /// The rows to start from.
    pub contexts: Vec<Context>,
    /// Steps to forecast.
    pub horizon: usize,
    /// Where the answers go.
    pub reply: ChunkReply,
    /// Its place among the chunks that wait.
    place: Option<OwnedSemaphorePermit>,
}

impl ChunkJob {
    /// A job that takes up `place` until a worker has it.
    pub fn new(
        served: Arc<VerifiedModel>,
        contexts: Vec<Context>,
        horizon: usize,
        reply: oneshot::Sender<Result<Vec<Forecast>, PredictError>>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            served,
            contexts,
            horizon,
            reply: ChunkReply { reply: Some(reply), is_at_work: false },
            place: Some(place),
        }
    }

    /// A worker has it: it makes room for another chunk, and a panic from here on is its own.
    pub fn begin(&mut self) {
        self.place = None;
        self.reply.is_at_work = true;
    }
}

/// Where the answers to a chunk go. Dropping it tells the caller that the worker died, and in a panic over this chunk that it is to
/// blame.
pub struct ChunkReply {
    reply: Option<oneshot::Sender<Result<Vec<Forecast>, PredictError>>>,
    is_at_work: bool,
}

impl ChunkReply {
    /// Answers; a claim that was given up meanwhile comes again by itself.
    pub fn send(mut self, answer: Result<Vec<Forecast>, PredictError>) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(answer);
        }
    }

    fn is_closed(&self) -> bool {
        self.reply.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

impl Drop for ChunkReply {
    fn drop(&mut self) {
        if self.is_at_work && std::thread::panicking() {
            let reply = self.reply.take();
            // as above
            let _ = reply.map(|reply| reply.send(Err(PredictError::Panicked)));
        }
    }
}

/// One forecast to make, with the model its rows were checked against.
pub struct PredictJob {
    /// The model that answers.
    pub served: Arc<VerifiedModel>,
    /// The rows to start from.
    pub context: Context,
    /// Steps to forecast.
    pub horizon: usize,
    /// When the answer is of no use any more.
    pub deadline: Instant,
    /// When it was admitted.
    pub queued_at: Instant,
    /// Where the answer goes; dropping it tells the caller that the worker died.
    pub reply: oneshot::Sender<Result<Forecast, String>>,
}

impl PredictJob {
    /// Whether nobody waits for the answer any more.
    pub fn is_void(&self, now: Instant) -> bool {
        self.reply.is_closed() || self.deadline <= now
    }
}

/// Why a forecast was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    /// The queue holds as many rows as it may.
    #[error("the queue is full with {depth_rows} rows; try again in {retry_after_seconds} s")]
    QueueFull {
        /// Rows waiting.
        depth_rows: usize,
        /// When a slot is likely to be free.
        retry_after_seconds: u64,
    },
    /// The deadline passed; the work was dropped.
    #[error("the deadline passed before the forecast was made; send a later one in x-timeout-ms, or try again")]
    DeadlineExceeded,
    /// The worker thread died with this batch.
    #[error("the worker that held this request died; the request is safe to send again")]
    WorkerDied,
    /// The worker panicked over this very chunk; only claims are told so.
    #[error("the model panicked over these rows")]
    Panicked,
    /// The model gave an error.
    #[error("the model could not answer: {0}")]
    Model(String),
    /// The pool takes no more jobs.
    #[error("the pool is stopping")]
    Stopping,
}
