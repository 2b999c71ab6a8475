//! Why a record or a file could not be read from, or written to, the object store.

use crate::forecast::DataError;
use crate::runtime::ReserveError;

use super::objects::ObjectError;

/// Why a record or a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The store is away, or it refused the request.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// No object has this name.
    #[error("{0} is not in the object store; check that it was published to this store")]
    Missing(String),
    /// The object is stored, but its bytes are not those that were written.
    #[error("object {key} cannot be used: {cause}")]
    Damaged {
        /// Bucket and key.
        key: String,
        /// What is wrong with the bytes.
        cause: String,
    },
    /// The node began to stop before the store had answered.
    #[error("the node is stopping")]
    Stopping,
    /// A table could not be written or read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// It takes more memory than there is for its kind.
    #[error(transparent)]
    Memory(#[from] ReserveError),
}

impl StorageError {
    /// Whether the same call may succeed later without any change.
    pub fn is_outage(&self) -> bool {
        match self {
            StorageError::Object(error) => error.is_outage(),
            StorageError::Stopping => true,
            StorageError::Memory(error) => matches!(error, ReserveError::Full { .. }),
            _ => false,
        }
    }

    /// Whether the same call fails again whatever happens: what it reads is too large, or of another form.
    pub fn is_permanent(&self) -> bool {
        match self {
            StorageError::Data(_) | StorageError::Memory(ReserveError::TooLarge { .. }) => true,
            StorageError::Object(error) => matches!(error, ObjectError::OverLimit { .. }),
            _ => false,
        }
    }

    /// Whether the operator must act and the record that led to the call is not at fault: the record is handed back.
    pub fn should_hand_back(&self) -> bool {
        match self {
            StorageError::Object(error) => error.should_hand_back(),
            StorageError::Stopping => true,
            StorageError::Memory(error) => matches!(error, ReserveError::Full { .. }),
            _ => false,
        }
    }

    pub(super) fn damaged(bucket: &str, key: &str, cause: impl ToString) -> Self {
        StorageError::Damaged { key: format!("{bucket}/{key}"), cause: cause.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_of_the_node_is_no_fault_of_a_record() {
        assert!(StorageError::Stopping.should_hand_back() && StorageError::Stopping.is_outage());
        let damaged = StorageError::damaged("mlflow", "run.json", "it is no json");
        assert!(!damaged.should_hand_back() && !damaged.is_outage());
    }
}
