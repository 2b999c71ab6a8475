//! The last sign of life of an actor or a thread, which others read without asking it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::report::millis;

/// When an actor or a thread last showed that it is alive; its start counts as the first beat.
pub(crate) struct Heartbeat {
    started: Instant,
    /// Milliseconds from the start to the last beat.
    last_ms: AtomicU64,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Heartbeat { started: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Heartbeat {
    /// Notes a beat now.
    pub fn beat(&self) {
        self.last_ms.store(millis(self.started.elapsed()), Ordering::Relaxed);
    }

    /// Time at `now` since the last beat.
    pub fn age(&self, now: Instant) -> Duration {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        now.saturating_duration_since(self.started + last)
    }

    /// Time since the start.
    pub fn since_start(&self) -> Duration {
        self.started.elapsed()
    }
}

/// How long a child may stay silent before it counts as unresponsive: `floor`, or three intervals if that is more.
pub(crate) fn silence_limit(interval: Duration, floor: Duration) -> Duration {
    floor.max(interval.saturating_mul(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_silence_limit_is_the_floor_or_three_intervals() {
        let secs = Duration::from_secs;
        assert_eq!(silence_limit(secs(3), secs(10)), secs(10));
        assert_eq!(silence_limit(secs(5), secs(10)), secs(15));
        assert_eq!(silence_limit(Duration::MAX, secs(10)), Duration::MAX);
    }
}
