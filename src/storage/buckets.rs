//! The buckets of a node.

/// Where input files are put.
pub const DATASET_BUCKET: &str = "dataset";

/// Where data sets are.
pub const PROCESSED_BUCKET: &str = "processed-data";

/// Where runs and artifacts are.
pub const MLFLOW_BUCKET: &str = "mlflow";

/// Where decisions and pointers are.
pub const PROMOTION_BUCKET: &str = "model-promotion";

/// Where forecasts of claims are logged.
pub const INFERENCE_LOG_BUCKET: &str = "inference-logs";

/// Every bucket of a node.
pub const BUCKETS: [&str; 5] =
    [DATASET_BUCKET, PROCESSED_BUCKET, MLFLOW_BUCKET, PROMOTION_BUCKET, INFERENCE_LOG_BUCKET];

/// Whether a bucket is one of the node's own.
pub(super) fn is_node_bucket(bucket: &str) -> bool {
    BUCKETS.contains(&bucket)
}
