//! Why something could not be read from, or written to, the object store.

use crate::forecast::DataError;

use super::objects::ObjectError;

/// What went wrong with a record or a file in the store.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The store is away, or refused the request.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Nothing is there under the name.
    #[error("{0} is not in the object store; check that it was published to this store")]
    Missing(String),
    /// Bytes are there, but not those that were written.
    #[error("object {key} cannot be used: {cause}")]
    Damaged {
        /// Bucket and key.
        key: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The caller was told to stop while the store had not answered.
    #[error("the node is stopping")]
    Stopping,
    /// A table cannot be written or read.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl StorageError {
    /// Whether the same call may work later, with nothing changed.
    pub fn is_outage(&self) -> bool {
        match self {
            StorageError::Object(error) => error.is_outage(),
            StorageError::Stopping => true,
            _ => false,
        }
    }

    /// Whether it is the matter of whoever runs the node, whatever the record says that led to the call.
    pub fn is_not_the_record(&self) -> bool {
        matches!(self, StorageError::Object(error) if error.is_not_the_record())
    }

    pub(super) fn damaged(bucket: &str, key: &str, cause: impl ToString) -> Self {
        StorageError::Damaged { key: format!("{bucket}/{key}"), cause: cause.to_string() }
    }
}
