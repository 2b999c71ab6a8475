//! Settings of the preprocessor.

use crate::forecast::{GridRules, PreprocessConfig};

/// What is read, and how it is prepared.
#[derive(Clone)]
pub struct PreprocessorSettings {
    /// The series that the files belong to.
    pub identifier: String,
    /// The preprocessing steps, and the names of both files.
    pub config: PreprocessConfig,
    /// How rows are put on a grid: which gaps are filled with imputed rows, and how many cells there may be.
    pub rules: GridRules,
    /// Prepares and publishes a data set again though it is in the store.
    pub force: bool,
}
