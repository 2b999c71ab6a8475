//! How much is worked on at once for claims: threads for what computes, and bytes of objects in memory. Requests have the rest.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio::time::timeout;

use crate::runtime::Io;

/// Bytes of objects that are read, parsed and answered at a time.
const BYTES_MAX: usize = 256 << 20;
/// What room is counted in: a semaphore counts no more than 32 bits.
const UNIT_BYTES: usize = 1 << 10;
/// How long room is waited for before the claim is handed back.
const ROOM_PATIENCE: Duration = Duration::from_secs(30);

/// The share of claims in threads and memory; clones are one.
#[derive(Clone)]
pub struct Hands {
    io: Io,
    threads: Arc<Semaphore>,
    units: Arc<Semaphore>,
}

/// Room in memory, for as long as it is held.
pub type Room = OwnedSemaphorePermit;

impl Hands {
    /// Two threads a core.
    pub fn new(io: Io) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (threads, units) = (Semaphore::new(2 * cores), Semaphore::new(BYTES_MAX / UNIT_BYTES));
        Self { io, threads: Arc::new(threads), units: Arc::new(units) }
    }

    /// Runs what computes for a while on a thread where that harms nobody, as soon as it is its turn.
    pub async fn run<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> Result<R, JoinError> {
        // it goes along: who gives up does not end the work
        let turn = self.threads.clone().acquire_owned().await;
        let work = move || {
            let _turn = turn;
            work()
        };
        self.io.spawn_blocking(work).await
    }

    /// Waits for room for so many bytes, but not for ever: who has it may wait for who wants it.
    pub async fn room(&self, bytes: usize) -> Option<Room> {
        let units = u32::try_from(units(bytes)).ok()?;
        timeout(ROOM_PATIENCE, self.units.clone().acquire_many_owned(units)).await.ok()?.ok()
    }
}

/// Keeps no more of the room than so many bytes take up.
pub fn shrunk(mut room: Room, bytes: usize) -> Room {
    let kept = units(bytes).min(room.num_permits());
    room.split(kept).unwrap_or(room)
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT_BYTES).clamp(1, BYTES_MAX / UNIT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_is_worked_on_than_there_is_room_for() {
        let hands = Hands::new(Io::current());
        let all = hands.room(BYTES_MAX).await.expect("there is room");
        let mut next = Box::pin(hands.room(1));
        assert!(futures::poll!(&mut next).is_pending());
        let kept = shrunk(all, BYTES_MAX / 2);
        assert!(next.await.is_some(), "what is not needed is given back");
        assert_eq!(kept.num_permits(), units(BYTES_MAX / 2));
    }
}
