//! The supervisor: starts children in order, starts them again when they die, gives up when budgets are spent.
//!
//! - `spec`: what a child is.
//! - `tree`: what to do about each thing that happens; pure, so that every order of events can be tested.
//! - `member`: what the tree knows of one child, and what it may tell the driver.
//! - `line`: who is told to stop next, in reverse order of the start.
//! - `driver`: does what the tree says, on a thread of its own.
//! - `handle`: reports, stop and escalation for everybody else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::event::SupervisorEvent;
use super::restart::RestartPolicy;

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
    pub(super) fn tell(&self, event: &SupervisorEvent) {
        if catch_unwind(AssertUnwindSafe(|| (self.on_event)(event))).is_err() {
            tracing::error!(?event, "the listener to supervision panicked");
        }
    }
}
