//! Starts the threads of a child, which are watched, reported and broken as parts of it.

use std::sync::Arc;

use crate::runtime::lifecycle::Exit;
use crate::runtime::threads::{OwnedThread, Watchdog};

use super::child_link::{ChildEvent, ChildLink, Inherited};

/// Starts threads that belong to a child: they are watched, reported and broken as parts of it. Keeping it does not keep the child
/// alive.
#[derive(Clone)]
pub struct Threads {
    link: Arc<ChildLink>,
}

impl Threads {
    pub(super) fn new(link: Arc<ChildLink>) -> Threads {
        Threads { link }
    }

    /// Starts a thread. If it ends without being asked to, `on_exit` gets its exit, on that thread.
    pub fn spawn(
        &self,
        name: &str,
        on_exit: impl FnOnce(Exit) + Send + 'static,
        body: impl FnOnce(&Watchdog) -> Result<(), String> + Send + 'static,
    ) -> OwnedThread {
        let watchdog = Watchdog::new(name);
        let Inherited { threads, start_faults } = self.link.inherited.clone();
        let generation = threads.register(&watchdog);
        let (link, thread) = (self.link.clone(), watchdog.clone());
        let exited = move |exit: Exit| {
            let asked_to_stop = thread.is_told_to_stop();
            let in_order = asked_to_stop && exit == Exit::Finished;
            threads.exited(&thread, &exit, in_order);
            if !in_order {
                let (thread, exit) = (thread.name().to_owned(), exit.clone());
                link.report(ChildEvent::ThreadExited { thread, generation, exit });
            }
            if !asked_to_stop {
                on_exit(exit);
            }
        };
        OwnedThread::start(watchdog, start_faults.take(name), exited, body)
    }

    /// Starts a thread that is linked to the child: if it ends without being asked to, the child ends with the same exit.
    pub fn spawn_link(
        &self,
        name: &str,
        body: impl FnOnce(&Watchdog) -> Result<(), String> + Send + 'static,
    ) -> OwnedThread {
        let (link, thread) = (self.link.clone(), name.to_owned());
        self.spawn(name, move |exit| link.decide_exit(exit.of_thread(&thread)), body)
    }
}
