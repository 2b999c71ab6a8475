//! The actors: one a file, typed messages between them, and one table that says which role runs which.
//!
//! * `roles`, `plan`, `topology`: roles to children, groups and start order; then the children themselves
//! * `messages`: what actors say to one another
//! * `services`, `events`, `metrics`: what all of them use
//! * `claims`, `announcements`: which data set a message is about, and what is told of one
//! * `consumer`: records from Kafka to the actor they are for
//! * `preprocessor`: files to data sets and claims
//! * `trainer` (with `assignment`, `training`, `gaps`, `lane`): claims to runs
//! * `evaluator` (with `judging`, `contest`, `news`): runs to decisions
//! * `promotion`: the pointer to a model in service
//! * `steering`: the pointer moved by hand
//! * `inference` (with `serving`, `crew`, `worker`, `loading`): rows to forecasts
//! * `faults`: breaking any of them on demand

mod announcements;
mod assignment;
mod claims;
mod consumer;
mod contest;
mod crew;
mod evaluator;
mod events;
mod faults;
mod gaps;
mod inference;
mod judging;
mod lane;
mod loading;
mod messages;
mod metrics;
mod news;
mod plan;
mod preprocessor;
mod promotion;
mod roles;
mod services;
mod serving;
pub mod steering;
mod topology;
mod trainer;
mod training;
mod worker;

pub use consumer::Subscription;
pub use contest::JudgingSettings;
pub use events::{Event, Events};
pub use faults::{Faults, InjectError};
pub use gaps::newest_datasets;
pub use inference::{InferencePool, PoolSettings};
pub use messages::{Fault, ReloadError, ReloadPointer, Reloaded, ScaleWorkers, Scaled};
pub use metrics::Metrics;
pub use news::announce;
pub use plan::{Part, Planned, draw, plan};
pub use preprocessor::{Look, PreprocessorSettings, look_once};
pub use promotion::{LOOK_DEADLINE, PromotionWatcher};
pub use roles::{Role, Roles};
pub use services::{BROKER, OBJECT_STORE, Services};
pub use serving::{PredictError, PredictJob, Serving};
pub use topology::{Blueprint, Pollers, Topology, topology};
pub use trainer::TrainerSettings;
pub use training::Recipe;
pub use worker::BatchSettings;
