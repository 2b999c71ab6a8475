//! The small values that answers are made of.

use std::time::{Duration, UNIX_EPOCH};

use s3s::dto::{ETag, Timestamp};
use s3s::{S3Result, s3_error};

/// The type of an object whose writer named none, as S3 has it.
pub(super) const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";
const MAX_ENTRIES: i32 = 1000;

/// A number of bytes or entries as S3 counts them.
pub(super) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time as S3 tells it.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}

/// An ETag from its value without quotes.
pub(super) fn etag(value: impl Into<String>) -> Option<ETag> {
    Some(ETag::Strong(value.into()))
}

/// How many entries a page may have: what is asked, and never more than a thousand.
pub(super) fn page_size(asked: Option<i32>) -> S3Result<i32> {
    match asked {
        Some(asked) if asked < 0 => Err(s3_error!(InvalidArgument, "the size of a page is not negative")),
        asked => Ok(asked.unwrap_or(MAX_ENTRIES).min(MAX_ENTRIES)),
    }
}
