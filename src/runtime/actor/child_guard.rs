//! The guard that an actor owns for as long as it lives: dropping it reports the exit, however the actor ended.

use std::fmt;
use std::sync::Arc;

use crate::runtime::lifecycle::{Exit, Fault, panic_hook};

use super::child_link::{ChildEvent, ChildLink, Inherited};
use super::child_threads::Threads;
use super::pulse::Pulse;

/// Owned by a child for as long as it lives: dropping it reports the exit.
///
/// The exit is `Panicked` if the child panicked anywhere on its thread, else what [`ChildGuard::fail`] or
/// [`ChildGuard::drained`] decided, else `Finished`, which counts as a failure of a permanent child.
pub struct ChildGuard {
    link: Arc<ChildLink>,
}

impl ChildGuard {
    pub(crate) fn new(
        name: Arc<str>,
        generation: u64,
        inherited: Inherited,
        sink: impl Fn(ChildEvent) + Send + Sync + 'static,
    ) -> ChildGuard {
        ChildGuard { link: Arc::new(ChildLink::new(name, generation, inherited, Box::new(sink))) }
    }

    /// The child's name.
    pub fn name(&self) -> &str {
        &self.link.name
    }

    /// Which instance of the child this is, counted from 1.
    pub fn generation(&self) -> u64 {
        self.link.generation
    }

    /// Notes that the child is alive.
    pub fn beat(&self) {
        self.link.heartbeat.beat();
    }

    /// Reports an error after which the child cannot go on: its exit is `Failed`, and its arbiter is stopped at once.
    pub fn fail(&self, error: impl fmt::Display) {
        self.link.decide_exit(Exit::Failed { error: error.to_string() });
    }

    /// Reports that the child has drained: its exit is `Drained`, and its arbiter is stopped at once.
    pub fn drained(&self) {
        self.link.decide_exit(Exit::Drained);
    }

    /// Reports that the deadline passed before the child had drained: its exit is `Late` and names what it did not finish. With nothing
    /// to name this is [`drained`](ChildGuard::drained).
    pub fn drained_except(&self, left_behind: Vec<String>) {
        match left_behind.is_empty() {
            true => self.drained(),
            false => self.link.decide_exit(Exit::Late { left_behind }),
        }
    }

    /// A handle that beats for this child from another thread or task.
    pub fn pulse(&self) -> Pulse {
        Pulse::new(self.link.clone())
    }

    /// Starts threads that belong to this child.
    pub fn threads(&self) -> Threads {
        Threads::new(self.link.clone())
    }

    /// The fault injected into this start, if there is one.
    pub(crate) fn start_fault(&self) -> Option<Fault> {
        self.link.inherited.start_faults.take(&self.link.name)
    }

    /// Makes every panic on the calling thread a panic of this child, whichever task it happens in.
    pub(crate) fn own_thread(&self) {
        let link = Arc::downgrade(&self.link);
        panic_hook::on_this_thread(move |exit| {
            if let Some(link) = link.upgrade() {
                link.decide_exit(exit);
            }
        });
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        let exit = self.link.decided_exit().unwrap_or_else(|| match std::thread::panicking() {
            true => panic_hook::latest(),
            false => Exit::Finished,
        });
        self.link.report(ChildEvent::Exited(exit));
    }
}
