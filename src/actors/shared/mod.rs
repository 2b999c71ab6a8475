//! What two or more stages use.
//!
//! * `announce`: announces a promotion on the topic `model-selected`
//! * `coalesced_run`: the state of a job that runs at most once at a time
//! * `consumer`: the actor that consumes one topic
//! * `dataset_key`: the key of a data set, and the data set of a key
//! * `fetch_model`: fetches a model from the store and verifies it
//! * `job`: the jobs in the queue of the inference pool
//! * `memory`: the memory budget of the process and its shares
//! * `messages`: messages that actors of several stages understand
//! * `model_loader`: asks the actor that loads models
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
mod fetch_model;
mod job;
mod memory;
mod messages;
mod model_loader;
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
pub use fetch_model::{FetchError, fetch_model, fetch_promoted};
pub use job::{ChunkJob, HeldForWork, Job, PredictError, PredictJob};
pub use memory::MemoryBudget;
pub use messages::{Load, LoadError, Reconcile};
pub use model_loader::ModelLoader;
pub use recipe::Recipe;
pub use run::{
    CHECKPOINT_PATIENCE, TrainingError, ensure_run, find_run, fit_run, has_lost_files, is_finished, record_failure,
};
pub use services::Services;
pub use serving::{CONTEXTS_MAX_BYTES, Serving, Statistics};
pub use topic_records::{object_claim, training_started};
pub use worker_thread::{WorkerThread, drain_threads};
