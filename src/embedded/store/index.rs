//! What exists, in memory and in the order of a listing. Rebuilt from the files at start.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use s3s::{S3Result, s3_error};

use super::record::Description;

/// One object as the index knows it.
pub(super) struct Entry {
    pub description: Description,
    body_is_verified: AtomicBool,
}

impl Entry {
    /// An object whose body was checked while it was written.
    pub(super) fn written(description: Description) -> Self {
        Self { description, body_is_verified: AtomicBool::new(true) }
    }

    /// An object found at start, whose body is checked before it is first served.
    pub(super) fn found(description: Description) -> Self {
        Self { description, body_is_verified: AtomicBool::new(false) }
    }

    /// Whether the body of exactly this description was checked since the start.
    pub(super) fn vouches_for(&self, description: &Description) -> bool {
        self.body_is_verified.load(Ordering::Acquire) && self.description == *description
    }

    /// Remembers that the body of `description` was checked.
    pub(super) fn verified(&self, description: &Description) {
        if self.description == *description {
            self.body_is_verified.store(true, Ordering::Release);
        }
    }
}

/// The objects of one bucket, in the order of their keys' bytes.
pub(super) type Objects = BTreeMap<String, Arc<Entry>>;

/// All buckets.
#[derive(Default)]
pub(super) struct Index {
    buckets: RwLock<HashMap<String, Objects>>,
}

impl Index {
    /// Adds an empty bucket; false if it is already there.
    pub(super) fn add_bucket(&self, bucket: &str) -> bool {
        let mut buckets = self.write();
        if buckets.contains_key(bucket) {
            return false;
        }
        buckets.insert(bucket.to_owned(), Objects::new());
        true
    }

    /// The names of all buckets, in order.
    pub(super) fn bucket_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.read().keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// What `look` makes of the bucket's objects, or `NoSuchBucket`.
    pub(super) fn in_bucket<T>(&self, bucket: &str, look: impl FnOnce(&Objects) -> T) -> S3Result<T> {
        let buckets = self.read();
        let objects = buckets.get(bucket).ok_or_else(|| s3_error!(NoSuchBucket, "the bucket does not exist"))?;
        Ok(look(objects))
    }

    /// One object, if it exists.
    pub(super) fn get(&self, bucket: &str, key: &str) -> S3Result<Option<Arc<Entry>>> {
        self.in_bucket(bucket, |objects| objects.get(key).cloned())
    }

    /// Adds or replaces an object; its bucket exists, for buckets are never removed.
    pub(super) fn put(&self, entry: Entry) {
        let bucket = entry.description.bucket.clone();
        self.write().entry(bucket).or_default().insert(entry.description.key.clone(), Arc::new(entry));
    }

    /// Forgets an object.
    pub(super) fn remove(&self, bucket: &str, key: &str) {
        if let Some(objects) = self.write().get_mut(bucket) {
            objects.remove(key);
        }
    }

    // A panic cannot leave the maps half changed, so a poisoned lock is still good.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Objects>> {
        self.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Objects>> {
        self.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }
}
