//! The steps that must happen in order: publish, open, delete. Everything here blocks on files.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};
use s3s::{S3Error, S3Result, s3_error};

use super::body::Arrived;
use super::conditions::Conditions;
use super::disk::Disk;
use super::folders::Folders;
use super::index::{Entry, Index};
use super::layout::{Layout, folder_of, now_ms};
use super::record::{Description, ReadError};
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
    // Shared by those who change objects, alone for those who add or remove a bucket.
    buckets: RwLock<()>,
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
    pub(super) fn open(root: &Path, disk: Disk) -> io::Result<Self> {
        let layout = Layout::create(root, &disk)?;
        let index = recovery::recover(&layout, &disk, SystemTime::now())?;
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

    /// Removes an empty bucket, and with it the uploads that never became objects.
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

    /// Whether these conditions hold right now; publishing asks again.
    pub(super) fn check_write(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        let current = self.index.get(bucket, key)?;
        conditions.allow_write(current.as_ref().map(|entry| entry.description.etag.as_str()))
    }

    /// Makes bytes that have arrived the object that `description` names. When this returns, it is on the disk.
    pub(super) fn publish(&self, arrived: Arrived, description: Description, conditions: &Conditions) -> S3Result<()> {
        let mut draft = arrived.draft;
        fail::fail_point!("store-body-received");
        record::append_description(&mut draft, &description).map_err(internal)?;
        fail::fail_point!("store-description-appended");
        draft.sync().map_err(internal)?;
        fail::fail_point!("store-file-synced");
        let target = self.layout.object(&description.bucket, &description.key);
        let folder = folder_of(&target);

        let _buckets = self.keep_buckets();
        let _lock = self.lock(&description.bucket, &description.key);
        self.check_write(&description.bucket, &description.key, conditions)?;
        self.folders.ensure(folder, &self.disk).map_err(internal)?;
        draft.publish(&target).map_err(internal)?;
        fail::fail_point!("store-renamed");
        // The new object is there from here on, even if the sync fails and the client is told of an error.
        let synced = self.disk.sync_folder(folder);
        fail::fail_point!("store-folder-synced");
        self.index.put(Entry::written(description));
        fail::fail_point!("store-index-updated");
        synced.map_err(internal)
    }

    /// Opens an object whose body is whole and which a power cut will not take back. A damaged one is set aside and from then on
    /// absent.
    pub(super) fn open_object(&self, bucket: &str, key: &str) -> S3Result<Opened> {
        let entry = self.index.get(bucket, key)?.ok_or_else(no_such_key)?;
        match read_whole(&self.layout.object(bucket, key), &entry) {
            Ok(opened) if opened.description == entry.description => Ok(opened),
            // A writer is between its rename and its sync, or the file is damaged.
            _ => self.open_once_settled(bucket, key),
        }
    }

    /// Removes an object; removing an absent one succeeds.
    pub(super) fn delete(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        let _buckets = self.keep_buckets();
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

    /// Looks again under the key's lock, when no writer is at work on it.
    fn open_once_settled(&self, bucket: &str, key: &str) -> S3Result<Opened> {
        let _lock = self.lock(bucket, key);
        let entry = self.index.get(bucket, key)?.ok_or_else(no_such_key)?;
        let path = self.layout.object(bucket, key);
        match read_whole(&path, &entry) {
            Ok(opened) => Ok(opened),
            Err(ReadError::Damaged(reason)) => {
                self.index.remove(bucket, key);
                let kept = self.layout.set_aside(&path, &self.disk).map_err(internal)?;
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

    fn keep_buckets(&self) -> RwLockReadGuard<'_, ()> {
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
    if !entry.vouches_for(&description) {
        record::verify_body(&mut file, &description)?;
        entry.verified(&description);
    }
    Ok(Opened { file, description })
}

/// The answer to a fault of the disk: logged here, and told to the client without paths.
pub(super) fn internal(error: io::Error) -> S3Error {
    tracing::error!(%error, "the embedded object store cannot use its files");
    s3_error!(InternalError, "the store cannot use its files; its log says why")
}

fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "the object does not exist")
}
