//! The data plane of the inference pool: one bounded queue and the model in service, shared by HTTP, batch inference and the
//! worker threads. No forecast passes through an actor's mailbox.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, oneshot};

use crate::actors::telemetry::Metrics;
use crate::forecast::{Context, Forecast, VerifiedModel};
use crate::runtime::{Durations, JobQueue, PushError};
use crate::storage::Snapshot;

use super::job::{ChunkJob, HeldForWork, Job, PredictError, PredictJob};

/// Contexts in one chunk of a claim. This is no setting, so that every process cuts a claim the same way and gets the same bits.
const CHUNK_CONTEXTS: usize = 32;
/// Contexts of one claim that wait or are worked on at a time, in bytes.
pub const CONTEXTS_MAX_BYTES: usize = 16 << 20;
/// The most chunks that wait in the queue.
const CHUNKS_WAITING_MAX: usize = 64;

/// Queue, model and statistics of the pool; clones share them. They outlive the pool actor and its threads.
#[derive(Clone)]
pub struct Serving {
    queue: JobQueue<Job>,
    chunk_permits: Arc<Semaphore>,
    served: Arc<ArcSwapOption<VerifiedModel>>,
    counters: Arc<Counters>,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Counters {
    workers: AtomicUsize,
    busy: AtomicUsize,
    completed: AtomicU64,
    /// Moving average of the nanoseconds that a worker spends on one row.
    row_ns: AtomicU64,
    waits: Durations,
    batches: Durations,
    preparations: Durations,
}

/// What was measured of the pool, restarts included: `Retry-After` needs it from the first answer on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Forecasts made.
    pub completed: u64,
    /// Moving average of the nanoseconds that a worker spends on one row; 0 before the first.
    pub row_ns: u64,
    /// Moving average of the milliseconds that a batch takes; 0 before the first.
    pub avg_exec_ms: f64,
}

impl Snapshot for Statistics {
    const KIND: &'static str = "pool-statistics";
    const VERSION: u32 = 1;
}

impl Serving {
    /// An empty queue of at most `max_rows` rows, and no model.
    pub fn new(max_rows: usize, metrics: Arc<Metrics>) -> Self {
        let chunk_permits = Arc::new(Semaphore::new(CHUNKS_WAITING_MAX));
        let queue = JobQueue::new(max_rows);
        Self { queue, chunk_permits, served: Arc::default(), counters: Arc::default(), metrics }
    }

    /// The model in service.
    pub fn served(&self) -> Option<Arc<VerifiedModel>> {
        self.served.load_full()
    }

    /// Puts another model into service; jobs already admitted keep theirs.
    pub fn swap(&self, served: Arc<VerifiedModel>) {
        self.served.store(Some(served));
    }

    /// Queues one forecast, or refuses it if the queue is full, and waits for the answer.
    pub async fn predict(
        &self,
        served: Arc<VerifiedModel>,
        context: Context,
        horizon: usize,
        deadline: Instant,
    ) -> Result<Forecast, PredictError> {
        let (reply, answer) = oneshot::channel();
        let queued_at = Instant::now();
        let job = PredictJob { served, context, horizon, deadline, queued_at, reply };
        self.queue.push(Job::Request(job), 1).map_err(|refusal| self.refused(refusal))?;
        let answer = match tokio::time::timeout_at(deadline.into(), answer).await {
            Err(_) => Err(PredictError::DeadlineExceeded),
            // the queue drops a late job unanswered, as a worker that dies does
            Ok(Err(_)) if Instant::now() >= deadline => Err(PredictError::DeadlineExceeded),
            Ok(Err(_)) => Err(PredictError::WorkerDied),
            Ok(Ok(result)) => result.map_err(PredictError::Model),
        };
        self.metrics.pool.latency_seconds.observe(queued_at.elapsed().as_secs_f64());
        answer
    }

    /// Forecasts from every context of a claim, in batches without other requests; it waits for room in the queue, however long that takes.
    ///
    /// Contexts are made a few at a time: those that wait or are worked on take [`CONTEXTS_MAX_BYTES`] at most, or one does. What is
    /// `held` for the work lives until the last of them is forecast, also if the caller gives up.
    pub async fn forecast_alone(
        &self,
        served: &Arc<VerifiedModel>,
        contexts: impl Iterator<Item = Context>,
        horizon: usize,
        held: &HeldForWork,
    ) -> Result<Vec<Forecast>, PredictError> {
        let context_bytes = served.manifest.context_bytes().max(1);
        // by the model alone, so that every process cuts a claim the same way
        let chunk_contexts = (CONTEXTS_MAX_BYTES / context_bytes).clamp(1, CHUNK_CONTEXTS);
        let chunks_max = (CONTEXTS_MAX_BYTES / (context_bytes * chunk_contexts)).max(1);
        let mut answers = VecDeque::new();
        let mut forecasts = Vec::new();
        let mut contexts = contexts.peekable();
        while contexts.peek().is_some() {
            if answers.len() >= chunks_max
                && let Some(oldest) = answers.pop_front()
            {
                forecasts.extend(answer_of(oldest).await?);
            }
            let chunk: Vec<Context> = contexts.by_ref().take(chunk_contexts).collect();
            let permit = self.chunk_permits.clone().acquire_owned().await.map_err(|_| PredictError::Stopping)?;
            let (reply, answer) = oneshot::channel();
            let job = ChunkJob::new(served.clone(), chunk, horizon, reply, permit, held.clone());
            self.queue.push_background(Job::Chunk(job)).map_err(|_| PredictError::Stopping)?;
            answers.push_back(answer);
        }
        for chunk in answers {
            forecasts.extend(answer_of(chunk).await?);
        }
        Ok(forecasts)
    }

    /// The queue, for the worker threads.
    pub fn queue(&self) -> &JobQueue<Job> {
        &self.queue
    }

    /// Rows in the queue.
    pub fn depth_rows(&self) -> usize {
        self.queue.rows()
    }

    /// The number of worker threads, and how many of them are busy.
    pub fn workers(&self) -> (usize, usize) {
        (self.counters.workers.load(Ordering::Relaxed), self.counters.busy.load(Ordering::Relaxed))
    }

    /// Forecasts made, restarts included.
    pub fn completed(&self) -> u64 {
        self.counters.completed.load(Ordering::Relaxed)
    }

    /// Sets the number of worker threads.
    pub fn set_workers(&self, workers: usize) {
        self.counters.workers.store(workers, Ordering::Relaxed);
    }

    /// Marks a worker as busy until the guard is dropped, also by a panic.
    pub fn busy(&self) -> BusyWorker<'_> {
        self.counters.busy.fetch_add(1, Ordering::Relaxed);
        BusyWorker { counters: &self.counters }
    }

    /// Records how long a job waited for a worker.
    pub fn observe_wait(&self, waited: Duration) {
        self.metrics.pool.queue_wait_seconds.observe(waited.as_secs_f64());
        self.counters.waits.observe(waited);
    }

    /// Records how long it took to read and prepare the rows of a request.
    pub fn observe_preparation(&self, took: Duration) {
        self.counters.preparations.observe(took);
    }

    /// How long jobs of this process have waited for a worker.
    pub fn waits(&self) -> &Durations {
        &self.counters.waits
    }

    /// How long batches of this process took.
    pub fn batches(&self) -> &Durations {
        &self.counters.batches
    }

    /// How long it took to read and prepare the rows of requests of this process.
    pub fn preparations(&self) -> &Durations {
        &self.counters.preparations
    }

    /// Records how long a batch took.
    pub fn observe_batch(&self, rows: usize, took: Duration) {
        self.counters.completed.fetch_add(rows as u64, Ordering::Relaxed);
        let per_row = (took.as_nanos() / rows.max(1) as u128) as u64;
        let before = self.counters.row_ns.load(Ordering::Relaxed);
        let average = if before == 0 { per_row } else { before - before / 16 + per_row / 16 };
        self.counters.row_ns.store(average, Ordering::Relaxed);
        self.metrics.pool.compute_seconds.observe(took.as_secs_f64());
        self.counters.batches.observe(took);
        self.metrics.pool.batch_rows.observe(rows as f64);
        let milliseconds = took.as_secs_f64() * 1e3;
        let exec = self.metrics.pool.avg_exec_ms.get();
        self.metrics.pool.avg_exec_ms.set(if exec == 0.0 {
            milliseconds
        } else {
            exec * 0.9375 + milliseconds * 0.0625
        });
    }

    /// The statistics at this moment.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            completed: self.completed(),
            row_ns: self.counters.row_ns.load(Ordering::Relaxed),
            avg_exec_ms: self.metrics.pool.avg_exec_ms.get(),
        }
    }

    /// Restores the saved statistics of an earlier process, unless this process has measured something itself.
    pub fn restore_statistics(&self, saved: impl FnOnce() -> Option<Statistics>) {
        if self.statistics() != Statistics::default() {
            return;
        }
        let Statistics { completed, row_ns, avg_exec_ms } = saved().unwrap_or_default();
        self.counters.completed.store(completed, Ordering::Relaxed);
        self.counters.row_ns.store(row_ns, Ordering::Relaxed);
        self.metrics.pool.avg_exec_ms.set(avg_exec_ms);
    }

    /// Sets the gauges of workers, queue and model to their present values.
    pub fn refresh_gauges(&self) {
        let (workers, busy) = self.workers();
        self.metrics.pool.workers_total.set(workers as i64);
        self.metrics.pool.workers_busy.set(busy as i64);
        self.metrics.pool.workers_idle.set(workers.saturating_sub(busy) as i64);
        self.metrics.pool.queue_length.set(self.queue.rows() as i64);
        self.metrics.pool.queue_oldest_wait_seconds.set(self.queue.oldest_wait(Instant::now()).as_secs_f64());
        self.metrics.pool.model_loaded.set(i64::from(self.served().is_some()));
    }

    fn refused(&self, refusal: PushError) -> PredictError {
        match refusal {
            PushError::Full { depth_rows } => {
                let retry_after_seconds = self.retry_after(depth_rows).as_secs();
                PredictError::QueueFull { depth_rows, retry_after_seconds }
            }
            PushError::Closed => PredictError::Stopping,
        }
    }

    /// Queue depth times time per row, divided by the workers; in whole seconds, at least one.
    fn retry_after(&self, depth_rows: usize) -> Duration {
        let (workers, _) = self.workers();
        let row_ns = self.counters.row_ns.load(Ordering::Relaxed);
        let total_ns = row_ns.saturating_mul(depth_rows as u64) / workers.max(1) as u64;
        Duration::from_secs(Duration::from_nanos(total_ns).as_secs_f64().ceil().max(1.0) as u64)
    }
}

type ChunkAnswer = oneshot::Receiver<Result<Vec<Forecast>, PredictError>>;

/// Waits for the answer to a chunk.
async fn answer_of(chunk: ChunkAnswer) -> Result<Vec<Forecast>, PredictError> {
    chunk.await.map_err(|_| PredictError::WorkerDied)?
}

/// Counts a worker as busy until it is dropped.
pub struct BusyWorker<'a> {
    counters: &'a Counters,
}

impl Drop for BusyWorker<'_> {
    fn drop(&mut self) {
        self.counters.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
