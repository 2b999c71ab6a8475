//! One record as it was read: cheap to clone, since what it holds is shared.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

/// The header that says until when an answer is of use: milliseconds since 1970, as decimal digits.
const DEADLINE: &str = "deadline_ms";

/// One record read from a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The topic it was read from.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its key, if it has one.
    pub key: Option<Bytes>,
    /// Its bytes; empty for a tombstone.
    pub payload: Bytes,
    /// Whether it has no bytes at all, which says that its key is gone.
    pub tombstone: bool,
    /// Its headers, in order.
    pub headers: Arc<[(String, Bytes)]>,
}

impl Record {
    /// Where it came from, `<topic>/<partition>/<offset>`: the same for every delivery of it.
    pub fn origin(&self) -> String {
        format!("{}/{}/{}", self.topic, self.partition, self.offset)
    }

    /// The last header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut newest_first = self.headers.iter().rev();
        newest_first.find(|(key, _)| key == name).map(|(_, value)| &value[..])
    }

    /// Until when an answer is of use, where its sender said so in the header `deadline_ms`.
    pub fn deadline(&self) -> Option<SystemTime> {
        let digits = std::str::from_utf8(self.header(DEADLINE)?).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(digits.trim().parse().ok()?))
    }

    /// Whether its deadline has passed.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }
}
