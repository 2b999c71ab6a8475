//! The guard that a child owns: it carries its beats up, and its end, however that comes about.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::threads::{OwnedThread, ThreadRegistry, Watchdog};

use super::exit::Exit;
use super::fault::{Fault, StartFaults};
use super::heartbeat::Beat;
use super::{fault, panic_hook};

/// What a child's lifeline tells its supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The actor has started and takes messages.
    Running,
    /// Its end is certain: nobody should send to it, and its arbiter may stop.
    Leaving,
    /// It is gone.
    Gone(Exit),
    /// A thread of its own ended, untold or with an error.
    ThreadGone { thread: String, generation: u64, exit: Exit },
}

/// How a lifeline reaches its supervisor.
pub(crate) type Notify = Box<dyn Fn(Notice) + Send + Sync>;

/// Owned by a child for as long as it lives: dropping it reports the exit.
///
/// The exit is `Panicked` if the child panicked anywhere on its thread, else what [`ChildGuard::fail`] or
/// [`ChildGuard::drained`] said, else `Finished`, which a permanent child must not do.
pub struct ChildGuard {
    shared: Arc<Shared>,
}

/// What a lifeline, its pulses and the panic hook share.
pub(crate) struct Shared {
    name: Arc<str>,
    generation: u64,
    beat: Beat,
    verdict: Mutex<Option<Exit>>,
    estate: Inherited,
    notify: Notify,
}

/// What outlives an instance of a child.
#[derive(Clone)]
pub(crate) struct Inherited {
    pub threads: Arc<ThreadRegistry>,
    pub start_faults: Arc<StartFaults>,
}

impl ChildGuard {
    pub(crate) fn new(name: Arc<str>, generation: u64, estate: Inherited, notify: Notify) -> ChildGuard {
        ChildGuard {
            shared: Arc::new(Shared {
                name,
                generation,
                beat: Beat::default(),
                verdict: Mutex::new(None),
                estate,
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
        self.shared.beat.give();
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
    /// [`drained`](ChildGuard::drained). With nothing to name it has drained.
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

    /// Starts threads that belong to this child.
    pub fn threads(&self) -> Threads {
        Threads { child: self.shared.clone() }
    }

    /// The fault that this start suffers, if any.
    pub(crate) fn start_fault(&self) -> Option<Fault> {
        self.shared.estate.start_faults.take(&self.shared.name)
    }

    /// Makes every panic on this thread a panic of this child, whichever task it happens in.
    pub(crate) fn own_thread(&self) {
        let child = Arc::downgrade(&self.shared);
        panic_hook::belongs_to(Box::new(move |exit| {
            if let Some(child) = child.upgrade() {
                child.condemn(exit);
            }
        }));
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        let verdict = self.shared.verdict().clone();
        let exit = verdict.unwrap_or_else(|| {
            if !std::thread::panicking() {
                return Exit::Finished;
            }
            panic_hook::latest()
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
        self.shared.beat.give();
    }

    /// Time since the last beat, or since the start if there was none.
    pub fn age(&self, now: Instant) -> Duration {
        self.shared.beat.age(now)
    }

    /// Breaks the child of this pulse, on its own arbiter; one that is still there after it is to stop.
    pub(crate) fn suffer(&self, fault: Fault) {
        match fault {
            Fault::Panic | Fault::Hang => fault::strike(fault, &self.shared.name),
            Fault::Fail => self.shared.condemn(Exit::Failed { error: fault::message(&self.shared.name) }),
            Fault::Exit => {}
        }
    }

    /// Says that the actor has started.
    pub(crate) fn started(&self) {
        self.beat();
        (self.shared.notify)(Notice::Running);
    }
}

impl Shared {
    /// Settles how the child will have ended; the first word stands, consequences do not replace it.
    pub(crate) fn condemn(&self, exit: Exit) {
        let mut verdict = self.verdict();
        if verdict.is_some() {
            return;
        }
        *verdict = Some(exit);
        drop(verdict);
        (self.notify)(Notice::Leaving);
    }

    fn verdict(&self) -> MutexGuard<'_, Option<Exit>> {
        self.verdict.lock()
    }
}

/// Starts threads that belong to a child: they are watched, shown and broken as parts of it. Keeping it does not keep the child.
#[derive(Clone)]
pub struct Threads {
    child: Arc<Shared>,
}

impl Threads {
    /// Starts a thread; `on_exit` hears on the thread itself how it ended, unless it was told to.
    pub fn spawn(
        &self,
        name: &str,
        on_exit: impl FnOnce(Exit) + Send + 'static,
        body: impl FnOnce(&Watchdog) -> Result<(), String> + Send + 'static,
    ) -> OwnedThread {
        let watchdog = Watchdog::new(name);
        let Inherited { threads, start_faults } = self.child.estate.clone();
        let generation = threads.enter(&watchdog);
        let (child, ending) = (self.child.clone(), watchdog.clone());
        let ended = move |exit: Exit| {
            let told = ending.is_told_to_stop();
            let in_order = told && exit == Exit::Finished;
            threads.ended(&ending, &exit, in_order);
            if !in_order {
                (child.notify)(Notice::ThreadGone { thread: ending.name().to_owned(), generation, exit: exit.clone() });
            }
            if !told {
                on_exit(exit);
            }
        };
        OwnedThread::start(watchdog, start_faults.take(name), ended, body)
    }

    /// Starts a thread that the child cannot be without: when it ends untold, so does the child, with its exit.
    pub fn spawn_link(
        &self,
        name: &str,
        body: impl FnOnce(&Watchdog) -> Result<(), String> + Send + 'static,
    ) -> OwnedThread {
        let (child, thread) = (self.child.clone(), name.to_owned());
        self.spawn(name, move |exit| child.condemn(exit.of_thread(&thread)), body)
    }
}
