//! The supervisor: starts children in order, starts them again when they die, gives up when budgets are spent.
//!
//! - `spec`: what a child is.
//! - `tree`: what to do about each thing that happens; pure, so that every order of events can be tested.
//! - `member`: what the tree knows of one child, and what it may tell the driver.
//! - `line`: who is told to stop next, in reverse order of the start.
//! - `driver`: does what the tree says, on a thread of its own.
//! - `handle`: reports, stop and escalation for everybody else.

mod driver;
mod handle;
mod line;
mod member;
#[cfg(test)]
mod model;
mod spec;
mod tree;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::exit::Exit;
use super::restart::RestartPolicy;

pub use handle::{Supervisor, SupervisorHandle};
pub use spec::ChildSpec;

/// Budgets and times of a supervisor.
#[derive(Clone)]
pub struct SupervisorConfig {
    /// The budget of each child.
    pub policy: RestartPolicy,
    /// The budget of each group, spent when a child's is.
    pub group_policy: RestartPolicy,
    /// How long the members of a group have to drain before they are started again.
    pub group_drain: Duration,
    /// Pause between two beats of a child; its state is remembered as often.
    pub heartbeat_interval: Duration,
    /// The least silence that counts as unresponsive; three intervals if that is more.
    pub heartbeat_floor: Duration,
    /// Hears everything that happens, in order, on the supervisor's thread: it must be quick.
    pub on_event: Arc<dyn Fn(&SupervisorEvent) + Send + Sync>,
}

impl Default for SupervisorConfig {
    fn default() -> Self {
        SupervisorConfig {
            policy: RestartPolicy::default(),
            group_policy: RestartPolicy::group(),
            group_drain: Duration::from_secs(5),
            heartbeat_interval: Duration::from_secs(3),
            heartbeat_floor: Duration::from_secs(10),
            on_event: Arc::new(|_| {}),
        }
    }
}

impl SupervisorConfig {
    fn tell(&self, event: &SupervisorEvent) {
        if catch_unwind(AssertUnwindSafe(|| (self.on_event)(event))).is_err() {
            tracing::error!(?event, "the listener to supervision panicked");
        }
    }
}

/// Something that happened to a child.
#[derive(Clone, Debug, PartialEq)]
pub enum SupervisorEvent {
    /// An instance has started and takes messages.
    Started {
        /// The child.
        name: String,
        /// Which instance it is, counted from 1.
        generation: u64,
    },
    /// An instance is gone, or hangs for good.
    Exited {
        /// The child.
        name: String,
        /// Which instance it was.
        generation: u64,
        /// How it ended.
        exit: Exit,
    },
    /// A thread of a child ended, untold or with an error.
    ThreadExited {
        /// The child.
        name: String,
        /// The thread.
        thread: String,
        /// Which thread of this name it was, counted from 1.
        generation: u64,
        /// How it ended.
        exit: Exit,
    },
    /// A child's budget is spent: it and those of its group started after it are started again.
    GroupRestarting {
        /// The group.
        group: &'static str,
        /// Those that are stopped and started, in the order of the start.
        members: Vec<String>,
    },
    /// All budgets are spent: the node must go down.
    Escalated(Escalation),
}

/// Why the supervisor gave up.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// The child that could not be kept alive.
    pub actor: String,
    /// Its group.
    pub group: &'static str,
    /// How it ended the last time.
    pub exit: Exit,
    /// Why it is not started again, with the budgets.
    pub why: String,
}

impl fmt::Display for Escalation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Escalation { actor, group, exit, why } = self;
        write!(out, "actor {actor} of group {group} {exit}; {why}")
    }
}
