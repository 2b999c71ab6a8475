//! JSON records as objects: read, create once, and check bytes against their hash.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::forecast::{IDENTIFIER_RULE, is_identifier, is_sha256_hex, sha256_hex};
use crate::limits::{ERROR_QUOTE, Limit, LimitExceeded, STORED_RECORD};

use super::error::StorageError;
use super::objects::{Condition, ObjectError, ObjectStore, PassedOver, Put};

/// Reads a JSON record; none if no object has this key. A damaged one is noted.
pub(super) async fn read<T: DeserializeOwned + Checked>(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
) -> Result<Option<T>, StorageError> {
    let read = read_unnoted(objects, bucket, key).await;
    if let Err(error @ StorageError::Damaged { .. }) = &read {
        objects.pass_over(bucket, key, PassedOver::Damaged, error);
    }
    read
}

async fn read_unnoted<T: DeserializeOwned + Checked>(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
) -> Result<Option<T>, StorageError> {
    let read = match objects.read(bucket, key, STORED_RECORD).await {
        Err(ObjectError::OverLimit { exceeded, .. }) => return Err(StorageError::damaged(bucket, key, exceeded)),
        read => read?,
    };
    let Some(object) = read else { return Ok(None) };
    let damaged = |cause: String| StorageError::damaged(bucket, key, cause);
    let record: T = serde_json::from_slice(&object.bytes).map_err(|error| damaged(error.to_string()))?;
    record.check().map_err(damaged)?;
    Ok(Some(record))
}

/// A record whose fields are checked when it is read: some become parts of keys.
pub(super) trait Checked {
    /// Which field is not what FLTS writes.
    fn check(&self) -> Result<(), String>;
}

/// Refuses a hash that is none.
pub(super) fn check_hash(field: &str, value: &str) -> Result<(), String> {
    match is_sha256_hex(value) {
        true => Ok(()),
        false => Err(format!("its `{field}` is {}, and must be 64 lower-case hex digits", quoted(value))),
    }
}

/// Refuses an identifier that would be another path.
pub(super) fn check_identifier(value: &str) -> Result<(), String> {
    match is_identifier(value) {
        true => Ok(()),
        false => Err(format!("its `identifier` is {}; it must be {IDENTIFIER_RULE}", quoted(value))),
    }
}

/// A value as an error shows it: short, and on one line.
fn quoted(value: &str) -> String {
    format!("{:?}", ERROR_QUOTE.cut(value))
}

/// An object of which a version may be replaced though it cannot be read.
pub(super) struct Replaceable {
    /// The version.
    pub etag: String,
    /// The bytes; none of an object that is too large to be what it should be.
    pub bytes: Result<Bytes, LimitExceeded>,
}

/// Reads an object that is replaced where it cannot be used.
pub(super) async fn read_replaceable(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
) -> Result<Option<Replaceable>, ObjectError> {
    match objects.read(bucket, key, STORED_RECORD).await {
        Ok(object) => Ok(object.map(|object| Replaceable { etag: object.etag, bytes: Ok(object.bytes) })),
        Err(ObjectError::OverLimit { exceeded, etag, .. }) => Ok(Some(Replaceable { etag, bytes: Err(exceeded) })),
        Err(error) => Err(error),
    }
}

/// Creates a JSON record; `Put::Lost` if the key is taken.
pub(super) async fn create<T: Serialize>(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
    record: &T,
) -> Result<Put, StorageError> {
    Ok(objects.put(bucket, key, json(record).into(), Condition::IfAbsent).await?)
}

/// Creates a JSON record; if the key is taken, the answer is the record that is stored.
pub(super) async fn create_or_read<T: Serialize + DeserializeOwned + Checked>(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
    record: T,
) -> Result<T, StorageError> {
    match create(objects, bucket, key, &record).await? {
        Put::Done { .. } => Ok(record),
        Put::Lost => {
            let first = read(objects, bucket, key).await?;
            first.ok_or_else(|| StorageError::Missing(format!("{bucket}/{key}")))
        }
    }
}

/// Creates an object that is never overwritten, and answers with the bytes that are stored: an earlier attempt may have
/// written them before a crash.
pub(super) async fn create_file(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
    bytes: Bytes,
    limit: Limit,
) -> Result<Bytes, StorageError> {
    match objects.put(bucket, key, bytes.clone(), Condition::IfAbsent).await? {
        Put::Done { .. } => Ok(bytes),
        Put::Lost => {
            let stored = objects.read(bucket, key, limit).await?;
            stored.map(|object| object.bytes).ok_or_else(|| StorageError::Missing(format!("{bucket}/{key}")))
        }
    }
}

/// Reads an object, and refuses bytes of another hash.
pub(super) async fn read_checked(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
    sha256: &str,
    limit: Limit,
) -> Result<Bytes, StorageError> {
    let object =
        objects.read(bucket, key, limit).await?.ok_or_else(|| StorageError::Missing(format!("{bucket}/{key}")))?;
    let found = sha256_hex(&object.bytes);
    if found != sha256 {
        let cause = format!("its sha-256 is {found}, but {sha256} was written; publish it again");
        return Err(StorageError::damaged(bucket, key, cause));
    }
    Ok(object.bytes)
}

/// The record as indented JSON, for people who look into the bucket.
pub(super) fn json<T: Serialize>(record: &T) -> Vec<u8> {
    serde_json::to_vec_pretty(record).expect("invariant: records have text keys and no failing serializer")
}
