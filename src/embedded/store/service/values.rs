//! The small values of answers.

use std::time::{Duration, UNIX_EPOCH};

use s3s::dto::{ETag, Timestamp};
use s3s::{S3Result, s3_error};

/// The content type of an object whose writer gave none, as in S3.
pub(super) const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";
const MAX_ENTRIES: i32 = 1000;

/// A number of bytes or entries in the type that S3 uses.
pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time in milliseconds since 1970 in the type that S3 uses.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}

/// An ETag from its value without quotes.
pub(super) fn etag(value: impl Into<String>) -> Option<ETag> {
    Some(ETag::Strong(value.into()))
}

/// How many entries a page may have: as requested, and at most a thousand.
pub(super) fn page_size(requested: Option<i32>) -> S3Result<i32> {
    match requested {
        Some(size) if size < 0 => Err(s3_error!(InvalidArgument, "the size of a page is not negative")),
        requested => Ok(requested.unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES)),
    }
}
