//! The guard that a child owns: it carries its beats up, and its end, however that comes about.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::exit::Exit;
use super::panic_hook;

/// What a child's lifeline tells its supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The actor has started and takes messages.
    Running,
    /// Its end is certain: nobody should send to it, and its arbiter may stop.
    Leaving,
    /// It is gone.
    Gone(Exit),
}

/// How a lifeline reaches its supervisor.
pub(super) type Notify = Box<dyn Fn(Notice) + Send + Sync>;

/// Owned by a child for as long as it lives: dropping it reports the exit.
///
/// The exit is `Panicked` if the child panicked anywhere on its thread, else what [`Lifeline::fail`] or
/// [`Lifeline::drained`] said, else `Finished`, which a permanent child must not do.
pub struct Lifeline {
    shared: Arc<Shared>,
}

/// What a lifeline, its pulses and the panic hook share.
pub(super) struct Shared {
    name: Arc<str>,
    generation: u64,
    born: Instant,
    last_beat_ms: AtomicU64,
    verdict: Mutex<Option<Exit>>,
    notify: Notify,
}

impl Lifeline {
    pub(super) fn new(name: Arc<str>, generation: u64, notify: Notify) -> Lifeline {
        Lifeline {
            shared: Arc::new(Shared {
                name,
                generation,
                born: Instant::now(),
                last_beat_ms: AtomicU64::new(0),
                verdict: Mutex::new(None),
                notify,
            }),
        }
    }

    /// The child's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Which instance of the child this is, counted from 1.
    pub fn generation(&self) -> u64 {
        self.shared.generation
    }

    /// Says that the child is alive.
    pub fn beat(&self) {
        self.shared.beat();
    }

    /// Says that the child cannot go on: its exit is `Failed`, and its arbiter is stopped at once.
    pub fn fail(&self, error: impl fmt::Display) {
        self.shared.condemn(Exit::Failed { error: error.to_string() });
    }

    /// Says that the child has drained: the last word of a child, its arbiter is stopped at once.
    pub fn drained(&self) {
        self.shared.condemn(Exit::Drained);
    }

    /// Says that the child has drained as far as the deadline let it, and what it leaves behind; else as
    /// [`drained`](Lifeline::drained). With nothing to name it has drained.
    pub fn drained_except(&self, left_behind: Vec<String>) {
        match left_behind.is_empty() {
            true => self.drained(),
            false => self.shared.condemn(Exit::Late { left_behind }),
        }
    }

    /// A handle that beats for this child from another thread or task.
    pub fn pulse(&self) -> Pulse {
        Pulse { shared: self.shared.clone() }
    }

    /// Makes every panic on this thread a panic of this child, whichever task it happens in.
    pub(super) fn own_thread(&self) {
        let child = Arc::downgrade(&self.shared);
        panic_hook::belongs_to(Box::new(move |exit| {
            if let Some(child) = child.upgrade() {
                child.condemn(exit);
            }
        }));
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        let verdict = self.shared.verdict().clone();
        let exit = verdict.unwrap_or_else(|| {
            if !std::thread::panicking() {
                return Exit::Finished;
            }
            panic_hook::take().unwrap_or(Exit::Panicked {
                message: "a panic that the hook did not see".to_owned(),
                at: "an unknown place".to_owned(),
            })
        });
        (self.shared.notify)(Notice::Gone(exit));
    }
}

/// Beats for a child; keeping it does not keep the child.
#[derive(Clone)]
pub struct Pulse {
    shared: Arc<Shared>,
}

impl Pulse {
    /// Says that the child is alive.
    pub fn beat(&self) {
        self.shared.beat();
    }

    /// Time since the last beat, or since the start if there was none.
    pub fn age(&self, now: Instant) -> Duration {
        let last_beat = Duration::from_millis(self.shared.last_beat_ms.load(Ordering::Relaxed));
        now.saturating_duration_since(self.shared.born + last_beat)
    }

    /// Says that the actor has started.
    pub(super) fn started(&self) {
        self.beat();
        (self.shared.notify)(Notice::Running);
    }
}

impl Shared {
    fn beat(&self) {
        let age_ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_beat_ms.store(age_ms, Ordering::Relaxed);
    }

    /// Settles how the child will have ended; the first word stands, consequences do not replace it.
    pub(super) fn condemn(&self, exit: Exit) {
        let mut verdict = self.verdict();
        if verdict.is_some() {
            return;
        }
        *verdict = Some(exit);
        drop(verdict);
        (self.notify)(Notice::Leaving);
    }

    fn verdict(&self) -> std::sync::MutexGuard<'_, Option<Exit>> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
