//! Stage serve: the inference pool turns rows into forecasts.
//!
//! * `loading`: From a pointer to a model in service: fetch, verify, warm up, and swap as one value
//! * `messages`:
//! * `pool`: The inference pool: owns the worker threads (`crew`) and the thread that loads models
//! * `state`:
//! * `worker`: What a worker thread of the pool does: take a batch, ask the model, answer
//! * `workers`: The worker threads of a pool: started, scaled, replaced when they die, waited for

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
