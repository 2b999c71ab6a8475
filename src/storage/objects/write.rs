//! Writes: one request or several, under a condition, with a clear outcome even if an answer was lost.
//!
//! A conditional write that is sent twice would lose against itself. So after an attempt of unknown outcome the object is read and its
//! bytes are compared before the write is sent again or counts as lost.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use bytes::Bytes;

use super::access::{retry_override, retry_pauses};
use super::connection::{CallRunner, Connection};
use super::failure::Failure;
use super::observer::StoreOperation;
use super::read::{ReadRequest, read_once};
use super::types::{Condition, Put};

/// One write and what it needs.
pub(super) struct Write {
    pub connection: Arc<Connection>,
    pub runner: CallRunner,
    pub bucket: String,
    pub key: String,
    pub bytes: Bytes,
    pub condition: OwnedCondition,
}

/// A [`Condition`] that owns its ETag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnedCondition {
    Always,
    IfAbsent,
    IfMatch(String),
}

/// The last request of a write, which puts the object in place.
pub(super) enum LastRequest {
    /// The whole body in one request.
    Put,
    /// The end of a multipart upload whose parts have arrived.
    CompleteUpload { upload_id: String, parts: Vec<CompletedPart> },
}

/// What is stored under the key after an attempt of unknown outcome.
enum StoredNow {
    /// Our bytes.
    Ours { etag: String },
    /// The bytes of another writer, or nothing where a version was to be replaced.
    Others,
    /// What was there before.
    Before,
}

impl From<Condition<'_>> for OwnedCondition {
    fn from(condition: Condition<'_>) -> Self {
        match condition {
            Condition::Always => OwnedCondition::Always,
            Condition::IfAbsent => OwnedCondition::IfAbsent,
            Condition::IfMatch(etag) => OwnedCondition::IfMatch(etag.to_owned()),
        }
    }
}

impl OwnedCondition {
    /// The header `If-None-Match`.
    pub(super) fn if_none_match(&self) -> Option<String> {
        (*self == OwnedCondition::IfAbsent).then(|| "*".to_owned())
    }

    /// The header `If-Match`.
    pub(super) fn if_match(&self) -> Option<String> {
        match self {
            OwnedCondition::IfMatch(etag) => Some(etag.clone()),
            OwnedCondition::Always | OwnedCondition::IfAbsent => None,
        }
    }
}

impl Write {
    /// The same write, of these bytes.
    pub(super) fn with(&self, bytes: Bytes) -> Self {
        let (connection, runner) = (self.connection.clone(), self.runner.clone());
        let (bucket, key, condition) = (self.bucket.clone(), self.key.clone(), self.condition.clone());
        Self { connection, runner, bucket, key, bytes, condition }
    }

    /// Puts the object in place, and finds out whether it is there.
    pub(super) async fn run(&self, request: &LastRequest) -> Result<Put, Failure> {
        let limit = self.connection.patience.operation;
        match tokio::time::timeout(limit, self.attempts(request)).await {
            Ok(end) => end,
            Err(_) => Err(Failure::late(limit)),
        }
    }

    async fn attempts(&self, request: &LastRequest) -> Result<Put, Failure> {
        let mut pauses = retry_pauses().build();
        let mut unknown: Option<Failure> = None;
        for _ in 0..self.tries(request) {
            if unknown.is_some() {
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
                match self.stored_now().await {
                    Ok(StoredNow::Ours { etag }) => return Ok(Put::Done { etag }),
                    Ok(StoredNow::Others) if self.condition != OwnedCondition::Always => return Ok(Put::Lost),
                    Ok(StoredNow::Others | StoredNow::Before) => {}
                    Err(failure) if failure.is_outage() => {
                        unknown = Some(failure);
                        continue;
                    }
                    Err(failure) => return Err(failure),
                }
            }
            match self.send(request).await {
                Ok(etag) => return Ok(Put::Done { etag }),
                // every answer was 409: nothing was written
                Err(failure) if failure.is_outage() && failure.status != Some(409) => unknown = Some(failure),
                Err(failure) if unknown.is_some() && self.is_condition_failure(&failure) => {
                    return self.outcome_after_loss().await;
                }
                Err(failure) if self.is_condition_failure(&failure) => return Ok(Put::Lost),
                Err(failure) => return Err(failure),
            }
        }
        Err(unknown.unwrap_or_else(|| Failure::late(self.connection.patience.operation)))
    }

    /// How many attempts are made here; the SDK retries an unconditional put by itself.
    fn tries(&self, request: &LastRequest) -> u32 {
        match (request, &self.condition) {
            (LastRequest::Put, OwnedCondition::Always) => 1,
            _ => self.connection.patience.attempts,
        }
    }

    /// Finds out who wrote the object when the condition no longer holds after an attempt of unknown outcome: that attempt or another writer.
    async fn outcome_after_loss(&self) -> Result<Put, Failure> {
        Ok(match self.stored_now().await? {
            StoredNow::Ours { etag } => Put::Done { etag },
            StoredNow::Others | StoredNow::Before => Put::Lost,
        })
    }

    /// Whether the answer is that the condition did not hold.
    pub(super) fn is_condition_failure(&self, failure: &Failure) -> bool {
        match self.condition {
            OwnedCondition::Always => false,
            OwnedCondition::IfAbsent => failure.status == Some(412),
            OwnedCondition::IfMatch(_) => failure.status == Some(412) || failure.is_absent_key(),
        }
    }

    async fn stored_now(&self) -> Result<StoredNow, Failure> {
        let request =
            ReadRequest { bucket: &self.bucket, key: &self.key, known_etag: None, bytes_max: self.bytes.len() };
        let read = read_once(&self.runner, &self.connection, request, Some(RetryConfig::disabled()));
        let object = match read.await {
            Ok(object) => object,
            Err(failure) if failure.is_absent_key() => {
                let is_before = !matches!(self.condition, OwnedCondition::IfMatch(_));
                return Ok(if is_before { StoredNow::Before } else { StoredNow::Others });
            }
            // a longer object is not the one that was written
            Err(failure) => {
                let etag = failure.too_large_etag().ok_or(failure)?;
                let is_before = matches!(&self.condition, OwnedCondition::IfMatch(known) if *known == etag);
                return Ok(if is_before { StoredNow::Before } else { StoredNow::Others });
            }
        };
        Ok(match &self.condition {
            _ if object.bytes == self.bytes => StoredNow::Ours { etag: object.etag },
            OwnedCondition::IfMatch(etag) if object.etag == *etag => StoredNow::Before,
            _ => StoredNow::Others,
        })
    }

    /// Sends the request, and again after a 409: another conditional write was running, and nothing was written.
    async fn send(&self, request: &LastRequest) -> Result<String, Failure> {
        let attempt = async || match request {
            LastRequest::Put => self.put().await,
            LastRequest::CompleteUpload { upload_id, parts } => self.complete_upload(upload_id, parts).await,
        };
        attempt.retry(conflict_backoff()).when(|failure: &Failure| failure.status == Some(409)).await
    }

    async fn put(&self) -> Result<String, Failure> {
        // the SDK must not send a conditional write twice
        let retries = (self.condition != OwnedCondition::Always).then(RetryConfig::disabled);
        let request = self
            .connection
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(&self.key)
            .body(ByteStream::from(self.bytes.clone()))
            .set_if_none_match(self.condition.if_none_match())
            .set_if_match(self.condition.if_match());
        let request = request.customize().config_override(retry_override(retries));
        let call = async move { request.send().await.map_err(Failure::of) };
        let reply = self.runner.run(&self.connection, StoreOperation::Put, call).await?;
        Ok(reply.e_tag.unwrap_or_default())
    }

    /// Ends a multipart upload; sent once, because a second answer would not say what the first one did.
    pub(super) async fn complete_upload(&self, upload_id: &str, parts: &[CompletedPart]) -> Result<String, Failure> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.to_vec())).build();
        let request = self
            .connection
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(&self.key)
            .upload_id(upload_id)
            .multipart_upload(parts)
            .set_if_none_match(self.condition.if_none_match())
            .set_if_match(self.condition.if_match());
        let request = request.customize().config_override(retry_override(Some(RetryConfig::disabled())));
        let call = async move { request.send().await.map_err(Failure::of) };
        let reply = self.runner.run(&self.connection, StoreOperation::Upload, call).await?;
        Ok(reply.e_tag.unwrap_or_default())
    }
}

fn conflict_backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(20)).with_max_times(5).with_jitter()
}
