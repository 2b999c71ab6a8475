//! The bounded queue between admission and a pool of worker threads, which take jobs from it in batches.
//!
//! It has two lanes. Jobs with a waiting caller go first, and their rows are bounded. A background job goes in a batch of its own: when no
//! caller waits, and at least once in eight batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// How many batches in a row may go ahead of a background job.
const BATCHES_AHEAD_MAX: u32 = 7;

/// Why the queue did not take a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The queue holds as many rows as it may.
    #[error("the queue is full with {depth_rows} rows; try again later")]
    Full {
        /// Rows that wait now.
        depth_rows: usize,
    },
    /// The queue is closed.
    #[error("the queue is closed; try again later")]
    Closed,
}

/// A bounded queue of jobs that outlives the workers which take from it; clones share one queue.
pub struct JobQueue<T> {
    shared: Arc<SharedQueue<T>>,
}

struct SharedQueue<T> {
    max_rows: usize,
    /// Only code of this file runs under the lock: nothing else can panic or block there.
    lanes: Mutex<Lanes<T>>,
    changed: Condvar,
}

struct Lanes<T> {
    /// Jobs with a waiting caller, the oldest first.
    waiting: VecDeque<QueuedJob<T>>,
    /// Rows of the jobs in `waiting`.
    rows: usize,
    background: VecDeque<T>,
    /// Batches in a row that went ahead of a waiting background job.
    batches_ahead: u32,
    closed: bool,
}

/// The jobs that a worker takes under one lock.
struct Taken<T> {
    jobs: Vec<QueuedJob<T>>,
    /// It is a background job, which makes a batch by itself.
    is_background: bool,
}

struct QueuedJob<T> {
    job: T,
    rows: usize,
    since: Instant,
}

impl<T> JobQueue<T> {
    /// An empty queue that holds at most `max_rows` rows.
    pub fn new(max_rows: usize) -> JobQueue<T> {
        JobQueue {
            shared: Arc::new(SharedQueue {
                max_rows,
                lanes: Mutex::new(Lanes {
                    waiting: VecDeque::new(),
                    rows: 0,
                    background: VecDeque::new(),
                    batches_ahead: 0,
                    closed: false,
                }),
                changed: Condvar::new(),
            }),
        }
    }

    /// Adds a job of so many rows, or drops it if the queue is full or closed; a job larger than the bound fits an empty queue.
    pub fn push(&self, job: T, rows: usize) -> Result<(), PushError> {
        let since = Instant::now();
        let mut lanes = self.lock();
        if let Some(refusal) = lanes.refusal(rows, self.shared.max_rows) {
            // the lock is released first: dropping the job runs its owner's code
            drop(lanes);
            return Err(refusal);
        }
        lanes.rows += rows;
        lanes.waiting.push_back(QueuedJob { job, rows, since });
        drop(lanes);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Adds a background job, or gives it back if the queue is closed. Background jobs do not count towards the bound: their sender must
    /// bound them.
    pub fn push_background(&self, job: T) -> Result<(), T> {
        let mut lanes = self.lock();
        if lanes.closed {
            return Err(job);
        }
        lanes.background.push_back(job);
        drop(lanes);
        // notify_one could wake a worker that fills up its batch, which ignores background jobs
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Takes the oldest jobs, blocking until there is one: together at most `max_rows` rows, or one larger job.
    ///
    /// A batch that is not full waits up to `wait_for_more` for more jobs; a background job is a batch by itself. Jobs for which `drop_if`
    /// holds (expired, abandoned) go to `on_drop` instead. The result is `None` when the queue is closed and empty, or when `stop` is set,
    /// but a batch that has been begun is returned first. Call [`JobQueue::wake_all`] after setting `stop`.
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
            let Taken { jobs, is_background } = self.take(max_rows.saturating_sub(batch_rows), wait_until, stop);
            let took_nothing = jobs.is_empty();
            for queued in jobs {
                if drop_if(&queued.job) {
                    on_drop(queued.job);
                    continue;
                }
                batch_rows += queued.rows;
                batch.push(queued.job);
            }
            if batch.is_empty() {
                if took_nothing {
                    return None;
                }
                continue;
            }
            if took_nothing || is_background || batch_rows >= max_rows {
                return Some(batch);
            }
            wait_until.get_or_insert_with(|| Instant::now() + wait_for_more);
        }
    }

    /// The bound: how many rows may wait.
    pub fn max_rows(&self) -> usize {
        self.shared.max_rows
    }

    /// Rows that wait, without those of background jobs.
    pub fn rows(&self) -> usize {
        self.lock().rows
    }

    /// How long the oldest job has waited at `now`, background jobs aside; zero if none waits.
    pub fn oldest_wait(&self, now: Instant) -> Duration {
        let since = self.lock().waiting.front().map(|queued| queued.since);
        since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Refuses further jobs; those that wait are still given out, and then workers get `None`.
    pub fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    /// Takes jobs again.
    pub fn reopen(&self) {
        self.lock().closed = false;
    }

    /// Wakes every blocked worker, to read its stop flag.
    pub fn wake_all(&self) {
        // a worker holds the lock between reading its flag and waiting: after this, every worker either has read the new flag or waits
        drop(self.lock());
        self.shared.changed.notify_all();
    }

    /// Takes what fits from the head of the lane whose turn it is. The first call for a batch (no `wait_until`) blocks and takes at least
    /// one job; a later one takes nothing when the time is up, the next job does not fit, or the worker must stop.
    fn take(&self, room: usize, wait_until: Option<Instant>, stop: &AtomicBool) -> Taken<T> {
        let mut lanes = self.lock();
        while !lanes.has_for(wait_until) && !lanes.closed && !stop.load(Ordering::Acquire) {
            match wait_until {
                None => self.shared.changed.wait(&mut lanes),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    self.shared.changed.wait_for(&mut lanes, left);
                }
            }
        }
        let mut taken = Taken { jobs: Vec::new(), is_background: false };
        if !stop.load(Ordering::Acquire) {
            match wait_until {
                None => lanes.move_next(room, &mut taken),
                Some(_) => lanes.move_head(room, false, &mut taken.jobs),
            }
        }
        let some_left = !lanes.waiting.is_empty() || !lanes.background.is_empty();
        drop(lanes);
        if some_left {
            // the wake-up that this worker got may have been meant for one with room for the next job
            self.shared.changed.notify_one();
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, Lanes<T>> {
        self.shared.lanes.lock()
    }
}

impl<T> Clone for JobQueue<T> {
    fn clone(&self) -> Self {
        JobQueue { shared: self.shared.clone() }
    }
}

impl<T> Lanes<T> {
    /// Why a job of so many rows is not taken, if it is not.
    fn refusal(&self, rows: usize, max_rows: usize) -> Option<PushError> {
        if self.closed {
            return Some(PushError::Closed);
        }
        let is_full = !self.waiting.is_empty() && self.rows + rows > max_rows;
        is_full.then_some(PushError::Full { depth_rows: self.rows })
    }

    /// Whether there is a job for a worker; only one that begins a batch (no `wait_until`) can take a background job.
    fn has_for(&self, wait_until: Option<Instant>) -> bool {
        !self.waiting.is_empty() || (wait_until.is_none() && !self.background.is_empty())
    }

    /// Moves the beginning of the next batch: a background job if it is its turn, else waiting jobs.
    fn move_next(&mut self, room: usize, to: &mut Taken<T>) {
        let background_turn = self.waiting.is_empty() || self.batches_ahead >= BATCHES_AHEAD_MAX;
        if background_turn && let Some(job) = self.background.pop_front() {
            self.batches_ahead = 0;
            // the rows and the age of a background job are not used
            to.jobs.push(QueuedJob { job, rows: 0, since: Instant::now() });
            to.is_background = true;
            return;
        }
        self.batches_ahead = if self.background.is_empty() { 0 } else { self.batches_ahead + 1 };
        self.move_head(room, true, &mut to.jobs);
    }

    fn move_head(&mut self, mut room: usize, at_least_one: bool, to: &mut Vec<QueuedJob<T>>) {
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
