//! Decodes a compressed body, bounded by what it becomes.

use std::io::{ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;

use crate::http::server::error::ApiError;
use crate::limits::Limit;

use super::memory::{BoundedBuffer, ReceivedBody, RequestMemory};

/// Bytes that are decoded at a time.
const STEP_BYTES: usize = 32 << 10;

/// Decodes a whole gzip body; stops as soon as it becomes larger than the limit. Blocks.
///
/// # Errors
/// 400 if it is not gzip or ends early, 413 above the limit, 429 where others hold the memory.
pub fn decode(compressed: &ReceivedBody, memory: &RequestMemory, limit: Limit) -> Result<ReceivedBody, ApiError> {
    let mut decoder = MultiGzDecoder::new(&compressed.bytes[..]);
    let mut decoded = BoundedBuffer::new(memory, limit, &compressed.memory);
    let mut step = vec![0; STEP_BYTES];
    loop {
        match decoder.read(&mut step) {
            Ok(0) => break,
            Ok(read) => {
                decoded.make_room(read, None)?;
                decoded.push(&step[..read]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(ApiError::bad_request(format!("the body is not gzip, or ends early: {error}"))),
        }
    }
    Ok(decoded.finish())
}
