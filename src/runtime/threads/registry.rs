//! The threads of one child, known across its instances: so they can be watched, shown and broken while their owner hangs.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::actor::{Exit, LastExit, ThreadPhase, ThreadReport, millis};

use super::watchdog::Watchdog;

/// All threads that the instances of one child have owned, by name.
#[derive(Default)]
pub(crate) struct ThreadRegistry {
    threads: Mutex<Vec<Known>>,
}

struct Known {
    watchdog: Watchdog,
    generation: u64,
    state: State,
    last_exit: Option<(Exit, Instant)>,
    /// Earlier threads of this name that still have to end, and which they are.
    left_behind: Vec<(u64, Watchdog)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Alive,
    /// Ended, and not because it was told to.
    Lost,
    /// Ended as it was told.
    Stopped,
}

impl ThreadRegistry {
    /// Enters a new thread of this name, and says which one it is, counted from 1.
    pub fn enter(&self, watchdog: &Watchdog) -> u64 {
        let mut threads = self.threads();
        match threads.iter_mut().find(|known| known.watchdog.name() == watchdog.name()) {
            Some(known) => {
                let earlier = std::mem::replace(&mut known.watchdog, watchdog.clone());
                if known.state == State::Alive {
                    known.left_behind.push((known.generation, earlier));
                }
                known.generation += 1;
                known.state = State::Alive;
                known.generation
            }
            None => {
                let known = Known {
                    watchdog: watchdog.clone(),
                    generation: 1,
                    state: State::Alive,
                    last_exit: None,
                    left_behind: Vec::new(),
                };
                threads.push(known);
                1
            }
        }
    }

    /// Notes the end of a thread; `in_order` if it was asked for and nothing went wrong.
    pub fn ended(&self, watchdog: &Watchdog, exit: &Exit, in_order: bool) {
        let mut threads = self.threads();
        let Some(known) = threads.iter_mut().find(|known| known.watchdog.name() == watchdog.name()) else { return };
        known.left_behind.retain(|(_, earlier)| !earlier.is(watchdog));
        if !in_order {
            known.last_exit = Some((exit.clone(), Instant::now()));
        }
        if known.watchdog.is(watchdog) {
            known.state = if in_order { State::Stopped } else { State::Lost };
        }
    }

    /// The first thread that has been silent for longer than is in order, and for how long.
    pub fn overdue(&self, now: Instant, limit: Duration) -> Option<(String, Duration)> {
        let threads = self.threads();
        let mut alive = threads.iter().flat_map(|known| {
            let current = (known.state == State::Alive).then_some(&known.watchdog);
            current.into_iter().chain(known.left_behind.iter().map(|(_, earlier)| earlier))
        });
        alive.find_map(|watchdog| {
            watchdog.overdue(now, limit).map(|silent_for| (watchdog.name().to_owned(), silent_for))
        })
    }

    /// The thread of this name that is alive.
    pub fn find(&self, name: &str) -> Option<Watchdog> {
        let threads = self.threads();
        let named = threads.iter().find(|known| known.watchdog.name() == name && known.state == State::Alive);
        named.map(|known| known.watchdog.clone())
    }

    /// The names of all threads there were.
    pub fn names(&self) -> Vec<String> {
        self.threads().iter().map(|known| known.watchdog.name().to_owned()).collect()
    }

    /// One report a thread, without those that were stopped in order; one that has a successor and lives on comes after it.
    pub fn reports(&self, now: Instant) -> Vec<ThreadReport> {
        let threads = self.threads();
        threads.iter().flat_map(|known| known.reports(now)).collect()
    }

    fn threads(&self) -> MutexGuard<'_, Vec<Known>> {
        self.threads.lock()
    }
}

impl Known {
    fn reports(&self, now: Instant) -> Vec<ThreadReport> {
        let (phase, doing) = match self.state {
            State::Alive => self.watchdog.phase(),
            State::Lost | State::Stopped => (ThreadPhase::Ended, None),
        };
        let report = |generation, watchdog: &Watchdog, (phase, doing)| ThreadReport {
            name: watchdog.name().to_owned(),
            generation,
            phase,
            doing,
            heartbeat_age_ms: millis(watchdog.silent_for(now)),
            last_exit: self.last_exit.as_ref().map(|(exit, when)| LastExit::of(exit, *when, now)),
        };
        let current = (self.state != State::Stopped).then(|| report(self.generation, &self.watchdog, (phase, doing)));
        let earlier =
            self.left_behind.iter().map(|(generation, watchdog)| report(*generation, watchdog, watchdog.phase()));
        current.into_iter().chain(earlier).collect()
    }
}
