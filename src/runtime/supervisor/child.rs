//! What the supervisor can do with a child, whatever its type.

use std::time::{Duration, Instant};

use actix::Arbiter;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::runtime::actor::{AskError, ChildGuard};
use crate::runtime::lifecycle::Fault;

/// What the supervisor can do with a child, whatever its type.
pub(super) trait Child: Send + Sync {
    /// Builds an instance; `None` if the system could not start a thread, which the guard then reports.
    fn start(&self, guard: ChildGuard, heartbeat_interval: Duration) -> Option<Arbiter>;
    /// Takes the address away from its peers.
    fn clear_address(&self);
    /// Asks the instance to drain.
    fn drain(&self, deadline: Instant);
    /// Asks the instance for its state.
    fn observe(&self, within: Duration) -> BoxFuture<'static, Result<Value, AskError>>;
    /// Breaks the instance with its next message; false if there is none.
    fn inject(&self, fault: Fault) -> bool;
    /// Callers without an answer.
    fn waiting(&self) -> usize;
}
