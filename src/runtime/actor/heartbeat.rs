//! Signs of life: an actor beats from its own mailbox loop, so a blocked handler is silence.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, SpawnHandle};

use super::child_guard::Pulse;
use super::observe::millis;

/// The last sign of life of somebody, readable without asking him; his birth is the first.
pub(crate) struct Beat {
    born: Instant,
    last_ms: AtomicU64,
}

impl Default for Beat {
    fn default() -> Self {
        Beat { born: Instant::now(), last_ms: AtomicU64::new(0) }
    }
}

impl Beat {
    /// Says that he is there.
    pub fn give(&self) {
        self.last_ms.store(millis(self.born.elapsed()), Ordering::Relaxed);
    }

    /// Time at `now` since the last one.
    pub fn age(&self, now: Instant) -> Duration {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        now.saturating_duration_since(self.born + last)
    }

    /// Time since his birth.
    pub fn since_birth(&self) -> Duration {
        self.born.elapsed()
    }
}

/// Beats every `interval` from the actor's own context; the supervisor does this for every child.
///
/// While an actor sits in `ctx.wait` (an `AtomicResponse` too) its timers do not run: a wait that may
/// last seconds beats through its [`Pulse`] itself.
pub fn attach<A, C>(ctx: &mut C, pulse: &Pulse, interval: Duration) -> SpawnHandle
where
    A: Actor<Context = C>,
    C: AsyncContext<A>,
{
    let pulse = pulse.clone();
    ctx.run_interval(interval, move |_, _| pulse.beat())
}

/// How long a child may stay silent before it counts as unresponsive: `floor`, or three intervals if that is more.
pub fn silence_limit(interval: Duration, floor: Duration) -> Duration {
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
