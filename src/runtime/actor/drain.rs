//! The message that asks a child to stop.

use std::time::Instant;

use actix::Message;

use super::message::Cast;

/// Asks a child to finish or give back its work, and then to call [`ChildGuard::drained`](super::ChildGuard::drained) and `ctx.stop()`.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// A child that is still running then is left behind and named.
    pub deadline: Instant,
}

// a child that is down has already stopped
impl Cast for Drain {}
