//! The steps that must happen in order: publish, open, delete. Everything here blocks on files.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use s3s::{S3Error, S3Result, s3_error};
use tempfile::TempPath;

use super::conditions::Conditions;
use super::index::{Entry, Index};
use super::layout::{Layout, at, sync_folder};
use super::record::{self, Description, ReadError};
use super::recovery;

const LOCKS: usize = 64;

/// The files of one store and the index over them.
pub(super) struct Backend {
    pub layout: Layout,
    pub index: Index,
    // A key is always guarded by the same lock; two keys may share one.
    locks: Vec<Mutex<()>>,
}

/// An object opened for reading: its file stands at the first byte of the body and later overwrites do not touch it.
pub(super) struct Opened {
    pub file: File,
    pub description: Description,
}

impl Backend {
    /// Opens the store under `root`, cleaning up after whatever happened to it.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let layout = Layout::create(root)?;
        let index = recovery::recover(&layout)?;
        Ok(Self { layout, index, locks: (0..LOCKS).map(|_| Mutex::new(())).collect() })
    }

    /// Creates a bucket; false if it is already there.
    pub(super) fn create_bucket(&self, bucket: &str) -> S3Result<bool> {
        let folder = self.layout.bucket(bucket);
        fs::create_dir_all(&folder).and_then(|()| sync_folder(&self.layout.buckets())).map_err(internal)?;
        Ok(self.index.add_bucket(bucket))
    }

    /// Whether these conditions hold right now; publishing asks again.
    pub(super) fn check_write(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        let current = self.index.get(bucket, key)?;
        conditions.allow_write(current.as_ref().map(|entry| entry.description.etag.as_str()))
    }

    /// Makes a received body, which lies in `path`, the object that `description` names. When this returns, it is on the disk.
    pub(super) fn publish(
        &self,
        mut file: File,
        path: TempPath,
        description: Description,
        conditions: &Conditions,
    ) -> S3Result<()> {
        record::append_description(&mut file, &description).and_then(|()| file.sync_all()).map_err(internal)?;
        let target = self.layout.object(&description.bucket, &description.key);

        let _lock = self.lock(&description.bucket, &description.key);
        self.check_write(&description.bucket, &description.key, conditions)?;
        let folder = create_folder_of(&target).map_err(internal)?;
        path.persist(&target).map_err(|error| internal(at(&target, error.error)))?;
        // The new object is visible from here on, even if the flush fails and the client is told of an error.
        let flushed = sync_folder(folder);
        self.index.put(Entry::written(description));
        flushed.map_err(internal)
    }

    /// Opens an object whose body is whole. A damaged one is set aside and from then on absent.
    pub(super) fn open_object(&self, bucket: &str, key: &str) -> S3Result<Opened> {
        let entry = self.index.get(bucket, key)?.ok_or_else(no_such_key)?;
        match read_whole(&self.layout.object(bucket, key), &entry) {
            Ok(opened) => Ok(opened),
            Err(ReadError::Damaged(_)) => self.set_aside_if_damaged(bucket, key),
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::NotFound => Err(no_such_key()),
            Err(ReadError::Io(error)) => Err(internal(error)),
        }
    }

    /// Removes an object; removing an absent one succeeds.
    pub(super) fn delete(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        let _lock = self.lock(bucket, key);
        self.check_write(bucket, key, conditions)?;
        if self.index.get(bucket, key)?.is_none() {
            return Ok(());
        }
        let path = self.layout.object(bucket, key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(internal(at(&path, error))),
            _ => self.index.remove(bucket, key),
        }
        path.parent().map_or(Ok(()), sync_folder).map_err(internal)
    }

    /// Looks again under the lock, for a writer may have replaced the object meanwhile.
    fn set_aside_if_damaged(&self, bucket: &str, key: &str) -> S3Result<Opened> {
        let _lock = self.lock(bucket, key);
        let entry = self.index.get(bucket, key)?.ok_or_else(no_such_key)?;
        let path = self.layout.object(bucket, key);
        match read_whole(&path, &entry) {
            Ok(opened) => Ok(opened),
            Err(ReadError::Damaged(reason)) => {
                self.index.remove(bucket, key);
                let kept = self.layout.set_aside(&path).map_err(internal)?;
                tracing::error!(bucket, key, reason, kept = %kept.display(), "damaged object set aside; it is absent from now on");
                Err(no_such_key())
            }
            Err(ReadError::Io(error)) => Err(internal(error)),
        }
    }

    fn lock(&self, bucket: &str, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (bucket, key).hash(&mut hasher);
        let lock = &self.locks[(hasher.finish() % LOCKS as u64) as usize];
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a file and reads its description from the same handle, so that an overwrite cannot mix two objects.
fn read_whole(path: &Path, entry: &Arc<Entry>) -> Result<Opened, ReadError> {
    let mut file = File::open(path)?;
    let description = record::read_description(&mut file)?;
    if !entry.vouches_for(&description) {
        record::verify_body(&mut file, &description)?;
        entry.verified(&description);
    }
    Ok(Opened { file, description })
}

fn create_folder_of(target: &Path) -> io::Result<&Path> {
    let folder = target.parent().expect("an object's file lies in its bucket's folder");
    if !folder.exists() {
        fs::create_dir_all(folder).map_err(|error| at(folder, error))?;
        folder.parent().map_or(Ok(()), sync_folder)?;
    }
    Ok(folder)
}

/// The answer to a fault of the disk: logged here, and told to the client without paths.
pub(super) fn internal(error: io::Error) -> S3Error {
    tracing::error!(%error, "the embedded object store cannot use its files");
    s3_error!(InternalError, "the store cannot use its files; its log says why")
}

fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "the object does not exist")
}
