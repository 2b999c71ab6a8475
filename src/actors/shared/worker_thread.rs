//! One long-lived thread that an actor owns and that handles its tasks in order.
//!
//! Heavy work (training, judging, loading a model) runs here: on the actor's arbiter it would block the actor, and on a pool
//! of short-lived threads it would leak, since libtorch keeps memory for every thread that ever ran it.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::runtime::{ChildGuard, Drain, OwnedThread, Threads, Watchdog};

/// A thread that handles tasks of type `T` in order. Dropping it has the thread end after the tasks that it has.
pub struct WorkerThread<T> {
    inputs: mpsc::Sender<Input<T>>,
    thread: OwnedThread,
}

enum Input<T> {
    Task(T),
    /// Wakes the thread, so that it sees that it must stop.
    Wake,
}

impl<T: Send + 'static> WorkerThread<T> {
    /// Starts the thread, linked to the actor: when it dies in `handle`, so does the actor.
    ///
    /// `handle` must beat through the watchdog, or say how long it may be silent.
    pub fn spawn(threads: &Threads, name: &str, mut handle: impl FnMut(T, &Watchdog) + Send + 'static) -> Self {
        let (inputs, inbox) = mpsc::channel();
        let wake = inputs.clone();
        let thread = threads.spawn_link(name, move |watchdog| {
            watchdog.wake_with(move || {
                // a thread that is gone needs no waking
                let _ = wake.send(Input::Wake);
            });
            loop {
                let input = {
                    let _idle = watchdog.idle();
                    inbox.recv()
                };
                watchdog.beat();
                match input {
                    Ok(Input::Task(task)) => handle(task, watchdog),
                    Ok(Input::Wake) if !watchdog.is_told_to_stop() => {}
                    Ok(Input::Wake) | Err(_) => return Ok(()),
                }
            }
        });
        Self { inputs, thread }
    }

    /// Queues a task; gives it back when the thread is gone.
    pub fn submit(&self, task: T) -> Result<(), T> {
        self.inputs.send(Input::Task(task)).map_err(|unsent| match unsent.0 {
            Input::Task(task) => task,
            Input::Wake => unreachable!("invariant: a task was sent"),
        })
    }

    /// Has the thread end after the tasks that it has, and waits for it at most `within`; false if it is late.
    pub fn close(self, within: Duration) -> bool {
        self.thread.stop();
        self.thread.join_within(within)
    }
}

impl<T> Drop for WorkerThread<T> {
    fn drop(&mut self) {
        self.thread.stop();
    }
}

/// Ends an actor's threads within the deadline of a drain, and reports the actor as drained, naming the threads that are late.
pub fn drain_threads<T: Send + 'static>(
    threads: impl IntoIterator<Item = WorkerThread<T>>,
    drain: Drain,
    guard: &ChildGuard,
) {
    let left = || drain.deadline.saturating_duration_since(Instant::now());
    // all are told to stop before the first is waited for, so that no thread is late because of another one
    let threads: Vec<WorkerThread<T>> = threads.into_iter().inspect(|worker| worker.thread.stop()).collect();
    let late = threads.into_iter().filter_map(|worker| {
        let name = worker.thread.name().to_owned();
        (!worker.close(left())).then_some(name)
    });
    guard.drained_except(late.collect());
}
