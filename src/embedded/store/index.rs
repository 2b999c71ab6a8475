//! All buckets and objects, in memory and in the order of a listing. It is rebuilt from the files at start.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use s3s::{S3Result, s3_error};

use super::record::ObjectDescription;

/// One object.
pub(super) struct Entry {
    pub description: ObjectDescription,
    body_is_verified: AtomicBool,
}

impl Entry {
    /// An object whose body was checked while it was written.
    pub(super) fn written(description: ObjectDescription) -> Self {
        Self { description, body_is_verified: AtomicBool::new(true) }
    }

    /// An object found at start, whose body is checked before it is first served.
    pub(super) fn unverified(description: ObjectDescription) -> Self {
        Self { description, body_is_verified: AtomicBool::new(false) }
    }

    /// Whether the body of exactly this description was checked since the start.
    pub(super) fn is_verified(&self, description: &ObjectDescription) -> bool {
        self.body_is_verified.load(Ordering::Acquire) && self.description == *description
    }

    /// Notes that the body of `description` was checked.
    pub(super) fn set_verified(&self, description: &ObjectDescription) {
        if self.description == *description {
            self.body_is_verified.store(true, Ordering::Release);
        }
    }
}

/// The objects of one bucket, in the order of their keys' bytes.
pub(super) type Objects = BTreeMap<String, Arc<Entry>>;

/// One bucket.
struct Bucket {
    created_ms: i64,
    objects: Objects,
}

/// All buckets.
#[derive(Default)]
pub(super) struct Index {
    buckets: RwLock<HashMap<String, Bucket>>,
}

impl Index {
    /// Adds an empty bucket; false if it is already there.
    pub(super) fn add_bucket(&self, bucket: &str, created_ms: i64) -> bool {
        let mut buckets = self.write();
        if buckets.contains_key(bucket) {
            return false;
        }
        buckets.insert(bucket.to_owned(), Bucket { created_ms, objects: Objects::new() });
        true
    }

    /// Forgets a bucket.
    pub(super) fn remove_bucket(&self, bucket: &str) {
        self.write().remove(bucket);
    }

    /// The names of all buckets, in order, and when each was created.
    pub(super) fn buckets(&self) -> Vec<(String, i64)> {
        let named = |(name, bucket): (&String, &Bucket)| (name.clone(), bucket.created_ms);
        let mut buckets: Vec<_> = self.read().iter().map(named).collect();
        buckets.sort_unstable();
        buckets
    }

    /// Reads the objects of a bucket; `NoSuchBucket` if there is none.
    pub(super) fn in_bucket<T>(&self, bucket: &str, read: impl FnOnce(&Objects) -> T) -> S3Result<T> {
        let buckets = self.read();
        let bucket = buckets.get(bucket).ok_or_else(|| s3_error!(NoSuchBucket, "the bucket does not exist"))?;
        Ok(read(&bucket.objects))
    }

    /// One object, if it exists.
    pub(super) fn get(&self, bucket: &str, key: &str) -> S3Result<Option<Arc<Entry>>> {
        self.in_bucket(bucket, |objects| objects.get(key).cloned())
    }

    /// Adds or replaces an object; its bucket exists.
    pub(super) fn put(&self, entry: Entry) {
        if let Some(bucket) = self.write().get_mut(&entry.description.bucket) {
            bucket.objects.insert(entry.description.key.clone(), Arc::new(entry));
        }
    }

    /// Forgets an object.
    pub(super) fn remove(&self, bucket: &str, key: &str) {
        if let Some(bucket) = self.write().get_mut(bucket) {
            bucket.objects.remove(key);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Bucket>> {
        self.buckets.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Bucket>> {
        self.buckets.write()
    }
}
