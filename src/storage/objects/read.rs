//! Reads: the whole body, as long as its answer said, its checksum verified where the store keeps one, and no longer than is asked for.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use backon::BackoffBuilder;
use bytes::{Bytes, BytesMut};
use futures::FutureExt;

use super::client::{Home, Link};
use super::error::{Failure, ObjectError, Subject};
use super::observer::StoreOperation;
use super::retry::pauses;
use super::store::ObjectStore;
use super::types::{Fetched, Object};

/// What is read, and how much of it at most.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    /// The version that the caller has.
    pub known_etag: Option<&'a str>,
    /// Bytes that the caller has room for.
    pub bytes_max: usize,
}

impl<'a> Reading<'a> {
    /// The object, whatever its version and size.
    pub(crate) fn any(bucket: &'a str, key: &'a str) -> Self {
        Self { bucket, key, known_etag: None, bytes_max: usize::MAX }
    }
}

impl ObjectStore {
    /// The object, unless the store still holds the version `known_etag`; one of more than `bytes_max` bytes is not read.
    pub async fn get_at_most(
        &self,
        bucket: &str,
        key: &str,
        known_etag: Option<&str>,
        bytes_max: usize,
    ) -> Result<Fetched, ObjectError> {
        match self.fetch(Reading { bucket, key, known_etag, bytes_max }).await {
            Ok(object) => Ok(Fetched::New(object)),
            Err(failure) if failure.status == Some(304) => Ok(Fetched::Unchanged),
            Err(failure) if failure.is_absent_key() => Ok(Fetched::Absent),
            Err(failure) => Err(failure.about(Subject::object("read", bucket, key))),
        }
    }

    /// The object; what the store says instead is for the caller to judge.
    pub(crate) async fn fetch(&self, wanted: Reading<'_>) -> Result<Object, Failure> {
        whole(&self.home, &self.link.load_full(), wanted).boxed().await
    }
}

/// Reads an object; a body that broke off, or that is not what was stored, is read again.
async fn whole(home: &Home, link: &Link, wanted: Reading<'_>) -> Result<Object, Failure> {
    let mut pauses = pauses().build();
    let mut attempts = 1;
    loop {
        match once(home, link, wanted, None).await {
            Err(failure) if failure.is_about_the_body() && attempts < link.patience.attempts => {
                attempts += 1;
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
            }
            end => return end,
        }
    }
}

/// Reads an object once, with the retries of the SDK or others.
pub(crate) async fn once(
    home: &Home,
    link: &Link,
    wanted: Reading<'_>,
    retries: Option<RetryConfig>,
) -> Result<Object, Failure> {
    let Reading { bucket, key, known_etag, bytes_max } = wanted;
    let request = link.client.get_object().bucket(bucket).key(key).set_if_none_match(known_etag.map(str::to_owned));
    let mut overrides = aws_sdk_s3::config::Builder::new();
    overrides.set_retry_config(retries);
    let request = request.customize().config_override(overrides);
    let bucket = bucket.to_owned();
    let call = async move {
        let reply: GetObjectOutput = request.send().await.map_err(|error| Failure::of(error).in_bucket(&bucket))?;
        let said = reply.content_length.and_then(|bytes| usize::try_from(bytes).ok());
        if let Some(said) = said.filter(|said| *said > bytes_max) {
            return Err(Failure::too_large(said, bytes_max));
        }
        // what says no length is held to it here: the rest is left unread
        let bytes = collect(reply.body, bytes_max).await?;
        match said.filter(|said| *said != bytes.len()) {
            Some(said) => Err(Failure::damaged(format!("{} bytes instead of {said}", bytes.len()))),
            None => Ok(Object { bytes, etag: reply.e_tag.unwrap_or_default() }),
        }
    };
    home.run(link, StoreOperation::Get, call).await
}

async fn collect(mut body: ByteStream, bytes_max: usize) -> Result<Bytes, Failure> {
    if bytes_max == usize::MAX {
        return Ok(body.collect().await.map_err(Failure::broken_body)?.into_bytes());
    }
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(Failure::broken_body)?;
        if bytes.len() + part.len() > bytes_max {
            return Err(Failure::too_large(bytes.len() + part.len(), bytes_max));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.freeze())
}
