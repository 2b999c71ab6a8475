//! The inference pool: owns the worker threads and the thread that loads models. The queue and the model in service live in `Serving`,
//! which outlives this actor: a restart of the pool loses nothing.

use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::oneshot;

use crate::actors::shared::{Load, LoadError, Services, Serving, WorkerThread};
use crate::actors::telemetry::Event;
use crate::runtime::{ChildGuard, Drain, Latch, Observe, RestartPolicy, observed};
use crate::storage::Pointer;

use super::loading::load;
use super::messages::ScaleWorkers;
use super::state::{PoolState, ServedState};
use super::worker::BatchSettings;
use super::workers::{Replacement, WorkerExited, Workers};

/// The thread that loads models.
pub const LOADER: &str = "model-loader";
/// How long it may take over one model before it counts as hung.
const LOAD_SILENCE_MAX: Duration = Duration::from_secs(60);
/// How often the statistics are saved, if they changed.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

/// How the pool runs its threads.
#[derive(Clone)]
pub struct PoolSettings {
    /// Threads at the start.
    pub workers: usize,
    /// How batches are formed.
    pub batching: BatchSettings,
    /// Budget of the workers' panics: 600 in 60 s.
    pub worker_policy: RestartPolicy,
}

/// Supervised actor of the group `serving`.
pub struct InferencePool {
    guard: ChildGuard,
    services: Services,
    serving: Serving,
    initial_workers: usize,
    workers: Workers,
    loader: Option<WorkerThread<LoadTask>>,
    latch: Latch,
    load_error: Option<String>,
}

struct LoadTask {
    pointer: Pointer,
    reply: oneshot::Sender<Result<(), LoadError>>,
}

impl InferencePool {
    /// A pool over the shared queue.
    pub fn new(guard: ChildGuard, services: Services, serving: Serving, settings: PoolSettings) -> Self {
        let latch = services.health.latch("model");
        let PoolSettings { workers: initial_workers, batching, worker_policy } = settings;
        let workers = Workers::new(guard.threads(), serving.clone(), batching, worker_policy);
        Self { guard, services, serving, initial_workers, workers, loader: None, latch, load_error: None }
    }
}

impl Actor for InferencePool {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let me = ctx.address();
        let (services, serving) = (self.services.clone(), self.serving.clone());
        self.loader = Some(WorkerThread::spawn(&self.guard.threads(), LOADER, move |task: LoadTask, watchdog| {
            let _loading = watchdog.protect("loading a model", LOAD_SILENCE_MAX);
            let result = load(&services, &serving, &task.pointer);
            // a watcher that restarted meanwhile asks again by itself
            let _ = task.reply.send(result);
        }));
        // the pool before this one may have closed it in its drain
        self.serving.queue().reopen();
        self.serving.restore_statistics(|| self.services.snapshots.load());
        ctx.run_interval(SAVE_INTERVAL, |pool, _| pool.services.snapshots.keep(&pool.serving.statistics()));
        self.workers.scale(self.initial_workers.max(1), &me.recipient());
        if self.serving.served().is_some() {
            self.latch.open();
        }
    }
}

impl Drop for InferencePool {
    fn drop(&mut self) {
        // the threads of a pool that died end after their batch; the next pool starts its own
        self.workers.stop();
    }
}

impl Handler<Load> for InferencePool {
    type Result = ResponseActFuture<Self, Result<(), LoadError>>;

    fn handle(&mut self, message: Load, _: &mut Self::Context) -> Self::Result {
        let (reply, answer) = oneshot::channel();
        let task = LoadTask { pointer: message.pointer, reply };
        let submitted = self.loader.as_ref().is_some_and(|loader| loader.submit(task).is_ok());
        let answer = async move {
            let died = || LoadError("the loading thread died; the pointer is read again".into());
            if submitted { answer.await.unwrap_or_else(|_| Err(died())) } else { Err(died()) }
        };
        Box::pin(answer.into_actor(self).map(|result, pool, _| {
            match &result {
                Ok(()) => {
                    pool.load_error = None;
                    pool.latch.open();
                }
                Err(error) => pool.load_error = Some(error.to_string()),
            }
            result
        }))
    }
}

impl Handler<ScaleWorkers> for InferencePool {
    type Result = MessageResult<ScaleWorkers>;

    fn handle(&mut self, message: ScaleWorkers, ctx: &mut Self::Context) -> Self::Result {
        MessageResult(self.workers.scale(message.workers, &ctx.address().recipient()))
    }
}

impl Handler<WorkerExited> for InferencePool {
    type Result = ();

    fn handle(&mut self, exited: WorkerExited, ctx: &mut Self::Context) {
        let replacement = self.workers.replace(&exited, &ctx.address().recipient());
        if matches!(replacement, Replacement::NotNeeded) {
            return;
        }
        let cause = exited.exit.to_string();
        self.services.events.emit(Event::WorkerDied { worker: exited.name(), cause: cause.clone() });
        if matches!(replacement, Replacement::GaveUp) {
            self.guard.fail(format!("worker threads died too often; the last one: {cause}"));
            ctx.stop();
        }
    }
}

impl Handler<Drain> for InferencePool {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        // the queue takes no more jobs; those it holds are answered before the threads end
        self.workers.allow_exit();
        self.serving.queue().close();
        self.latch.close("the pool is stopping");
        // saved now, because a late worker may leave no time for it, and again after the last answers
        self.services.snapshots.keep_now(&self.serving.statistics());
        let left = drain.deadline.saturating_duration_since(Instant::now());
        let loader_done = self.loader.take().is_none_or(|loader| loader.close(left));
        let mut late = self.workers.join(drain.deadline);
        self.services.snapshots.keep_now(&self.serving.statistics());
        if !loader_done {
            late.push(LOADER.into());
        }
        self.guard.drained_except(late);
        ctx.stop();
    }
}

impl Handler<Observe> for InferencePool {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let (workers, busy) = self.serving.workers();
        let model = self.serving.served().map(|served| ServedState {
            run_id: served.manifest.lineage.run_id.clone(),
            model_type: served.manifest.model_type,
            config_hash: served.manifest.lineage.config_hash.clone(),
            generation: served.generation,
            fallback: served.standing.fallback,
            provisional: served.standing.provisional,
        });
        let measured = self.serving.statistics();
        MessageResult(observed(&PoolState {
            workers,
            busy,
            queue_rows: self.serving.depth_rows(),
            completed: measured.completed,
            row_ns: measured.row_ns,
            model,
            load_error: self.load_error.clone(),
        }))
    }
}
