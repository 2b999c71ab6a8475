//! What a failed call said, and what the caller is told.

use std::error::Error;
use std::fmt;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

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
    /// It answered and said no: the same call would fail again.
    #[error("cannot {subject}: the object store refused with {reason}; check credentials, names and rights")]
    Refused {
        /// What was attempted.
        subject: Subject,
        /// Status, code and message.
        reason: String,
    },
    /// The endpoint needs a protocol that is not available.
    #[error("object store endpoint {endpoint}: only http:// addresses are available yet; set S3_ENDPOINT_URL to one")]
    Endpoint {
        /// The endpoint in question.
        endpoint: String,
    },
}

impl ObjectError {
    /// Whether the store is away, so that the same call may work later; otherwise it refused.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Outage { .. })
    }
}

/// What a call attempted, in words: `read bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    pub(super) fn bucket(verb: &str, bucket: &str) -> Self {
        Self(format!("{verb} bucket {bucket}"))
    }

    pub(super) fn object(verb: &str, bucket: &str, key: &str) -> Self {
        Self(format!("{verb} {bucket}/{key}"))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A failed call before its caller has judged it.
#[derive(Debug)]
pub(super) struct Failure {
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// S3's error code, or nothing.
    pub code: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Outage(String),
    Refused(String),
    Known(ObjectError),
}

impl Failure {
    /// Reads an SDK error: no answer, an unreadable one, 429 and 5xx are outages; anything else is a refusal.
    pub(super) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
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
        let kind = match &error {
            SdkError::ConstructionFailure(_) => Kind::Refused(chain(&error)),
            SdkError::DispatchFailure(failure) if failure.is_user() => Kind::Refused(chain(&error)),
            // 409 remains only after it was tried several times.
            SdkError::ServiceError(_) if !matches!(status, Some(409 | 429 | 500..)) => Kind::Refused(told),
            SdkError::ServiceError(_) => Kind::Outage(told),
            _ => Kind::Outage(chain(&error)),
        };
        Self { status, code, kind }
    }

    /// The answer began but its body did not arrive whole.
    pub(super) fn broken_body(error: impl Error) -> Self {
        Self { status: None, code: String::new(), kind: Kind::Outage(chain(&error)) }
    }

    /// The runtime of the call is ending, or the call panicked.
    pub(super) fn not_run(error: &tokio::task::JoinError) -> Self {
        Self { status: None, code: String::new(), kind: Kind::Outage(format!("the call was not finished: {error}")) }
    }

    /// The store is reached elsewhere from now on, so nothing more is expected of the old place.
    pub(super) fn moved() -> Self {
        let cause = "it came back elsewhere while the call was under way".to_owned();
        Self { status: None, code: String::new(), kind: Kind::Outage(cause) }
    }

    /// Whether the answer was that no object has this key.
    pub(super) fn is_absent_key(&self) -> bool {
        self.status == Some(404) && self.code != "NoSuchBucket"
    }

    /// Why the store counts as away, if this says so; somebody else's write in the way is an answer.
    pub(super) fn absence(&self) -> Option<&str> {
        match &self.kind {
            Kind::Outage(cause) if self.status != Some(409) => Some(cause),
            _ => None,
        }
    }

    /// The error that the caller is told.
    pub(super) fn about(self, subject: Subject) -> ObjectError {
        if self.code == "NoSuchBucket" {
            return ObjectError::NoSuchBucket { subject };
        }
        match self.kind {
            Kind::Outage(cause) => ObjectError::Outage { subject, cause },
            Kind::Refused(reason) => ObjectError::Refused { subject, reason },
            Kind::Known(error) => error,
        }
    }
}

impl From<ObjectError> for Failure {
    fn from(error: ObjectError) -> Self {
        Self { status: None, code: String::new(), kind: Kind::Known(error) }
    }
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
