//! Creates, publishes, opens and deletes objects and buckets, in the order that makes them crash-safe. Everything here blocks on files.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};
use s3s::{S3Error, S3Result, s3_error};

use super::body::ReceivedBody;
use super::conditions::Preconditions;
use super::disk::Disk;
use super::folders::Folders;
use super::index::{Entry, Index};
use super::layout::{Layout, folder_of, now_ms};
use super::record::{ObjectDescription, ReadError};
use super::uploads::Uploads;
use super::{record, recovery};

const LOCKS: usize = 64;

/// The files of one store and the index over them.
pub(super) struct Backend {
    pub layout: Layout,
    pub disk: Disk,
    pub index: Index,
    pub uploads: Uploads,
    folders: Folders,
    // read by changes of objects, written by changes of buckets
    buckets: RwLock<()>,
    // a key always has the same lock; several keys may share one
    locks: Vec<Mutex<()>>,
}

/// An object opened for reading: the file is at the first byte of the body, and a later overwrite does not change it.
pub(super) struct Opened {
    pub file: File,
    pub description: ObjectDescription,
}

impl Backend {
    /// Opens the store under `root`, after a crash too.
    pub(super) fn open(root: &Path, disk: Disk) -> io::Result<Self> {
        let layout = Layout::create(root, &disk)?;
        let index = recovery::recover(&layout, &disk)?;
        Ok(Self {
            layout,
            disk,
            index,
            uploads: Uploads::default(),
            folders: Folders::default(),
            buckets: RwLock::default(),
            locks: (0..LOCKS).map(|_| Mutex::new(())).collect(),
        })
    }

    /// Creates a bucket; false if it is already there.
    pub(super) fn create_bucket(&self, bucket: &str) -> S3Result<bool> {
        let _alone = self.buckets.write();
        self.disk.create_folder(&self.layout.bucket(bucket)).map_err(internal)?;
        fail::fail_point!("store-bucket-created");
        self.disk.sync_folder(&self.layout.buckets()).map_err(internal)?;
        fail::fail_point!("store-bucket-synced");
        Ok(self.index.add_bucket(bucket, now_ms()))
    }

    /// Removes an empty bucket with its unfinished uploads.
    pub(super) fn delete_bucket(&self, bucket: &str) -> S3Result<()> {
        let _alone = self.buckets.write();
        if !self.index.in_bucket(bucket, |objects| objects.is_empty())? {
            return Err(s3_error!(BucketNotEmpty, "the bucket holds objects; delete them first"));
        }
        let folder = self.layout.bucket(bucket);
        self.folders.forget_below(&folder);
        self.index.remove_bucket(bucket);
        drop(self.uploads.remove_of(bucket));
        self.remove_bucket_folder(&folder).map_err(internal)
    }

    /// Checks the conditions against the present object; publishing checks again.
    pub(super) fn check_write(&self, bucket: &str, key: &str, conditions: &Preconditions) -> S3Result<()> {
        let current = self.index.get(bucket, key)?;
        conditions.allow_write(current.as_ref().map(|entry| entry.description.etag.as_str()))
    }

    /// Publishes a received body as the object that `description` names. When this returns, the object survives a power cut.
    pub(super) fn publish(
        &self,
        received: ReceivedBody,
        description: ObjectDescription,
        conditions: &Preconditions,
    ) -> S3Result<()> {
        let mut draft = received.draft;
        fail::fail_point!("store-body-received");
        record::append_description(&mut draft, &description).map_err(internal)?;
        fail::fail_point!("store-description-appended");
        draft.sync().map_err(internal)?;
        fail::fail_point!("store-file-synced");
        let target = self.layout.object(&description.bucket, &description.key);
        let folder = folder_of(&target);

        let _buckets = self.share_buckets();
        let _lock = self.lock(&description.bucket, &description.key);
        self.check_write(&description.bucket, &description.key, conditions)?;
        self.folders.ensure(folder, &self.disk).map_err(internal)?;
        draft.publish(&target).map_err(internal)?;
        fail::fail_point!("store-renamed");
        // the new object exists from here on, even if the sync fails and the client gets an error
        let synced = self.disk.sync_folder(folder);
        fail::fail_point!("store-folder-synced");
        self.index.put(Entry::written(description));
        fail::fail_point!("store-index-updated");
        synced.map_err(internal)
    }

    /// Opens an object whose body is undamaged and which survives a power cut. A damaged object is moved to the quarantine, and does not
    /// exist from then on.
    pub(super) fn open_object(&self, bucket: &str, key: &str) -> S3Result<Opened> {
        let entry = self.index.get(bucket, key)?.ok_or_else(no_such_key)?;
        match read_whole(&self.layout.object(bucket, key), &entry) {
            Ok(opened) if opened.description == entry.description => Ok(opened),
            // a writer is between its rename and its sync, or the file is damaged
            _ => self.open_locked(bucket, key),
        }
    }

    /// Removes an object; removing an absent one succeeds.
    pub(super) fn delete(&self, bucket: &str, key: &str, conditions: &Preconditions) -> S3Result<()> {
        let _buckets = self.share_buckets();
        let _lock = self.lock(bucket, key);
        self.check_write(bucket, key, conditions)?;
        if self.index.get(bucket, key)?.is_none() {
            return Ok(());
        }
        let path = self.layout.object(bucket, key);
        self.disk.remove_file(&path).map_err(internal)?;
        fail::fail_point!("store-object-removed");
        let synced = self.disk.sync_folder(folder_of(&path));
        fail::fail_point!("store-removal-synced");
        self.index.remove(bucket, key);
        synced.map_err(internal)
    }

    /// Opens an object under the lock of its key, while no writer changes it.
    fn open_locked(&self, bucket: &str, key: &str) -> S3Result<Opened> {
        let _lock = self.lock(bucket, key);
        let entry = self.index.get(bucket, key)?.ok_or_else(no_such_key)?;
        let path = self.layout.object(bucket, key);
        match read_whole(&path, &entry) {
            Ok(opened) => Ok(opened),
            Err(ReadError::Damaged(reason)) => {
                self.index.remove(bucket, key);
                let kept = self.layout.quarantine_file(&path, &self.disk).map_err(internal)?;
                tracing::error!(bucket, key, reason, kept = %kept.display(), "damaged object set aside; it is absent from now on");
                Err(no_such_key())
            }
            Err(ReadError::Io(error)) if error.kind() == ErrorKind::NotFound => {
                self.index.remove(bucket, key);
                tracing::error!(bucket, key, file = %path.display(), "an object's file was removed by somebody else");
                Err(no_such_key())
            }
            Err(ReadError::Io(error)) => Err(internal(error)),
        }
    }

    fn remove_bucket_folder(&self, folder: &Path) -> io::Result<()> {
        for entry in folder.read_dir()? {
            self.disk.remove_folder(&entry?.path())?;
        }
        self.disk.remove_folder(folder)?;
        fail::fail_point!("store-bucket-removed");
        self.disk.sync_folder(folder_of(folder))
    }

    fn share_buckets(&self) -> RwLockReadGuard<'_, ()> {
        self.buckets.read()
    }

    fn lock(&self, bucket: &str, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (bucket, key).hash(&mut hasher);
        let lock = &self.locks[(hasher.finish() % LOCKS as u64) as usize];
        lock.lock()
    }
}

/// Opens a file and reads its description from the same handle, so that an overwrite cannot mix two objects.
fn read_whole(path: &Path, entry: &Arc<Entry>) -> Result<Opened, ReadError> {
    let mut file = File::open(path)?;
    let description = record::read_description(&mut file)?;
    if !entry.is_verified(&description) {
        record::verify_body(&mut file, &description)?;
        entry.set_verified(&description);
    }
    Ok(Opened { file, description })
}

/// The answer to an error of the disk, which is logged here: the client does not see paths.
pub(super) fn internal(error: io::Error) -> S3Error {
    tracing::error!(%error, "the embedded object store cannot use its files");
    s3_error!(InternalError, "the store cannot use its files; its log says why")
}

fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "the object does not exist")
}
