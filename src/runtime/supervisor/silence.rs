//! Finds children and threads that have not beaten for too long.

use std::time::{Duration, Instant};

use crate::runtime::actor::Pulse;
use crate::runtime::lifecycle::{Exit, Phase, silence_limit};
use crate::runtime::threads::ThreadRegistry;

use super::config::SupervisorConfig;

/// The shortest time between two checks.
const CHECK_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// When to check for silence, and how long a silence may be.
pub(super) struct SilenceWatch {
    heartbeat_interval: Duration,
    limit: Duration,
    group_drain: Duration,
    next_check: Instant,
    /// Silence before this moment may be ours: the supervisor itself did not run.
    listening_since: Instant,
}

impl SilenceWatch {
    pub fn new(config: &SupervisorConfig, now: Instant) -> SilenceWatch {
        SilenceWatch {
            heartbeat_interval: config.heartbeat_interval,
            limit: silence_limit(config.heartbeat_interval, config.heartbeat_floor),
            group_drain: config.group_drain,
            next_check: now,
            listening_since: now,
        }
    }

    pub fn next_check(&self) -> Instant {
        self.next_check
    }

    /// Whether a check is due; if so, the next one is set.
    pub fn is_due(&mut self, now: Instant) -> bool {
        if now < self.next_check {
            return false;
        }
        if now > self.next_check + self.heartbeat_interval {
            self.listening_since = now;
        }
        // checks are frequent compared with the limit, so that a silence is found soon after it has exceeded it
        self.next_check = now + (self.limit / 100).max(CHECK_INTERVAL_MIN);
        true
    }

    /// The silence of a child in this phase, or of one of its threads, that is too long.
    pub fn exceeded(
        &self,
        phase: Phase,
        pulse: Option<&Pulse>,
        threads: &ThreadRegistry,
        now: Instant,
    ) -> Option<Exit> {
        // a child that drains with its group may block for as long as that may take
        let limit = if phase == Phase::Draining { self.limit + self.group_drain } else { self.limit };
        let listened = now.saturating_duration_since(self.listening_since);
        if listened <= limit {
            return None;
        }
        let age = pulse.map(|pulse| pulse.age(now));
        if let Some(silent_for) = age.filter(|age| *age > limit) {
            return Some(Exit::Unresponsive { thread: None, silent_for });
        }
        let (thread, silent_for) = threads.overdue(now, limit)?;
        Some(Exit::Unresponsive { thread: Some(thread), silent_for })
    }
}
