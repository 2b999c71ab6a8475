//! The S3 client: conditional writes, verified reads, bounded retries.
//!
//! * `config`: how a store is reached
//! * `connection`: the connection to one address of the store, and the runtime that calls run on
//! * `credentials`: the keys that requests are signed with, and where they are found
//! * `error`: the error of a call, as its caller gets it
//! * `failure`: how a failed answer of the SDK is read, counted and turned into that error
//! * `observer`: what a metric learns about each call
//! * `patience`: time limits and the pauses between attempts
//! * `passed`: what listings have passed over, and what of it is damaged
//! * `probes`: what a node and `flts doctor` try on a store
//! * `read`: one read, verified
//! * `sdk_client`: the SDK's client for a configuration
//! * `store`: [`ObjectStore`] and its calls
//! * `tls`: trusted certificates and the HTTPS client
//! * `types`: objects, conditions, outcomes
//! * `upload`: large objects, written in parts
//! * `write`: one write, with a clear outcome

mod config;
mod connection;
mod credentials;
mod error;
mod failure;
mod observer;
mod passed;
mod patience;
mod probes;
mod read;
mod sdk_client;
mod store;
mod tls;
mod types;
mod upload;
mod write;

pub(in crate::storage) use probes::PROBES_FOLDER;

pub use config::ObjectStoreConfig;
pub use credentials::StoreCredentials;
pub use error::ObjectError;
pub use observer::{PassedOver, StoreFault, StoreObserver, StoreOperation};
pub use patience::StorePatience;
pub use store::ObjectStore;
pub use tls::CaBundle;
pub use types::{Condition, ConditionSupport, Entry, Fetched, Object, Put};
