//! The worker threads of a pool: started, scaled, replaced when they die, waited for.

use std::time::Instant;

use actix::prelude::*;

use crate::actors::shared::Serving;
use crate::actors::telemetry::WORKERS;
use crate::runtime::{Exit, OwnedThread, RestartDecision, RestartHistory, RestartPolicy, Threads};

use super::messages::Scaled;
use super::worker::{BatchSettings, work};

/// The threads of one pool, by their index.
pub struct Workers {
    threads: Threads,
    serving: Serving,
    batching: BatchSettings,
    policy: RestartPolicy,
    history: RestartHistory,
    workers: Vec<Worker>,
    /// Threads that were let go, and may still have a batch in hand.
    leaving: Vec<OwnedThread>,
    /// Threads started so far at each index: the exit of a thread that was let go is not taken for that of its successor.
    started: Vec<u64>,
}

struct Worker {
    generation: u64,
    thread: OwnedThread,
}

/// A message to the pool: a worker thread ended without having been stopped.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WorkerExited {
    index: usize,
    generation: u64,
    /// How it ended.
    pub exit: Exit,
}

impl WorkerExited {
    /// The name of the thread.
    pub fn name(&self) -> String {
        worker_name(self.index)
    }
}

/// What followed the exit of a worker thread.
pub enum Replacement {
    /// The pool had let it go already: none is needed.
    NotNeeded,
    /// Another thread took its place.
    Started,
    /// None: threads die more often than the policy allows.
    GaveUp,
}

impl Workers {
    /// No threads yet.
    pub fn new(threads: Threads, serving: Serving, batching: BatchSettings, policy: RestartPolicy) -> Self {
        let history = RestartHistory::default();
        Self {
            threads,
            serving,
            batching,
            policy,
            history,
            workers: Vec::new(),
            leaving: Vec::new(),
            started: Vec::new(),
        }
    }

    /// Brings the pool to this many threads; `pool` gets a message for each that ends.
    pub fn scale(&mut self, wanted: usize, pool: &Recipient<WorkerExited>) -> Scaled {
        let old_workers = self.workers.len();
        for index in old_workers..wanted {
            let worker = self.start(index, pool);
            self.workers.push(worker);
        }
        // a surplus thread finishes the batch in hand; the queue stays for the others
        for worker in self.workers.drain(wanted.min(self.workers.len())..) {
            worker.thread.stop();
            self.leaving.push(worker.thread);
        }
        self.leaving.retain(|thread| !thread.is_finished());
        self.serving.set_workers(self.workers.len());
        Scaled { old_workers, new_workers: self.workers.len() }
    }

    /// Replaces a thread that died, unless too many did.
    pub fn replace(&mut self, exited: &WorkerExited, pool: &Recipient<WorkerExited>) -> Replacement {
        let current = self.workers.get(exited.index).is_some_and(|worker| worker.generation == exited.generation);
        if !current {
            return Replacement::NotNeeded;
        }
        let now = Instant::now();
        if self.history.record(&self.policy, now, 0.0) == RestartDecision::GiveUp {
            return Replacement::GaveUp;
        }
        self.workers[exited.index] = self.start(exited.index, pool);
        Replacement::Started
    }

    /// Lets every thread end after its batch, without waiting.
    pub fn stop(&self) {
        for worker in &self.workers {
            worker.thread.stop();
        }
    }

    /// Lets threads end when they run out of work, and no longer replaces them; call it before the queue is closed.
    pub fn allow_exit(&self) {
        self.workers.iter().for_each(|worker| worker.thread.may_end());
    }

    /// Waits for all threads to end by themselves once the queue is closed and empty, and names those that did not by `deadline`.
    pub fn join(&mut self, deadline: Instant) -> Vec<String> {
        let left = || deadline.saturating_duration_since(Instant::now());
        let workers = self.workers.drain(..).map(|worker| worker.thread);
        let threads: Vec<OwnedThread> = workers.chain(self.leaving.drain(..)).collect();
        let late = threads.iter().filter(|thread| !thread.join_within(left()));
        late.map(|thread| thread.name().to_owned()).collect()
    }

    fn start(&mut self, index: usize, pool: &Recipient<WorkerExited>) -> Worker {
        self.started.resize(self.started.len().max(index + 1), 0);
        self.started[index] += 1;
        let generation = self.started[index];
        let (serving, batching, pool) = (self.serving.clone(), self.batching, pool.clone());
        let thread = self.threads.spawn(
            &worker_name(index),
            move |exit| pool.do_send(WorkerExited { index, generation, exit }),
            move |watchdog| work(&serving, batching, watchdog),
        );
        Worker { generation, thread }
    }
}

/// The name of the worker thread at this index.
pub fn worker_name(index: usize) -> String {
    format!("{WORKERS}-{index}")
}
