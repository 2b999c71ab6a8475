//! The inference pool: owns the worker threads and the thread that loads models. The queue and the model in
//! service live in `Serving`, which outlives this actor: a restart of the pool loses nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use actix::prelude::*;
use serde_json::json;
use tokio::sync::oneshot;

use crate::runtime::{Drain, Exit, Latch, Lifeline, Next, Observe, OwnedThread, RestartHistory, RestartPolicy};
use crate::storage::Pointer;

use super::events::Event;
use super::faults;
use super::lane::{Lane, LaneGone};
use super::loading::load;
use super::messages::{Fault, Inject, Load, LoadError, ScaleWorkers, Scaled};
use super::services::Services;
use super::serving::Serving;
use super::worker::{BatchSettings, WorkerControl, work};

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
    lifeline: Lifeline,
    services: Services,
    serving: Serving,
    settings: PoolSettings,
    workers: Vec<Worker>,
    history: RestartHistory,
    loader: Option<Lane<LoadTask>>,
    latch: Latch,
    load_error: Option<String>,
}

struct Worker {
    generation: u64,
    control: Arc<WorkerControl>,
    thread: OwnedThread,
    last_exit: Option<(Exit, Instant)>,
}

struct LoadTask {
    pointer: Pointer,
    reply: oneshot::Sender<Result<(), LoadError>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct WorkerGone {
    index: usize,
    generation: u64,
    exit: Exit,
}

impl InferencePool {
    /// A pool over the shared queue.
    pub fn new(lifeline: Lifeline, services: Services, serving: Serving, settings: PoolSettings) -> Self {
        let latch = services.health.latch("model");
        let history = RestartHistory::default();
        Self {
            lifeline,
            services,
            serving,
            settings,
            workers: Vec::new(),
            history,
            loader: None,
            latch,
            load_error: None,
        }
    }

    fn start_worker(
        &self,
        index: usize,
        generation: u64,
        last_exit: Option<(Exit, Instant)>,
        me: &Addr<Self>,
    ) -> Worker {
        let control = Arc::new(WorkerControl::default());
        let (serving, batching, shared, me) =
            (self.serving.clone(), self.settings.batching, control.clone(), me.clone());
        let thread = OwnedThread::spawn(
            &worker_name(index),
            move |exit| me.do_send(WorkerGone { index, generation, exit }),
            move || work(&serving, batching, &shared),
        );
        Worker { generation, control, thread, last_exit }
    }

    fn scale(&mut self, wanted: usize, me: &Addr<Self>) -> Scaled {
        let old_workers = self.workers.len();
        for index in old_workers..wanted {
            let worker = self.start_worker(index, 1, None, me);
            self.workers.push(worker);
        }
        // a surplus thread finishes the batch in hand; what is queued stays for the others
        for worker in self.workers.drain(wanted.min(self.workers.len())..) {
            worker.control.stop.store(true, Ordering::SeqCst);
        }
        self.serving.queue().wake_all();
        self.serving.set_workers(self.workers.len());
        Scaled { old_workers, new_workers: self.workers.len() }
    }

    fn stop_workers(&mut self) {
        for worker in &self.workers {
            worker.control.stop.store(true, Ordering::SeqCst);
        }
        self.serving.queue().wake_all();
    }
}

impl Actor for InferencePool {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let me = ctx.address();
        let (services, serving) = (self.services.clone(), self.serving.clone());
        let gone = me.clone();
        self.loader = Some(Lane::spawn(
            "model-loader",
            move |exit| gone.do_send(LaneGone(exit)),
            move |task: LoadTask| {
                let result = load(&services, &serving, &task.pointer);
                // a watcher that restarted meanwhile asks again by itself
                let _ = task.reply.send(result);
            },
        ));
        self.scale(self.settings.workers.max(1), &me);
        if self.serving.served().is_some() {
            self.latch.open();
        }
    }
}

impl Drop for InferencePool {
    fn drop(&mut self) {
        // threads of a pool that died end after their batch; the successor brings its own
        self.stop_workers();
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
        let me = ctx.address();
        MessageResult(self.scale(message.workers, &me))
    }
}

impl Handler<WorkerGone> for InferencePool {
    type Result = ();

    fn handle(&mut self, gone: WorkerGone, ctx: &mut Self::Context) {
        let current = self.workers.get(gone.index).is_some_and(|worker| worker.generation == gone.generation);
        let panicked = matches!(gone.exit, Exit::Panicked { .. } | Exit::Failed { .. });
        if !current || !panicked {
            return; // a surplus thread that ended as asked
        }
        let cause = gone.exit.to_string();
        self.services.events.emit(Event::WorkerDied { worker: worker_name(gone.index), cause: cause.clone() });
        self.services
            .events
            .metrics
            .actor_restarts_total
            .with_label_values(&["inference-worker", gone.exit.cause()])
            .inc();
        if self.history.record(&self.settings.worker_policy, Instant::now(), 0.0) == Next::GiveUp {
            self.lifeline.fail(format!("worker threads died too often; the last one: {cause}"));
            ctx.stop();
            return;
        }
        let me = ctx.address();
        self.workers[gone.index] =
            self.start_worker(gone.index, gone.generation + 1, Some((gone.exit, Instant::now())), &me);
    }
}

impl Handler<LaneGone> for InferencePool {
    type Result = ();

    fn handle(&mut self, gone: LaneGone, ctx: &mut Self::Context) {
        if self.loader.is_some() {
            self.lifeline.fail(format!("the loading thread ended: {}", gone.0));
            ctx.stop();
        }
    }
}

impl Handler<Inject> for InferencePool {
    type Result = Result<(), String>;

    fn handle(&mut self, inject: Inject, ctx: &mut Self::Context) -> Self::Result {
        let Some(index) = inject.target.strip_prefix("inference-worker-").and_then(|n| n.parse::<usize>().ok()) else {
            return faults::strike(inject.fault, ctx, |pool: &Self| &pool.lifeline);
        };
        let worker = self
            .workers
            .get(index)
            .ok_or_else(|| format!("there is no worker {index}; the pool has {}", self.workers.len()))?;
        if inject.fault != Fault::Panic {
            return Err("a worker thread can only panic".into());
        }
        worker.control.panic.store(true, Ordering::SeqCst);
        worker.control.stop.store(true, Ordering::SeqCst);
        self.serving.queue().wake_all();
        Ok(())
    }
}

impl Handler<Drain> for InferencePool {
    type Result = ();

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) {
        // nothing new comes in: what is queued is answered before the threads end
        self.serving.queue().close();
        self.latch.close("the pool is stopping");
        let left = || drain.deadline.saturating_duration_since(Instant::now());
        let loader_done = self.loader.take().is_none_or(|loader| loader.close(left()));
        let late: Vec<String> = self
            .workers
            .drain(..)
            .enumerate()
            .filter(|(_, worker)| !worker.thread.join_within(left()))
            .map(|(index, _)| worker_name(index))
            .collect();
        if late.is_empty() && loader_done {
            self.lifeline.drained();
        } else {
            self.lifeline.fail(format!("did not stop in time: {}", late.join(", ")));
        }
        ctx.stop();
    }
}

impl Handler<Observe> for InferencePool {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let (workers, busy) = self.serving.workers();
        let threads: Vec<_> = self
            .workers
            .iter()
            .enumerate()
            .map(|(index, worker)| {
                let last_exit = worker.last_exit.as_ref().map(|(exit, at)| exit_json(exit, *at));
                json!({"name": worker_name(index), "generation": worker.generation, "alive": !worker.thread.is_finished(), "last_exit": last_exit})
            })
            .collect();
        let model = self.serving.served().map(|served| {
            let lineage = &served.manifest.lineage;
            json!({"run_id": lineage.run_id, "model_type": served.manifest.model_type, "config_hash": lineage.config_hash, "generation": served.generation})
        });
        MessageResult(json!({
            "workers": workers, "busy": busy, "threads": threads, "queue_rows": self.serving.depth_rows(), "completed": self.serving.completed(),
            "model": model, "load_error": self.load_error,
        }))
    }
}

fn exit_json(exit: &Exit, at: Instant) -> serde_json::Value {
    json!({"cause": exit.cause(), "message": exit.message(), "at": exit.at(), "ago_ms": at.elapsed().as_millis() as u64})
}

fn worker_name(index: usize) -> String {
    format!("inference-worker-{index}")
}
