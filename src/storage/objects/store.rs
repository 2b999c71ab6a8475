//! Objects in S3: read, conditional write, list, delete. Every call ends with an answer or an [`ObjectError`] within its timeouts.
//!
//! An [`ObjectStore`] can be pointed at another place in place: calls under way there end as outages, later ones go to the new one.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use bytes::Bytes;
use futures::FutureExt;

use crate::runtime::Dependency;

use super::client::{Home, Link};
use super::config::ObjectStoreConfig;
use super::error::{Failure, ObjectError, Subject};
use super::observer::{StoreObserver, StoreOperation};
use super::probe::Conditions;
use super::read::Reading;
use super::types::{Condition, Entry, Fetched, Object, Put};
use super::upload::{LARGEST_PUT_BYTES, Upload};
use super::write::{Step, Write};

/// A connection to an S3 store, embedded or not; cheap to clone.
///
/// Calls run on the tokio runtime in which the store was made, whoever awaits them: pooled connections belong to a runtime, and an
/// actor's own runtime ends with the actor. Make it on the node's main runtime.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    pub(super) link: Arc<ArcSwap<Link>>,
    pub(super) home: Home,
    pub(super) conditions: Arc<ArcSwapOption<Conditions>>,
}

impl ObjectStore {
    /// Prepares the connection; the store is first spoken to by the first call.
    pub fn new(config: ObjectStoreConfig) -> Self {
        let link = Arc::new(ArcSwap::from_pointee(Link::new(config)));
        Self { link, home: Home::here(), conditions: Arc::default() }
    }

    /// Speaks to the store at another place from now on, through every clone; calls under way end as outages.
    pub fn redirect(&self, config: ObjectStoreConfig) {
        self.link.swap(Arc::new(Link::new(config))).leave();
    }

    /// Says to `listener`, from now on, whether the store answers: every call of every clone does.
    pub fn tell(&self, listener: Dependency) {
        self.home.tell(listener);
    }

    /// Tells `observer` of every call of every clone, from now on.
    pub fn observe(&self, observer: Arc<dyn StoreObserver>) {
        self.home.observe(observer);
    }

    /// Asks once whether the bucket is there, for the sake of who hears whether the store answers.
    pub async fn knock(&self, bucket: &str) {
        let link = self.link.load_full();
        let mut once = aws_sdk_s3::config::Builder::new();
        once.set_retry_config(Some(RetryConfig::disabled()));
        let head = link.client.head_bucket().bucket(bucket).customize().config_override(once);
        // whatever comes back, the listener has heard it
        let _ =
            self.home.run(&link, StoreOperation::Bucket, async move { head.send().await.map_err(Failure::of) }).await;
    }

    /// Creates the bucket unless it exists.
    pub async fn ensure_bucket(&self, bucket: &str) -> Result<(), ObjectError> {
        let subject = Subject::bucket("create", bucket);
        let link = self.link.load_full();
        let head = link.client.head_bucket().bucket(bucket);
        match self.home.run(&link, StoreOperation::Bucket, async move { head.send().await.map_err(Failure::of) }).await
        {
            Ok(_) => return Ok(()),
            // A HEAD has no body, so its 404 has no code.
            Err(failure) if failure.status == Some(404) => {}
            Err(failure) => return Err(failure.about(subject)),
        }
        let create = link.client.create_bucket().bucket(bucket).set_create_bucket_configuration(location(&link.region));
        match self
            .home
            .run(&link, StoreOperation::Bucket, async move { create.send().await.map_err(Failure::of) })
            .await
        {
            Ok(_) => Ok(()),
            Err(failure) if failure.code == "BucketAlreadyOwnedByYou" => Ok(()),
            Err(failure) if failure.code == "BucketAlreadyExists" => {
                let reason =
                    "409 BucketAlreadyExists: another account has a bucket of this name, and these keys may not see it"
                        .into();
                Err(ObjectError::Refused { subject, reason })
            }
            Err(failure) => Err(failure.about(subject)),
        }
    }

    /// The object, or nothing where no object has this key.
    pub async fn get(&self, bucket: &str, key: &str) -> Result<Option<Object>, ObjectError> {
        match self.fetch(Reading::any(bucket, key)).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.is_absent_key() => Ok(None),
            Err(failure) => Err(failure.about(Subject::object("read", bucket, key))),
        }
    }

    /// The object, unless the store still holds the version `etag`.
    pub async fn get_if_changed(&self, bucket: &str, key: &str, etag: Option<&str>) -> Result<Fetched, ObjectError> {
        self.get_at_most(bucket, key, etag, usize::MAX).await
    }

    /// Writes the whole object if the condition holds, in parts where it is large.
    ///
    /// After an error that is an outage nobody knows whether the write happened: read the object again before judging.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        condition: Condition<'_>,
    ) -> Result<Put, ObjectError> {
        let is_large = bytes.len() > LARGEST_PUT_BYTES;
        let (link, home) = (self.link.load_full(), self.home.clone());
        let write = Write { link, home, bucket: bucket.into(), key: key.into(), bytes, condition: condition.into() };
        // boxed, because callers nest it deep in futures of their own
        let end = match is_large {
            true => self.home.whole(async move { Upload::of(&write).await }).boxed(),
            false => async move { write.settle(Step::Put).await }.boxed(),
        };
        end.await.map_err(|failure| failure.about(Subject::object("write", bucket, key)))
    }

    /// Every object whose key starts with `prefix`, in the order of their keys' bytes.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Entry>, ObjectError> {
        let link = self.link.load_full();
        let mut pages = link.client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let all_pages = async move {
            let mut entries = Vec::new();
            while let Some(page) = pages.next().await {
                entries.extend(page.map_err(Failure::of)?.contents.unwrap_or_default().into_iter().map(entry));
            }
            Ok(entries)
        };
        let listed = self.home.run(&link, StoreOperation::List, all_pages).await;
        listed.map_err(|failure| failure.about(Subject::object("list", bucket, prefix)))
    }

    /// Removes the object; removing an absent one succeeds.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), ObjectError> {
        let link = self.link.load_full();
        let request = link.client.delete_object().bucket(bucket).key(key);
        match self
            .home
            .run(&link, StoreOperation::Delete, async move { request.send().await.map_err(Failure::of) })
            .await
        {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_absent_key() => Ok(()),
            Err(failure) => Err(failure.about(Subject::object("delete", bucket, key))),
        }
    }
}

/// The first region of S3 is the only one that must not be named.
fn location(region: &str) -> Option<CreateBucketConfiguration> {
    let constraint = BucketLocationConstraint::from(region);
    (region != "us-east-1").then(|| CreateBucketConfiguration::builder().location_constraint(constraint).build())
}

fn entry(object: aws_sdk_s3::types::Object) -> Entry {
    Entry {
        key: object.key.unwrap_or_default(),
        size: object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
        etag: object.e_tag.unwrap_or_default(),
    }
}
