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
    /// Threads that were let go and have a batch in hand still.
    leaving: Vec<OwnedThread>,
    /// Threads started so far at each index: a thread that was let go is not taken for its successor.
    started: Vec<u64>,
}

struct Worker {
    generation: u64,
    thread: OwnedThread,
}

/// A note to the pool: a worker thread ended, though nobody told it to.
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

impl Workers {
    /// A crew without threads.
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

    /// Brings the crew to this many threads; `gone` hears of each that ends.
    pub fn scale(&mut self, wanted: usize, gone: &Recipient<WorkerGone>) -> Scaled {
        let old_workers = self.workers.len();
        for index in old_workers..wanted {
            let worker = self.start(index, gone);
            self.workers.push(worker);
        }
        // a surplus thread finishes the batch in hand; what is queued stays for the others
        for worker in self.workers.drain(wanted.min(self.workers.len())..) {
            worker.thread.stop();
            self.leaving.push(worker.thread);
        }
        self.leaving.retain(|thread| !thread.is_finished());
        self.serving.set_workers(self.workers.len());
        Scaled { old_workers, new_workers: self.workers.len() }
    }

    /// Replaces a thread that died, unless too many did.
    pub fn replace(&mut self, lost: &WorkerGone, gone: &Recipient<WorkerGone>) -> Loss {
        let current = self.workers.get(lost.index).is_some_and(|worker| worker.generation == lost.generation);
        if !current {
            return Loss::Surplus;
        }
        let now = Instant::now();
        if self.history.record(&self.policy, now, 0.0) == RestartDecision::GiveUp {
            return Loss::TooMany;
        }
        self.workers[lost.index] = self.start(lost.index, gone);
        Loss::Replaced
    }

    /// Lets every thread end after its batch, without waiting.
    pub fn stop(&self) {
        for worker in &self.workers {
            worker.thread.stop();
        }
    }

    /// From here on a thread that runs out of work ends, and is no loss; call it before the queue is closed.
    pub fn may_end(&self) {
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

    fn start(&mut self, index: usize, gone: &Recipient<WorkerGone>) -> Worker {
        self.started.resize(self.started.len().max(index + 1), 0);
        self.started[index] += 1;
        let generation = self.started[index];
        let (serving, batching, gone) = (self.serving.clone(), self.batching, gone.clone());
        let thread = self.threads.spawn(
            &worker_name(index),
            move |exit| gone.do_send(WorkerGone { index, generation, exit }),
            move |watchdog| work(&serving, batching, watchdog),
        );
        Worker { generation, thread }
    }
}

/// The worker threads, by their place.
pub fn worker_name(index: usize) -> String {
    format!("{WORKERS}-{index}")
}
