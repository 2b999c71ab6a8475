//! Every Prometheus series of a node.
//!
//! * `kafka`: The series about records of Kafka, filled with what consumers tell of themselves
//! * `node`: Every Prometheus series of a node, in a registry of its own, touched at start so that none is absent
//! * `object_store`: The series of the object store, filled by its client's calls
//! * `series`: How series of each kind are made and registered

mod kafka;
mod node;
mod object_store;
mod series;

pub use kafka::PREPROCESS;
pub use node::{Metrics, WORKERS};
