//! Reads an object once there is memory for its bytes.

use std::time::Duration;

use crate::limits::Limit;
use crate::runtime::{MemoryShare, Reservation};

use super::error::StorageError;
use super::objects::{Fetched, ObjectError, ObjectStore};

/// Bytes of memory that are reserved for the first read; a larger object is read again with its real size.
pub const FIRST_READ_BYTES: usize = 1 << 20;

/// The object, unless the store still holds the version `etag`, and the memory of its bytes. It waits for memory at most `patience`.
///
/// # Errors
/// The object exceeds its limit, there is no memory for it, or the store is away.
pub async fn read_reserved(
    objects: &ObjectStore,
    memory: &MemoryShare,
    (bucket, key): (&str, &str),
    etag: Option<&str>,
    limit: Limit,
    patience: Duration,
) -> Result<(Fetched, Option<Reservation>), StorageError> {
    let mut bytes_max = FIRST_READ_BYTES.min(limit.max_usize());
    loop {
        let mut reserved = memory.reserve(bytes_max, patience).await?;
        match objects.get_at_most(bucket, key, etag, bytes_max).await {
            Err(ObjectError::TooLarge { bytes, .. }) if bytes <= limit.max_usize() => {
                bytes_max = bytes.max(2 * bytes_max).min(limit.max_usize());
            }
            Ok(Fetched::New(object)) => {
                reserved.shrink_to(object.bytes.len());
                return Ok((Fetched::New(object), Some(reserved)));
            }
            other => return Ok((other.map_err(|error| error.of_limit(limit))?, None)),
        }
    }
}
