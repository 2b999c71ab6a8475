//! Restart intensity: when to restart a child and when to give up. It is pure: time and random numbers are arguments.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often a child may be restarted, and how long to wait before each restart.
#[derive(Clone, Debug, PartialEq)]
pub struct RestartPolicy {
    /// Restarts allowed within the window.
    pub limit: u32,
    /// Length of the sliding window.
    pub window: Duration,
    /// Pause before the first restart of a window; it doubles with each further restart.
    pub backoff: Duration,
    /// Longest pause, jitter included.
    pub backoff_max: Duration,
    /// The random part of the pause, up or down, as a share of it (0 to 1).
    pub jitter: f64,
}

impl Default for RestartPolicy {
    /// An actor's budget: 5 restarts in 60 s, 200 ms doubling to 30 s, jitter 0.2.
    fn default() -> Self {
        RestartPolicy {
            limit: 5,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(200),
            backoff_max: Duration::from_secs(30),
            jitter: 0.2,
        }
    }
}

impl RestartPolicy {
    /// A group's budget: 3 restarts in 5 minutes, with the pauses of an actor.
    pub fn group() -> RestartPolicy {
        RestartPolicy { limit: 3, window: Duration::from_secs(300), ..RestartPolicy::default() }
    }

    /// A budget without pauses, as for the worker threads of a pool.
    pub fn at_once(limit: u32, window: Duration) -> RestartPolicy {
        RestartPolicy { limit, window, backoff: Duration::ZERO, ..RestartPolicy::default() }
    }

    /// The pause before the `nth` restart of a window, from 1; `random` in [0, 1) decides the jitter.
    fn pause(&self, nth: usize, random: f64) -> Duration {
        // 2^63 times any pause is beyond every cap, and an f64 holds it
        let doublings = nth.saturating_sub(1).min(63) as i32;
        let jitter = 1.0 + self.jitter.clamp(0.0, 1.0) * (2.0 * random.clamp(0.0, 1.0) - 1.0);
        let seconds = self.backoff.as_secs_f64() * 2f64.powi(doublings) * jitter;
        Duration::try_from_secs_f64(seconds).unwrap_or(self.backoff_max).min(self.backoff_max)
    }
}

/// What to do about a failed child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartDecision {
    /// Restart it after this pause.
    RestartAfter(Duration),
    /// The budget is spent.
    GiveUp,
}

/// The restarts of a child or a group that are still in the window.
#[derive(Clone, Debug, Default)]
pub struct RestartHistory {
    restarts: VecDeque<Instant>,
}

impl RestartHistory {
    /// Notes a failure at `now` and decides what to do; `random` in [0, 1) decides the jitter.
    pub fn record(&mut self, policy: &RestartPolicy, now: Instant, random: f64) -> RestartDecision {
        while self.restarts.front().is_some_and(|restart| !in_window(policy, *restart, now)) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= policy.limit as usize {
            return RestartDecision::GiveUp;
        }
        self.restarts.push_back(now);
        RestartDecision::RestartAfter(policy.pause(self.restarts.len(), random))
    }

    /// Restarts within the window that ends at `now`.
    pub fn in_window(&self, policy: &RestartPolicy, now: Instant) -> u32 {
        let recent = self.restarts.iter().filter(|restart| in_window(policy, **restart, now));
        u32::try_from(recent.count()).unwrap_or(u32::MAX)
    }
}

fn in_window(policy: &RestartPolicy, restart: Instant, now: Instant) -> bool {
    now.saturating_duration_since(restart) < policy.window
}
