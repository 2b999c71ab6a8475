//! The actors: one folder a stage of the pipeline, each with its actor, messages, reported state and work.
//!
//! `topology` is the only folder that knows all stages. No stage imports another: what two of them use is in `shared`.
//!
//! * `batch`: Stage batch: claims of `inference-data` become events of `performance-eval`
//! * `evaluate`: Stage evaluate: finished runs become promotion decisions
//! * `preprocess`: Stage preprocess: input files become data sets and claims
//! * `promote`: Stage promote: follows the promotion pointer, and moves it by hand
//! * `serve`: Stage serve: the inference pool turns rows into forecasts
//! * `shared`: What two or more stages use
//! * `telemetry`: Events and metrics: labels only, no knowledge of any stage
//! * `topology`: Roles, plan and wiring of all actors
//! * `train`: Stage train: claims become runs

mod batch;
mod evaluate;
mod preprocess;
mod promote;
mod serve;
mod shared;
mod telemetry;
pub(crate) mod topology;
mod train;

pub use batch::{BatchClaims, BatchState};
pub use evaluate::{EvaluatorState, JudgingSettings};
pub use preprocess::{PreprocessorSettings, PreprocessorState, ScanResult, scan_once};
pub use promote::{
    ManualPromotionError, PromotionWatcher, RELOAD_DEADLINE, ReloadError, ReloadPointer, Reloaded, WatcherState,
    promote_run, roll_back,
};
pub use serve::{BatchSettings, InferencePool, PoolSettings, PoolState, ScaleWorkers, Scaled};
pub use shared::{
    BROKER, ChunkJob, CoalescedRun, FetchError, Job, OBJECT_STORE, PredictError, PredictJob, Recipe, Services, Serving,
    Statistics, Subscription, SubscriptionState, announce_promotion, fetch_model, fetch_promoted, newest_datasets,
    object_claim, training_started,
};
pub use telemetry::{Event, Events, Metrics, WORKERS};
pub use topology::{
    Blueprint, JoinedNodeState, Part, Planned, Pollers, Role, Roles, Scope, Topology, draw, draw_live, plan, topics_of,
    topology,
};
pub use train::{TrainerSettings, TrainerState};
