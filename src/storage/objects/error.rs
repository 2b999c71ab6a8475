//! The error of a call to the object store, as its caller gets it.

use std::fmt;

use crate::limits::{Limit, LimitExceeded};
use crate::storage::buckets::is_node_bucket;

/// Why the object store could not be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObjectError {
    /// The store does not answer, or not in time, or with an error of its own: the same call may work later.
    #[error("cannot {subject}: the object store is away ({cause}); check its address, or try again later")]
    Outage {
        /// What was attempted.
        subject: Subject,
        /// What was observed.
        cause: String,
    },
    /// The bucket is not there: a mistake of configuration, or `ensure_bucket` was not called.
    #[error("cannot {subject}: the bucket does not exist; create it or correct its name")]
    NoSuchBucket {
        /// What was attempted.
        subject: Subject,
    },
    /// The store does not know this node, or does not let it do this: the operator must fix that, and no record is at fault.
    #[error(
        "cannot {subject}: the object store does not let this node in ({reason}); check access keys, rights and clock"
    )]
    NotAllowed {
        /// What was attempted.
        subject: Subject,
        /// Status, code and message.
        reason: String,
    },
    /// The object is larger than the caller has room for.
    #[error("cannot {subject}: it has {bytes} bytes, and {bytes_max} are read at most; split it")]
    TooLarge {
        /// What was attempted.
        subject: Subject,
        /// Bytes of the object.
        bytes: usize,
        /// The most bytes that the caller accepts.
        bytes_max: usize,
        /// The version, for a caller that replaces it unread.
        etag: String,
    },
    /// The object exceeds the limit of its kind: the same call would fail again.
    #[error("cannot {subject}: {exceeded}")]
    OverLimit {
        /// What was attempted.
        subject: Subject,
        /// The limit.
        exceeded: LimitExceeded,
        /// The version, for a caller that replaces it unread.
        etag: String,
    },
    /// The store answered and refused: the same call would fail again.
    #[error("cannot {subject}: the object store refused with {reason}; check credentials, names and rights")]
    Refused {
        /// What was attempted.
        subject: Subject,
        /// Status, code and message.
        reason: String,
    },
    /// What arrives, time after time, is not what was stored.
    #[error(
        "cannot {subject}: what arrives is not what was stored ({cause}); check the store's disks, or write it again"
    )]
    Damaged {
        /// What was attempted.
        subject: Subject,
        /// What was observed.
        cause: String,
    },
}

impl ObjectError {
    /// Whether the store is away, so that the same call may work later; otherwise it refused.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Outage { .. })
    }

    /// The same error of a read that accepts what the limit of its kind allows.
    pub fn of_limit(self, limit: Limit) -> Self {
        match self {
            Self::TooLarge { subject, bytes, etag, .. } => {
                Self::OverLimit { subject, exceeded: LimitExceeded { limit, found: bytes as u64 }, etag }
            }
            other => other,
        }
    }

    /// Whether the operator of the node must fix it, and the record that led to the call is not at fault: the store is away, does
    /// not let this node in, or lacks a bucket of the node's own.
    pub fn should_hand_back(&self) -> bool {
        match self {
            Self::Outage { .. } | Self::NotAllowed { .. } => true,
            Self::NoSuchBucket { subject } => subject.is_in_node_bucket,
            _ => false,
        }
    }
}

/// What a call attempted, in words: `read bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    words: String,
    /// Whether it is in a bucket of the node's own.
    is_in_node_bucket: bool,
}

impl Subject {
    pub(super) fn bucket(verb: &str, bucket: &str) -> Self {
        Self { words: format!("{verb} bucket {bucket}"), is_in_node_bucket: is_node_bucket(bucket) }
    }

    pub(super) fn object(verb: &str, bucket: &str, key: &str) -> Self {
        Self { words: format!("{verb} {bucket}/{key}"), is_in_node_bucket: is_node_bucket(bucket) }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
