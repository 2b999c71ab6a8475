//! The memory of a body: reserved while it arrives, before it is taken.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::http::server::error::ApiError;
use crate::limits::Limit;
use crate::runtime::{MemoryShare, Reservation, ReserveError};

/// The capacity of a buffer when its first bytes arrive.
const FIRST_BYTES: usize = 16 << 10;

/// How often it is looked for memory that others hold.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// A body that is not large: it is parsed at once, and finds memory while large bodies wait for theirs.
pub const SMALL_MAX_BYTES: usize = 64 << 10;

/// The memory of requests. Large ones take seven eighths of it at most, and their bodies half, so that the rest is free for what they are
/// parsed into, and for small ones.
#[derive(Clone, Debug)]
pub struct RequestMemory {
    all: MemoryShare,
    large: MemoryShare,
    large_bodies: MemoryShare,
}

/// The body of a request, with the memory that it takes.
#[derive(Debug, Default)]
pub struct ReceivedBody {
    /// The bytes, decoded.
    pub bytes: Bytes,
    /// The memory that is reserved for the bytes.
    pub memory: HeldMemory,
}

/// What is reserved for one request.
#[derive(Debug, Default)]
pub struct HeldMemory {
    all: Option<Reservation>,
    large: Option<Reservation>,
    large_bodies: Option<Reservation>,
}

/// What memory is reserved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Small,
    Large,
    LargeBody,
}

impl RequestMemory {
    /// The memory of this share.
    pub fn new(all: MemoryShare) -> Self {
        let bytes = all.limit_bytes();
        let large = MemoryShare::new("large requests", bytes / 8 * 7);
        let large_bodies = MemoryShare::new("large bodies", bytes / 2);
        Self { all, large, large_bodies }
    }

    /// Reserves memory for what a small body is parsed into, and waits for it at most `patience`.
    ///
    /// # Errors
    /// Others hold the memory, or the request together is too large for it.
    pub async fn reserve_small(
        &self,
        held: &HeldMemory,
        bytes: usize,
        patience: Duration,
    ) -> Result<HeldMemory, ReserveError> {
        look_until(Instant::now() + patience, || self.try_reserve(&[held], bytes, Purpose::Small)).await
    }

    /// Reserves memory for what a large body is parsed into, and waits for it at most until `deadline`. It does not queue for it: small
    /// requests would wait behind.
    ///
    /// # Errors
    /// Others hold the memory, or the request together is too large for it.
    pub async fn reserve_large(
        &self,
        held: &HeldMemory,
        bytes: usize,
        deadline: Instant,
    ) -> Result<HeldMemory, ReserveError> {
        look_until(deadline, || self.try_reserve(&[held], bytes, Purpose::Large)).await
    }

    /// Reserves `more` bytes for a body that then takes `total` bytes, of a request that holds `held` already.
    fn try_reserve_body(&self, held: &[&HeldMemory], more: usize, total: usize) -> Result<HeldMemory, ReserveError> {
        let purpose = if total > SMALL_MAX_BYTES { Purpose::LargeBody } else { Purpose::Small };
        self.try_reserve(held, more, purpose)
    }

    fn try_reserve(&self, held: &[&HeldMemory], bytes: usize, purpose: Purpose) -> Result<HeldMemory, ReserveError> {
        let beside = |share: &MemoryShare, of: fn(&HeldMemory) -> &Option<Reservation>| {
            let held = held.iter().filter_map(|held| of(held).as_ref()).map(Reservation::bytes).sum();
            try_reserve_beside(share, held, bytes).map(Some)
        };
        let large_bodies = match purpose {
            Purpose::LargeBody => beside(&self.large_bodies, |held| &held.large_bodies)?,
            Purpose::Small | Purpose::Large => None,
        };
        let large = match purpose {
            Purpose::LargeBody | Purpose::Large => beside(&self.large, |held| &held.large)?,
            Purpose::Small => None,
        };
        Ok(HeldMemory { all: beside(&self.all, |held| &held.all)?, large, large_bodies })
    }
}

/// Reserves memory beside what the same request holds of the share: if both together exceed it, waiting does not help.
fn try_reserve_beside(share: &MemoryShare, held: usize, bytes: usize) -> Result<Reservation, ReserveError> {
    let together = held.saturating_add(bytes);
    share.try_reserve(if together > share.limit_bytes() { together } else { bytes })
}

/// Looks for memory at once, and again until `deadline` while others hold it.
async fn look_until<T>(
    deadline: Instant,
    mut look: impl FnMut() -> Result<T, ReserveError>,
) -> Result<T, ReserveError> {
    loop {
        match look() {
            Err(ReserveError::Full { .. }) if Instant::now() < deadline => tokio::time::sleep(LOOK_INTERVAL).await,
            reserved => return reserved,
        }
    }
}

impl HeldMemory {
    /// Adds the memory of another reservation of the same request.
    fn absorb(&mut self, other: HeldMemory) {
        absorb(&mut self.all, other.all);
        absorb(&mut self.large, other.large);
        absorb(&mut self.large_bodies, other.large_bodies);
    }
}

fn absorb(held: &mut Option<Reservation>, more: Option<Reservation>) {
    match (held, more) {
        (Some(held), Some(more)) => held.absorb(more),
        (held, more @ Some(_)) => *held = more,
        (_, None) => {}
    }
}

/// Bytes that arrive one by one, bounded by a limit; what they take is reserved first.
pub struct BoundedBuffer<'a> {
    memory: &'a RequestMemory,
    limit: Limit,
    /// What the request holds beside the buffer.
    beside: &'a HeldMemory,
    bytes: Vec<u8>,
    reserved: HeldMemory,
}

impl<'a> BoundedBuffer<'a> {
    /// An empty buffer, which takes no memory, of a request that holds `beside` already.
    pub fn new(memory: &'a RequestMemory, limit: Limit, beside: &'a HeldMemory) -> Self {
        Self { memory, limit, beside, bytes: Vec::new(), reserved: HeldMemory::default() }
    }

    /// Refuses a length that the limit or the memory that is free now does not allow. It reserves nothing, so that a peer that
    /// announces a body and does not send it takes no room of others.
    ///
    /// # Errors
    /// 413 above the limit, 429 where others hold the memory.
    pub fn check(&self, announced: u64) -> Result<(), ApiError> {
        self.limit.check(announced).map_err(ApiError::body_too_large)?;
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        if announced > FIRST_BYTES {
            drop(self.memory.try_reserve_body(&[self.beside], announced, announced)?);
        }
        Ok(())
    }

    /// Makes room for so many more bytes. `expected` is the whole length where it is known, so that no more is taken.
    ///
    /// # Errors
    /// 413 above the limit, 429 where others hold the memory.
    pub fn make_room(&mut self, more: usize, expected: Option<u64>) -> Result<(), ApiError> {
        let needed = self.bytes.len().saturating_add(more);
        self.limit.check(needed as u64).map_err(ApiError::body_too_large)?;
        let capacity = self.bytes.capacity();
        if needed <= capacity {
            return Ok(());
        }
        let most = expected.and_then(|length| usize::try_from(length).ok()).unwrap_or(self.limit.max_usize());
        let ahead = (2 * capacity).max(FIRST_BYTES).min(most).max(needed);
        // there may be room for what is needed, and none for what is taken ahead
        match self.grow(ahead) {
            Err(_) if ahead > needed => self.grow(needed)?,
            grown => grown?,
        }
        Ok(())
    }

    /// Grows to this capacity.
    fn grow(&mut self, capacity: usize) -> Result<(), ReserveError> {
        let more = capacity - self.bytes.capacity();
        let reserved = self.memory.try_reserve_body(&[self.beside, &self.reserved], more, capacity)?;
        self.reserved.absorb(reserved);
        self.bytes.reserve_exact(capacity - self.bytes.len());
        Ok(())
    }

    /// Adds bytes that room was made for.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes, and the memory that is reserved for them.
    pub fn finish(self) -> ReceivedBody {
        ReceivedBody { bytes: self.bytes.into(), memory: self.reserved }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;
    const AT_ONCE: Duration = Duration::ZERO;

    fn memory() -> RequestMemory {
        RequestMemory::new(MemoryShare::new("requests", 32 * MIB))
    }

    #[tokio::test]
    async fn what_a_request_holds_counts_towards_what_it_can_ever_get() {
        let memory = memory();
        let body = memory.try_reserve_body(&[], 8 * MIB, 8 * MIB).expect("all of it is free");
        let columns = memory.reserve_large(&body, 21 * MIB, Instant::now()).await;
        assert!(matches!(columns, Err(ReserveError::TooLarge { .. })), "waiting does not help: {columns:?}");
        assert!(memory.reserve_large(&body, 20 * MIB, Instant::now()).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_is_decoded_beside_its_compressed_bytes_is_too_large_or_finds_room_later() {
        let memory = memory();
        let compressed = memory.try_reserve_body(&[], 6 * MIB, 6 * MIB).expect("all of it is free");
        let limit = crate::limits::PREDICT_BODY.with_max(64 << 20);
        let mut decoded = BoundedBuffer::new(&memory, limit, &compressed);
        decoded.make_room(10 * MIB, None).expect("half of the memory is for large bodies");
        decoded.push(&vec![0; 10 * MIB]);
        let error = decoded.make_room(1, None).expect_err("no room for both");
        assert_eq!(error.status, warp::http::StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_buffer_takes_less_ahead_where_there_is_not_room_for_more() {
        let memory = RequestMemory::new(MemoryShare::new("requests", 24 * MIB));
        let nothing = HeldMemory::default();
        let mut buffer = BoundedBuffer::new(&memory, crate::limits::PREDICT_BODY.with_max(64 << 20), &nothing);
        for _ in 0..12 {
            buffer.make_room(MIB, None).expect("half of the memory is for large bodies");
            buffer.push(&vec![0; MIB]);
        }
    }

    #[tokio::test]
    async fn small_requests_find_room_beside_all_that_large_ones_may_take() {
        let memory = memory();
        let nothing = HeldMemory::default();
        let _large = memory.reserve_large(&nothing, 28 * MIB, Instant::now()).await.expect("all of it is free");
        assert!(matches!(memory.reserve_large(&nothing, MIB, Instant::now()).await, Err(ReserveError::Full { .. })));
        let small = memory.reserve_small(&nothing, 4 * MIB, AT_ONCE).await.expect("an eighth is for small ones");
        let next = memory.reserve_small(&nothing, MIB, Duration::from_secs(60));
        let mut next = Box::pin(next);
        assert!(futures::poll!(&mut next).is_pending(), "it waits a little");
        drop(small);
        next.await.expect("there is room again");
    }
}
