//! What FLTS stores: objects in S3 with conditional writes, the records made of them, and snapshots on the local disk.
//!
//! * `buckets`: the buckets of a node
//! * `checkpoints`: checkpoints of unfinished trainings
//! * `dataset_key`: the name of a data set
//! * `dataset_record`: the record of a data set, and the names of its files
//! * `datasets`: data sets: two Parquet files and a record
//! * `error`: why a record or a file could not be read or written
//! * `inference_log`: the log of batch inference
//! * `leases`: leases on trainings: no two trainers of one store do the same work
//! * `objects`: the S3 client: conditional writes, verified reads, bounded retries
//! * `pass_over`: objects that a listing passes over
//! * `promotion`: the decision log and the promotion pointer
//! * `records`: JSON records as objects
//! * `reserved_read`: reads an object once there is memory for its bytes
//! * `runs`: training runs and their artifacts
//! * `snapshot`: the bytes of a snapshot
//! * `snapshots`: the snapshot files of a node
//! * `timestamp`: the time in records
//! * `work_journals`: what each process that answers claims works on

mod buckets;
mod checkpoints;
mod dataset_key;
mod dataset_record;
mod datasets;
mod error;
mod inference_log;
mod leases;
mod objects;
mod pass_over;
mod promotion;
mod records;
mod reserved_read;
mod runs;
mod snapshot;
mod snapshots;
mod timestamp;
mod work_journals;

pub use buckets::{BUCKETS, DATASET_BUCKET, INFERENCE_LOG_BUCKET, MLFLOW_BUCKET, PROCESSED_BUCKET, PROMOTION_BUCKET};
pub use checkpoints::{CheckpointError, CheckpointPage, Checkpoints};
pub use dataset_key::DatasetKey;
pub use dataset_record::{DatasetRecord, StoredFile};
pub use datasets::{Dataset, DatasetDraft, Datasets, imputed_rows};
pub use error::StorageError;
pub use inference_log::{InferenceLog, node_name};
pub use leases::{
    ATTEMPT_LIMIT, AcquireOutcome, Ending, Lease, LeaseAvailability, LeaseOwner, LeaseRecord, LeaseStatus, Leases,
};
pub use objects::{
    CaBundle, Condition, ConditionSupport, Entry, Fetched, Folder, KeyPage, Object, ObjectError, ObjectStore,
    ObjectStoreConfig, PassedOver, Put, StoreCredentials, StoreFault, StoreObserver, StoreOperation, StorePatience,
};
pub use promotion::{
    Appended, Audit, Decision, DecisionKind, Decisions, FetchedPointer, LogSummary, MoveError, Pointer, Promotion,
    SavedSummaries,
};
pub use reserved_read::{FIRST_READ_BYTES, read_reserved};
pub use runs::{ArtifactFiles, ArtifactRef, EXPERIMENT, RunRecord, RunStatus, Runs};
pub use snapshot::{MAX_PAYLOAD_BYTES, Snapshot};
pub use snapshots::{SnapshotError, Snapshots};
pub use timestamp::now;
pub use work_journals::{JournalEntry, WorkInHand, WorkJournal, WorkJournals};
