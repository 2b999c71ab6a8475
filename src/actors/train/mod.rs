//! Stage train: claims become runs.
//!
//! * `messages`:
//! * `progress`: What a trainer's thread does while it trains: shows that it lives, says how far it is, keeps checkpoints, and ends when it is told to
//! * `reconcile`: The search for what a crash or a lost topic left undone
//! * `records`: records of `training-data`, as messages to the trainer
//! * `state`:
//! * `trainer`: The trainer: fits the families it is asked for, one after the other on threads it owns
//! * `training_job`: One assignment of the trainer from start to end: find the run or take the lease and train, record, announce, and answer for the record

mod messages;
mod progress;
mod reconcile;
mod records;
mod state;
pub(crate) mod trainer;
mod training_job;

pub use records::parse_claim;
pub use state::TrainerState;
pub use trainer::{Trainer, TrainerSettings};
