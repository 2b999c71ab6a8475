//! How much claims may take up at once, so that requests have the rest: threads that compute, and their share of the memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::runtime::{Io, MemoryShare, Reservation, ReserveError};

use super::claim_error::ClaimError;

/// How long a claim waits for memory before it is handed back.
const MEMORY_WAIT_MAX: Duration = Duration::from_secs(30);

/// Which part of the memory each kind of kept values may take.
const KEPT_PART: usize = 8;

/// The share of claims in threads and memory; clones are one.
#[derive(Clone)]
pub struct ClaimLimits {
    io: Io,
    threads: Arc<Semaphore>,
    memory: MemoryShare,
}

/// Memory that a claim may use for as long as it holds this.
pub type ClaimMemory = Vec<Reservation>;

impl ClaimLimits {
    /// Two threads a core, and this memory.
    pub fn new(io: Io, memory: MemoryShare) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { io, threads: Arc::new(Semaphore::new(2 * cores)), memory }
    }

    /// Runs CPU work on the blocking pool, no more of it at a time than there are permits.
    pub async fn compute<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> Result<R, JoinError> {
        // the work keeps its permit: a caller that gives up does not end it
        let permit = self.threads.clone().acquire_owned().await;
        let work = move || {
            let _permit = permit;
            work()
        };
        self.io.spawn_blocking(work).await
    }

    /// Waits for so many bytes of memory, but not for ever. Call it without any: who holds memory and waits for more may wait for
    /// another one who does.
    pub async fn memory(&self, bytes: usize) -> Result<Reservation, ClaimError> {
        self.memory.reserve(bytes, MEMORY_WAIT_MAX).await.map_err(|error| match error {
            ReserveError::TooLarge { .. } => ClaimError::RejectedForGood(error.to_string()),
            ReserveError::Full { .. } => ClaimError::Retry(error.to_string()),
        })
    }

    /// So many bytes more beside memory that is held, if they are free now.
    pub fn more_memory(&self, bytes: usize) -> Option<Reservation> {
        self.memory.try_reserve(bytes).ok()
    }

    /// Memory for what is kept between claims: so many bytes, or a part of the share where that is small.
    pub fn kept_bytes(&self, wanted: usize) -> usize {
        wanted.min(self.memory.limit_bytes() / KEPT_PART)
    }
}
