//! The threads of one child across all its instances: they can be watched, reported and broken while their owner hangs.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::lifecycle::{Exit, LastExit, ThreadPhase, ThreadReport, millis};

use super::watchdog::Watchdog;

/// All threads that the instances of one child have owned.
#[derive(Default)]
pub(crate) struct ThreadRegistry {
    threads: Mutex<Vec<ThreadEntry>>,
}

/// The threads of one name.
struct ThreadEntry {
    /// The newest thread of this name.
    watchdog: Watchdog,
    generation: u64,
    state: ThreadState,
    last_exit: Option<(Exit, Instant)>,
    /// Earlier threads of this name that still run, with their generations.
    left_behind: Vec<(u64, Watchdog)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ThreadState {
    Alive,
    /// It ended with an error, or without being asked to.
    Lost,
    /// It ended as it was asked to.
    Stopped,
}

impl ThreadRegistry {
    /// Adds a new thread, and gives its generation: which thread of its name it is, counted from 1.
    pub fn register(&self, watchdog: &Watchdog) -> u64 {
        let mut threads = self.threads();
        match threads.iter_mut().find(|entry| entry.watchdog.name() == watchdog.name()) {
            Some(entry) => {
                let earlier = std::mem::replace(&mut entry.watchdog, watchdog.clone());
                if entry.state == ThreadState::Alive {
                    entry.left_behind.push((entry.generation, earlier));
                }
                entry.generation += 1;
                entry.state = ThreadState::Alive;
                entry.generation
            }
            None => {
                let entry = ThreadEntry {
                    watchdog: watchdog.clone(),
                    generation: 1,
                    state: ThreadState::Alive,
                    last_exit: None,
                    left_behind: Vec::new(),
                };
                threads.push(entry);
                1
            }
        }
    }

    /// Notes the exit of a thread; `in_order` if it was asked to stop and nothing went wrong.
    pub fn exited(&self, watchdog: &Watchdog, exit: &Exit, in_order: bool) {
        let mut threads = self.threads();
        let Some(entry) = threads.iter_mut().find(|entry| entry.watchdog.name() == watchdog.name()) else { return };
        entry.left_behind.retain(|(_, earlier)| !earlier.is_same(watchdog));
        if !in_order {
            entry.last_exit = Some((exit.clone(), Instant::now()));
        }
        if entry.watchdog.is_same(watchdog) {
            entry.state = if in_order { ThreadState::Stopped } else { ThreadState::Lost };
        }
    }

    /// The first thread that has been silent for too long, and for how long.
    pub fn overdue(&self, now: Instant, limit: Duration) -> Option<(String, Duration)> {
        let threads = self.threads();
        let mut alive = threads.iter().flat_map(|entry| {
            let current = (entry.state == ThreadState::Alive).then_some(&entry.watchdog);
            current.into_iter().chain(entry.left_behind.iter().map(|(_, earlier)| earlier))
        });
        alive.find_map(|watchdog| {
            watchdog.overdue(now, limit).map(|silent_for| (watchdog.name().to_owned(), silent_for))
        })
    }

    /// The running thread of this name.
    pub fn find(&self, name: &str) -> Option<Watchdog> {
        let threads = self.threads();
        let named = threads.iter().find(|entry| entry.watchdog.name() == name && entry.state == ThreadState::Alive);
        named.map(|entry| entry.watchdog.clone())
    }

    /// The names of all threads so far.
    pub fn names(&self) -> Vec<String> {
        self.threads().iter().map(|entry| entry.watchdog.name().to_owned()).collect()
    }

    /// One report a thread, without those that were stopped in order. An earlier thread that still runs comes after its successor.
    pub fn reports(&self, now: Instant) -> Vec<ThreadReport> {
        let threads = self.threads();
        threads.iter().flat_map(|entry| entry.reports(now)).collect()
    }

    fn threads(&self) -> MutexGuard<'_, Vec<ThreadEntry>> {
        self.threads.lock()
    }
}

impl ThreadEntry {
    fn reports(&self, now: Instant) -> Vec<ThreadReport> {
        let (phase, doing) = match self.state {
            ThreadState::Alive => self.watchdog.phase(),
            ThreadState::Lost | ThreadState::Stopped => (ThreadPhase::Ended, None),
        };
        let report = |generation, watchdog: &Watchdog, (phase, doing)| ThreadReport {
            name: watchdog.name().to_owned(),
            generation,
            phase,
            doing,
            heartbeat_age_ms: millis(watchdog.silent_for(now)),
            last_exit: self.last_exit.as_ref().map(|(exit, when)| LastExit::new(exit, *when, now)),
        };
        let current =
            (self.state != ThreadState::Stopped).then(|| report(self.generation, &self.watchdog, (phase, doing)));
        let earlier =
            self.left_behind.iter().map(|(generation, watchdog)| report(*generation, watchdog, watchdog.phase()));
        current.into_iter().chain(earlier).collect()
    }
}
