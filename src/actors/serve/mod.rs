//! Stage serve: the inference pool turns rows into forecasts.
//!
//! * `loading`: from a pointer to a model in service
//! * `messages`: the message that scales the pool
//! * `pool`: the actor, which owns the worker threads and the thread that loads models
//! * `state`: what the actor reports of itself
//! * `worker`: what a worker thread does with a batch
//! * `workers`: the worker threads, started, scaled and replaced

mod loading;
mod messages;
mod pool;
mod state;
mod worker;
mod workers;

pub use messages::{ScaleWorkers, Scaled};
pub use pool::{InferencePool, LOADER, PoolSettings};
pub use state::PoolState;
pub use worker::BatchSettings;
pub use workers::worker_name;
