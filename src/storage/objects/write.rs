//! Writes: one request or several, under a condition, and judged also where the answer was lost.
//!
//! A conditional write that was sent again would lose against itself. So after an answer that says nothing the object is read, and
//! bytes are compared, before the write is tried again or told as lost.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use bytes::Bytes;

use super::client::{Home, Link};
use super::error::Failure;
use super::observer::StoreOperation;
use super::read;
use super::read::Reading;
use super::retry::pauses;
use super::types::{Condition, Put};
use super::upload::Upload;

/// One write and what it needs.
#[derive(Clone)]
pub(crate) struct Write {
    pub link: Arc<Link>,
    pub home: Home,
    pub bucket: String,
    pub key: String,
    pub bytes: Bytes,
    pub condition: Wanted,
}

/// A [`Condition`] that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Always,
    IfAbsent,
    IfMatch(String),
}

/// What puts the object in place.
pub(crate) enum Step<'a> {
    /// The whole body.
    Put,
    /// Parts that are there already.
    Complete(&'a Upload),
}

/// What lies under the key after a write of unknown outcome.
enum There {
    /// Our bytes.
    Ours { etag: String },
    /// Somebody else's, or nothing where a version was to be replaced.
    Others,
    /// What was there before.
    Before,
}

impl From<Condition<'_>> for Wanted {
    fn from(condition: Condition<'_>) -> Self {
        match condition {
            Condition::Always => Wanted::Always,
            Condition::IfAbsent => Wanted::IfAbsent,
            Condition::IfMatch(etag) => Wanted::IfMatch(etag.to_owned()),
        }
    }
}

impl Wanted {
    /// The header `If-None-Match`.
    pub(crate) fn if_none_match(&self) -> Option<String> {
        (*self == Wanted::IfAbsent).then(|| "*".to_owned())
    }

    /// The header `If-Match`.
    pub(crate) fn if_match(&self) -> Option<String> {
        match self {
            Wanted::IfMatch(etag) => Some(etag.clone()),
            Wanted::Always | Wanted::IfAbsent => None,
        }
    }
}

impl Write {
    /// Puts the object in place, and finds out what became of it.
    pub(crate) async fn settle(&self, step: Step<'_>) -> Result<Put, Failure> {
        let limit = self.link.patience.operation;
        match tokio::time::timeout(limit, self.attempts(&step)).await {
            Ok(end) => end,
            Err(_) => Err(Failure::late(limit)),
        }
    }

    async fn attempts(&self, step: &Step<'_>) -> Result<Put, Failure> {
        let mut pauses = pauses().build();
        let mut unknown: Option<Failure> = None;
        for _ in 0..self.tries(step) {
            if unknown.is_some() {
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                match self.there().await {
                    Ok(There::Ours { etag }) => return Ok(Put::Done { etag }),
                    Ok(There::Others) if self.condition != Wanted::Always => return Ok(Put::Lost),
                    Ok(There::Others | There::Before) => {}
                    Err(failure) if failure.is_outage() => {
                        unknown = Some(failure);
                        continue;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            match self.once(step).await {
                Ok(etag) => return Ok(Put::Done { etag }),
                // 409 to the last: nothing was written
                Err(failure) if failure.is_outage() && failure.status != Some(409) => unknown = Some(failure),
                Err(failure) if unknown.is_some() && self.is_lost(&failure) => return self.judge().await,
                Err(failure) if self.is_lost(&failure) => return Ok(Put::Lost),
                Err(failure) => return Err(failure),
            }
        }
        Err(unknown.unwrap_or_else(|| Failure::late(self.link.patience.operation)))
    }

    /// How often a request is sent from here; a write in one piece that needs no condition is left to the SDK.
    fn tries(&self, step: &Step<'_>) -> u32 {
        match (step, &self.condition) {
            (Step::Put, Wanted::Always) => 1,
            _ => self.link.patience.attempts,
        }
    }

    /// Lost after an attempt of unknown outcome: to that attempt, or to somebody else's write.
    async fn judge(&self) -> Result<Put, Failure> {
        Ok(match self.there().await? {
            There::Ours { etag } => Put::Done { etag },
            There::Others | There::Before => Put::Lost,
        })
    }

    /// Whether the answer is that the condition did not hold.
    fn is_lost(&self, failure: &Failure) -> bool {
        match self.condition {
            Wanted::Always => false,
            Wanted::IfAbsent => failure.status == Some(412),
            Wanted::IfMatch(_) => failure.status == Some(412) || failure.is_absent_key(),
        }
    }

    async fn there(&self) -> Result<There, Failure> {
        let read =
            read::once(&self.home, &self.link, Reading::any(&self.bucket, &self.key), Some(RetryConfig::disabled()));
        let object = match read.await {
            Ok(object) => object,
            Err(failure) if failure.is_absent_key() => {
                let is_before = !matches!(self.condition, Wanted::IfMatch(_));
                return Ok(if is_before { There::Before } else { There::Others });
            }
            Err(failure) => return Err(failure),
        };
        Ok(match &self.condition {
            _ if object.bytes == self.bytes => There::Ours { etag: object.etag },
            Wanted::IfMatch(etag) if object.etag == *etag => There::Before,
            _ => There::Others,
        })
    }

    /// Sends the request, again where another conditional write was under way and nothing was written (409).
    async fn once(&self, step: &Step<'_>) -> Result<String, Failure> {
        let attempt = async || match step {
            Step::Put => self.put().await,
            Step::Complete(upload) => upload.complete(self).await,
        };
        attempt.retry(conflict_backoff()).when(|failure: &Failure| failure.status == Some(409)).await
    }

    async fn put(&self) -> Result<String, Failure> {
        let retries = (self.condition != Wanted::Always).then(RetryConfig::disabled);
        let request = self
            .link
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&self.key)
            .body(ByteStream::from(self.bytes.clone()))
            .set_if_none_match(self.condition.if_none_match())
            .set_if_match(self.condition.if_match());
        let mut overrides = aws_sdk_s3::config::Builder::new();
        overrides.set_retry_config(retries);
        let request = request.customize().config_override(overrides);
        let call = async move { request.send().await.map_err(Failure::of) };
        let reply = self.home.run(&self.link, StoreOperation::Put, call).await?;
        Ok(reply.e_tag.unwrap_or_default())
    }
}

fn conflict_backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_max_times(5).with_jitter()
}
