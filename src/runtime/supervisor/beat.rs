//! When the driver was last there, for those who must not wait for it to find out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The sign of life of a supervisor; its start is the first.
pub(super) struct Beat {
    born: Instant,
    last_ms: AtomicU64,
}

impl Default for Beat {
    fn default() -> Self {
        Beat { born: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Beat {
    /// Says that the driver is there.
    pub fn give(&self) {
        let since_birth = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(since_birth, Ordering::Relaxed);
    }

    /// Time since the supervisor was made.
    pub fn since_birth(&self) -> Duration {
        self.born.elapsed()
    }

    /// Time since the last one.
    pub fn age(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.last_ms.load(Ordering::Relaxed)))
    }
}
