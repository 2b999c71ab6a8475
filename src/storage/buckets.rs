//! The buckets of a node.

/// The bucket of input files.
pub const DATASET_BUCKET: &str = "dataset";

/// The bucket of data sets.
pub const PROCESSED_BUCKET: &str = "processed-data";

/// The bucket of runs, artifacts, checkpoints and leases.
pub const MLFLOW_BUCKET: &str = "mlflow";

/// The bucket of decision logs and pointers.
pub const PROMOTION_BUCKET: &str = "model-promotion";

/// The bucket of the logs of batch inference.
pub const INFERENCE_LOG_BUCKET: &str = "inference-logs";

/// Every bucket of a node.
pub const BUCKETS: [&str; 5] =
    [DATASET_BUCKET, PROCESSED_BUCKET, MLFLOW_BUCKET, PROMOTION_BUCKET, INFERENCE_LOG_BUCKET];

/// What a bucket of a node is for, in words.
pub fn bucket_about(bucket: &str) -> &'static str {
    match bucket {
        DATASET_BUCKET => "input files",
        PROCESSED_BUCKET => "data sets",
        MLFLOW_BUCKET => "runs, models, checkpoints and leases",
        PROMOTION_BUCKET => "decisions and pointers",
        INFERENCE_LOG_BUCKET => "answers of batch inference",
        _ => "",
    }
}

/// Whether a bucket is one of the node's own.
pub(super) fn is_node_bucket(bucket: &str) -> bool {
    BUCKETS.contains(&bucket)
}
