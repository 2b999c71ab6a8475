//! Multipart uploads.

use std::time::Instant;

use hyper::header::HeaderMap;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ListPartsInput, ListPartsOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::embedded::store::assembly::UploadCompletion;
use crate::embedded::store::checksums::Checksums;
use crate::embedded::store::conditions::Preconditions;
use crate::embedded::store::layout::now_ms;
use crate::embedded::store::record::ObjectDescription;
use crate::embedded::store::uploads::{Part, Upload};

use super::inputs::{about, check_key, refuse, refuse_unsupported};
use super::operations::Service;
use super::receive_body::DeclaredBody;
use super::values::{count, etag, page_size, timestamp};

impl Service {
    pub(super) async fn begin_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let mut input = request.input;
        refuse_unsupported!(input);
        check_key(&input.key)?;
        if input.checksum_type.as_ref().is_some_and(|it| it.as_str() == ChecksumType::COMPOSITE) {
            return Err(s3_error!(
                NotImplemented,
                "objects have checksums of all their bytes here; ask for FULL_OBJECT"
            ));
        }
        self.backend.index.in_bucket(&input.bucket, |_| ())?;
        let about = about!(input)?;
        let algorithm = input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned());
        let upload = Upload::new(input.bucket.clone(), input.key.clone(), about, algorithm, now_ms(), Instant::now());
        let id = self.run_blocking(move |backend| Ok(backend.uploads.begin(upload))).await?;
        let checksum_type = input.checksum_algorithm.is_some().then(full_object);
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: input.checksum_algorithm,
            checksum_type,
            ..Default::default()
        }))
    }

    pub(super) async fn put_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let S3Request { mut input, headers, trailing_headers, .. } = request;
        refuse!(input; sse_customer_algorithm);
        check_part_number(input.part_number)?;
        // an early check saves receiving a part without an upload
        self.backend.uploads.with(&input.upload_id, &input.bucket, &input.key, |_| ())?;
        let declared = DeclaredBody {
            headers,
            trailers: trailing_headers,
            length: input.content_length,
            md5: input.content_md5.take(),
        };
        let part = Part::new(self.receive(input.body.take(), &declared).await?, now_ms(), Instant::now());
        let mut response = S3Response::new(UploadPartOutput { e_tag: etag(part.etag()), ..Default::default() });
        part.checksums.add_to(&mut response.headers);
        let UploadPartInput { bucket, key, upload_id, part_number, .. } = input;
        let stored = self.run_blocking(move |backend| {
            backend.uploads.put_part(&upload_id, &bucket, &key, part_number, part)?;
            fail::fail_point!("store-part-stored");
            Ok(())
        });
        stored.await?;
        Ok(response)
    }

    pub(super) async fn complete(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let S3Request { mut input, headers, .. } = request;
        let completion = UploadCompletion {
            parts: input.multipart_upload.take().and_then(|upload| upload.parts).unwrap_or_default(),
            conditions: Preconditions::of_writer(input.if_match.take(), input.if_none_match.take()),
            claims: full_object_claims(&headers)?,
            size: input.mpu_object_size.map(|size| u64::try_from(size).unwrap_or_default()),
        };
        let CompleteMultipartUploadInput { bucket, key, upload_id, .. } = input;
        let (of_bucket, of_key) = (bucket.clone(), key.clone());
        let completed =
            self.run_blocking(move |backend| backend.complete_upload(upload_id, &of_bucket, &of_key, &completion));
        let ObjectDescription { etag: joined, checksums, .. } = completed.await?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            location: Some(format!("/{bucket}/{key}")),
            bucket: Some(bucket),
            key: Some(key),
            e_tag: etag(joined),
            checksum_crc32: checksums.get("crc32"),
            checksum_crc32c: checksums.get("crc32c"),
            checksum_crc64nvme: checksums.get("crc64nvme"),
            checksum_sha1: checksums.get("sha1"),
            checksum_sha256: checksums.get("sha256"),
            checksum_type: Some(full_object()),
            ..Default::default()
        }))
    }

    pub(super) async fn abort(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        refuse!(request.input; if_match_initiated_time);
        let AbortMultipartUploadInput { bucket, key, upload_id, .. } = request.input;
        self.run_blocking(move |backend| backend.uploads.take(&upload_id, &bucket, &key).map(drop)).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    pub(super) async fn list_parts_of(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let max_parts = page_size(input.max_parts)?;
        let after = input.part_number_marker.unwrap_or_default();
        let page = usize::try_from(max_parts).unwrap_or_default();
        let read = |upload: &Upload| {
            let mut parts: Vec<_> = upload
                .parts
                .range(after.saturating_add(1)..)
                .take(page + 1)
                .map(|(number, part)| part_entry(*number, part))
                .collect();
            let is_truncated = parts.len() > page;
            parts.truncate(page);
            (parts, is_truncated, upload.algorithm.clone())
        };
        let (parts, is_truncated, algorithm) =
            self.backend.uploads.with(&input.upload_id, &input.bucket, &input.key, read)?;
        Ok(S3Response::new(ListPartsOutput {
            is_truncated: Some(is_truncated),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            part_number_marker: Some(after),
            max_parts: Some(max_parts),
            parts: Some(parts),
            checksum_type: algorithm.is_some().then(full_object),
            checksum_algorithm: algorithm.map(ChecksumAlgorithm::from),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..Default::default()
        }))
    }
}

/// S3 numbers parts from 1 to 10000.
pub(super) fn check_part_number(number: i32) -> S3Result<()> {
    match number {
        1..=10_000 => Ok(()),
        _ => Err(s3_error!(InvalidArgument, "part numbers are between 1 and 10000")),
    }
}

fn full_object() -> ChecksumType {
    ChecksumType::from_static(ChecksumType::FULL_OBJECT)
}

fn full_object_claims(headers: &HeaderMap) -> S3Result<Checksums> {
    let claims = Checksums::claimed(headers, None);
    match claims.is_of_parts() {
        true => Err(s3_error!(
            NotImplemented,
            "a checksum of the parts' checksums is not checked here; send one of all bytes"
        )),
        false => Ok(claims),
    }
}

fn part_entry(number: i32, part: &Part) -> s3s::dto::Part {
    s3s::dto::Part {
        part_number: Some(number),
        size: Some(count(part.size)),
        e_tag: etag(part.etag()),
        last_modified: Some(timestamp(part.modified_ms)),
        checksum_crc32: part.checksums.get("crc32"),
        ..Default::default()
    }
}
