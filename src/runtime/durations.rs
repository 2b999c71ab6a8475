//! What is remembered of many durations: the last, the longest and the mean one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The last, the longest and the mean of the durations that were told so far; threads tell them without waiting.
#[derive(Debug, Default)]
pub struct Durations {
    last_us: AtomicU64,
    longest_us: AtomicU64,
    sum_us: AtomicU64,
    count: AtomicU64,
}

impl Durations {
    /// Takes one more duration into account.
    pub fn observe(&self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.last_us.store(us, Ordering::Relaxed);
        self.longest_us.fetch_max(us, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// The last one, in milliseconds; 0 before the first.
    pub fn last_ms(&self) -> f64 {
        self.last_us.load(Ordering::Relaxed) as f64 / 1e3
    }

    /// The longest one, in milliseconds; 0 before the first.
    pub fn longest_ms(&self) -> f64 {
        self.longest_us.load(Ordering::Relaxed) as f64 / 1e3
    }

    /// The mean, in milliseconds; 0 before the first.
    pub fn mean_ms(&self) -> f64 {
        let count = self.count.load(Ordering::Relaxed).max(1);
        self.sum_us.load(Ordering::Relaxed) as f64 / 1e3 / count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_the_longest_and_the_mean_are_told() {
        let durations = Durations::default();
        assert_eq!((durations.last_ms(), durations.longest_ms(), durations.mean_ms()), (0.0, 0.0, 0.0));
        for ms in [4, 9, 2] {
            durations.observe(Duration::from_millis(ms));
        }
        assert_eq!((durations.last_ms(), durations.longest_ms(), durations.mean_ms()), (2.0, 9.0, 5.0));
    }
}
