//! How much claims may take up at once, so that requests have the rest: threads that compute, and their share of the memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

use crate::actors::shared::MemoryBudget;
use crate::runtime::{Io, MemoryShare, Reservation, ReserveError};

use super::claim_error::ClaimError;

/// How long a claim waits for memory before it is handed back.
const MEMORY_WAIT_MAX: Duration = Duration::from_secs(30);
/// The parts of the memory for what is kept.
const KEPT_PARTS: usize = 3;

/// The share of claims in threads and memory; clones are one.
#[derive(Clone)]
pub struct ClaimLimits {
    io: Io,
    threads: Arc<Semaphore>,
    memory: MemoryShare,
    kept: MemoryShare,
}

/// Memory that a claim may use for as long as it holds this.
pub type ClaimMemory = Vec<Reservation>;

/// How many bytes may be kept between claims, and their memory.
pub struct KeptMemory {
    /// The bytes.
    pub bytes: usize,
    /// None where an actor that restarts finds the memory still held by claims of its predecessor.
    _reserved: Option<Reservation>,
}

impl ClaimLimits {
    /// Two threads a core, and this memory.
    pub fn new(io: Io, memory: &MemoryBudget) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = Arc::new(Semaphore::new(2 * cores));
        Self { io, threads, memory: memory.claims.clone(), kept: memory.kept.clone() }
    }

    /// Runs CPU work on the blocking pool, no more of it at a time than there are permits. What is `held` for the work comes back with its
    /// result: the work goes on when its caller gives up, and so it holds that to its end.
    pub async fn compute<H: Send + 'static, R: Send + 'static>(
        &self,
        held: H,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<(R, H), JoinError> {
        let permit = self.threads.clone().acquire_owned().await;
        let work = move || {
            let _permit = permit;
            let result = work();
            (result, held)
        };
        self.io.spawn_blocking(work).await
    }

    /// Waits for so many bytes of memory, but not for ever. Call it without any: who holds memory and waits for more may wait for
    /// another one who does. For the same reason it is called before work on an object begins, and before others wait for it.
    pub async fn memory(&self, bytes: usize) -> Result<Reservation, ClaimError> {
        self.memory.reserve(bytes, MEMORY_WAIT_MAX).await.map_err(|error| match error {
            ReserveError::TooLarge { .. } => ClaimError::rejected_for_good(error.to_string()),
            ReserveError::Full { .. } => ClaimError::Retry(error.to_string()),
        })
    }

    /// So many bytes more beside memory that is held, if they are free now.
    pub fn more_memory(&self, bytes: usize) -> Option<Reservation> {
        self.memory.try_reserve(bytes).ok()
    }

    /// So many thirds of the memory for what is kept between claims.
    pub fn keep(&self, thirds: usize) -> KeptMemory {
        let bytes = self.kept.limit_bytes() / KEPT_PARTS * thirds;
        KeptMemory { bytes, _reserved: self.kept.try_reserve(bytes).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn limits(budget: &MemoryBudget) -> ClaimLimits {
        ClaimLimits::new(Io::current(), budget)
    }

    #[tokio::test]
    async fn a_claim_that_takes_all_the_memory_of_claims_is_answered_whatever_is_kept() {
        let budget = MemoryBudget::new(512 << 20);
        let limits = limits(&budget);
        let _kept = (limits.keep(2), limits.keep(1));
        assert!(limits.memory(budget.claims.limit_bytes()).await.is_ok());
        let larger = limits.memory(budget.claims.limit_bytes() + 1).await;
        assert!(matches!(larger, Err(ClaimError::Rejected(rejection)) if rejection.for_good));
    }

    #[tokio::test]
    async fn work_whose_caller_gave_up_holds_its_memory_to_its_end() {
        let budget = MemoryBudget::new(512 << 20);
        let limits = limits(&budget);
        let memory = limits.memory(1 << 20).await.expect("it is free");
        let (go_on, wait) = channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let work = move || {
            let _ = begun.send(());
            wait.recv()
        };
        let computing = tokio::spawn({
            let limits = limits.clone();
            async move { limits.compute(memory, work).await.map(drop) }
        });
        has_begun.await.expect("the work begins");
        computing.abort();
        assert!(computing.await.is_err_and(|error| error.is_cancelled()));
        assert_eq!(budget.claims.state().reserved_bytes, 1 << 20);
        go_on.send(()).expect("the work goes on");
        while budget.claims.state().reserved_bytes > 0 {
            tokio::task::yield_now().await;
        }
    }
}
