//! Stage train: claims become runs.
//!
//! * `job_error`: why a job of a training thread ended without a run
//! * `known_ids`: runs and data sets that are not tried again in this process
//! * `messages`: messages to the trainer
//! * `progress`: what happens during a training: beats, progress events, checkpoints, the stop signal
//! * `reconcile`: the search for missing runs and for checkpoints left behind
//! * `records`: records of `training-data`, as messages to the trainer
//! * `settings`: settings of the trainer
//! * `state`: the reported state
//! * `trainer`: the actor, which hands jobs to its training threads
//! * `training_job`: one job of a training thread, from its claim to the acknowledgement

mod job_error;
mod known_ids;
mod messages;
mod progress;
mod reconcile;
mod records;
mod settings;
mod state;
mod trainer;
mod training_job;

pub use records::parse_claim;
pub use settings::TrainerSettings;
pub use state::TrainerState;
pub use trainer::{Trainer, training_thread};
