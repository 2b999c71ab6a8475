//! The S3 operations, mapped onto the backend. What is not here answers `NotImplemented`.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures::StreamExt;
use s3s::dto::{
    Bucket, CommonPrefix, CreateBucketInput, CreateBucketOutput, DeleteObjectInput, DeleteObjectOutput, ETag,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListBucketsInput, ListBucketsOutput, ListObjectsV2Input, ListObjectsV2Output, Object, PutObjectInput,
    PutObjectOutput, StreamingBlob, Timestamp,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::backend::{Backend, Opened, internal};
use super::checksums::{Checksums, Hasher};
use super::conditions::Conditions;
use super::layout::now_ms;
use super::listing::{self, Query};
use super::record::Description;
use super::upload::{Received, Upload};

const MAX_NAMES_A_PAGE: i32 = 1000;
const READ_BYTES: usize = 256 * 1024;

/// The store as S3 sees it.
pub(super) struct Service {
    backend: Arc<Backend>,
}

impl Service {
    /// Serves what `backend` keeps.
    pub(super) fn new(backend: Backend) -> Self {
        Self { backend: Arc::new(backend) }
    }

    /// Runs file work beside the async runtime, so that a slow disk does not stop other connections.
    async fn on_files<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Backend) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let backend = Arc::clone(&self.backend);
        match tokio::task::spawn_blocking(move || work(&backend)).await {
            Ok(result) => result,
            Err(error) => Err(internal(std::io::Error::other(error))),
        }
    }
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = request.input.bucket;
        let is_new = self.on_files(move |backend| backend.create_bucket(&bucket)).await?;
        if !is_new {
            return Err(s3_error!(BucketAlreadyOwnedByYou, "the bucket exists already"));
        }
        Ok(S3Response::new(CreateBucketOutput::default()))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.backend.index.in_bucket(&request.input.bucket, |_| ())?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = |name| Bucket { name: Some(name), ..Default::default() };
        let buckets = self.backend.index.bucket_names().into_iter().map(bucket).collect();
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(buckets), ..Default::default() }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let S3Request { mut input, headers, trailing_headers, .. } = request;
        refuse_unsupported(&input)?;
        let conditions = Conditions { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
        // Spares the body of a write that has lost already; publishing checks again under the lock.
        self.backend.check_write(&input.bucket, &input.key, &conditions)?;

        let upload =
            Upload::begin(self.backend.layout.temp(), Hasher::for_request(&headers)).await.map_err(internal)?;
        let received = receive(upload, input.body.take(), input.content_length).await?;
        if !received.checksums.holds(&Checksums::claimed(&headers, trailing_headers.as_ref())) {
            return Err(s3_error!(BadDigest, "the body does not match its checksum; nothing was changed"));
        }

        let Received { file, path, size, etag, checksums } = received;
        let mut response =
            S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(etag.clone())), ..Default::default() });
        checksums.tell(&mut response.headers);
        let description = Description {
            bucket: input.bucket,
            key: input.key,
            size,
            etag,
            modified_ms: now_ms(),
            content_type: input.content_type,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            checksums,
        };
        self.on_files(move |backend| backend.publish(file, path, description, &conditions)).await?;
        Ok(response)
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let GetObjectInput { bucket, key, range, if_match, if_none_match, .. } = request.input;
        let conditions = Conditions { if_match, if_none_match };
        // A reader that has the object already, as a poller has, costs no file access.
        if let Some(entry) = self.backend.index.get(&bucket, &key)? {
            conditions.allow_read(&entry.description.etag)?;
        }
        let Opened { file, description } = self.on_files(move |backend| backend.open_object(&bucket, &key)).await?;
        conditions.allow_read(&description.etag)?;

        let span = range.map_or(Ok(0..description.size), |range| range.check(description.size))?;
        let content_range = range.map(|_| format!("bytes {}-{}/{}", span.start, span.end - 1, description.size));
        let mut file = tokio::fs::File::from_std(file);
        file.seek(std::io::SeekFrom::Start(span.start)).await.map_err(internal)?;
        let length = span.end - span.start;
        let body = StreamingBlob::wrap(ReaderStream::with_capacity(file.take(length), READ_BYTES));
        let is_whole = content_range.is_none();
        let mut response = S3Response::new(GetObjectOutput {
            body: Some(body),
            content_length: Some(count(length)),
            content_range,
            accept_ranges: Some("bytes".to_owned()),
            e_tag: Some(ETag::Strong(description.etag)),
            last_modified: Some(timestamp(description.modified_ms)),
            content_type: description.content_type,
            metadata: Some(description.metadata.into_iter().collect()),
            ..Default::default()
        });
        if is_whole {
            description.checksums.tell(&mut response.headers);
        }
        Ok(response)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let HeadObjectInput { bucket, key, if_match, if_none_match, .. } = request.input;
        let entry = self.backend.index.get(&bucket, &key)?.ok_or_else(|| s3_error!(NoSuchKey))?;
        let description = entry.description.clone();
        Conditions { if_match, if_none_match }.allow_read(&description.etag)?;
        let mut response = S3Response::new(HeadObjectOutput {
            content_length: Some(count(description.size)),
            accept_ranges: Some("bytes".to_owned()),
            e_tag: Some(ETag::Strong(description.etag)),
            last_modified: Some(timestamp(description.modified_ms)),
            content_type: description.content_type,
            metadata: Some(description.metadata.into_iter().collect()),
            ..Default::default()
        });
        description.checksums.tell(&mut response.headers);
        Ok(response)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let DeleteObjectInput { bucket, key, if_match, .. } = request.input;
        let conditions = Conditions { if_match, if_none_match: None };
        self.on_files(move |backend| backend.delete(&bucket, &key, &conditions)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let max_names = input.max_keys.unwrap_or(MAX_NAMES_A_PAGE).clamp(0, MAX_NAMES_A_PAGE);
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty()),
            // The token of the next page is the last name of this one.
            after: input.continuation_token.as_deref().or(input.start_after.as_deref()),
            max_names: usize::try_from(max_names).unwrap_or_default(),
        };
        let page = self.backend.index.in_bucket(&input.bucket, |objects| listing::page(objects, &query))?;

        let object = |description: &Description| Object {
            key: Some(description.key.clone()),
            size: Some(count(description.size)),
            e_tag: Some(ETag::Strong(description.etag.clone())),
            last_modified: Some(timestamp(description.modified_ms)),
            ..Default::default()
        };
        let contents: Vec<Object> = page.objects.iter().map(|entry| object(&entry.description)).collect();
        let common_prefixes: Vec<CommonPrefix> =
            page.common_prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(prefix) }).collect();
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
            max_keys: Some(max_names),
            is_truncated: Some(page.next_after.is_some()),
            next_continuation_token: page.next_after,
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            continuation_token: input.continuation_token,
            start_after: input.start_after,
            ..Default::default()
        }))
    }
}

/// Refuses what would otherwise be ignored in silence.
fn refuse_unsupported(input: &PutObjectInput) -> S3Result<()> {
    if input.content_md5.is_some() {
        return Err(s3_error!(
            NotImplemented,
            "content-md5 is not checked here; send an x-amz-checksum header instead"
        ));
    }
    if input.write_offset_bytes.is_some() {
        return Err(s3_error!(NotImplemented, "appending is not supported; write the whole object"));
    }
    if input.key.chars().any(char::is_control) {
        return Err(s3_error!(InvalidArgument, "a key with control characters could not be listed"));
    }
    Ok(())
}

/// Takes the whole body in, refusing one that ends early or was changed on the way.
async fn receive(mut upload: Upload, body: Option<StreamingBlob>, length: Option<i64>) -> S3Result<Received> {
    if let Some(mut body) = body {
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| s3_error!(IncompleteBody, "the body did not arrive whole: {error}"))?;
            upload.write(&bytes).await.map_err(internal)?;
        }
    }
    let received = upload.finish().await.map_err(internal)?;
    if length.is_some_and(|length| length != count(received.size)) {
        return Err(s3_error!(IncompleteBody, "the body has another length than announced"));
    }
    Ok(received)
}

fn count(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}
