//! Why a job of a training thread ended without a run.

use std::time::Duration;

use crate::kafka::Rejection;
use crate::runtime::ReserveError;
use crate::storage::StorageError;

/// When a data set is tried again for which there was no memory.
const MEMORY_PAUSE: Duration = Duration::from_secs(10);

/// Why a job ended without a run.
pub enum TrainingJobError {
    /// An outage or a shutdown: the record comes again.
    Retry(String),
    /// Another trainer holds the lease: the record comes again after this time.
    Held(String, Duration),
    /// The record, or an object that it names, is wrong.
    Reject(Rejection),
}

impl From<StorageError> for TrainingJobError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Memory(ReserveError::Full { .. }) => TrainingJobError::Held(error.to_string(), MEMORY_PAUSE),
            error if error.should_hand_back() => TrainingJobError::Retry(error.to_string()),
            error if error.is_permanent() => TrainingJobError::Reject(Rejection::for_good(error.to_string())),
            error => TrainingJobError::Reject(Rejection::once(error.to_string())),
        }
    }
}
