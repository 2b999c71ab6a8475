//! What each actor says of itself when it is looked at: the `state` of its report at `GET /debug/actors`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use utoipa::ToSchema;

use crate::forecast::Family;
use crate::transport::ConsumerState;

use super::preprocessor::Look;

/// The inference pool.
#[derive(Serialize, ToSchema)]
pub struct PoolState {
    /// Worker threads.
    pub workers: usize,
    /// Those that have a batch in hand.
    pub busy: usize,
    /// Rows that wait for a worker.
    pub queue_rows: usize,
    /// Forecasts made, those before a restart included.
    pub completed: u64,
    /// Moving average of nanoseconds for one row, what `Retry-After` is computed from; it outlives a restart.
    pub row_ns: u64,
    /// The model in service.
    #[schema(required = true)]
    pub model: Option<ServedState>,
    /// Why the model that the pointer names was not loaded.
    #[schema(required = true)]
    pub load_error: Option<String>,
}

/// The model in service.
#[derive(Serialize, ToSchema)]
pub struct ServedState {
    /// The run that fitted it.
    pub run_id: String,
    /// Its family.
    #[schema(value_type = String)]
    pub model_type: Family,
    /// How its data was prepared.
    pub config_hash: String,
    /// Which promotion it is, counted from 1.
    pub generation: u64,
}

/// The promotion watcher.
#[derive(Serialize, ToSchema)]
pub struct WatcherState {
    /// The series whose pointer it follows.
    pub identifier: String,
    /// What it followed last.
    #[schema(required = true)]
    pub pointer: Option<FollowedState>,
    /// The ETag of that pointer.
    #[schema(required = true)]
    pub etag: Option<String>,
    /// Why the pointer was not followed at the last look.
    #[schema(required = true)]
    pub last_error: Option<String>,
    /// Looks in a row that failed.
    pub failures: u32,
}

/// A pointer that was followed.
#[derive(Serialize, ToSchema)]
pub struct FollowedState {
    /// The run that it names.
    pub run_id: String,
    /// The family of that run.
    #[schema(value_type = String)]
    pub model_type: Family,
    /// Which promotion it is, counted from 1.
    pub generation: u64,
    /// The number of the decision behind it.
    pub seq: u64,
}

/// Batch inference.
#[derive(Serialize, ToSchema)]
pub struct BatchState {
    /// Claims that are being worked on.
    pub in_hand: usize,
    /// Claims answered with a forecast since it started.
    pub answered: u64,
    /// Claims answered with the word that they had expired.
    pub expired: u64,
    /// Forecasts made; claims of the same rows share one.
    pub computed: u64,
    /// Objects whose rows are kept.
    pub cached_objects: usize,
    /// Bytes of these rows.
    pub cached_bytes: usize,
    /// Lines of the log that are not stored yet.
    pub open_segment_lines: usize,
    /// Their bytes.
    pub open_segment_bytes: usize,
    /// Segments stored since it started.
    pub segments: u64,
    /// Why a claim was refused or handed back, the latest time.
    #[schema(required = true)]
    pub last_error: Option<String>,
}

/// The evaluator.
#[derive(Serialize, ToSchema)]
pub struct EvaluatorState {
    /// Families that it waits for.
    #[schema(value_type = Vec<String>)]
    pub expected: Vec<Family>,
    /// The data set that it looks at now.
    #[schema(required = true)]
    pub judging: Option<String>,
    /// Data sets that wait for their turn.
    pub queued: usize,
    /// What the last look came to.
    #[schema(required = true)]
    pub last: Option<String>,
    /// Data sets that families are missing from; this outlives a restart.
    pub waiting: Vec<WaitingState>,
    /// Series whose latest promotion was told on the topic; this outlives a restart.
    pub told: usize,
}

/// A data set that families are missing from.
#[derive(Serialize, ToSchema)]
pub struct WaitingState {
    /// The data set.
    pub dataset_id: String,
    /// How long they have been waited for, restarts included.
    pub waited_ms: u64,
    /// How much longer they are.
    pub patience_left_ms: u64,
}

/// The trainer.
#[derive(Serialize, ToSchema)]
pub struct TrainerState {
    /// Families that it fits.
    #[schema(value_type = Vec<String>)]
    pub families: Vec<Family>,
    /// Its training threads.
    pub threads: usize,
    /// What they do.
    pub running: Vec<TrainingState>,
    /// Trainings that wait for a thread.
    pub waiting: usize,
    /// By family: what the last training came to.
    #[schema(value_type = BTreeMap<String, String>)]
    pub last_outcome: BTreeMap<Family, String>,
}

/// A training under way.
#[derive(Serialize, ToSchema)]
pub struct TrainingState {
    /// The name of its thread.
    pub thread: String,
    /// The family that is fitted.
    #[schema(value_type = String)]
    pub model_type: Family,
    /// The data set that it is fitted on.
    pub dataset_id: String,
    /// How long already.
    pub for_ms: u64,
    /// The epoch of its lease, once the work is this trainer's.
    #[schema(required = true)]
    pub lease_epoch: Option<u64>,
    /// Attempts since one ended in order or came further than all before it, this one included.
    #[schema(required = true)]
    pub attempts: Option<u32>,
}

/// The preprocessor.
#[derive(Serialize, ToSchema)]
pub struct PreprocessorState {
    /// Where the files are looked for.
    pub bucket: &'static str,
    /// The train part.
    pub train_file: String,
    /// The test part.
    pub test_file: String,
    /// Whether it looks now.
    pub busy: bool,
    /// The last look.
    #[schema(required = true)]
    pub last: Option<LookedState>,
}

/// A look at both files.
#[derive(Serialize, ToSchema)]
pub struct LookedState {
    /// What it came to.
    #[schema(value_type = Object)]
    pub look: Look,
    /// How long ago it was.
    pub age_ms: u64,
}

/// A Kafka consumer.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionState {
    /// What it reads.
    pub topic: String,
    /// The group it shares the records with; without one it hears every record.
    #[schema(required = true)]
    pub group: Option<String>,
    /// The brokers that it polls.
    #[schema(required = true)]
    pub brokers: Option<String>,
    /// What its poll thread says.
    #[schema(value_type = Option<Object>, required = true)]
    pub poll: Option<ConsumerState>,
}

/// The follower of a joined node.
#[derive(Serialize, ToSchema)]
pub struct JoinedNodeState {
    /// The folder or the `node.json` of the other node.
    #[schema(value_type = String)]
    pub join: PathBuf,
    /// Its API.
    pub http: String,
    /// Its broker.
    pub brokers: String,
    /// Its store.
    #[schema(required = true)]
    pub object_store: Option<String>,
    /// How often it came back elsewhere.
    pub moves: u64,
    /// Why it counts as away, if it does.
    #[schema(required = true)]
    pub away: Option<String>,
    /// How long it has been away.
    #[schema(required = true)]
    pub away_for_ms: Option<u64>,
}
