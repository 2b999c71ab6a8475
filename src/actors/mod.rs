//! The actors: one folder a stage of the pipeline, each with its actor, messages, reported state and work.
//!
//! `topology` is the only folder that knows all stages. No stage imports another: what two of them use is in `shared`.
//!
//! * `batch`: claims of `inference-data` become events of `performance-eval`
//! * `evaluate`: finished runs become promotion decisions
//! * `preprocess`: input files become data sets and claims
//! * `promote`: follows the promotion pointer, and moves it by hand
//! * `serve`: the inference pool turns rows into forecasts
//! * `shared`: what two or more stages use
//! * `telemetry`: events and metrics
//! * `topology`: roles, plan and wiring of all actors
//! * `train`: claims become runs

mod batch;
mod evaluate;
mod preprocess;
mod promote;
mod serve;
mod shared;
mod telemetry;
mod topology;
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
    ChunkJob, CoalescedRun, FetchError, Job, KnownRows, MemoryBudget, NoModel, NoRows, PredictError, PredictJob,
    PromotedModels, Recipe, Services, Serving, Statistics, Subscription, SubscriptionState, announce_promotion,
    fetch_model, fetch_promoted, object_claim, training_started,
};
pub use telemetry::{BROKER, Event, Events, Metrics, OBJECT_STORE, PointerFault, WORKERS};
pub use topology::{
    Blueprint, JoinedNodeState, Planned, Pollers, Role, Roles, Scope, Topology, draw, draw_live, plan, topics_of,
    topology,
};
pub use train::{TrainerSettings, TrainerState};
