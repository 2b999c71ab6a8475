//! Writes of bytes that the store has already: completed uploads and copies. Everything here blocks on files.

use std::io::{Seek, SeekFrom};
use std::ops::Range;

use s3s::dto::CompletedPart;
use s3s::{S3Result, s3_error};

use super::backend::{Backend, Opened, internal};
use super::body::{IncomingBody, ReceivedBody};
use super::checksums::{Checksums, Hasher};
use super::conditions::Preconditions;
use super::layout::now_ms;
use super::record::ObjectDescription;
use super::uploads;
use super::uploads::Upload;

/// The request that completes an upload.
pub(super) struct UploadCompletion {
    pub parts: Vec<CompletedPart>,
    pub conditions: Preconditions,
    /// The checksums of the whole object that the client sent.
    pub claims: Checksums,
    pub size: Option<u64>,
}

/// The bytes that a copy reads.
pub(super) struct Source {
    pub bucket: String,
    pub key: String,
    pub conditions: Preconditions,
    /// `None` for the whole object.
    pub range: Option<s3s::dto::Range>,
}

impl Backend {
    /// Joins the parts of an upload to its object. If that fails, the upload stays as it was.
    pub(super) fn complete_upload(
        &self,
        id: String,
        bucket: &str,
        key: &str,
        completion: &UploadCompletion,
    ) -> S3Result<ObjectDescription> {
        let upload = self.uploads.take(&id, bucket, key)?;
        match self.publish_joined(&upload, completion) {
            Ok(description) => {
                fail::fail_point!("store-upload-completed");
                drop(upload);
                fail::fail_point!("store-parts-removed");
                Ok(description)
            }
            Err(error) => {
                self.uploads.give_back(id, upload);
                Err(error)
            }
        }
    }

    /// Copies bytes of an object into a temporary file, and gives the description of the object.
    pub(super) fn copy_of(&self, source: &Source, hasher: Hasher) -> S3Result<(ReceivedBody, ObjectDescription)> {
        let Opened { mut file, description } = self.open_object(&source.bucket, &source.key)?;
        source.conditions.allow_copy(&description)?;
        let span = source.range.map_or(Ok(0..description.size), |range| span(range, description.size))?;
        let mut copy = IncomingBody::begin(&self.layout, &self.disk, hasher).map_err(internal)?;
        let copied =
            file.seek(SeekFrom::Start(span.start)).and_then(|_| copy.append_file(&mut file, span.end - span.start));
        copied.map_err(internal)?;
        Ok((copy.finish(), description))
    }

    fn publish_joined(&self, upload: &Upload, completion: &UploadCompletion) -> S3Result<ObjectDescription> {
        // an early check saves the work of joining; publishing checks again under the lock
        self.check_write(&upload.bucket, &upload.key, &completion.conditions)?;
        let parts = upload.chosen(&completion.parts)?;
        if completion.size.is_some_and(|size| size != parts.iter().map(|part| part.size).sum::<u64>()) {
            return Err(s3_error!(InvalidRequest, "the parts do not add up to x-amz-mp-object-size"));
        }
        let wanted = completion.claims.algorithm().or(upload.algorithm.as_deref());
        let mut joined =
            IncomingBody::begin(&self.layout, &self.disk, Hasher::for_algorithm(wanted)).map_err(internal)?;
        for part in &parts {
            let mut file = part.file.open().map_err(internal)?;
            joined.append_file(&mut file, part.size).map_err(internal)?;
        }
        let joined = joined.finish();
        fail::fail_point!("store-parts-joined");
        joined.checksums.check(&completion.claims)?;
        let (bucket, key, about) = (upload.bucket.clone(), upload.key.clone(), upload.about.clone());
        let description = joined.describe(bucket, key, uploads::joined_etag(&parts), about, now_ms());
        self.publish(joined, description.clone(), &completion.conditions)?;
        Ok(description)
    }
}

/// The bytes of a range within an object of `size` bytes; a range without a byte is an error.
pub(super) fn span(range: s3s::dto::Range, size: u64) -> S3Result<Range<u64>> {
    match range.check(size) {
        Ok(span) if !span.is_empty() => Ok(span),
        _ => Err(s3_error!(InvalidRange, "the object holds {size} bytes, none of them in this range")),
    }
}
