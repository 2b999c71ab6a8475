//! The actors: one a file, typed messages between them, and one table that says which role runs which.
//!
//! * `roles`, `plan`, `topology`: roles to children, groups and start order; then the children themselves
//! * `topics`: what each role reads and writes
//! * `drawing`: the plan for people, as it will be or as it stands
//! * `messages`: what actors say to one another
//! * `services`, `events`, `metrics`: what all of them use
//! * `claims`, `announcements`: which data set a message is about, and what is told of one
//! * `consumer`: records from Kafka to the actor they are for
//! * `preprocessor`: files to data sets and claims
//! * `trainer` (with `assignment`, `training`, `oversight`, `gaps`, `lane`): claims to runs
//! * `evaluator` (with `judging`, `contest`, `news`, `tally`): runs to decisions
//! * `promotion`: the pointer to a model in service
//! * `steering`: the pointer moved by hand
//! * `inference` (with `serving`, `jobs`, `crew`, `worker`, `loading`): rows to forecasts
//! * `batch`: claims of `inference-data` to events of `performance-eval`
//! * `states`: what each of them says of itself

mod announcements;
mod assignment;
mod batch;
mod claims;
mod consumer;
mod contest;
mod crew;
mod drawing;
mod evaluator;
mod events;
mod gaps;
mod inference;
mod jobs;
mod judging;
mod lane;
mod loading;
mod messages;
mod metrics;
mod news;
mod oversight;
mod plan;
mod preprocessor;
mod promotion;
mod roles;
mod services;
mod serving;
pub mod states;
pub mod steering;
mod tally;
mod topics;
mod topology;
mod trainer;
mod training;
mod worker;

pub use batch::BatchClaims;
pub use consumer::Subscription;
pub use contest::JudgingSettings;
pub use drawing::{draw, draw_live};
pub use events::{Event, Events};
pub use gaps::newest_datasets;
pub use inference::{InferencePool, PoolSettings};
pub use jobs::{ChunkJob, Job, PredictError, PredictJob};
pub use messages::{ReloadError, ReloadPointer, Reloaded, ScaleWorkers, Scaled};
pub use metrics::{Metrics, WORKERS};
pub use news::announce;
pub use plan::{Part, Planned, Scope, plan};
pub use preprocessor::{Look, PreprocessorSettings, look_once};
pub use promotion::{LOOK_DEADLINE, PromotionWatcher};
pub use roles::{Role, Roles};
pub use services::{BROKER, OBJECT_STORE, Services};
pub use serving::{Serving, Statistics};
pub use topics::topics_of;
pub use topology::{Blueprint, Pollers, Topology, topology};
pub use trainer::TrainerSettings;
pub use training::Recipe;
pub use worker::BatchSettings;
