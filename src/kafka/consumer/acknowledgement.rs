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

/// What an acknowledgement says about its record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum AckKind {
    /// The effect of the record is durable.
    Ack,
    /// The record is at fault, for this cause.
    Nack(String),
    /// The record is at fault, and a further attempt would fail too.
    NackForGood(String),
    /// The record is not at fault: deliver it again.
    Retry,
    /// The record is not at fault: deliver it again after this pause.
    RetryAfter(Duration),
}
