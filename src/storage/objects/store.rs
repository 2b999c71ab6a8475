//! Objects in S3: read, conditional write, delete. Every call ends with an answer or an [`ObjectError`] within its timeouts.
//!
//! An [`ObjectStore`] can be redirected to another address: running calls then end as outages, and later calls go to the new address.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use bytes::Bytes;
use futures::FutureExt;

use crate::limits::{DATA_FILE, Limit};
use crate::runtime::{Damage, Dependency};

use super::access::{ObjectStoreConfig, retry_override};
use super::connection::{CallRunner, Connection};
use super::error::{ObjectError, Subject};
use super::failure::Failure;
use super::observer::{StoreObserver, StoreOperation};
use super::passed::PassedObjects;
use super::read::{ReadRequest, read};
use super::types::{Condition, ConditionSupport, Fetched, Object, Put};
use super::upload::{PUT_MAX_BYTES, upload};
use super::write::{LastRequest, Write};

/// The client of an S3 store, embedded or outside; cheap to clone.
///
/// Make it on the node's main runtime. Calls run on the tokio runtime in which it was made, also when an actor awaits them: pooled
/// connections belong to a runtime, and an actor's own runtime ends with the actor.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    pub(super) connection: Arc<ArcSwap<Connection>>,
    pub(in crate::storage) runner: CallRunner,
    /// What a probe has found; nothing before the first probe.
    pub(super) conditions: Arc<ArcSwapOption<ConditionSupport>>,
    /// What was passed over in listings.
    pub(in crate::storage) passed: PassedObjects,
}

impl ObjectStore {
    /// Prepares the client; it does not connect before its first call.
    pub fn new(config: ObjectStoreConfig) -> Self {
        let connection = Arc::new(ArcSwap::from_pointee(Connection::new(config)));
        Self {
            connection,
            runner: CallRunner::on_this_runtime(),
            conditions: Arc::default(),
            passed: PassedObjects::default(),
        }
    }

    /// Sends the calls of every clone to another address from now on; running calls end as outages.
    pub fn redirect(&self, config: ObjectStoreConfig) {
        self.connection.swap(Arc::new(Connection::new(config))).close();
    }

    /// Reports to `dependency` from now on, after every call of every clone, whether the store answers.
    pub fn report_to(&self, dependency: Dependency) {
        self.runner.report_to(dependency);
    }

    /// Reports to `damage` from now on which objects of ours are damaged.
    pub fn report_damage_to(&self, damage: Damage) {
        self.passed.report_to(damage);
    }

    /// Reports every call of every clone to `observer` from now on.
    pub fn observe(&self, observer: Arc<dyn StoreObserver>) {
        self.runner.observe(observer);
    }

    /// Sends one HEAD request for the bucket, without retries, so that the dependency learns whether the store answers.
    pub async fn check_health(&self, bucket: &str) {
        let connection = self.connection.load_full();
        let retries = retry_override(Some(RetryConfig::disabled()));
        let head = connection.client.head_bucket().bucket(bucket).customize().config_override(retries);
        let call = async move { head.send().await.map_err(Failure::of) };
        // the runner has reported the outcome to the dependency
        let _ = self.runner.run(&connection, StoreOperation::Bucket, call).await;
    }

    /// Whether the bucket exists.
    ///
    /// # Errors
    /// The store is away, or does not tell.
    pub async fn has_bucket(&self, bucket: &str) -> Result<bool, ObjectError> {
        self.find_bucket(bucket).await.map_err(|failure| failure.about(Subject::bucket("look for", bucket)))
    }

    async fn find_bucket(&self, bucket: &str) -> Result<bool, Failure> {
        let connection = self.connection.load_full();
        let head = connection.client.head_bucket().bucket(bucket);
        let call = async move { head.send().await.map_err(Failure::of) };
        match self.runner.run(&connection, StoreOperation::Bucket, call).await {
            Ok(_) => Ok(true),
            // A HEAD has no body, so its 404 has no code.
            Err(failure) if failure.status == Some(404) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Creates the bucket unless it exists.
    pub async fn ensure_bucket(&self, bucket: &str) -> Result<(), ObjectError> {
        let subject = Subject::bucket("create", bucket);
        match self.find_bucket(bucket).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(failure) => return Err(failure.about(subject)),
        }
        let connection = self.connection.load_full();
        let location = location(&connection.region);
        let create = connection.client.create_bucket().bucket(bucket).set_create_bucket_configuration(location);
        let call = async move { create.send().await.map_err(Failure::of) };
        match self.runner.run(&connection, StoreOperation::Bucket, call).await {
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

    /// The object, or nothing where no object has this key, if it is no larger than the largest object of a node.
    pub async fn get(&self, bucket: &str, key: &str) -> Result<Option<Object>, ObjectError> {
        self.read(bucket, key, DATA_FILE).await
    }

    /// The object, or nothing where no object has this key; one that exceeds the limit of its kind is refused before it is read.
    pub async fn read(&self, bucket: &str, key: &str, limit: Limit) -> Result<Option<Object>, ObjectError> {
        Ok(match self.read_if_changed(bucket, key, None, limit).await? {
            Fetched::New(object) => Some(object),
            Fetched::Unchanged | Fetched::Absent => None,
        })
    }

    /// The object, unless the store still holds the version `etag`; one that exceeds the limit of its kind is refused.
    pub async fn read_if_changed(
        &self,
        bucket: &str,
        key: &str,
        etag: Option<&str>,
        limit: Limit,
    ) -> Result<Fetched, ObjectError> {
        let fetched = self.get_at_most(bucket, key, etag, limit.max_usize()).await;
        fetched.map_err(|error| error.of_limit(limit))
    }

    /// The object, unless the store still holds the version `known_etag`; an object of more than `bytes_max` bytes is refused.
    pub async fn get_at_most(
        &self,
        bucket: &str,
        key: &str,
        known_etag: Option<&str>,
        bytes_max: usize,
    ) -> Result<Fetched, ObjectError> {
        match self.fetch(ReadRequest { bucket, key, known_etag, bytes_max }).await {
            Ok(object) => Ok(Fetched::New(object)),
            Err(failure) if failure.status == Some(304) => Ok(Fetched::Unchanged),
            Err(failure) if failure.is_absent_key() => Ok(Fetched::Absent),
            Err(failure) => Err(failure.about(Subject::object("read", bucket, key))),
        }
    }

    async fn fetch(&self, request: ReadRequest<'_>) -> Result<Object, Failure> {
        // boxed, because callers nest it in futures of their own
        read(&self.runner, &self.connection.load_full(), request).boxed().await
    }

    /// Writes the whole object if the condition holds; a large object is sent in parts.
    ///
    /// After an outage it is unknown whether the write happened: read the object again before deciding.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        condition: Condition<'_>,
    ) -> Result<Put, ObjectError> {
        let is_large = bytes.len() > PUT_MAX_BYTES;
        let (connection, runner) = (self.connection.load_full(), self.runner.clone());
        let (bucket_name, key_name, condition) = (bucket.to_owned(), key.to_owned(), condition.into());
        let write = Write { connection, runner, bucket: bucket_name, key: key_name, bytes, condition };
        // boxed, because callers nest it in futures of their own
        let end = match is_large {
            true => self.runner.run_to_end(async move { upload(&write).await }).boxed(),
            false => async move { write.run(&LastRequest::Put).await }.boxed(),
        };
        end.await.map_err(|failure| failure.about(Subject::object("write", bucket, key)))
    }

    /// Removes the object; removing an absent one succeeds.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), ObjectError> {
        let connection = self.connection.load_full();
        let request = connection.client.delete_object().bucket(bucket).key(key);
        let call = async move { request.send().await.map_err(Failure::of) };
        match self.runner.run(&connection, StoreOperation::Delete, call).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_absent_key() => Ok(()),
            Err(failure) => Err(failure.about(Subject::object("delete", bucket, key))),
        }
    }
}

/// The location of a new bucket; S3 refuses the name of its first region here.
fn location(region: &str) -> Option<CreateBucketConfiguration> {
    let constraint = BucketLocationConstraint::from(region);
    (region != "us-east-1").then(|| CreateBucketConfiguration::builder().location_constraint(constraint).build())
}
