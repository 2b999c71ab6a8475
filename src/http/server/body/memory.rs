//! The memory of a body: reserved while it arrives, before it is taken.

use bytes::Bytes;

use crate::http::server::error::ApiError;
use crate::limits::Limit;
use crate::runtime::{MemoryShare, Reservation, ReserveError};

/// The capacity of a buffer when its first bytes arrive.
const FIRST_BYTES: usize = 16 << 10;

/// A body that is not large: it is parsed at once, and finds memory while large bodies wait for theirs.
pub const SMALL_MAX_BYTES: usize = 64 << 10;

/// The memory of requests. Large bodies take half of it at most, so that the rest is free for what they are parsed into, and for
/// small ones.
#[derive(Clone, Debug)]
pub struct RequestMemory {
    all: MemoryShare,
    large_bodies: MemoryShare,
}

/// The body of a request, with the memory that it takes.
#[derive(Debug, Default)]
pub struct ReceivedBody {
    /// The bytes, decoded.
    pub bytes: Bytes,
    /// The memory that is reserved for the bytes.
    pub memory: BodyMemory,
}

/// What is reserved for a body.
#[derive(Debug, Default)]
pub struct BodyMemory {
    all: Option<Reservation>,
    large_bodies: Option<Reservation>,
}

impl RequestMemory {
    /// The memory of this share.
    pub fn new(all: MemoryShare) -> Self {
        let large_bodies = MemoryShare::new("large bodies", all.limit_bytes() / 2);
        Self { all, large_bodies }
    }

    /// Reserves `more` bytes for a body that then takes `total` bytes.
    fn try_reserve(&self, more: usize, total: usize) -> Result<BodyMemory, ReserveError> {
        let is_large = total > SMALL_MAX_BYTES;
        let large_bodies = is_large.then(|| self.large_bodies.try_reserve(more)).transpose()?;
        Ok(BodyMemory { all: Some(self.all.try_reserve(more)?), large_bodies })
    }
}

impl BodyMemory {
    fn absorb(&mut self, other: BodyMemory) {
        absorb(&mut self.all, other.all);
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
    bytes: Vec<u8>,
    reserved: BodyMemory,
}

impl<'a> BoundedBuffer<'a> {
    /// An empty buffer, which takes no memory.
    pub fn new(memory: &'a RequestMemory, limit: Limit) -> Self {
        Self { memory, limit, bytes: Vec::new(), reserved: BodyMemory::default() }
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
            drop(self.memory.try_reserve(announced, announced)?);
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
        let wanted = (2 * capacity).max(FIRST_BYTES).min(most).max(needed);
        self.reserved.absorb(self.memory.try_reserve(wanted - capacity, wanted)?);
        self.bytes.reserve_exact(wanted - self.bytes.len());
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
