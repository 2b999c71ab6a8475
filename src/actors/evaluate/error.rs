//! Why a round was not finished.

use crate::actors::shared::TrainingError;
use crate::forecast::ModelError;
use crate::storage::StorageError;

/// Why a round was not finished; it is retried.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    /// The store is unreachable or refuses.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A baseline could not be stored.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// This process cannot hold the champion. That says nothing about the champion, and without it nothing is decided.
    #[error("the champion cannot be judged, so nothing is promoted: {0}")]
    Champion(ModelError),
}

impl JudgingError {
    /// Whether the same round fails again until a setting, the data set or the champion is another.
    pub fn is_permanent(&self) -> bool {
        match self {
            JudgingError::Storage(error) | JudgingError::Training(TrainingError::Storage(error)) => {
                error.is_permanent()
            }
            JudgingError::Training(TrainingError::Model(_)) => false,
            JudgingError::Champion(_) => true,
        }
    }
}
