//! How late the timers of the node's runtime fire: what a busy thread of it costs every request.

use std::time::{Duration, Instant};

use crate::runtime::Durations;

/// How often a timer is set.
const INTERVAL: Duration = Duration::from_millis(500);

/// The lag of the timers so far.
#[derive(Debug, Default)]
pub struct TimerLag(Durations);

impl TimerLag {
    /// Sets a timer again and again, and measures how late each fires; it never ends.
    pub async fn measure(&self) {
        loop {
            let due = Instant::now() + INTERVAL;
            tokio::time::sleep_until(due.into()).await;
            self.0.observe(due.elapsed());
        }
    }

    /// What was measured.
    pub fn durations(&self) -> &Durations {
        &self.0
    }
}
