//! Large objects, written in parts: nothing is visible before the last request, and a failed upload leaves no parts behind.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::access::retry_override;
use super::failure::Failure;
use super::observer::StoreOperation;
use super::types::Put;
use super::write::{LastRequest, Write};

/// Larger objects are written in parts.
pub(super) const PUT_MAX_BYTES: usize = 16 << 20;
/// The size of each part but the last; larger where there would be more than [`PARTS_MAX`].
pub(super) const PART_BYTES: usize = 8 << 20;
/// The limit of S3.
const PARTS_MAX: usize = 10_000;
/// Parts that are sent at the same time.
const PARTS_AT_ONCE: usize = 4;

/// Writes an object in parts; the parts are removed where that fails.
pub(super) async fn upload(write: &Write) -> Result<Put, Failure> {
    let upload_id = begin(write).await?;
    let end = match send_parts(write, &upload_id).await {
        Ok(parts) => write.run(&LastRequest::CompleteUpload { upload_id: upload_id.clone(), parts }).await,
        Err(failure) => Err(failure),
    };
    if !matches!(end, Ok(Put::Done { .. })) {
        abort(write, &upload_id).await;
    }
    end
}

pub(super) async fn begin(write: &Write) -> Result<String, Failure> {
    let request = write.connection.client.create_multipart_upload().bucket(&write.bucket).key(&write.key);
    let call = async move { request.send().await.map_err(Failure::of) };
    let reply = write.runner.run(&write.connection, StoreOperation::Upload, call).await?;
    Ok(reply.upload_id.unwrap_or_default())
}

/// Sends every part. The SDK may send a part twice: the second replaces the first.
async fn send_parts(write: &Write, upload_id: &str) -> Result<Vec<CompletedPart>, Failure> {
    let part_bytes = PART_BYTES.max(write.bytes.len().div_ceil(PARTS_MAX));
    let starts = (0..write.bytes.len()).step_by(part_bytes);
    let parts = (1..).zip(starts).map(|(number, start)| {
        let body = write.bytes.slice(start..write.bytes.len().min(start + part_bytes));
        send_part(write, upload_id, number, body)
    });
    let parts: Vec<_> = parts.collect();
    futures::stream::iter(parts).buffered(PARTS_AT_ONCE).try_collect().await
}

/// Sends one part; its number counts from 1.
pub(super) async fn send_part(
    write: &Write,
    upload_id: &str,
    number: i32,
    body: Bytes,
) -> Result<CompletedPart, Failure> {
    let client = &write.connection.client;
    let request = client.upload_part().bucket(&write.bucket).key(&write.key).upload_id(upload_id).part_number(number);
    let request = request.body(ByteStream::from(body));
    let call = async move { request.send().await.map_err(Failure::of) };
    let reply = write.runner.run(&write.connection, StoreOperation::Upload, call).await?;
    Ok(CompletedPart::builder().part_number(number).set_e_tag(reply.e_tag).build())
}

/// Removes the parts; tried once, because a store that is away removes them by its own rule for unfinished uploads.
pub(super) async fn abort(write: &Write, upload_id: &str) {
    let client = &write.connection.client;
    let request = client.abort_multipart_upload().bucket(&write.bucket).key(&write.key).upload_id(upload_id);
    let request = request.customize().config_override(retry_override(Some(RetryConfig::disabled())));
    let call = async move { request.send().await.map_err(Failure::of) };
    if let Err(failure) = write.runner.run(&write.connection, StoreOperation::Upload, call).await
        && !failure.is_absent_upload()
    {
        tracing::warn!(
            event = "upload_left",
            service = "node",
            bucket = write.bucket,
            key = write.key,
            upload = upload_id
        );
    }
}
