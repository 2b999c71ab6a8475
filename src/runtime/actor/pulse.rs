//! Beats for a child from another thread or task.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::runtime::lifecycle::{Exit, Fault, fault};

use super::child_link::{ChildEvent, ChildLink};

/// Beats for a child; keeping it does not keep the child alive.
#[derive(Clone)]
pub struct Pulse {
    link: Arc<ChildLink>,
}

impl Pulse {
    pub(super) fn new(link: Arc<ChildLink>) -> Pulse {
        Pulse { link }
    }

    /// Notes that the child is alive.
    pub fn beat(&self) {
        self.link.heartbeat.beat();
    }

    /// Time since the last beat, or since the start if there was none.
    pub fn age(&self, now: Instant) -> Duration {
        self.link.heartbeat.age(now)
    }

    /// Breaks the child; call it on the child's own arbiter, and stop the actor if it returns.
    pub(crate) fn suffer(&self, fault: Fault) {
        match fault {
            Fault::Panic | Fault::Hang => fault::strike(fault, &self.link.name),
            Fault::Fail => self.link.decide_exit(Exit::Failed { error: fault::message(&self.link.name) }),
            Fault::Exit => {}
        }
    }

    /// Reports that the actor has started.
    pub(crate) fn started(&self) {
        self.beat();
        self.link.report(ChildEvent::Started);
    }
}
