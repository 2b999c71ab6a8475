//! Messages to the inference pool.

use actix::Message;

use crate::runtime::Call;

/// A question: run this many worker threads.
#[derive(Message)]
#[rtype(result = "Scaled")]
pub struct ScaleWorkers {
    /// Threads wanted, at least one.
    pub workers: usize,
}

impl Call for ScaleWorkers {}

/// How the pool was scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scaled {
    /// Threads before.
    pub old_workers: usize,
    /// Threads now.
    pub new_workers: usize,
}
