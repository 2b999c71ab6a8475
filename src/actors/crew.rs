//! The worker threads of a pool: started, scaled, replaced when they die, waited for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use actix::prelude::*;

use crate::runtime::{Exit, LastExit, Next, OwnedThread, RestartHistory, RestartPolicy};

use super::messages::Scaled;
use super::serving::Serving;
use super::states::WorkerState;
use super::worker::{BatchSettings, WorkerControl, work};

/// The threads of one pool, by their index.
pub struct Crew {
    serving: Serving,
    batching: BatchSettings,
    policy: RestartPolicy,
    history: RestartHistory,
    workers: Vec<Worker>,
    /// Threads started so far at each index: a thread that was let go is not taken for its successor.
    started: Vec<u64>,
}

struct Worker {
    generation: u64,
    control: Arc<WorkerControl>,
    thread: OwnedThread,
    last_exit: Option<(Exit, Instant)>,
}

/// A worker thread ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WorkerGone {
    index: usize,
    generation: u64,
    /// How.
    pub exit: Exit,
}

impl WorkerGone {
    /// The name of the thread.
    pub fn name(&self) -> String {
        worker_name(self.index)
    }
}

/// What the end of a thread came to.
pub enum Loss {
    /// It was not needed any more.
    Surplus,
    /// Another one took its place.
    Replaced,
    /// Threads die more often than the policy allows.
    TooMany,
}

impl Crew {
    /// A crew without threads.
    pub fn new(serving: Serving, batching: BatchSettings, policy: RestartPolicy) -> Self {
        Self { serving, batching, policy, history: RestartHistory::default(), workers: Vec::new(), started: Vec::new() }
    }

    /// Brings the crew to this many threads; `gone` hears of each that ends.
    pub fn scale(&mut self, wanted: usize, gone: &Recipient<WorkerGone>) -> Scaled {
        let old_workers = self.workers.len();
        for index in old_workers..wanted {
            let worker = self.start(index, None, gone);
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

    /// Replaces a thread that died, unless too many did.
    pub fn replace(&mut self, lost: &WorkerGone, gone: &Recipient<WorkerGone>) -> Loss {
        let current = self.workers.get(lost.index).is_some_and(|worker| worker.generation == lost.generation);
        if !current || !matches!(lost.exit, Exit::Panicked { .. } | Exit::Failed { .. }) {
            return Loss::Surplus;
        }
        let now = Instant::now();
        if self.history.record(&self.policy, now, 0.0) == Next::GiveUp {
            return Loss::TooMany;
        }
        self.workers[lost.index] = self.start(lost.index, Some((lost.exit.clone(), now)), gone);
        Loss::Replaced
    }

    /// Has one thread panic: an injected fault.
    pub fn strike(&self, index: usize) -> Result<(), String> {
        let worker = self.workers.get(index);
        let worker =
            worker.ok_or_else(|| format!("there is no worker {index}; the pool has {}", self.workers.len()))?;
        worker.control.panic.store(true, Ordering::SeqCst);
        worker.control.stop.store(true, Ordering::SeqCst);
        self.serving.queue().wake_all();
        Ok(())
    }

    /// Lets every thread end after its batch, without waiting.
    pub fn stop(&self) {
        for worker in &self.workers {
            worker.control.stop.store(true, Ordering::SeqCst);
        }
        self.serving.queue().wake_all();
    }

    /// Waits for all threads to end by themselves, and names those that did not by `deadline`.
    pub fn join(&mut self, deadline: Instant) -> Vec<String> {
        let left = || deadline.saturating_duration_since(Instant::now());
        let workers = self.workers.drain(..).enumerate();
        workers.filter(|(_, worker)| !worker.thread.join_within(left())).map(|(index, _)| worker_name(index)).collect()
    }

    /// Every thread, for people.
    pub fn report(&self) -> Vec<WorkerState> {
        let report = |(index, worker): (usize, &Worker)| WorkerState {
            name: worker_name(index),
            generation: worker.generation,
            alive: !worker.thread.is_finished(),
            last_exit: worker.last_exit.as_ref().map(|(exit, at)| last_exit(exit, *at)),
        };
        self.workers.iter().enumerate().map(report).collect()
    }

    fn start(&mut self, index: usize, last_exit: Option<(Exit, Instant)>, gone: &Recipient<WorkerGone>) -> Worker {
        self.started.resize(self.started.len().max(index + 1), 0);
        self.started[index] += 1;
        let generation = self.started[index];
        let control = Arc::new(WorkerControl::default());
        let (serving, batching, shared, gone) = (self.serving.clone(), self.batching, control.clone(), gone.clone());
        let thread = OwnedThread::spawn(
            &worker_name(index),
            move |exit| gone.do_send(WorkerGone { index, generation, exit }),
            move || work(&serving, batching, &shared),
        );
        Worker { generation, control, thread, last_exit }
    }
}

fn last_exit(exit: &Exit, at: Instant) -> LastExit {
    LastExit {
        cause: exit.cause(),
        message: exit.message(),
        at: exit.at().map(str::to_owned),
        ago_ms: at.elapsed().as_millis() as u64,
    }
}

fn worker_name(index: usize) -> String {
    format!("inference-worker-{index}")
}
