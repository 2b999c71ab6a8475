//! What two or more stages use.
//!
//! * `announce`: announces a promotion on the topic `model-selected`
//! * `coalesced_run`: the state of a job that runs at most once at a time
//! * `consumer`: the actor that consumes one topic
//! * `dataset_key`: the key of a data set, and the data set of a key
//! * `job`: the jobs in the queue of the inference pool
//! * `known_rows`: the newest rows of a series, as the store has them
//! * `memory`: the memory budget of the process and its shares
//! * `messages`: messages that actors of several stages understand
//! * `models`: models of this node's series and of others
//! * `recent_values`: values that were made lately, by key
//! * `recipe`: training settings and the columns to forecast
//! * `run`: from a stored data set to a recorded run
//! * `services`: the handles that every actor may use
//! * `serving`: queue, model in service and statistics of the inference pool
//! * `topic_records`: the Kafka records about a stored data set or run
//! * `worker_thread`: one long-lived thread that handles an actor's tasks in order

mod announce;
mod coalesced_run;
mod consumer;
mod dataset_key;
mod job;
mod known_rows;
mod memory;
mod messages;
mod models;
mod recent_values;
mod recipe;
mod run;
mod services;
mod serving;
mod topic_records;
mod worker_thread;

pub use crate::storage::DatasetKey;
pub use announce::announce_promotion;
pub use coalesced_run::CoalescedRun;
pub use consumer::{KafkaConsumer, Route, Subscription, SubscriptionState, poll_thread};
pub use dataset_key::dataset_record;
pub use job::{ChunkJob, HeldForWork, Job, PredictError, PredictJob};
pub use known_rows::{KnownRows, NoRows};
pub use memory::MemoryBudget;
pub use messages::{Load, LoadError, Reconcile};
pub use models::{FetchError, ModelLoader, NoModel, PromotedModels, fetch_model, fetch_promoted};
pub use recent_values::RecentValues;
pub use recipe::Recipe;
pub use run::{
    CHECKPOINT_PATIENCE, TrainingError, ensure_run, find_run, fit_run, has_lost_files, is_finished, record_failure,
};
pub use services::Services;
pub use serving::{CONTEXTS_MAX_BYTES, Serving, Statistics};
pub use topic_records::{object_claim, training_started};
pub use worker_thread::{WorkerThread, drain_threads};
