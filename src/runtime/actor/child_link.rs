//! What one instance of a child shares with its guard, its pulse and its threads: its name, its heartbeat and its way to the supervisor.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::runtime::lifecycle::{Exit, Heartbeat, StartFaults};
use crate::runtime::threads::ThreadRegistry;

/// What an instance of a child reports to its supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChildEvent {
    /// The actor has started and takes messages.
    Started,
    /// Its exit is decided: it must get no more messages, and its arbiter may stop.
    Ending,
    /// It has ended.
    Exited(Exit),
    /// One of its threads ended with an error, or without being asked to.
    ThreadExited { thread: String, generation: u64, exit: Exit },
}

/// Carries an event to the supervisor.
pub(super) type EventSink = Box<dyn Fn(ChildEvent) + Send + Sync>;

/// What the instances of a child inherit from one another.
#[derive(Clone)]
pub(crate) struct Inherited {
    pub threads: Arc<ThreadRegistry>,
    pub start_faults: Arc<StartFaults>,
}

/// One instance of a child.
pub(super) struct ChildLink {
    pub name: Arc<str>,
    pub generation: u64,
    pub heartbeat: Heartbeat,
    pub inherited: Inherited,
    decided_exit: Mutex<Option<Exit>>,
    sink: EventSink,
}

impl ChildLink {
    pub fn new(name: Arc<str>, generation: u64, inherited: Inherited, sink: EventSink) -> ChildLink {
        let (heartbeat, decided_exit) = (Heartbeat::default(), Mutex::new(None));
        ChildLink { name, generation, heartbeat, inherited, decided_exit, sink }
    }

    /// Decides the exit of this instance. The first decision stays: later ones are mostly its consequences.
    pub fn decide_exit(&self, exit: Exit) {
        let mut decided = self.decided_exit.lock();
        if decided.is_some() {
            return;
        }
        *decided = Some(exit);
        drop(decided);
        self.report(ChildEvent::Ending);
    }

    pub fn decided_exit(&self) -> Option<Exit> {
        self.decided_exit.lock().clone()
    }

    pub fn report(&self, event: ChildEvent) {
        (self.sink)(event);
    }
}
