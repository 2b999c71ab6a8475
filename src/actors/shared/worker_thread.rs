//! One long-lived thread that an actor owns and that works off its tasks one by one.
//!
//! Heavy work (training, judging, loading a model) runs here and not on the actor's arbiter, and not on a
//! pool of passing threads either: libtorch keeps memory for every thread that ever ran it.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::runtime::{ChildGuard, Drain, OwnedThread, Threads, Watchdog};

/// The sending end of a thread that handles tasks of type `T` in order; dropping it lets the thread end after those it has.
pub struct WorkerThread<T> {
    words: mpsc::Sender<Word<T>>,
    thread: OwnedThread,
}

enum Word<T> {
    Task(T),
    LookUp,
}

impl<T: Send + 'static> WorkerThread<T> {
    /// Starts the thread, linked to the actor: when it dies in `handle`, so does the actor.
    ///
    /// `handle` beats through the vital, or says how long it may be silent.
    pub fn spawn(threads: &Threads, name: &str, mut handle: impl FnMut(T, &Watchdog) + Send + 'static) -> Self {
        let (words, inbox) = mpsc::channel();
        let wake = words.clone();
        let thread = threads.spawn_link(name, move |watchdog| {
            watchdog.wake_with(move || {
                // a thread that is gone needs no waking
                let _ = wake.send(Word::LookUp);
            });
            loop {
                let word = {
                    let _idle = watchdog.idle();
                    inbox.recv()
                };
                watchdog.beat();
                match word {
                    Ok(Word::Task(task)) => handle(task, watchdog),
                    Ok(Word::LookUp) if !watchdog.is_told_to_stop() => {}
                    Ok(Word::LookUp) | Err(_) => return Ok(()),
                }
            }
        });
        Self { words, thread }
    }

    /// Hands over a task; gives it back when the thread is gone.
    pub fn submit(&self, task: T) -> Result<(), T> {
        self.words.send(Word::Task(task)).map_err(|unsent| match unsent.0 {
            Word::Task(task) => task,
            Word::LookUp => unreachable!("invariant: a task was sent"),
        })
    }

    /// Lets the thread end after the tasks it has, and waits for it at most `within`; false means it is late.
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

/// Lets lanes end within the deadline, and says through the lifeline which of their threads did not.
pub fn drain<T: Send + 'static>(lanes: impl IntoIterator<Item = WorkerThread<T>>, drain: Drain, guard: &ChildGuard) {
    let left = || drain.deadline.saturating_duration_since(Instant::now());
    // all are told before the first is waited for, so that only who is late himself is named
    let lanes: Vec<WorkerThread<T>> = lanes.into_iter().inspect(|lane| lane.thread.stop()).collect();
    let late = lanes.into_iter().filter_map(|lane| {
        let name = lane.thread.name().to_owned();
        (!lane.close(left())).then_some(name)
    });
    guard.drained_except(late.collect());
}
