//! The name of a data set.

/// What names a data set in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatasetKey {
    /// The series that the data set is about.
    pub identifier: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// Hash of identifier, configuration and input bytes.
    pub dataset_id: String,
}

impl DatasetKey {
    /// The folder of the data set in its bucket, without a slash at the end.
    pub(super) fn folder(&self) -> String {
        let Self { identifier, config_hash, dataset_id } = self;
        format!("{identifier}/{config_hash}/{}", dataset_id.get(..16).unwrap_or(dataset_id))
    }
}
