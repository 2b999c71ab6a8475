//! The bytes of an object or a part on their way into a temporary file, which is removed if they are not published.

use std::fs::File;
use std::io::{self, Read};

use s3s::crypto::{Checksum, Md5};

use super::checksums::{Checksums, Hasher};
use super::disk::{Disk, Draft};
use super::layout::Layout;
use super::record::{ObjectDescription, ObjectMetadata};

const COPY_BYTES: usize = 256 * 1024;

/// A body that is being received.
pub(super) struct IncomingBody {
    draft: Draft,
    size: u64,
    md5: Md5,
    hasher: Hasher,
}

/// A body that was received; its file holds nothing else yet.
pub(super) struct ReceivedBody {
    pub draft: Draft,
    pub size: u64,
    pub md5: [u8; 16],
    pub checksums: Checksums,
}

impl IncomingBody {
    /// Starts with an empty temporary file.
    pub(super) fn begin(layout: &Layout, disk: &Disk, hasher: Hasher) -> io::Result<Self> {
        Ok(Self { draft: disk.draft_in(&layout.temp())?, size: 0, md5: Md5::new(), hasher })
    }

    /// Appends the next bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.draft.append(bytes)
    }

    /// Appends the next `length` bytes of a file.
    pub(super) fn append_file(&mut self, file: &mut File, length: u64) -> io::Result<()> {
        let mut buffer = vec![0; COPY_BYTES.min(usize::try_from(length).unwrap_or(COPY_BYTES))];
        let mut left = length;
        while left > 0 {
            let want = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            file.read_exact(&mut buffer[..want])?;
            self.append(&buffer[..want])?;
            left -= want as u64;
        }
        Ok(())
    }

    /// Ends the body, with its size and checksums.
    pub(super) fn finish(self) -> ReceivedBody {
        let Self { draft, size, md5, hasher } = self;
        ReceivedBody { draft, size, md5: md5.finalize(), checksums: hasher.finish() }
    }
}

impl ReceivedBody {
    /// Describes this body as an object.
    pub(super) fn describe(
        &self,
        bucket: String,
        key: String,
        etag: String,
        about: ObjectMetadata,
        modified_ms: i64,
    ) -> ObjectDescription {
        ObjectDescription { bucket, key, size: self.size, etag, modified_ms, about, checksums: self.checksums.clone() }
    }

    /// The ETag of an object that was written in one request.
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}
