//! The S3 client: conditional writes, verified reads, bounded retries.
//!
//! * `client`: The client of one place, and where its calls run
//! * `config`: Where the store is, who is asking, and how long it is waited for
//! * `connect`: The SDK's client for a configuration: protocol, credentials, time limits
//! * `error`: What a failed call said, and what the caller is told
//! * `observer`: What somebody who counts is told of each call: which it was, how long it took, and how it failed
//! * `probe`: Whether the store keeps to conditions: leases, the decision log and the pointer stand on that
//! * `read`: Reads: the whole body, as long as its answer said, its checksum verified where the store keeps one, and no longer than is asked for
//! * `retry`:
//! * `store`: Objects in S3: read, conditional write, list, delete
//! * `types`:
//! * `upload`: Large objects, written in parts: nothing is there before the last request, and what fails leaves no parts behind
//! * `write`: Writes: one request or several, under a condition, and judged also where the answer was lost

mod client;
mod config;
mod connect;
mod error;
mod observer;
mod probe;
mod read;
mod retry;
mod store;
mod types;
mod upload;
mod write;

pub use config::{CaBundle, ObjectStoreConfig, StoreCredentials, StorePatience};
pub use error::ObjectError;
pub use observer::{StoreFault, StoreObserver, StoreOperation};
pub use probe::Conditions;
pub use store::ObjectStore;
pub use types::{Condition, Entry, Fetched, Object, Put};
