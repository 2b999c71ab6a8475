//! What an observer learns about each call: the operation, its duration, and its fault.

use std::time::Duration;

/// The kind of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOperation {
    /// Looks for a bucket, or creates it.
    Bucket,
    /// Reads an object.
    Get,
    /// Lists keys.
    List,
    /// Writes an object in one piece.
    Put,
    /// Begins, continues, ends or aborts a write in several parts.
    Upload,
    /// Removes an object.
    Delete,
}

/// How a call failed; a condition that did not hold and a key that is absent are answers, and no failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// The store does not answer, or the connection broke.
    NoAnswer,
    /// The answer took too long.
    Timeout,
    /// The store asks for fewer requests (429, 503).
    Throttled,
    /// Another error of the store's own (5xx).
    ServerError,
    /// Another write was running at every attempt (409).
    Conflict,
    /// The store refuses.
    Refused,
    /// What arrived is not what was stored.
    Damaged,
}

/// Why a listing passes over an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// Its name is none that FLTS gives.
    Foreign,
    /// It has a name of ours, and cannot be read.
    Damaged,
}

impl PassedOver {
    /// Every reason, for metrics that exist before their first event.
    pub const ALL: [PassedOver; 2] = [PassedOver::Foreign, PassedOver::Damaged];

    /// The value of the metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            PassedOver::Foreign => "foreign",
            PassedOver::Damaged => "damaged",
        }
    }
}

/// Is called after every call, its retries included.
pub trait StoreObserver: Send + Sync {
    /// A call has ended.
    fn called(&self, operation: StoreOperation, took: Duration, fault: Option<StoreFault>);

    /// A listing passed over an object for the first time.
    fn passed_over(&self, why: PassedOver);
}

impl StoreOperation {
    /// Every operation, for metrics that exist before their first event.
    pub const ALL: [StoreOperation; 6] = [Self::Bucket, Self::Get, Self::List, Self::Put, Self::Upload, Self::Delete];

    /// The value of the metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Get => "get",
            Self::List => "list",
            Self::Put => "put",
            Self::Upload => "upload",
            Self::Delete => "delete",
        }
    }
}

impl StoreFault {
    /// Every fault, for metrics that exist before their first event.
    pub const ALL: [StoreFault; 7] = [
        Self::NoAnswer,
        Self::Timeout,
        Self::Throttled,
        Self::ServerError,
        Self::Conflict,
        Self::Refused,
        Self::Damaged,
    ];

    /// The value of the metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Timeout => "timeout",
            Self::Throttled => "throttled",
            Self::ServerError => "server_error",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
        }
    }
}
