//! What FLTS keeps: objects in S3 with conditional writes, the records made of them, and snapshots on local disk.
//!
//! * `buckets`:
//! * `checkpoints`: Where unfinished trainings stand: one object a training, overwritten in place, and gone once its run is recorded
//! * `datasets`: Data sets: two Parquet files in original units, never overwritten, and the record that makes them one
//! * `error`: Why something could not be read from, or written to, the object store
//! * `inference_log`: The log of batch inference: segments of JSON lines, each an object of its own that is created once and never written again
//! * `leases`: Leases: no two trainers of one store do the same work
//! * `objects`: The S3 client: conditional writes, verified reads, bounded retries
//! * `promotion`: The decision log and the promotion pointer
//! * `records`: JSON records as objects: read, write, create once, and check bytes against their hash
//! * `runs`: Training runs: the artifact first, then the record that makes the run finished, created once
//! * `snapshot`: A snapshot: state that is expensive to find again, as bytes that prove to be whole
//! * `snapshots`: The snapshots of a node: a file for each kind of state, written whole or not at all
//! * `timestamp`:

mod buckets;
mod checkpoints;
mod datasets;
mod error;
mod inference_log;
mod leases;
mod objects;
mod promotion;
mod records;
mod runs;
mod snapshot;
mod snapshots;
mod timestamp;

pub use buckets::{BUCKETS, DATASET_BUCKET, INFERENCE_LOG_BUCKET, MLFLOW_BUCKET, PROCESSED_BUCKET, PROMOTION_BUCKET};
pub use checkpoints::{CheckpointError, Checkpoints};
pub use datasets::{Dataset, DatasetDraft, DatasetRecord, Datasets, StoredFile, imputed_rows};
pub use error::StorageError;
pub use inference_log::{InferenceLog, node_name};
pub use leases::{
    ATTEMPT_LIMIT, Claimed, Ending, Lease, LeaseAvailability, LeaseOwner, LeaseRecord, LeaseStatus, Leases,
};
pub use objects::{
    CaBundle, Condition, Conditions, Entry, Fetched, Object, ObjectError, ObjectStore, ObjectStoreConfig, Put,
    StoreCredentials, StoreFault, StoreObserver, StoreOperation, StorePatience,
};
pub use promotion::{Appended, Audit, Decision, Decisions, FetchedPointer, MoveError, Pointer, Promotion, Ruling};
pub use runs::{ArtifactFiles, ArtifactRef, EXPERIMENT, RunRecord, RunStatus, Runs};
pub use snapshot::{MAX_PAYLOAD_BYTES, Snapshot};
pub use snapshots::{SnapshotError, Snapshots};
pub use timestamp::now;
