//! The data plane of the pool: one bounded queue and the model that is served. HTTP, batch inference and the worker threads
//! meet here; no forecast passes through an actor's mailbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, oneshot};

use crate::actors::telemetry::Metrics;
use crate::forecast::{Context, Forecast, VerifiedModel};
use crate::runtime::JobQueue;
use crate::storage::Snapshot;

use super::job::{ChunkJob, Job, PredictError, PredictJob};

/// Contexts of a claim that a worker is asked at once. It is no setting: the same claim is cut the same way in every process.
const CHUNK_CONTEXTS: usize = 32;
/// Chunks that may wait in the background.
const CHUNKS_WAITING_MAX: usize = 64;

/// The face of the pool, shared by HTTP, the pool actor and its threads. It outlives them all.
#[derive(Clone)]
pub struct Serving {
    queue: JobQueue<Job>,
    chunks: Arc<Semaphore>,
    served: Arc<ArcSwapOption<VerifiedModel>>,
    stats: Arc<Stats>,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Stats {
    workers: AtomicUsize,
    busy: AtomicUsize,
    completed: AtomicU64,
    /// Moving average of nanoseconds a worker spends for one row.
    row_ns: AtomicU64,
}

/// What was measured of the pool, over all its restarts: the first answer after one needs it for `Retry-After`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Forecasts made.
    pub completed: u64,
    /// Moving average of nanoseconds a worker spends for one row; 0 before the first.
    pub row_ns: u64,
    /// Moving average of milliseconds a batch takes; 0 before the first.
    pub avg_exec_ms: f64,
}

impl Snapshot for Statistics {
    const KIND: &'static str = "pool-statistics";
    const VERSION: u32 = 1;
}

impl Serving {
    /// A queue bounded by `max_rows`, and no model yet.
    pub fn new(max_rows: usize, metrics: Arc<Metrics>) -> Self {
        let chunks = Arc::new(Semaphore::new(CHUNKS_WAITING_MAX));
        Self { queue: JobQueue::new(max_rows), chunks, served: Arc::default(), stats: Arc::default(), metrics }
    }

    /// The model that is served now.
    pub fn served(&self) -> Option<Arc<VerifiedModel>> {
        self.served.load_full()
    }

    /// Serves another model from now on; jobs already admitted keep theirs.
    pub fn swap(&self, served: Arc<VerifiedModel>) {
        self.served.store(Some(served));
    }

    /// Admits one forecast and waits for it; the only gate is the bound of the queue.
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
        if let Err(full) = self.queue.push(Job::Request(job), 1) {
            return Err(PredictError::QueueFull {
                depth_rows: full.depth_rows,
                retry_after_seconds: self.retry_after(full.depth_rows).as_secs(),
            });
        }
        let answer = match tokio::time::timeout_at(deadline.into(), answer).await {
            Err(_) => Err(PredictError::DeadlineExceeded),
            // a job dropped at the head of the queue because it was late looks like a dead worker otherwise
            Ok(Err(_)) if Instant::now() >= deadline => Err(PredictError::DeadlineExceeded),
            Ok(Err(_)) => Err(PredictError::WorkerDied),
            Ok(Ok(result)) => result.map_err(PredictError::Model),
        };
        self.metrics.pool.latency_seconds.observe(queued_at.elapsed().as_secs_f64());
        answer
    }

    /// Forecasts from every context of a claim, in passes of their own; it waits for room, however long that takes.
    pub async fn forecast_alone(
        &self,
        served: &Arc<VerifiedModel>,
        contexts: Vec<Context>,
        horizon: usize,
    ) -> Result<Vec<Forecast>, PredictError> {
        let mut answers = Vec::new();
        let mut contexts = contexts.into_iter().peekable();
        while contexts.peek().is_some() {
            let chunk: Vec<Context> = contexts.by_ref().take(CHUNK_CONTEXTS).collect();
            let place = self.chunks.clone().acquire_owned().await.map_err(|_| PredictError::Stopping)?;
            let (reply, answer) = oneshot::channel();
            let job = ChunkJob::new(served.clone(), chunk, horizon, reply, place);
            self.queue.push_background(Job::Chunk(job)).map_err(|_| PredictError::Stopping)?;
            answers.push(answer);
        }
        let mut forecasts = Vec::new();
        for answer in answers {
            let answer = answer.await.map_err(|_| PredictError::WorkerDied)?;
            forecasts.extend(answer?);
        }
        Ok(forecasts)
    }

    /// The queue, for the worker threads.
    pub fn queue(&self) -> &JobQueue<Job> {
        &self.queue
    }

    /// Rows that wait.
    pub fn depth_rows(&self) -> usize {
        self.queue.rows()
    }

    /// Worker threads, and how many of them have a batch in hand.
    pub fn workers(&self) -> (usize, usize) {
        (self.stats.workers.load(Ordering::Relaxed), self.stats.busy.load(Ordering::Relaxed))
    }

    /// Forecasts made, those before a restart included.
    pub fn completed(&self) -> u64 {
        self.stats.completed.load(Ordering::Relaxed)
    }

    /// Says how many worker threads there are.
    pub fn set_workers(&self, workers: usize) {
        self.stats.workers.store(workers, Ordering::Relaxed);
    }

    /// Marks a worker as busy until the guard is dropped, also by a panic.
    pub fn busy(&self) -> Busy<'_> {
        self.stats.busy.fetch_add(1, Ordering::Relaxed);
        Busy { stats: &self.stats }
    }

    /// Notes how long a job waited for a worker.
    pub fn observe_wait(&self, waited: Duration) {
        self.metrics.pool.queue_wait_seconds.observe(waited.as_secs_f64());
    }

    /// Notes how long a batch took.
    pub fn observe_batch(&self, rows: usize, took: Duration) {
        self.stats.completed.fetch_add(rows as u64, Ordering::Relaxed);
        let per_row = (took.as_nanos() / rows.max(1) as u128) as u64;
        let before = self.stats.row_ns.load(Ordering::Relaxed);
        let average = if before == 0 { per_row } else { before - before / 16 + per_row / 16 };
        self.stats.row_ns.store(average, Ordering::Relaxed);
        self.metrics.pool.compute_seconds.observe(took.as_secs_f64());
        self.metrics.pool.batch_rows.observe(rows as f64);
        let milliseconds = took.as_secs_f64() * 1e3;
        let exec = self.metrics.pool.avg_exec_ms.get();
        self.metrics.pool.avg_exec_ms.set(if exec == 0.0 {
            milliseconds
        } else {
            exec * 0.9375 + milliseconds * 0.0625
        });
    }

    /// What was measured by now.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            completed: self.completed(),
            row_ns: self.stats.row_ns.load(Ordering::Relaxed),
            avg_exec_ms: self.metrics.pool.avg_exec_ms.get(),
        }
    }

    /// Goes on from what an earlier process has measured, unless this one has measured something itself.
    pub fn recall(&self, measured: impl FnOnce() -> Option<Statistics>) {
        if self.statistics() != Statistics::default() {
            return;
        }
        let Statistics { completed, row_ns, avg_exec_ms } = measured().unwrap_or_default();
        self.stats.completed.store(completed, Ordering::Relaxed);
        self.stats.row_ns.store(row_ns, Ordering::Relaxed);
        self.metrics.pool.avg_exec_ms.set(avg_exec_ms);
    }

    /// Brings the gauges that are read rather than counted up to date.
    pub fn refresh_gauges(&self) {
        let (workers, busy) = self.workers();
        self.metrics.pool.workers_total.set(workers as i64);
        self.metrics.pool.workers_busy.set(busy as i64);
        self.metrics.pool.workers_idle.set(workers.saturating_sub(busy) as i64);
        self.metrics.pool.queue_length.set(self.queue.rows() as i64);
        self.metrics.pool.queue_oldest_wait_seconds.set(self.queue.oldest_wait(Instant::now()).as_secs_f64());
        self.metrics.pool.model_loaded.set(i64::from(self.served().is_some()));
    }

    /// Depth times measured service time over the workers, in whole seconds, at least one.
    fn retry_after(&self, depth_rows: usize) -> Duration {
        let (workers, _) = self.workers();
        let row_ns = self.stats.row_ns.load(Ordering::Relaxed);
        let total_ns = row_ns.saturating_mul(depth_rows as u64) / workers.max(1) as u64;
        Duration::from_secs(Duration::from_nanos(total_ns).as_secs_f64().ceil().max(1.0) as u64)
    }
}

/// A worker that has a batch in hand.
pub struct Busy<'a> {
    stats: &'a Stats,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.stats.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
