//! The one-machine default: a Kafka-protocol broker and an S3-protocol object store inside the process.
//!
//! Both listen on loopback and are used through the same clients as real ones, so there is no second code path.
//!
//! * `broker`: a Kafka-protocol broker in memory: librdkafka's mock cluster
//! * `store`: a small crash-safe object store that speaks S3 on loopback

mod broker;
mod store;

pub use broker::{Broker, BrokerStartError};
pub use store::{Credentials, FileOperation, Observer, Store, StoreStartError};
