//! A failed call: how an answer of the SDK is read, counted and turned into the caller's error.

use std::error::Error;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::storage::buckets::is_node_bucket;

use super::error::{ObjectError, Subject};
use super::observer::StoreFault;

/// The SDK's message when no source of credentials has any.
const NO_KEYS: &str = "no credentials found in chain";
/// The store's code for a bucket that does not exist.
const NO_BUCKET: &str = "NoSuchBucket";
/// The store's code for an upload that it does not know any more.
const NO_UPLOAD: &str = "NoSuchUpload";
/// The store's code for a request that did not arrive in time; the status is 400.
const TOO_SLOW: &str = "RequestTimeout";
/// The store's codes for unknown or expired keys, and for a wrong clock.
const BAD_CREDENTIALS: [&str; 7] = [
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
];
/// The SDK's message for a body with another checksum; the error type itself is private.
const OTHER_CHECKSUM: &str = "checksum mismatch";

/// A failed call, before it becomes the caller's error.
#[derive(Debug)]
pub(super) struct Failure {
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// S3's error code, or nothing.
    pub code: String,
    kind: FailureKind,
    fault: StoreFault,
    /// Whether the bucket is not one of the node's own. A record may name such a bucket by mistake, so a refusal there says nothing
    /// about the store.
    is_foreign_bucket: bool,
}

#[derive(Debug)]
enum FailureKind {
    Outage(String),
    /// An outage after the answer had begun: reading again may help at once.
    BrokenBody(String),
    NotAllowed(String),
    /// Bytes of the object, bytes that the caller accepts, and the ETag.
    TooLarge(usize, usize, Option<String>),
    Refused(String),
    Damaged(String),
}

impl Failure {
    /// Classifies an SDK error. Outages: no answer, an unreadable answer, an error inside a good answer, 408, 429 and 5xx. Not allowed:
    /// 401, 403 and bad credentials. Anything else is a refusal.
    pub(super) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let message = match (status, error.message()) {
            (Some(status), Some(message)) => format!("{status} {code}: {message}"),
            (Some(status), None) => format!("{status} {code}").trim_end().to_owned(),
            (None, _) => error_chain(&error),
        };
        let (kind, fault) = match &error {
            SdkError::ConstructionFailure(_) => (FailureKind::Refused(error_chain(&error)), StoreFault::Refused),
            SdkError::DispatchFailure(failure) if failure.is_user() => {
                (FailureKind::Refused(message), StoreFault::Refused)
            }
            _ if message.contains(NO_KEYS) => {
                let advice =
                    "no access keys (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the process a role)";
                (FailureKind::NotAllowed(advice.into()), StoreFault::Refused)
            }
            // the store has restarted or cleaned up: the caller may write the object again
            _ if code == NO_UPLOAD => (FailureKind::Outage(message), StoreFault::Conflict),
            SdkError::TimeoutError(_) => (FailureKind::Outage(message), StoreFault::Timeout),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (FailureKind::Outage(message), StoreFault::Timeout)
            }
            SdkError::ServiceError(_) => match status {
                // every retry was answered with 409, too
                Some(409) => (FailureKind::Outage(message), StoreFault::Conflict),
                Some(408) => (FailureKind::Outage(message), StoreFault::Timeout),
                _ if code == TOO_SLOW => (FailureKind::Outage(message), StoreFault::Timeout),
                // the store sends 200 before a long call has ended
                Some(200..300) => (FailureKind::Outage(message), StoreFault::ServerError),
                Some(401 | 403) => (FailureKind::NotAllowed(message), StoreFault::Refused),
                _ if BAD_CREDENTIALS.contains(&code.as_str()) => {
                    (FailureKind::NotAllowed(message), StoreFault::Refused)
                }
                Some(429 | 503) => (FailureKind::Outage(message), StoreFault::Throttled),
                None | Some(501) => (FailureKind::Refused(message), StoreFault::Refused),
                Some(status) if status < 500 => (FailureKind::Refused(message), StoreFault::Refused),
                Some(_) => (FailureKind::Outage(message), StoreFault::ServerError),
            },
            _ => (FailureKind::Outage(error_chain(&error)), StoreFault::NoAnswer),
        };
        Self { status, code, kind, fault, is_foreign_bucket: false }
    }

    /// The same failure of a call to this bucket.
    pub(super) fn in_bucket(self, bucket: &str) -> Self {
        Self { is_foreign_bucket: !is_node_bucket(bucket), ..self }
    }

    /// The object has more bytes than the caller accepts.
    pub(super) fn too_large(bytes: usize, bytes_max: usize, etag: Option<String>) -> Self {
        Self::of_kind(FailureKind::TooLarge(bytes, bytes_max, etag), StoreFault::Refused)
    }

    /// The ETag of an object that has more bytes than the caller accepts.
    pub(super) fn too_large_etag(&self) -> Option<String> {
        match &self.kind {
            FailureKind::TooLarge(_, _, etag) => Some(etag.clone().unwrap_or_default()),
            _ => None,
        }
    }

    /// The answer began, but its body broke off or has another checksum.
    pub(super) fn broken_body(error: impl Error) -> Self {
        let message = error_chain(&error);
        match message.contains(OTHER_CHECKSUM) {
            true => Self::damaged(message),
            false => Self::of_kind(FailureKind::BrokenBody(message), StoreFault::NoAnswer),
        }
    }

    /// What arrived is not what was stored.
    pub(super) fn damaged(cause: String) -> Self {
        Self::of_kind(FailureKind::Damaged(cause), StoreFault::Damaged)
    }

    /// The runtime of the call is ending, or the call panicked.
    pub(super) fn not_run(error: &tokio::task::JoinError) -> Self {
        Self::of_kind(FailureKind::Outage(format!("the call was not finished: {error}")), StoreFault::NoAnswer)
    }

    /// The store was redirected to another address while the call was running.
    pub(super) fn moved() -> Self {
        let cause = "it came back elsewhere while the call was under way".to_owned();
        Self::of_kind(FailureKind::Outage(cause), StoreFault::NoAnswer)
    }

    /// All attempts together took longer than the limit.
    pub(super) fn late(limit: Duration) -> Self {
        Self::of_kind(
            FailureKind::Outage(format!("no good answer within {} ms", limit.as_millis())),
            StoreFault::Timeout,
        )
    }

    fn of_kind(kind: FailureKind, fault: StoreFault) -> Self {
        Self { status: None, code: String::new(), kind, fault, is_foreign_bucket: false }
    }

    /// Whether the answer was that no object has this key.
    pub(super) fn is_absent_key(&self) -> bool {
        self.status == Some(404) && ![NO_BUCKET, NO_UPLOAD].contains(&self.code.as_str())
    }

    /// Whether the outcome of the call is unknown.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self.kind, FailureKind::Outage(_) | FailureKind::BrokenBody(_))
    }

    /// Whether the body was bad, so that the same read may succeed.
    pub(super) fn is_about_the_body(&self) -> bool {
        matches!(self.kind, FailureKind::BrokenBody(_) | FailureKind::Damaged(_))
    }

    /// Whether the store does not know the upload any more.
    pub(super) fn is_absent_upload(&self) -> bool {
        self.code == NO_UPLOAD
    }

    /// Whether the store does not let these keys do this.
    pub(super) fn is_refused_access(&self) -> bool {
        matches!(self.kind, FailureKind::NotAllowed(_))
    }

    /// Whether only a bucket that is not the node's own is closed to it, and not the store.
    fn is_foreign_refusal(&self) -> bool {
        self.is_foreign_bucket && self.status == Some(403) && !BAD_CREDENTIALS.contains(&self.code.as_str())
    }

    /// Why the store counts as away, if this failure says so. A conflict with another write (409) and an upload that is gone (404) are
    /// answers of a store that works.
    pub(super) fn absence(&self) -> Option<&str> {
        match &self.kind {
            FailureKind::NotAllowed(cause) if !self.is_foreign_refusal() => Some(cause),
            FailureKind::Refused(cause) if self.code == NO_BUCKET && !self.is_foreign_bucket => Some(cause),
            FailureKind::Outage(cause) | FailureKind::BrokenBody(cause) if !matches!(self.status, Some(404 | 409)) => {
                Some(cause)
            }
            _ => None,
        }
    }

    /// How the failure is counted; a condition that did not hold and an absent key are answers, and no faults.
    pub(super) fn fault(&self) -> Option<StoreFault> {
        let is_answer = matches!(self.status, Some(304 | 412))
            || self.is_absent_key()
            || matches!(self.kind, FailureKind::TooLarge(..));
        (!is_answer).then_some(self.fault)
    }

    /// The caller's error; `subject` says what was attempted.
    pub(super) fn about(self, subject: Subject) -> ObjectError {
        if self.code == NO_BUCKET {
            return ObjectError::NoSuchBucket { subject };
        }
        let is_foreign_refusal = self.is_foreign_refusal();
        match self.kind {
            FailureKind::Outage(cause) | FailureKind::BrokenBody(cause) => ObjectError::Outage { subject, cause },
            FailureKind::NotAllowed(reason) if is_foreign_refusal => ObjectError::Refused { subject, reason },
            FailureKind::NotAllowed(reason) => ObjectError::NotAllowed { subject, reason },
            FailureKind::TooLarge(bytes, bytes_max, etag) => {
                ObjectError::TooLarge { subject, bytes, bytes_max, etag: etag.unwrap_or_default() }
            }
            FailureKind::Refused(reason) => ObjectError::Refused { subject, reason },
            FailureKind::Damaged(cause) => ObjectError::Damaged { subject, cause },
        }
    }
}

/// An error and its causes in one line.
fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
