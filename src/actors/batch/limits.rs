//! How much claims may take up at once, so that requests have the rest: threads that compute, and bytes of objects in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio::time::timeout;

use crate::runtime::Io;

/// Bytes of objects that are read, parsed and answered at a time.
const BYTES_MAX: usize = 256 << 20;
/// Bytes of one permit: a semaphore counts no more than 32 bits.
const PERMIT_BYTES: usize = 1 << 10;
/// How long a claim waits for memory before it is handed back.
const MEMORY_WAIT_MAX: Duration = Duration::from_secs(30);

/// The share of claims in threads and memory; clones are one.
#[derive(Clone)]
pub struct ClaimLimits {
    io: Io,
    threads: Arc<Semaphore>,
    memory: Arc<Semaphore>,
}

/// Memory that a claim may use for as long as it holds this.
pub type MemoryPermit = OwnedSemaphorePermit;

impl ClaimLimits {
    /// Two threads a core.
    pub fn new(io: Io) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (threads, memory) = (Semaphore::new(2 * cores), Semaphore::new(BYTES_MAX / PERMIT_BYTES));
        Self { io, threads: Arc::new(threads), memory: Arc::new(memory) }
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

    /// Waits for so many bytes of memory, but not for ever: a claim that holds some may wait for more.
    pub async fn memory(&self, bytes: usize) -> Option<MemoryPermit> {
        let permits = u32::try_from(permits(bytes)).ok()?;
        timeout(MEMORY_WAIT_MAX, self.memory.clone().acquire_many_owned(permits)).await.ok()?.ok()
    }
}

/// Keeps a permit for so many bytes, and gives the rest back.
pub fn shrink(mut permit: MemoryPermit, bytes: usize) -> MemoryPermit {
    let kept = permits(bytes).min(permit.num_permits());
    permit.split(kept).unwrap_or(permit)
}

fn permits(bytes: usize) -> usize {
    bytes.div_ceil(PERMIT_BYTES).clamp(1, BYTES_MAX / PERMIT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_worked_on_than_there_is_room_for() {
        let limits = ClaimLimits::new(Io::current());
        let all = limits.memory(BYTES_MAX).await.expect("there is room");
        let mut next = Box::pin(limits.memory(1));
        assert!(futures::poll!(&mut next).is_pending());
        let kept = shrink(all, BYTES_MAX / 2);
        assert!(next.await.is_some(), "what is not needed is given back");
        assert_eq!(kept.num_permits(), permits(BYTES_MAX / 2));
    }
}
