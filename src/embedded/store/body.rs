//! The bytes of an object or of a part on their way into a temporary file. Dropped before they are published, they leave nothing.

use std::fs::File;
use std::io::{self, Read};

use s3s::crypto::{Checksum, Md5};

use super::checksums::{Checksums, Hasher};
use super::disk::{Disk, Draft};
use super::layout::Layout;
use super::record::{About, Description};

const COPY_BYTES: usize = 256 * 1024;

/// Bytes that are still arriving.
pub(super) struct Arriving {
    draft: Draft,
    size: u64,
    md5: Md5,
    hasher: Hasher,
}

/// Bytes that have arrived; the file holds nothing else yet.
pub(super) struct Arrived {
    pub draft: Draft,
    pub size: u64,
    pub md5: [u8; 16],
    pub checksums: Checksums,
}

impl Arriving {
    /// Starts with an empty temporary file.
    pub(super) fn begin(layout: &Layout, disk: &Disk, hasher: Hasher) -> io::Result<Self> {
        Ok(Self { draft: disk.draft_in(&layout.temp())?, size: 0, md5: Md5::new(), hasher })
    }

    /// Takes the next bytes in.
    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.draft.append(bytes)
    }

    /// Takes the next `length` bytes of a file in.
    pub(super) fn take_file(&mut self, file: &mut File, length: u64) -> io::Result<()> {
        let mut buffer = vec![0; COPY_BYTES.min(usize::try_from(length).unwrap_or(COPY_BYTES))];
        let mut left = length;
        while left > 0 {
            let want = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            file.read_exact(&mut buffer[..want])?;
            self.take(&buffer[..want])?;
            left -= want as u64;
        }
        Ok(())
    }

    /// Says what has arrived.
    pub(super) fn end(self) -> Arrived {
        let Self { draft, size, md5, hasher } = self;
        Arrived { draft, size, md5: md5.finalize(), checksums: hasher.finish() }
    }
}

impl Arrived {
    /// Describes these bytes as the object that they are about to become.
    pub(super) fn describe(
        &self,
        bucket: String,
        key: String,
        etag: String,
        about: About,
        modified_ms: i64,
    ) -> Description {
        Description { bucket, key, size: self.size, etag, modified_ms, about, checksums: self.checksums.clone() }
    }

    /// The ETag of an object that was written in one piece.
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5)
    }
}
