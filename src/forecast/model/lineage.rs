//! Where a model comes from.

use serde::{Deserialize, Serialize};

/// Where a model comes from: the names that travel with it into every answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The training run; empty until the training is over, because it is a hash of the result.
    pub run_id: String,
    /// The series (or site) that the model is about.
    pub identifier: String,
    /// The name of the series in a long file, where the identifier was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// Hash of identifier, configuration and data bytes.
    pub dataset_id: String,
    /// Hash of the canonical training settings.
    pub train_hash: String,
}
