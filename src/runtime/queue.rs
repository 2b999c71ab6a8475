//! The one bounded queue between admission and a pool of worker threads: bounded in rows, taken in batches.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The queue takes no more: it holds its bound of rows, or it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is full with {depth_rows} rows; try again later")]
pub struct Full {
    /// Rows that wait now.
    pub depth_rows: usize,
}

/// A bounded queue of jobs that outlives the workers which take from it; clones are one.
pub struct JobQueue<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    max_rows: usize,
    /// No code but this file's runs under the lock, so that a panic elsewhere cannot break it.
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<Waiting<T>>,
    rows: usize,
    closed: bool,
}

struct Waiting<T> {
    job: T,
    rows: usize,
    since: Instant,
}

impl<T> JobQueue<T> {
    /// An empty queue that holds at most `max_rows` rows.
    pub fn new(max_rows: usize) -> JobQueue<T> {
        JobQueue {
            shared: Arc::new(Shared {
                max_rows,
                state: Mutex::new(State { waiting: VecDeque::new(), rows: 0, closed: false }),
                changed: Condvar::new(),
            }),
        }
    }

    /// Adds a job of so many rows, or drops it if there is no room; a job larger than the bound fits an empty queue.
    pub fn push(&self, job: T, rows: usize) -> Result<(), Full> {
        let since = Instant::now();
        let mut state = self.lock();
        let depth_rows = state.rows;
        let over = !state.waiting.is_empty() && depth_rows + rows > self.shared.max_rows;
        if state.closed || over {
            // The lock goes first: the drop of a job is its owner's code.
            drop(state);
            return Err(Full { depth_rows });
        }
        state.rows += rows;
        state.waiting.push_back(Waiting { job, rows, since });
        drop(state);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Takes the oldest jobs, blocking until there is one: together at most `max_rows` rows, or one larger job.
    ///
    /// A batch that is not full waits `wait_for_more` for company. Jobs for which `drop_if` holds (expired, abandoned)
    /// go to `on_drop` instead. `None` when the queue is closed and empty, or when `stop` is set; a batch in hand is
    /// still given out then. Whoever sets `stop` calls [`JobQueue::wake_all`] after it.
    pub fn pop_batch(
        &self,
        max_rows: usize,
        wait_for_more: Duration,
        drop_if: &dyn Fn(&T) -> bool,
        on_drop: &dyn Fn(T),
        stop: &AtomicBool,
    ) -> Option<Vec<T>> {
        let mut batch = Vec::new();
        let mut batch_rows = 0;
        let mut wait_until = None;
        loop {
            let taken = self.take(max_rows.saturating_sub(batch_rows), wait_until, stop);
            let came_empty = taken.is_empty();
            for waiting in taken {
                if drop_if(&waiting.job) {
                    on_drop(waiting.job);
                    continue;
                }
                batch_rows += waiting.rows;
                batch.push(waiting.job);
            }
            if batch.is_empty() {
                if came_empty {
                    return None;
                }
                continue;
            }
            if came_empty || batch_rows >= max_rows {
                return Some(batch);
            }
            wait_until.get_or_insert_with(|| Instant::now() + wait_for_more);
        }
    }

    /// The bound.
    pub fn max_rows(&self) -> usize {
        self.shared.max_rows
    }

    /// Rows that wait.
    pub fn rows(&self) -> usize {
        self.lock().rows
    }

    /// How long the oldest job has waited at `now`; zero if none waits.
    pub fn oldest_wait(&self, now: Instant) -> Duration {
        let since = self.lock().waiting.front().map(|waiting| waiting.since);
        since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Takes no more jobs; those that wait are still given out, and then workers get `None`.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    /// Takes jobs again.
    pub fn reopen(&self) {
        self.lock().closed = false;
    }

    /// Lets every blocked worker look at its stop flag.
    pub fn wake_all(&self) {
        // A worker between its look at the flag and its wait holds the lock: passing it means that nobody misses this.
        drop(self.lock());
        self.shared.changed.notify_all();
    }

    /// What fits from the head. The first call of a batch (no `wait_until`) blocks and takes at least one job;
    /// a later one comes back empty when time is up, the next job does not fit, or the worker is to stop.
    fn take(&self, room: usize, wait_until: Option<Instant>, stop: &AtomicBool) -> Vec<Waiting<T>> {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.closed && !stop.load(Ordering::Acquire) {
            state = match wait_until {
                None => unpoisoned(self.shared.changed.wait(state)),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    unpoisoned(self.shared.changed.wait_timeout(state, left)).0
                }
            };
        }
        let mut taken = Vec::new();
        if !stop.load(Ordering::Acquire) {
            state.move_head(room, wait_until.is_none(), &mut taken);
        }
        let some_left = !state.waiting.is_empty();
        drop(state);
        if some_left {
            // The wake-up that brought us here may have been meant for a worker that has room.
            self.shared.changed.notify_one();
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        unpoisoned(self.shared.state.lock())
    }
}

impl<T> Clone for JobQueue<T> {
    fn clone(&self) -> Self {
        JobQueue { shared: self.shared.clone() }
    }
}

impl<T> State<T> {
    fn move_head(&mut self, mut room: usize, at_least_one: bool, to: &mut Vec<Waiting<T>>) {
        while let Some(head) = self.waiting.front() {
            let must = at_least_one && to.is_empty();
            if head.rows > room && !must {
                return;
            }
            let Some(head) = self.waiting.pop_front() else {
                return;
            };
            room = room.saturating_sub(head.rows);
            self.rows -= head.rows;
            to.push(head);
        }
    }
}

fn unpoisoned<G>(result: Result<G, PoisonError<G>>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}
