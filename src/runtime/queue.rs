//! The one queue between admission and a pool of worker threads, taken in batches. It has two lanes: callers who wait go first and are
//! bounded in rows; background jobs go alone, whenever nobody waits, and at least once in eight batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Batches in a row that may pass a background job by.
const PASSED_BY_MAX: u32 = 7;

/// The queue takes no more: it holds its bound of rows, or it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is full with {depth_rows} rows; try again later")]
pub struct QueueFull {
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
    background: VecDeque<T>,
    /// Batches since a background job was taken, while one waited.
    passed_by: u32,
    closed: bool,
}

/// What a worker takes at once.
struct Taken<T> {
    jobs: Vec<Waiting<T>>,
    /// It is a background job, which nobody joins.
    alone: bool,
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
                state: Mutex::new(State {
                    waiting: VecDeque::new(),
                    rows: 0,
                    background: VecDeque::new(),
                    passed_by: 0,
                    closed: false,
                }),
                changed: Condvar::new(),
            }),
        }
    }

    /// Adds a job of so many rows, or drops it if there is no room; a job larger than the bound fits an empty queue.
    pub fn push(&self, job: T, rows: usize) -> Result<(), QueueFull> {
        let since = Instant::now();
        let mut state = self.lock();
        let depth_rows = state.rows;
        let over = !state.waiting.is_empty() && depth_rows + rows > self.shared.max_rows;
        if state.closed || over {
            // The lock goes first: the drop of a job is its owner's code.
            drop(state);
            return Err(QueueFull { depth_rows });
        }
        state.rows += rows;
        state.waiting.push_back(Waiting { job, rows, since });
        drop(state);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Adds a job that waits in the background, or gives it back where the queue is closed. It counts towards no bound: whoever adds
    /// such jobs bounds them.
    pub fn push_background(&self, job: T) -> Result<(), T> {
        let mut state = self.lock();
        if state.closed {
            return Err(job);
        }
        state.background.push_back(job);
        drop(state);
        // a worker whose batch waits for company cannot use it, so that one call might wake nobody who can
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Takes the oldest jobs, blocking until there is one: together at most `max_rows` rows, or one larger job.
    ///
    /// A batch that is not full waits `wait_for_more` for company; a background job is a batch by itself. Jobs for which `drop_if` holds (expired, abandoned)
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
            let Taken { jobs, alone } = self.take(max_rows.saturating_sub(batch_rows), wait_until, stop);
            let came_empty = jobs.is_empty();
            for waiting in jobs {
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
            if came_empty || alone || batch_rows >= max_rows {
                return Some(batch);
            }
            wait_until.get_or_insert_with(|| Instant::now() + wait_for_more);
        }
    }

    /// The bound.
    pub fn max_rows(&self) -> usize {
        self.shared.max_rows
    }

    /// Rows that wait, those in the background not counted.
    pub fn rows(&self) -> usize {
        self.lock().rows
    }

    /// How long the oldest job that is not in the background has waited at `now`; zero if none waits.
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

    /// What fits from the head of the lane whose turn it is. The first call of a batch (no `wait_until`) blocks and takes at least one
    /// job; a later one comes back empty when time is up, the next job does not fit, or the worker is to stop.
    fn take(&self, room: usize, wait_until: Option<Instant>, stop: &AtomicBool) -> Taken<T> {
        let mut state = self.lock();
        while !state.has_for(wait_until) && !state.closed && !stop.load(Ordering::Acquire) {
            match wait_until {
                None => self.shared.changed.wait(&mut state),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    self.shared.changed.wait_for(&mut state, left);
                }
            }
        }
        let mut taken = Taken { jobs: Vec::new(), alone: false };
        if !stop.load(Ordering::Acquire) {
            match wait_until {
                None => state.move_next(room, &mut taken),
                Some(_) => state.move_head(room, false, &mut taken.jobs),
            }
        }
        let some_left = !state.waiting.is_empty() || !state.background.is_empty();
        drop(state);
        if some_left {
            // The wake-up that brought us here may have been meant for a worker that has room.
            self.shared.changed.notify_one();
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.shared.state.lock()
    }
}

impl<T> Clone for JobQueue<T> {
    fn clone(&self) -> Self {
        JobQueue { shared: self.shared.clone() }
    }
}

impl<T> State<T> {
    /// Whether there is something for a worker: for one whose batch waits for company, only what may join it.
    fn has_for(&self, wait_until: Option<Instant>) -> bool {
        !self.waiting.is_empty() || (wait_until.is_none() && !self.background.is_empty())
    }

    /// The beginning of the next batch.
    fn move_next(&mut self, room: usize, to: &mut Taken<T>) {
        let background_turn = self.waiting.is_empty() || self.passed_by >= PASSED_BY_MAX;
        if background_turn && let Some(job) = self.background.pop_front() {
            self.passed_by = 0;
            // nobody asks how long it has waited, or how many rows it has
            to.jobs.push(Waiting { job, rows: 0, since: Instant::now() });
            to.alone = true;
            return;
        }
        self.passed_by = if self.background.is_empty() { 0 } else { self.passed_by + 1 };
        self.move_head(room, true, &mut to.jobs);
    }

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
