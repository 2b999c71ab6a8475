//! Settings of the preprocessor.

use crate::forecast::{PreprocessConfig, ReadOptions};

/// What is read, and how it is prepared.
#[derive(Clone)]
pub struct PreprocessorSettings {
    /// The series that the files belong to.
    pub identifier: String,
    /// The preprocessing steps, and the names of both files.
    pub config: PreprocessConfig,
    /// How the files are read.
    pub options: ReadOptions,
    /// Prepares and publishes a data set again though it is in the store.
    pub force: bool,
}
