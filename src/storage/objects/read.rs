//! Reads: the whole body with the announced length and a verified checksum, and no more bytes than the caller accepts.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use backon::BackoffBuilder;
use bytes::{Bytes, BytesMut};

use super::access::{retry_override, retry_pauses};
use super::connection::{CallRunner, Connection};
use super::failure::Failure;
use super::observer::StoreOperation;
use super::types::Object;

/// Bytes that are allocated before the first of them has come; what is announced may never come.
const FIRST_BYTES: usize = 8 << 20;

/// The object to read, and how many bytes of it at most.
#[derive(Clone, Copy)]
pub(super) struct ReadRequest<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    /// The version that the caller has.
    pub known_etag: Option<&'a str>,
    pub bytes_max: usize,
}

/// Reads an object; after a body that broke off, or that was damaged, it reads again.
pub(super) async fn read(
    runner: &CallRunner,
    connection: &Connection,
    request: ReadRequest<'_>,
) -> Result<Object, Failure> {
    let mut pauses = retry_pauses().build();
    let mut attempts = 1;
    loop {
        match read_once(runner, connection, request, None).await {
            Err(failure) if failure.is_about_the_body() && attempts < connection.patience.attempts => {
                attempts += 1;
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
            }
            end => return end,
        }
    }
}

/// Reads an object once, with the SDK's own retries or with `retries` in their place.
pub(super) async fn read_once(
    runner: &CallRunner,
    connection: &Connection,
    request: ReadRequest<'_>,
    retries: Option<RetryConfig>,
) -> Result<Object, Failure> {
    let ReadRequest { bucket, key, known_etag, bytes_max } = request;
    let get = connection.client.get_object().bucket(bucket).key(key).set_if_none_match(known_etag.map(str::to_owned));
    let get = get.customize().config_override(retry_override(retries));
    let bucket = bucket.to_owned();
    let call = async move {
        let reply: GetObjectOutput = get.send().await.map_err(|error| Failure::of(error).in_bucket(&bucket))?;
        let announced = reply.content_length.and_then(|bytes| usize::try_from(bytes).ok());
        if let Some(announced) = announced.filter(|announced| *announced > bytes_max) {
            return Err(Failure::too_large(announced, bytes_max, reply.e_tag));
        }
        // a body without an announced length is cut off at the limit
        let bytes = collect(reply.body, announced, bytes_max, reply.e_tag.as_deref()).await?;
        match announced.filter(|announced| *announced != bytes.len()) {
            Some(announced) => Err(Failure::damaged(format!("{} bytes instead of {announced}", bytes.len()))),
            None => Ok(Object { bytes, etag: reply.e_tag.unwrap_or_default() }),
        }
    };
    runner.run(connection, StoreOperation::Get, call).await
}

async fn collect(
    mut body: ByteStream,
    announced: Option<usize>,
    bytes_max: usize,
    etag: Option<&str>,
) -> Result<Bytes, Failure> {
    // never more than the caller accepts: a longer announcement was refused
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or_default().min(FIRST_BYTES));
    while let Some(part) = body.next().await {
        let part = part.map_err(Failure::broken_body)?;
        if bytes.len() + part.len() > bytes_max {
            return Err(Failure::too_large(bytes.len() + part.len(), bytes_max, etag.map(str::to_owned)));
        }
        if bytes.len() + part.len() > bytes.capacity() {
            // exactly what is missing, where that is known
            let missing = announced.unwrap_or_default().saturating_sub(bytes.len());
            bytes.reserve(missing.max(part.len()));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.freeze())
}
