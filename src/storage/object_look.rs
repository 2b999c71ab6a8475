//! Size and version of an object, before memory is taken for its bytes.

use super::objects::{Fetched, ObjectError, ObjectStore};

/// A version of an object that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenObject {
    /// Its size.
    pub bytes: usize,
    /// Its version.
    pub etag: String,
}

/// What a look at an object found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A version that the caller does not know.
    New(SeenObject),
    /// The version that the caller knows.
    Unchanged,
    /// No object has this key.
    Absent,
}

/// Size and version of an object, unless the store still holds the version `etag`. None of its bytes is kept.
///
/// # Errors
/// The store is away, or refuses.
pub async fn look(objects: &ObjectStore, bucket: &str, key: &str, etag: Option<&str>) -> Result<Seen, ObjectError> {
    match objects.get_at_most(bucket, key, etag, 0).await {
        Ok(Fetched::New(empty)) => Ok(Seen::New(SeenObject { bytes: 0, etag: empty.etag })),
        Err(ObjectError::TooLarge { bytes, etag, .. }) => Ok(Seen::New(SeenObject { bytes, etag })),
        Ok(Fetched::Unchanged) => Ok(Seen::Unchanged),
        Ok(Fetched::Absent) => Ok(Seen::Absent),
        Err(error) => Err(error),
    }
}
