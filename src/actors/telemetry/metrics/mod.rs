//! Every Prometheus series of a node.
//!
//! * `actors`: the series of actors, threads and readiness
//! * `http`: the series of the HTTP server
//! * `kafka`: the series of consumers and dead letters, and the meter that a consumer fills them with
//! * `memory`: the series of the memory budget
//! * `object_store`: the series of calls to the object store
//! * `pool`: the series of the inference pool
//! * `registry`: all of them in one registry, and its text format
//! * `series`: how a series of each kind is made and registered
//! * `training`: the series of trainings and promotions

mod actors;
mod http;
mod kafka;
mod memory;
mod object_store;
mod pool;
mod registry;
mod series;
mod training;

pub use actors::{ActorLabels, WORKERS};
pub use kafka::PREPROCESS;
pub use registry::Metrics;
