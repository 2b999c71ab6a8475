//! Where files lie under the store's folder.
//!
//! ```text
//! buckets/<bucket>/<2 hex digits>/<62 hex digits>   one object; the name is the SHA-256 of its key, so no key can reach elsewhere
//! tmp/                                              bodies on their way; emptied at start
//! quarantine/                                       damaged files, kept for people, never served
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

/// The folders of one store.
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Creates the folders that are missing.
    pub(super) fn create(root: &Path) -> io::Result<Self> {
        let layout = Self { root: root.to_owned() };
        for folder in [layout.buckets(), layout.temp(), layout.quarantine()] {
            fs::create_dir_all(&folder).map_err(|error| at(&folder, error))?;
        }
        sync_folder(root)?;
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

    /// Moves a damaged file to where it is never served, and gives its new path.
    pub(super) fn set_aside(&self, file: &Path) -> io::Result<PathBuf> {
        let below = file.strip_prefix(self.buckets()).unwrap_or(file);
        let name: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        let target = self.quarantine().join(format!("{}-{}", name.join("-"), now_ms()));
        fs::rename(file, &target).map_err(|error| at(file, error))?;
        if let Some(folder) = file.parent() {
            sync_folder(folder)?;
        }
        sync_folder(&self.quarantine())?;
        Ok(target)
    }

    fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }
}

/// Makes renames, creations and removals inside `folder` survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| at(folder, error))
}

/// The same error, naming the path.
pub(super) fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
