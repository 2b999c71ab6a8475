//! Reads of any size: what the store says of an object, and its bytes as they arrive.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::Stream;

use super::error::{ObjectError, Subject};
use super::failure::Failure;
use super::observer::StoreOperation;
use super::store::ObjectStore;

/// What the store says of one version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// As the store sent it, quotes included; opaque.
    pub etag: String,
    /// Bytes of the body.
    pub size_bytes: u64,
    /// When it was written, in milliseconds since 1970, where the store says so.
    pub modified_ms: Option<i64>,
}

/// The bytes of an object, as the store sends them. A stream that ends early has ended with an error.
pub struct ObjectBytes {
    body: ByteStream,
    left_bytes: u64,
    subject: Subject,
}

impl ObjectStore {
    /// What the store says of the object, or nothing where no object has this key.
    ///
    /// # Errors
    /// The store is away, or refuses.
    pub async fn version(&self, bucket: &str, key: &str) -> Result<Option<ObjectVersion>, ObjectError> {
        let connection = self.connection.load_full();
        let head = connection.client.head_object().bucket(bucket).key(key);
        let named = bucket.to_owned();
        let call = async move { head.send().await.map_err(|error| Failure::of(error).in_bucket(&named)) };
        match self.runner.run(&connection, StoreOperation::Get, call).await {
            Ok(reply) => Ok(Some(ObjectVersion {
                etag: reply.e_tag.unwrap_or_default(),
                size_bytes: reply.content_length.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default(),
                modified_ms: reply.last_modified.and_then(|time| time.to_millis().ok()),
            })),
            Err(failure) if failure.is_absent_key() => Ok(None),
            Err(failure) => Err(failure.about(Subject::object("look at", bucket, key))),
        }
    }

    /// The bytes of a part of this version of the object, or nothing where it was replaced or removed meanwhile. The part must lie in
    /// the object and have a byte at least.
    ///
    /// # Errors
    /// The store is away, or refuses.
    pub async fn open(
        &self,
        bucket: &str,
        key: &str,
        version: &ObjectVersion,
        part: Range<u64>,
    ) -> Result<Option<ObjectBytes>, ObjectError> {
        let connection = self.connection.load_full();
        let is_whole = part == (0..version.size_bytes);
        let range = (!is_whole).then(|| format!("bytes={}-{}", part.start, part.end - 1));
        let get = connection.client.get_object().bucket(bucket).key(key).if_match(&version.etag).set_range(range);
        let named = bucket.to_owned();
        let call = async move { get.send().await.map_err(|error| Failure::of(error).in_bucket(&named)) };
        let subject = Subject::object("read", bucket, key);
        match self.runner.run(&connection, StoreOperation::Get, call).await {
            Ok(reply) => Ok(Some(ObjectBytes { body: reply.body, left_bytes: part.end - part.start, subject })),
            Err(failure) if failure.is_absent_key() || failure.status == Some(412) => Ok(None),
            Err(failure) => Err(failure.about(subject)),
        }
    }
}

impl Stream for ObjectBytes {
    type Item = Result<Bytes, ObjectError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let arrived = match std::task::ready!(Pin::new(&mut this.body).poll_next(cx)) {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => return Poll::Ready(Some(Err(Failure::broken_body(error).about(this.subject.clone())))),
            None if this.left_bytes == 0 => return Poll::Ready(None),
            None => {
                let cause = format!("{} bytes are missing", std::mem::take(&mut this.left_bytes));
                return Poll::Ready(Some(Err(Failure::damaged(cause).about(this.subject.clone()))));
            }
        };
        match this.left_bytes.checked_sub(arrived.len() as u64) {
            Some(left) => {
                this.left_bytes = left;
                Poll::Ready(Some(Ok(arrived)))
            }
            None => {
                this.left_bytes = 0;
                let cause = "it sends more than was asked for".to_owned();
                Poll::Ready(Some(Err(Failure::damaged(cause).about(this.subject.clone()))))
            }
        }
    }
}
