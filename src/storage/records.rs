//! JSON records as objects: read, create once, and check bytes against their hash.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::forecast::sha256_hex;

use super::error::StorageError;
use super::objects::{Condition, ObjectStore, Put};

/// Reads a JSON record; none if no object has this key.
pub(super) async fn read<T: DeserializeOwned>(
    objects: &ObjectStore,
    bucket: &str,
    key: &str,
) -> Result<Option<T>, StorageError> {
    let Some(object) = objects.get(bucket, key).await? else { return Ok(None) };
    let record = serde_json::from_slice(&object.bytes).map_err(|error| StorageError::damaged(bucket, key, error))?;
    Ok(Some(record))
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
pub(super) async fn create_or_read<T: Serialize + DeserializeOwned>(
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
) -> Result<Bytes, StorageError> {
    match objects.put(bucket, key, bytes.clone(), Condition::IfAbsent).await? {
        Put::Done { .. } => Ok(bytes),
        Put::Lost => {
            let stored = objects.get(bucket, key).await?;
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
) -> Result<Bytes, StorageError> {
    let object = objects.get(bucket, key).await?.ok_or_else(|| StorageError::Missing(format!("{bucket}/{key}")))?;
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
