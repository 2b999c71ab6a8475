//! Where files lie under the store's folder.
//!
//! ```text
//! buckets/<bucket>/<2 hex digits>/<62 hex digits>   one object; the name is the SHA-256 of its key, so no key can reach elsewhere
//! tmp/                                              bodies being received and parts of unfinished uploads; emptied at start
//! quarantine/                                       damaged files, kept for people, never served
//! ```

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::disk::Disk;

/// The folders of one store.
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Creates the folders that are missing, durably.
    pub(super) fn create(root: &Path, disk: &Disk) -> io::Result<Self> {
        let layout = Self { root: std::path::absolute(root)? };
        create_with_parents(&layout.root, disk)?;
        sync_folders_above(&layout.root, disk)?;
        for folder in [layout.buckets(), layout.temp(), layout.quarantine()] {
            disk.create_folder(&folder)?;
        }
        disk.sync_folder(&layout.root)?;
        Ok(layout)
    }

    /// The folder of all buckets.
    pub(super) fn buckets(&self) -> PathBuf {
        self.root.join("buckets")
    }

    /// The folder of one bucket; `bucket` is a valid bucket name.
    pub(super) fn bucket(&self, bucket: &str) -> PathBuf {
        self.buckets().join(bucket)
    }

    /// The folder of temporary files.
    pub(super) fn temp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The file of one object.
    pub(super) fn object(&self, bucket: &str, key: &str) -> PathBuf {
        let name = hex::encode(Sha256::digest(key.as_bytes()));
        let (folder, file) = name.split_at(2);
        self.bucket(bucket).join(folder).join(file)
    }

    /// Moves a damaged file to the quarantine, and gives its new path.
    pub(super) fn quarantine_file(&self, file: &Path, disk: &Disk) -> io::Result<PathBuf> {
        let below = file.strip_prefix(self.buckets()).unwrap_or(file);
        let name: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        let target = self.quarantine().join(format!("{}-{}", name.join("-"), now_ms()));
        disk.rename(file, &target)?;
        disk.sync_folder(&self.quarantine())?;
        disk.sync_folder(folder_of(file))?;
        Ok(target)
    }

    fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }
}

/// The folder in which an object's file or folder lies.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().expect("invariant: everything of the store lies below its absolute root")
}

/// Now, in milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    ms_since_1970(SystemTime::now())
}

/// A time in milliseconds since 1970.
pub(super) fn ms_since_1970(time: SystemTime) -> i64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

fn create_with_parents(folder: &Path, disk: &Disk) -> io::Result<()> {
    if let (false, Some(parent)) = (folder.is_dir(), folder.parent()) {
        create_with_parents(parent, disk)?;
        disk.create_folder(folder)?;
    }
    Ok(())
}

/// Syncs the folders above the root, which may be new and not yet durable. A folder that cannot be opened or synced is not new.
fn sync_folders_above(root: &Path, disk: &Disk) -> io::Result<()> {
    use ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    for folder in root.ancestors().skip(1) {
        match disk.sync_folder(folder) {
            Err(error)
                if matches!(error.kind(), PermissionDenied | InvalidInput | Unsupported | ReadOnlyFilesystem) =>
            {
                break;
            }
            synced => synced?,
        }
    }
    Ok(())
}
