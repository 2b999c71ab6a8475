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
        match self {
            StorageError::Object(error) => error.is_not_the_record(),
            StorageError::Stopping => true,
            _ => false,
        }
    }

    pub(crate) fn damaged(bucket: &str, key: &str, cause: impl ToString) -> Self {
        StorageError::Damaged { key: format!("{bucket}/{key}"), cause: cause.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_of_the_node_is_no_fault_of_a_record() {
        assert!(StorageError::Stopping.is_not_the_record() && StorageError::Stopping.is_outage());
        let damaged = StorageError::damaged("mlflow", "run.json", "it is no json");
        assert!(!damaged.is_not_the_record() && !damaged.is_outage());
    }
}
