//! What FLTS keeps: objects in S3 with conditions, the records and files made of them, and snapshots on local disk.
//!
//! * `objects`: the client
//! * `datasets`: Parquet files and the record that makes them a data set
//! * `checkpoints`: where unfinished trainings stand
//! * `leases`: who works on what, and how often that went wrong
//! * `runs`: artifacts and the record that makes a run finished
//! * `decisions`, `pointer`: who was promoted and why, and what is served
//! * `inference_log`: what batch inference answered
//! * `moves`: decisions that a person takes, rollback and set
//! * `snapshot`, `snapshots`: actor state that is expensive to find again, in the data folder

mod checkpoints;
mod datasets;
mod decisions;
mod error;
mod inference_log;
mod leases;
mod moves;
pub mod objects;
mod pointer;
mod records;
mod runs;
mod snapshot;
mod snapshots;

pub use checkpoints::{CheckpointError, Checkpoints};
pub use datasets::{Dataset, DatasetDraft, DatasetRecord, Datasets, StoredFile, imputed_rows};
pub use decisions::{Appended, Audit, Decision, Decisions, FetchedPointer, Ruling};
pub use error::StorageError;
pub use inference_log::{InferenceLog, node_name};
pub use leases::{ATTEMPT_LIMIT, Claimed, Ending, Holder, Lease, LeaseRecord, Leases, Standing, Work};
pub use moves::MoveError;
pub use objects::{
    CaBundle, Condition, Conditions, Entry, Fetched, Object, ObjectError, ObjectStore, ObjectStoreConfig, Put,
    StoreCredentials, StoreFault, StoreObserver, StoreOperation, StorePatience,
};
pub use pointer::{Pointer, Promotion};
pub use runs::{ArtifactFiles, ArtifactRef, EXPERIMENT, RunRecord, RunStatus, Runs};
pub use snapshot::{MAX_PAYLOAD_BYTES, Snapshot};
pub use snapshots::{SnapshotError, Snapshots};

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

/// The time for records, RFC 3339 in UTC with microseconds.
pub fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
