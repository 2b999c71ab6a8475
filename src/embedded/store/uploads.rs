//! Multipart uploads that are under way. They end with the process: a start removes their parts with the other unfinished files.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use s3s::crypto::{Checksum, Md5};
use s3s::dto::CompletedPart;
use s3s::{S3Error, S3Result, s3_error};
use uuid::Uuid;

use super::body::ReceivedBody;
use super::checksums::Checksums;
use super::disk::Temporary;
use super::record::ObjectMetadata;

/// The least size of every part but the last, as in S3.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;
/// An upload without a new part for this long is given up, whatever the clock says.
const IDLE_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// One upload.
pub(super) struct Upload {
    pub bucket: String,
    pub key: String,
    pub about: ObjectMetadata,
    /// The checksum that its client listed for besides the CRC-32.
    pub algorithm: Option<String>,
    pub initiated_ms: i64,
    /// By part number.
    pub parts: BTreeMap<i32, Part>,
    touched: Instant,
}

/// One received part.
pub(super) struct Part {
    pub size: u64,
    pub md5: [u8; 16],
    pub checksums: Checksums,
    pub modified_ms: i64,
    pub received_at: Instant,
    pub file: Temporary,
}

/// All uploads, by their id.
#[derive(Default)]
pub(super) struct Uploads(Mutex<BTreeMap<String, Upload>>);

impl Upload {
    /// An upload without parts, which begins now; clients see `initiated_ms`.
    pub(super) fn new(
        bucket: String,
        key: String,
        about: ObjectMetadata,
        algorithm: Option<String>,
        initiated_ms: i64,
        begun: Instant,
    ) -> Self {
        Self { bucket, key, about, algorithm, initiated_ms, parts: BTreeMap::new(), touched: begun }
    }

    /// The parts that a client lists to be joined; an error if one is missing, too small or out of order.
    pub(super) fn chosen(&self, listed: &[CompletedPart]) -> S3Result<Vec<&Part>> {
        if listed.is_empty() {
            return Err(s3_error!(MalformedXML, "an upload is completed with at least one part"));
        }
        if !listed.is_sorted_by(|one, next| one.part_number < next.part_number) {
            return Err(s3_error!(InvalidPartOrder, "parts are listed once each, in the order of their numbers"));
        }
        let parts = listed.iter().map(|listed| self.chosen_part(listed)).collect::<S3Result<Vec<_>>>()?;
        if parts.split_last().is_some_and(|(_, others)| others.iter().any(|part| part.size < MIN_PART_BYTES)) {
            return Err(s3_error!(EntityTooSmall, "every part but the last holds at least 5 MiB"));
        }
        Ok(parts)
    }

    fn chosen_part(&self, listed: &CompletedPart) -> S3Result<&Part> {
        let number = listed.part_number.unwrap_or_default();
        let etag = listed.e_tag.as_ref().map(|etag| etag.value());
        let part = self.parts.get(&number).filter(|part| etag.is_none_or(|etag| etag == part.etag()));
        part.filter(|part| part.checksums.holds(&Checksums::of_part(listed)))
            .ok_or_else(|| s3_error!(InvalidPart, "part {number} was not uploaded, or with another etag or checksum"))
    }
}

impl Part {
    /// A part from its received body, which was received now; clients see `modified_ms`.
    pub(super) fn new(received: ReceivedBody, modified_ms: i64, received_at: Instant) -> Self {
        let ReceivedBody { draft, size, md5, checksums } = received;
        Self { size, md5, checksums, modified_ms, received_at, file: draft.close() }
    }

    /// The MD5 of its bytes in hex.
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}

/// The ETag of an object that was joined from parts.
pub(super) fn joined_etag(parts: &[&Part]) -> String {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(&part.md5));
    format!("{}-{}", hex::encode(md5.finalize()), parts.len())
}

impl Uploads {
    /// Adds an upload and gives its id; idle uploads are given up at the same time.
    pub(super) fn begin(&self, upload: Upload) -> String {
        let now = upload.touched;
        let is_idle = |upload: &Upload| now.saturating_duration_since(upload.touched) > IDLE_LIMIT;
        let id = Uuid::new_v4().simple().to_string();
        let idle: Vec<Upload> = {
            let mut uploads = self.lock();
            let idle = uploads.extract_if(.., |_, upload| is_idle(upload));
            let idle = idle.map(|(_, upload)| upload).collect();
            uploads.insert(id.clone(), upload);
            idle
        };
        for upload in idle {
            tracing::warn!(
                bucket = upload.bucket,
                key = upload.key,
                parts = upload.parts.len(),
                "an upload idle for a day was given up"
            );
        }
        id
    }

    /// Reads an upload; `NoSuchUpload` if there is none.
    pub(super) fn with<T>(&self, id: &str, bucket: &str, key: &str, read: impl FnOnce(&Upload) -> T) -> S3Result<T> {
        self.lock().get(id).filter(|upload| is_of(upload, bucket, key)).map(read).ok_or_else(no_such_upload)
    }

    /// Adds a part, or replaces the one of the same number.
    pub(super) fn put_part(&self, id: &str, bucket: &str, key: &str, number: i32, part: Part) -> S3Result<()> {
        let replaced = {
            let mut uploads = self.lock();
            let upload = uploads.get_mut(id).filter(|upload| is_of(upload, bucket, key)).ok_or_else(no_such_upload)?;
            upload.touched = part.received_at;
            upload.parts.insert(number, part)
        };
        // the file of the replaced part is removed after the lock is released
        drop(replaced);
        Ok(())
    }

    /// Takes an upload out: no other request finds it from here on.
    pub(super) fn take(&self, id: &str, bucket: &str, key: &str) -> S3Result<Upload> {
        let mut uploads = self.lock();
        uploads.get(id).filter(|upload| is_of(upload, bucket, key)).ok_or_else(no_such_upload)?;
        uploads.remove(id).ok_or_else(no_such_upload)
    }

    /// Puts back an upload that was taken out.
    pub(super) fn give_back(&self, id: String, upload: Upload) {
        self.lock().insert(id, upload);
    }

    /// Takes all uploads of a bucket out.
    pub(super) fn remove_of(&self, bucket: &str) -> Vec<Upload> {
        self.lock().extract_if(.., |_, upload| upload.bucket == bucket).map(|(_, upload)| upload).collect()
    }

    /// Key, id and start of each upload of a bucket, in the order of keys and then ids.
    pub(super) fn list(&self, bucket: &str) -> Vec<(String, String, i64)> {
        let uploads = self.lock();
        let of_bucket = uploads.iter().filter(|(_, upload)| upload.bucket == bucket);
        let mut list: Vec<_> =
            of_bucket.map(|(id, upload)| (upload.key.clone(), id.clone(), upload.initiated_ms)).collect();
        list.sort_unstable();
        list
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.0.lock()
    }
}

fn is_of(upload: &Upload, bucket: &str, key: &str) -> bool {
    upload.bucket == bucket && upload.key == key
}

fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "the upload does not exist: it was completed, aborted, or given up with the start of the store"
    )
}

#[cfg(test)]
mod tests {
    use super::super::disk::Disk;
    use super::*;

    fn upload(initiated_ms: i64, begun: Instant) -> Upload {
        Upload::new("b".into(), "k".into(), ObjectMetadata::default(), None, initiated_ms, begun)
    }

    fn part(folder: &std::path::Path, size: u64) -> Part {
        let file = Disk::default().draft_in(folder).unwrap().close();
        Part { size, md5: [7; 16], checksums: Checksums::default(), modified_ms: 0, received_at: Instant::now(), file }
    }

    fn code_of<T>(answer: S3Result<T>) -> String {
        answer.map_or_else(|error| error.code().as_str().to_owned(), |_| "ok".to_owned())
    }

    fn listed(number: i32) -> CompletedPart {
        CompletedPart { part_number: Some(number), ..Default::default() }
    }

    #[test]
    fn only_parts_that_are_here_in_order_and_large_enough_are_joined() {
        let folder = tempfile::tempdir().unwrap();
        let mut upload = upload(0, Instant::now());
        for (number, size) in [(1, MIN_PART_BYTES), (2, MIN_PART_BYTES - 1), (9, 1)] {
            upload.parts.insert(number, part(folder.path(), size));
        }
        let table: [(&[i32], &str); 8] = [
            (&[1, 9], "ok"),
            (&[1, 2], "ok"),
            (&[9], "ok"),
            (&[1, 2, 9], "EntityTooSmall"),
            (&[9, 1], "InvalidPartOrder"),
            (&[1, 1], "InvalidPartOrder"),
            (&[1, 3], "InvalidPart"),
            (&[], "MalformedXML"),
        ];
        for (numbers, expected) in table {
            let listed: Vec<_> = numbers.iter().copied().map(listed).collect();
            assert_eq!(code_of(upload.chosen(&listed)), expected, "{numbers:?}");
        }
    }

    #[test]
    fn an_upload_idle_for_a_day_is_given_up_with_its_parts_however_the_clock_jumps() {
        const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;
        let (folder, second) = (tempfile::tempdir().unwrap(), Duration::from_secs(1));
        let uploads = Uploads::default();
        let idle = uploads.begin(upload(YEAR_MS, Instant::now()));
        uploads.put_part(&idle, "b", "k", 1, part(folder.path(), 1)).unwrap();
        let after = |more: Duration| Instant::now() + more;
        // the clock is set ahead by a year, and then back by two
        uploads.begin(upload(2 * YEAR_MS, after(IDLE_LIMIT - 100 * second)));
        let busy = uploads.begin(upload(0, after(IDLE_LIMIT - 100 * second)));
        assert_eq!(code_of(uploads.with(&idle, "b", "k", |_| ())), "ok");
        uploads.begin(upload(0, after(IDLE_LIMIT + second)));
        assert_eq!(code_of(uploads.with(&idle, "b", "k", |_| ())), "NoSuchUpload");
        assert_eq!(code_of(uploads.with(&busy, "b", "k", |_| ())), "ok");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
