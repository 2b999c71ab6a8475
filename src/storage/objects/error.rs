//! What a failed call said, and what the caller is told.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::storage::buckets::BUCKETS;

use super::observer::StoreFault;

/// What the SDK says where none of the sources of keys has any.
const NO_KEYS: &str = "no credentials found in chain";
/// What the store says of a bucket that is not there.
const NO_BUCKET: &str = "NoSuchBucket";
/// What the store says of an upload that it no longer knows.
const NO_UPLOAD: &str = "NoSuchUpload";
/// What the store says where a request did not arrive in time; its status is 400.
const TOO_SLOW: &str = "RequestTimeout";
/// What the store says of keys that it does not know, or not any more, or of a clock that is wrong.
const NO_LOGIN: [&str; 7] = [
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
];
/// What the SDK says of a body with another checksum; the error itself has no public name.
const OTHER_CHECKSUM: &str = "checksum mismatch";

/// Why the object store could not be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObjectError {
    /// It does not answer, or not in time, or with an error of its own: the same call may work later.
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
    /// It does not know this node, or does not let it do this: whoever runs the node can change that, and no record is at fault.
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
        /// What the caller has room for.
        bytes_max: usize,
    },
    /// It answered and said no: the same call would fail again.
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

    /// Whether it is the matter of whoever runs the node, whatever the record says that led to the call: the store is away, does not
    /// let this node in, or lacks a bucket of the node's own.
    pub fn is_not_the_record(&self) -> bool {
        match self {
            Self::Outage { .. } | Self::NotAllowed { .. } => true,
            Self::NoSuchBucket { subject } => subject.is_ours,
            _ => false,
        }
    }
}

/// What a call attempted, in words: `read bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    words: String,
    /// Whether it is in a bucket of the node's own.
    is_ours: bool,
}

impl Subject {
    pub(crate) fn bucket(verb: &str, bucket: &str) -> Self {
        Self { words: format!("{verb} bucket {bucket}"), is_ours: is_ours(bucket) }
    }

    pub(crate) fn object(verb: &str, bucket: &str, key: &str) -> Self {
        Self { words: format!("{verb} {bucket}/{key}"), is_ours: is_ours(bucket) }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// A failed call before its caller has judged it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// S3's error code, or nothing.
    pub code: String,
    kind: Kind,
    fault: StoreFault,
    /// Whether the bucket is one of others, which a record may name in error: what is missing there says nothing of the store.
    is_of_others: bool,
}

#[derive(Debug)]
enum Kind {
    Outage(String),
    /// As an outage, but the answer had begun: asking again may help at once.
    BrokenBody(String),
    NotAllowed(String),
    TooLarge(usize, usize),
    Refused(String),
    Damaged(String),
}

impl Failure {
    /// Reads an SDK error: no answer, an unreadable one, an error within a good one, 408, 429 and 5xx are outages; 401, 403 and what
    /// concerns the keys say that the node is not let in; anything else is a refusal.
    pub(crate) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let told = match (status, error.message()) {
            (Some(status), Some(message)) => format!("{status} {code}: {message}"),
            (Some(status), None) => format!("{status} {code}").trim_end().to_owned(),
            (None, _) => chain(&error),
        };
        let (kind, fault) = match &error {
            SdkError::ConstructionFailure(_) => (Kind::Refused(chain(&error)), StoreFault::Refused),
            SdkError::DispatchFailure(failure) if failure.is_user() => (Kind::Refused(told), StoreFault::Refused),
            _ if told.contains(NO_KEYS) => {
                let advice =
                    "no access keys (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the process a role)";
                (Kind::NotAllowed(advice.into()), StoreFault::Refused)
            }
            // the store has restarted, or cleaned up: the whole write may be tried again
            _ if code == NO_UPLOAD => (Kind::Outage(told), StoreFault::Conflict),
            SdkError::TimeoutError(_) => (Kind::Outage(told), StoreFault::Timeout),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => (Kind::Outage(told), StoreFault::Timeout),
            SdkError::ServiceError(_) => match status {
                // 409 remains only after it was tried several times.
                Some(409) => (Kind::Outage(told), StoreFault::Conflict),
                Some(408) => (Kind::Outage(told), StoreFault::Timeout),
                _ if code == TOO_SLOW => (Kind::Outage(told), StoreFault::Timeout),
                // a long call answers before it knows how it ends
                Some(200..300) => (Kind::Outage(told), StoreFault::ServerError),
                Some(401 | 403) => (Kind::NotAllowed(told), StoreFault::Refused),
                _ if NO_LOGIN.contains(&code.as_str()) => (Kind::NotAllowed(told), StoreFault::Refused),
                Some(429 | 503) => (Kind::Outage(told), StoreFault::Throttled),
                None | Some(501) => (Kind::Refused(told), StoreFault::Refused),
                Some(status) if status < 500 => (Kind::Refused(told), StoreFault::Refused),
                Some(_) => (Kind::Outage(told), StoreFault::ServerError),
            },
            _ => (Kind::Outage(chain(&error)), StoreFault::NoAnswer),
        };
        Self { status, code, kind, fault, is_of_others: false }
    }

    /// The same, of a call to this bucket, which a record has named.
    pub(crate) fn in_bucket(self, bucket: &str) -> Self {
        Self { is_of_others: !is_ours(bucket), ..self }
    }

    /// The object has more bytes than the caller has room for.
    pub(crate) fn too_large(bytes: usize, bytes_max: usize) -> Self {
        Self::of_kind(Kind::TooLarge(bytes, bytes_max), StoreFault::Refused)
    }

    /// The answer began but its body did not arrive whole, or is another one.
    pub(crate) fn broken_body(error: impl Error) -> Self {
        let told = chain(&error);
        match told.contains(OTHER_CHECKSUM) {
            true => Self::damaged(told),
            false => Self::of_kind(Kind::BrokenBody(told), StoreFault::NoAnswer),
        }
    }

    /// What arrived is not what was stored.
    pub(crate) fn damaged(cause: String) -> Self {
        Self::of_kind(Kind::Damaged(cause), StoreFault::Damaged)
    }

    /// The runtime of the call is ending, or the call panicked.
    pub(crate) fn not_run(error: &tokio::task::JoinError) -> Self {
        Self::of_kind(Kind::Outage(format!("the call was not finished: {error}")), StoreFault::NoAnswer)
    }

    /// The store is reached elsewhere from now on, so nothing more is expected of the old place.
    pub(crate) fn moved() -> Self {
        let cause = "it came back elsewhere while the call was under way".to_owned();
        Self::of_kind(Kind::Outage(cause), StoreFault::NoAnswer)
    }

    /// All attempts together took too long.
    pub(crate) fn late(limit: Duration) -> Self {
        Self::of_kind(Kind::Outage(format!("no good answer within {} ms", limit.as_millis())), StoreFault::Timeout)
    }

    fn of_kind(kind: Kind, fault: StoreFault) -> Self {
        Self { status: None, code: String::new(), kind, fault, is_of_others: false }
    }

    /// Whether the answer was that no object has this key.
    pub(crate) fn is_absent_key(&self) -> bool {
        self.status == Some(404) && ![NO_BUCKET, NO_UPLOAD].contains(&self.code.as_str())
    }

    /// Whether it is unknown what became of the call.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(self.kind, Kind::Outage(_) | Kind::BrokenBody(_))
    }

    /// Whether the same read may bring the body that this one did not.
    pub(crate) fn is_about_the_body(&self) -> bool {
        matches!(self.kind, Kind::BrokenBody(_) | Kind::Damaged(_))
    }

    /// Whether the upload is gone.
    pub(crate) fn is_absent_upload(&self) -> bool {
        self.code == NO_UPLOAD
    }

    /// Whether the bucket of others is closed to this node, rather than the store.
    fn is_others_refusal(&self) -> bool {
        self.is_of_others && self.status == Some(403) && !NO_LOGIN.contains(&self.code.as_str())
    }

    /// Why the store counts as away, if this says so; somebody else's write in the way is an answer, and so is an upload gone.
    pub(crate) fn absence(&self) -> Option<&str> {
        match &self.kind {
            Kind::NotAllowed(cause) if !self.is_others_refusal() => Some(cause),
            Kind::Refused(cause) if self.code == NO_BUCKET && !self.is_of_others => Some(cause),
            Kind::Outage(cause) | Kind::BrokenBody(cause) if !matches!(self.status, Some(404 | 409)) => Some(cause),
            _ => None,
        }
    }

    /// How this is counted; a condition that did not hold and an absent key are answers.
    pub(crate) fn fault(&self) -> Option<StoreFault> {
        let is_answer =
            matches!(self.status, Some(304 | 412)) || self.is_absent_key() || matches!(self.kind, Kind::TooLarge(..));
        (!is_answer).then_some(self.fault)
    }

    /// The error that the caller is told.
    pub(crate) fn about(self, subject: Subject) -> ObjectError {
        if self.code == NO_BUCKET {
            return ObjectError::NoSuchBucket { subject };
        }
        let is_others_refusal = self.is_others_refusal();
        match self.kind {
            Kind::Outage(cause) | Kind::BrokenBody(cause) => ObjectError::Outage { subject, cause },
            Kind::NotAllowed(reason) if is_others_refusal => ObjectError::Refused { subject, reason },
            Kind::NotAllowed(reason) => ObjectError::NotAllowed { subject, reason },
            Kind::TooLarge(bytes, bytes_max) => ObjectError::TooLarge { subject, bytes, bytes_max },
            Kind::Refused(reason) => ObjectError::Refused { subject, reason },
            Kind::Damaged(cause) => ObjectError::Damaged { subject, cause },
        }
    }
}

/// Whether a bucket is one of the node's own.
fn is_ours(bucket: &str) -> bool {
    BUCKETS.contains(&bucket)
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
