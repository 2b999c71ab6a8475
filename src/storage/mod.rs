//! What FLTS stores: objects in S3 with conditional writes, the records made of them, and snapshots on the local disk.
//!
//! * `buckets`: the buckets of a node
//! * `checkpoints`: checkpoints of unfinished trainings
//! * `dataset_key`: the name of a data set
//! * `dataset_record`: the record of a data set, and the names of its files
//! * `datasets`: data sets: two Parquet files and a record
//! * `error`: why a record or a file could not be read or written
//! * `inference_log`: the log of batch inference
//! * `inspection`: what is strange or damaged in a store
//! * `leases`: leases on trainings: no two trainers of one store do the same work
//! * `object_look`: size and version of an object, before memory is taken for it
//! * `objects`: the S3 client: conditional writes, verified reads, bounded retries
//! * `promotion`: the decision log and the promotion pointer
//! * `records`: JSON records as objects
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
mod inspection;
mod leases;
mod object_look;
mod objects;
mod promotion;
mod records;
mod runs;
mod snapshot;
mod snapshots;
mod timestamp;
mod work_journals;

pub use buckets::{
    BUCKETS, DATASET_BUCKET, INFERENCE_LOG_BUCKET, MLFLOW_BUCKET, PROCESSED_BUCKET, PROMOTION_BUCKET, bucket_about,
};
pub use checkpoints::{CheckpointError, CheckpointPage, Checkpoints};
pub use dataset_key::DatasetKey;
pub use dataset_record::{DatasetRecord, StoredFile};
pub use datasets::{Dataset, DatasetDraft, Datasets, imputed_rows};
pub use error::StorageError;
pub use inference_log::{InferenceLog, node_name};
pub use inspection::{HeldLease, RecordKind, Survey, held_leases, survey};
pub use leases::{
    ATTEMPT_LIMIT, AcquireOutcome, Ending, Lease, LeaseAvailability, LeaseOwner, LeaseRecord, LeaseStatus, Leases,
};
pub use object_look::{Seen, SeenObject, look};
pub use objects::{
    CaBundle, Condition, ConditionSupport, Entry, Fetched, Folder, KeyFiles, KeyPage, KeySource, Object, ObjectBytes,
    ObjectError, ObjectStore, ObjectStoreConfig, ObjectVersion, PassedOver, Put, STREAMED_WRITE_BYTES,
    StoreCredentials, StoreFault, StoreObserver, StoreOperation, StorePatience, StreamedWrite,
};
pub use promotion::{
    Appended, Audit, Decision, DecisionKind, Decisions, FetchedPointer, LogSummary, MoveError, Pointer, Promotion,
    SavedSummaries,
};
pub use runs::{ArtifactFiles, ArtifactRef, EXPERIMENT, RunRecord, RunStatus, Runs};
pub use snapshot::{MAX_PAYLOAD_BYTES, Snapshot};
pub use snapshots::{SnapshotError, Snapshots};
pub use timestamp::now;
pub use work_journals::{JournalEntry, WorkInHand, WorkJournal, WorkJournals};
