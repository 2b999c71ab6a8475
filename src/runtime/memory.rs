//! The memory that the work of a process may hold at a time: one budget, in shares, so that no kind of work takes the room of another.
//!
//! A reservation is made before the memory is taken and given back when its last holder drops it. Nothing is measured: whoever reserves
//! says what a thing will become.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Bytes of one permit: a semaphore counts no more than 32 bits at a time.
const PERMIT_BYTES: usize = 4 << 10;
/// How long a reservation waits before holders of memory that can do without are told, and then from one time to the next.
const WANTED_INTERVAL: Duration = Duration::from_millis(50);

/// A share of the memory budget; clones are one.
#[derive(Clone, Debug)]
pub struct MemoryShare {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    name: &'static str,
    permits: usize,
    free: Arc<Semaphore>,
    refused: AtomicU64,
    wanted: Notify,
}

/// Reserved memory; it is given back when this is dropped.
#[derive(Debug)]
#[must_use = "the memory is given back when this is dropped"]
pub struct Reservation {
    permit: OwnedSemaphorePermit,
}

/// Why memory was not reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReserveError {
    /// The share is smaller than what is asked for: waiting does not help.
    #[error(
        "it takes {asked} bytes of memory, and all {name} together may take {limit}; set MEMORY_BUDGET_MB to allow more"
    )]
    TooLarge {
        /// The name of the share.
        name: &'static str,
        /// The bytes asked for.
        asked: usize,
        /// The bytes of the whole share.
        limit: usize,
    },
    /// Others hold the memory.
    #[error("no memory is free: all {name} together may take {limit} bytes; try again later")]
    Full {
        /// The name of the share.
        name: &'static str,
        /// The bytes of the whole share.
        limit: usize,
    },
}

/// What a share shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryState {
    /// The name of the share: what uses it, in the plural.
    pub name: &'static str,
    /// Its size in bytes.
    pub limit_bytes: usize,
    /// Bytes that are reserved.
    pub reserved_bytes: usize,
    /// Reservations that found no memory since the start.
    pub refused: u64,
}

impl MemoryShare {
    /// A share of so many bytes for what `name` says in the plural: `requests`.
    pub fn new(name: &'static str, bytes: usize) -> Self {
        let permits = (bytes / PERMIT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(permits));
        Self { shared: Arc::new(Shared { name, permits, free, refused: AtomicU64::new(0), wanted: Notify::new() }) }
    }

    /// Reserves so many bytes if they are free now.
    ///
    /// # Errors
    /// [`ReserveError::TooLarge`] if they never can be, else [`ReserveError::Full`].
    pub fn try_reserve(&self, bytes: usize) -> Result<Reservation, ReserveError> {
        let permits = self.permits(bytes)?;
        let permit = self.shared.free.clone().try_acquire_many_owned(permits);
        permit.map(|permit| Reservation { permit }).map_err(|_| self.full())
    }

    /// Reserves so many bytes, in the order of the calls, and waits for them at most `patience`.
    ///
    /// # Errors
    /// [`ReserveError::TooLarge`] at once, or [`ReserveError::Full`] after `patience`.
    pub async fn reserve(&self, bytes: usize, patience: Duration) -> Result<Reservation, ReserveError> {
        let permits = self.permits(bytes)?;
        let given_up_at = Instant::now() + patience;
        let mut granted = std::pin::pin!(self.shared.free.clone().acquire_many_owned(permits));
        loop {
            let now = Instant::now();
            match timeout_at(given_up_at.min(now + WANTED_INTERVAL), &mut granted).await {
                Ok(granted) => return granted.map(|permit| Reservation { permit }).map_err(|_| self.full()),
                Err(_) if Instant::now() >= given_up_at => return Err(self.full()),
                Err(_) => self.shared.wanted.notify_waiters(),
            }
        }
    }

    /// Waits until a reservation waits for memory that others hold. Whoever holds memory that can be had again gives some back then, and
    /// waits for the next time: it comes as long as the reservation waits.
    pub async fn wanted(&self) {
        self.shared.wanted.notified().await;
    }

    /// The size in bytes.
    pub fn limit_bytes(&self) -> usize {
        self.shared.permits * PERMIT_BYTES
    }

    /// What the share shows now.
    pub fn state(&self) -> MemoryState {
        let free = self.shared.free.available_permits();
        MemoryState {
            name: self.shared.name,
            limit_bytes: self.limit_bytes(),
            reserved_bytes: self.shared.permits.saturating_sub(free) * PERMIT_BYTES,
            refused: self.shared.refused.load(Ordering::Relaxed),
        }
    }

    fn permits(&self, bytes: usize) -> Result<u32, ReserveError> {
        let permits = bytes.div_ceil(PERMIT_BYTES).max(1);
        match u32::try_from(permits) {
            Ok(wanted) if permits <= self.shared.permits => Ok(wanted),
            _ => {
                self.shared.refused.fetch_add(1, Ordering::Relaxed);
                Err(ReserveError::TooLarge { name: self.shared.name, asked: bytes, limit: self.limit_bytes() })
            }
        }
    }

    fn full(&self) -> ReserveError {
        self.shared.refused.fetch_add(1, Ordering::Relaxed);
        ReserveError::Full { name: self.shared.name, limit: self.limit_bytes() }
    }
}

impl Reservation {
    /// The reserved bytes.
    pub fn bytes(&self) -> usize {
        self.permit.num_permits() * PERMIT_BYTES
    }

    /// Adds the memory of another reservation of the same share.
    pub fn absorb(&mut self, other: Reservation) {
        self.permit.merge(other.permit);
    }

    /// Gives back all but so many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        let kept = bytes.div_ceil(PERMIT_BYTES).max(1);
        if let Some(excess) = self.permit.num_permits().checked_sub(kept) {
            drop(self.permit.split(excess));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_given_back_goes_to_whoever_waits() {
        let share = MemoryShare::new("claims", 1 << 20);
        let mut all = share.try_reserve(1 << 20).expect("all of it is free");
        assert_eq!(share.state().reserved_bytes, 1 << 20);
        assert!(matches!(share.try_reserve(1), Err(ReserveError::Full { limit: 0x10_0000, .. })));
        let mut next = Box::pin(share.reserve(1 << 19, WAIT));
        assert!(futures::poll!(&mut next).is_pending());
        all.shrink_to(1 << 19);
        assert_eq!(next.await.expect("half of it is free").bytes(), 1 << 19);
        assert_eq!(share.state().refused, 1);
    }

    #[tokio::test]
    async fn who_can_do_without_memory_hears_that_it_is_wanted_until_it_is_given_back() {
        let share = MemoryShare::new("models", 3 << 20);
        let mut kept: Vec<Reservation> = (0..3).map(|_| share.try_reserve(1 << 20).expect("it is free")).collect();
        let gives_back = async {
            loop {
                share.wanted().await;
                kept.pop();
            }
        };
        let reserved = tokio::select! { end = share.reserve(2 << 20, WAIT) => end, () = gives_back => unreachable!() };
        assert_eq!(reserved.expect("two of three were given back").bytes(), 2 << 20);
        assert_eq!(kept.len(), 1, "no more than was wanted");
    }

    #[tokio::test]
    async fn a_wait_ends_and_what_can_never_fit_is_refused_at_once() {
        let share = MemoryShare::new("claims", 1 << 20);
        let _all = share.try_reserve(1 << 20).expect("all of it is free");
        assert!(matches!(share.reserve(1, Duration::ZERO).await, Err(ReserveError::Full { .. })));
        assert!(matches!(share.reserve((1 << 20) + 1, WAIT).await, Err(ReserveError::TooLarge { .. })));
    }
}
