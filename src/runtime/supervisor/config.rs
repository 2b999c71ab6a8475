//! The settings of a supervisor.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::event::SupervisorEvent;
use super::restart::RestartPolicy;

/// The settings of a supervisor: restart budgets, times and the listener.
#[derive(Clone)]
pub struct SupervisorConfig {
    /// The restart budget of each child.
    pub policy: RestartPolicy,
    /// The restart budget of each group: a group is restarted when the budget of one of its children is spent.
    pub group_policy: RestartPolicy,
    /// How long the children of a group may drain before the group is restarted.
    pub group_drain: Duration,
    /// Time between two beats of a child; the supervisor asks for its state as often.
    pub heartbeat_interval: Duration,
    /// A child is unresponsive when it has not beaten for this long, or for three intervals if that is more.
    pub heartbeat_floor: Duration,
    /// Is called with every event, in order, on the supervisor's thread: it must be quick.
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
    /// Calls the listener; a panic of it is logged.
    pub(super) fn notify(&self, event: &SupervisorEvent) {
        if catch_unwind(AssertUnwindSafe(|| (self.on_event)(event))).is_err() {
            tracing::error!(?event, "the listener to supervision panicked");
        }
    }
}
