//! Work on large bodies: on blocking threads, and as much at a time as there are cores, so that other requests and probes find one soon.

use std::sync::LazyLock;
use std::time::Instant;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;

static CORES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// The turn of one piece of work.
pub struct HeavyTurn {
    _permit: SemaphorePermit<'static>,
}

impl HeavyTurn {
    /// Waits for a turn at most until `deadline`; none after that. Reserve memory before: who has a turn must not wait.
    pub async fn wait_until(deadline: Instant) -> Option<Self> {
        let permit = timeout_at(deadline.into(), CORES.acquire()).await;
        // the semaphore is never closed
        Some(Self { _permit: permit.ok()?.ok()? })
    }

    /// Runs the work on a blocking thread. A panic of it goes on here.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // the turn ends with the work, also if nobody waits for it any more
        let working = spawn_blocking(move || {
            let _turn = self;
            work()
        });
        working.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}
