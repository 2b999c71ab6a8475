//! What the holder of a delivery reports about its record, on the way back to the poll thread.

use std::time::Duration;

/// The name of one record within one assignment of its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket {
    pub partition: i32,
    pub offset: i64,
    /// The number of the assignment: an acknowledgement of an earlier assignment is ignored.
    pub epoch: u64,
}

/// An acknowledgement of one record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Acknowledgement {
    pub ticket: Ticket,
    pub kind: AckKind,
}

/// A rejection of a record, which is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rejection {
    /// What is wrong with it.
    pub cause: String,
    /// Whether no further attempt would change it: its dead letter is sent at once.
    pub for_good: bool,
}

impl Rejection {
    /// It may be tried again, up to the limit of rejections.
    pub fn once(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), for_good: false }
    }

    /// No further attempt would change it.
    pub fn for_good(cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), for_good: true }
    }
}

impl From<String> for Rejection {
    fn from(cause: String) -> Self {
        Self::once(cause)
    }
}

impl From<&str> for Rejection {
    fn from(cause: &str) -> Self {
        Self::once(cause)
    }
}

/// What an acknowledgement says about its record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum AckKind {
    /// The effect of the record is durable.
    Ack,
    /// The record is at fault.
    Nack(Rejection),
    /// The record is not at fault: deliver it again.
    Retry,
    /// The record is not at fault: deliver it again after this pause.
    RetryAfter(Duration),
}
