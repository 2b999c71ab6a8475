//! Large objects, written in parts: nothing is there before the last request, and what fails leaves no parts behind.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures::{StreamExt, TryStreamExt};

use super::error::Failure;
use super::observer::StoreOperation;
use super::types::Put;
use super::write::{Step, Write};

/// Larger objects are written in parts.
pub(crate) const LARGEST_PUT_BYTES: usize = 16 << 20;
/// Each part but the last; larger where there would be too many.
const PART_BYTES: usize = 8 << 20;
/// What S3 allows.
const MOST_PARTS: usize = 10_000;
/// Parts that are under way at the same time.
const PARTS_AT_ONCE: usize = 4;

/// An upload that has begun, with the parts it has.
pub(crate) struct Upload {
    id: String,
    parts: Vec<CompletedPart>,
}

impl Upload {
    /// Writes the object; where that fails, the parts are removed.
    pub(crate) async fn of(write: &Write) -> Result<Put, Failure> {
        let mut upload = Self::begin(write).await?;
        let end = match upload.send(write).await {
            Ok(()) => write.settle(Step::Complete(&upload)).await,
            Err(failure) => Err(failure),
        };
        if !matches!(end, Ok(Put::Done { .. })) {
            upload.give_up(write).await;
        }
        end
    }

    async fn begin(write: &Write) -> Result<Self, Failure> {
        let request = write.link.client.create_multipart_upload().bucket(&write.bucket).key(&write.key);
        let call = async move { request.send().await.map_err(Failure::of) };
        let reply = write.home.run(&write.link, StoreOperation::Upload, call).await?;
        Ok(Self { id: reply.upload_id.unwrap_or_default(), parts: Vec::new() })
    }

    /// Sends every part; a part may be sent again, because it replaces itself.
    async fn send(&mut self, write: &Write) -> Result<(), Failure> {
        let part_bytes = PART_BYTES.max(write.bytes.len().div_ceil(MOST_PARTS));
        let starts = (0..write.bytes.len()).step_by(part_bytes);
        let parts = (1..).zip(starts).map(|(number, start)| {
            let body = write.bytes.slice(start..write.bytes.len().min(start + part_bytes));
            let request = write
                .link
                .client
                .upload_part()
                .bucket(&write.bucket)
                .key(&write.key)
                .upload_id(&self.id)
                .part_number(number)
                .body(ByteStream::from(body));
            async move {
                let call = async move { request.send().await.map_err(Failure::of) };
                let reply = write.home.run(&write.link, StoreOperation::Upload, call).await?;
                Ok(CompletedPart::builder().part_number(number).set_e_tag(reply.e_tag).build())
            }
        });
        let parts: Vec<_> = parts.collect();
        self.parts = futures::stream::iter(parts).buffered(PARTS_AT_ONCE).try_collect().await?;
        Ok(())
    }

    /// Puts the object in place; sent once, because a second answer would not tell what the first one did.
    pub(crate) async fn complete(&self, write: &Write) -> Result<String, Failure> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let request = write
            .link
            .client
            .complete_multipart_upload()
            .bucket(&write.bucket)
            .key(&write.key)
            .upload_id(&self.id)
            .multipart_upload(parts)
            .set_if_none_match(write.condition.if_none_match())
            .set_if_match(write.condition.if_match());
        let mut once = aws_sdk_s3::config::Builder::new();
        once.set_retry_config(Some(RetryConfig::disabled()));
        let request = request.customize().config_override(once);
        let call = async move { request.send().await.map_err(Failure::of) };
        let reply = write.home.run(&write.link, StoreOperation::Upload, call).await?;
        Ok(reply.e_tag.unwrap_or_default())
    }

    /// Removes the parts; tried once, because a store that is away has them removed by its own rule for unfinished uploads.
    async fn give_up(&self, write: &Write) {
        let client = &write.link.client;
        let request = client.abort_multipart_upload().bucket(&write.bucket).key(&write.key).upload_id(&self.id);
        let mut once = aws_sdk_s3::config::Builder::new();
        once.set_retry_config(Some(RetryConfig::disabled()));
        let request = request.customize().config_override(once);
        let call = async move { request.send().await.map_err(Failure::of) };
        if let Err(failure) = write.home.run(&write.link, StoreOperation::Upload, call).await
            && !failure.is_absent_upload()
        {
            tracing::warn!(
                event = "upload_left",
                service = "node",
                bucket = write.bucket,
                key = write.key,
                upload = self.id
            );
        }
    }
}
