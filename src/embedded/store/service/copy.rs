//! Copies within the store.

use std::time::Instant;

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, MetadataDirective, UploadPartCopyInput,
    UploadPartCopyOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::embedded::store::assembly::Source;
use crate::embedded::store::checksums::Hasher;
use crate::embedded::store::conditions::Preconditions;
use crate::embedded::store::layout::now_ms;
use crate::embedded::store::uploads::Part;

use super::inputs::{about, check_key, refuse, refuse_unsupported, source};
use super::multipart::check_part_number;
use super::operations::Service;
use super::values::{etag, timestamp};

/// Takes the source and its conditions from an input.
macro_rules! source_of {
    ($input:expr, $range:expr) => {{
        refuse!($input; copy_source_sse_customer_algorithm, sse_customer_algorithm);
        let (bucket, key) = source(&$input.copy_source)?;
        let conditions = Preconditions {
            if_match: $input.copy_source_if_match.take(),
            if_none_match: $input.copy_source_if_none_match.take(),
            if_modified_since: $input.copy_source_if_modified_since.take(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.take(),
        };
        Source { bucket, key, conditions, range: $range }
    }};
}

impl Service {
    pub(super) async fn copy(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let S3Request { mut input, headers, .. } = request;
        refuse_unsupported!(input);
        check_key(&input.key)?;
        let conditions = Preconditions::from_headers(&headers)?;
        let source = source_of!(input, None);
        let metadata = about!(input)?;
        let replaces = input.metadata_directive.as_ref().is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
        if !replaces && (&source.bucket, &source.key) == (&input.bucket, &input.key) {
            return Err(s3_error!(
                InvalidRequest,
                "a copy onto itself changes something: set the metadata directive to REPLACE"
            ));
        }
        let (bucket, key) = (input.bucket, input.key);
        let work = self.run_blocking(move |backend| {
            backend.check_write(&bucket, &key, &conditions)?;
            let (copy, original) = backend.copy_of(&source, Hasher::for_request(&headers))?;
            let about = if replaces { metadata } else { original.about };
            let description = copy.describe(bucket, key, copy.etag(), about, now_ms());
            backend.publish(copy, description.clone(), &conditions)?;
            Ok(description)
        });
        let description = work.await?;
        let result = CopyObjectResult {
            e_tag: etag(description.etag),
            last_modified: Some(timestamp(description.modified_ms)),
            checksum_crc32: description.checksums.get("crc32"),
            ..Default::default()
        };
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() }))
    }

    pub(super) async fn copy_part(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let mut input = request.input;
        check_part_number(input.part_number)?;
        let invalid = |_| s3_error!(InvalidArgument, "x-amz-copy-source-range is bytes=first-last");
        let range = input.copy_source_range.take().map(|range| s3s::dto::Range::parse(&range).map_err(invalid));
        let source = source_of!(input, range.transpose()?);
        let UploadPartCopyInput { bucket, key, upload_id, part_number, .. } = input;
        let work = self.run_blocking(move |backend| {
            let algorithm = backend.uploads.with(&upload_id, &bucket, &key, |upload| upload.algorithm.clone())?;
            let (copy, _) = backend.copy_of(&source, Hasher::for_algorithm(algorithm.as_deref()))?;
            let part = Part::new(copy, now_ms(), Instant::now());
            let stored = (part.etag(), part.modified_ms, part.checksums.get("crc32"));
            backend.uploads.put_part(&upload_id, &bucket, &key, part_number, part)?;
            fail::fail_point!("store-part-stored");
            Ok(stored)
        });
        let (copied, modified_ms, checksum_crc32) = work.await?;
        let result = CopyPartResult {
            e_tag: etag(copied),
            last_modified: Some(timestamp(modified_ms)),
            checksum_crc32,
            ..Default::default()
        };
        Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..Default::default() }))
    }
}
