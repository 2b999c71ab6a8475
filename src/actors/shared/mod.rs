//! What two or more stages use.
//!
//! * `announce`:
//! * `consumer`: The Kafka consumer: owns the poll thread of one subscription and routes its records to other actors
//! * `consumer_state`:
//! * `dataset_key`: Which data set a message of the topics is about
//! * `fetch_model`:
//! * `job`: What the queue of the pool holds, and why a job may come to nothing
//! * `messages`:
//! * `run`: One training, from a stored data set to a finished run: the same steps for a claim, for the gap search and for the evaluator's baselines
//! * `services`: What every actor of a node may use: the stores, the producer, events, health
//! * `serving`: The data plane of the pool: one bounded queue and the model that is served
//! * `stored_datasets`:
//! * `topic_records`: What is told on the topics of a stored data set or run: the records of `transport`, made from those of `storage`
//! * `worker_thread`: One long-lived thread that an actor owns and that works off its tasks one by one

mod announce;
mod consumer;
mod consumer_state;
mod dataset_key;
mod fetch_model;
mod job;
mod messages;
mod run;
mod services;
mod serving;
pub(crate) mod stored_datasets;
mod topic_records;
pub(crate) mod worker_thread;

pub use announce::announce_promotion;
pub use consumer::{KafkaConsumer, Route, Subscription, poll_thread};
pub use consumer_state::SubscriptionState;
pub use dataset_key::DatasetKey;
pub use fetch_model::{FetchError, fetch};
pub use job::{ChunkJob, Job, PredictError, PredictJob};
pub use messages::{Load, LoadError, Reconcile};
pub use run::{
    CHECKPOINT_PATIENCE, Recipe, TrainingError, ensure_run, find_run, fit_run, has_lost_files, is_finished,
    record_failure,
};
pub use services::Services;
pub use serving::{Serving, Statistics};
pub use stored_datasets::newest_datasets;
pub use worker_thread::WorkerThread;
