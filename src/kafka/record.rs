//! One record as it was read from a topic; cheap to clone, because its content is shared.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

/// The header with the deadline of a record: milliseconds since 1970, as decimal digits.
const DEADLINE_HEADER: &str = "deadline_ms";

/// One record of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The topic it was read from.
    pub topic: Arc<str>,
    /// The partition it was read from.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
    /// The key; none if the record has no key.
    pub key: Option<Bytes>,
    /// The value; empty for a tombstone.
    pub payload: Bytes,
    /// Whether the record has no value, which deletes its key.
    pub tombstone: bool,
    /// The headers, in order.
    pub headers: Arc<[(String, Bytes)]>,
}

impl Record {
    /// The position of the record, `<topic>/<partition>/<offset>`.
    pub fn origin(&self) -> String {
        format!("{}/{}/{}", self.topic, self.partition, self.offset)
    }

    /// The bytes that the record takes up.
    pub fn bytes(&self) -> usize {
        self.key.as_ref().map_or(0, Bytes::len) + self.payload.len() + self.headers_bytes()
    }

    /// The bytes of all headers, names included.
    pub fn headers_bytes(&self) -> usize {
        self.headers.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// The last header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut newest_first = self.headers.iter().rev();
        newest_first.find(|(key, _)| key == name).map(|(_, value)| &value[..])
    }

    /// The deadline that the sender gave in the header `deadline_ms`; after it an answer is of no use.
    pub fn deadline(&self) -> Option<SystemTime> {
        let digits = std::str::from_utf8(self.header(DEADLINE_HEADER)?).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(digits.trim().parse().ok()?))
    }

    /// Whether the deadline has passed.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }
}
