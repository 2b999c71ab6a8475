//! Why no family was chosen.

use crate::forecast::data::DataError;
use crate::forecast::model::ModelError;

/// Why no family was chosen for a series.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// The rows cannot be prepared.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The chosen family cannot be fitted to all rows.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// No family can be served; why.
    #[error("no family can forecast these rows: {0}")]
    NoneChosen(String),
}
