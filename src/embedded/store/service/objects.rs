//! Operations on single objects, and the deletion of many.

use std::io::SeekFrom;

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition,
    Error, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, ObjectIdentifier, PutObjectInput,
    PutObjectOutput, StreamingBlob,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::embedded::store::assembly::span;
use crate::embedded::store::backend::{Backend, Opened, internal};
use crate::embedded::store::conditions::Preconditions;
use crate::embedded::store::layout::now_ms;

use super::inputs::{about, check_key, refuse, refuse_unsupported};
use super::operations::Service;
use super::receive_body::DeclaredBody;
use super::values::{DEFAULT_CONTENT_TYPE, count, etag, timestamp};

const READ_BYTES: usize = 256 * 1024;
const MAX_DELETIONS: usize = 1000;

/// The description of an object in the output of GET and HEAD.
macro_rules! described {
    ($output:ident, $description:expr) => {
        $output {
            accept_ranges: Some("bytes".to_owned()),
            e_tag: etag($description.etag),
            last_modified: Some(timestamp($description.modified_ms)),
            content_type: $description.about.content_type.or_else(|| Some(DEFAULT_CONTENT_TYPE.to_owned())),
            content_encoding: $description.about.content_encoding,
            content_language: $description.about.content_language,
            content_disposition: $description.about.content_disposition,
            cache_control: $description.about.cache_control,
            metadata: Some($description.about.metadata.into_iter().collect()),
            ..Default::default()
        }
    };
}

impl Service {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let S3Request { mut input, headers, trailing_headers, .. } = request;
        refuse_unsupported!(input);
        refuse!(input; write_offset_bytes);
        check_key(&input.key)?;
        let about = about!(input)?;
        let conditions = Preconditions::of_writer(input.if_match.take(), input.if_none_match.take());
        // an early check saves receiving the body; publishing checks again under the lock
        self.backend.check_write(&input.bucket, &input.key, &conditions)?;

        let declared = DeclaredBody {
            headers,
            trailers: trailing_headers,
            length: input.content_length,
            md5: input.content_md5.take(),
        };
        let received = self.receive(input.body.take(), &declared).await?;
        let description = received.describe(input.bucket, input.key, received.etag(), about, now_ms());
        let output = PutObjectOutput { e_tag: etag(&description.etag), ..Default::default() };
        let mut response = S3Response::new(output);
        description.checksums.add_to(&mut response.headers);
        self.run_blocking(move |backend| backend.publish(received, description, &conditions)).await?;
        Ok(response)
    }

    pub(super) async fn get(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        refuse!(request.input; part_number, version_id);
        let GetObjectInput { bucket, key, range, if_match, if_none_match, .. } = request.input;
        let GetObjectInput { if_modified_since, if_unmodified_since, .. } = request.input;
        let conditions = Preconditions { if_match, if_none_match, if_modified_since, if_unmodified_since };
        // a reader that has the object already, as a poller has, costs no file access
        if let Some(entry) = self.backend.index.get(&bucket, &key)? {
            conditions.allow_read(&entry.description)?;
        }
        let Opened { file, description } = self.run_blocking(move |backend| backend.open_object(&bucket, &key)).await?;
        conditions.allow_read(&description)?;

        let span = range.map_or(Ok(0..description.size), |range| span(range, description.size))?;
        let content_range = range.map(|_| format!("bytes {}-{}/{}", span.start, span.end - 1, description.size));
        let mut file = tokio::fs::File::from_std(file);
        file.seek(SeekFrom::Start(span.start)).await.map_err(internal)?;
        let length = span.end - span.start;
        let body = StreamingBlob::wrap(ReaderStream::with_capacity(file.take(length), READ_BYTES));
        let is_whole = content_range.is_none();
        let mut response = S3Response::new(GetObjectOutput {
            body: Some(body),
            content_length: Some(count(length)),
            content_range,
            ..described!(GetObjectOutput, description)
        });
        if is_whole {
            description.checksums.add_to(&mut response.headers);
        }
        Ok(response)
    }

    pub(super) async fn head(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        refuse!(request.input; part_number, version_id);
        let HeadObjectInput { bucket, key, range, if_match, if_none_match, .. } = request.input;
        let HeadObjectInput { if_modified_since, if_unmodified_since, .. } = request.input;
        let entry = self.backend.index.get(&bucket, &key)?.ok_or_else(|| s3_error!(NoSuchKey))?;
        let description = entry.description.clone();
        let conditions = Preconditions { if_match, if_none_match, if_modified_since, if_unmodified_since };
        conditions.allow_read(&description)?;
        let span = range.map_or(Ok(0..description.size), |range| span(range, description.size))?;
        let content_range = range.map(|_| format!("bytes {}-{}/{}", span.start, span.end - 1, description.size));
        let is_whole = content_range.is_none();
        let mut response = S3Response::new(HeadObjectOutput {
            content_length: Some(count(span.end - span.start)),
            content_range,
            ..described!(HeadObjectOutput, description)
        });
        if is_whole {
            description.checksums.add_to(&mut response.headers);
        }
        Ok(response)
    }

    pub(super) async fn delete(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        refuse!(request.input; version_id, if_match_size, if_match_last_modified_time);
        let DeleteObjectInput { bucket, key, if_match, .. } = request.input;
        let conditions = Preconditions::of_writer(if_match, None);
        self.run_blocking(move |backend| backend.delete(&bucket, &key, &conditions)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    pub(super) async fn delete_many(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        self.backend.index.in_bucket(&bucket, |_| ())?;
        if delete.objects.is_empty() || delete.objects.len() > MAX_DELETIONS {
            return Err(s3_error!(MalformedXML, "between 1 and 1000 objects are deleted at once"));
        }
        let is_quiet = delete.quiet.unwrap_or_default();
        let deletions = self.run_blocking(move |backend| {
            Ok(delete.objects.into_iter().map(|object| delete_one(backend, &bucket, object)).collect::<Vec<_>>())
        });
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for deletion in deletions.await? {
            match deletion {
                Ok(key) => deleted.push(DeletedObject { key: Some(key), ..Default::default() }),
                Err(error) => errors.push(error),
            }
        }
        if is_quiet {
            deleted.clear();
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), errors: Some(errors), ..Default::default() }))
    }
}

/// The key of the deleted object, or why it was not deleted.
fn delete_one(backend: &Backend, bucket: &str, object: ObjectIdentifier) -> Result<String, Error> {
    let refuse = || {
        refuse!(object; version_id, last_modified_time, size);
        backend.delete(
            bucket,
            &object.key,
            &Preconditions::of_writer(object.e_tag.clone().map(ETagCondition::ETag), None),
        )
    };
    refuse().map(|()| object.key.clone()).map_err(|error| Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(object.key.clone()),
        message: error.message().map(str::to_owned),
        version_id: None,
    })
}
