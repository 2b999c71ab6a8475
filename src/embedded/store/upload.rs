//! A body on its way into a temporary file. Dropped before it is published, it leaves nothing behind.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use s3s::crypto::{Checksum, Md5};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;

use super::checksums::{Checksums, Hasher};

/// A body that is still arriving.
pub(super) struct Upload {
    file: tokio::fs::File,
    path: TempPath,
    size: u64,
    md5: Md5,
    hasher: Hasher,
}

/// A body that has arrived; its file holds nothing else yet.
pub(super) struct Received {
    pub file: File,
    pub path: TempPath,
    pub size: u64,
    pub etag: String,
    pub checksums: Checksums,
}

impl Upload {
    /// Opens an empty temporary file in `folder`.
    pub(super) async fn begin(folder: PathBuf, hasher: Hasher) -> io::Result<Self> {
        let created =
            tokio::task::spawn_blocking(move || NamedTempFile::new_in(folder)).await.map_err(io::Error::other)?;
        let (file, path) = created?.into_parts();
        Ok(Self { file: tokio::fs::File::from_std(file), path, size: 0, md5: Md5::new(), hasher })
    }

    /// Takes the next bytes in.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// Says what has arrived.
    pub(super) async fn finish(mut self) -> io::Result<Received> {
        self.file.flush().await?;
        Ok(Received {
            file: self.file.into_std().await,
            path: self.path,
            size: self.size,
            etag: hex::encode(self.md5.finalize()),
            checksums: self.hasher.finish(),
        })
    }
}
