//! The S3 client: conditional writes, verified reads, bounded retries.
//!
//! * `access`: how a store is reached: its address, keys, certificates and time limits
//! * `connection`: the connection to one address of the store, and the runtime that calls run on
//! * `error`: the error of a call, as its caller gets it
//! * `failure`: how a failed answer of the SDK is read, counted and turned into that error
//! * `list`: the keys of a bucket, as a whole, from a known key on, or by folder
//! * `observer`: what a metric learns about each call
//! * `open`: reads of any size: what the store says of an object, and its bytes as they arrive
//! * `passed`: what listings have passed over, and what of it is damaged
//! * `probes`: what a node and `flts doctor` try on a store
//! * `read`: one read, verified
//! * `store`: [`ObjectStore`] and its calls
//! * `streamed_write`: writes of any size with little memory
//! * `types`: objects, conditions, outcomes
//! * `upload`: large objects, written in parts
//! * `write`: one write, with a clear outcome

mod access;
mod connection;
mod error;
mod failure;
mod list;
mod observer;
mod open;
mod passed;
mod probes;
mod read;
mod store;
mod streamed_write;
mod types;
mod upload;
mod write;

pub(in crate::storage) use probes::PROBES_FOLDER;

pub use access::{CaBundle, KeyFiles, KeySource, ObjectStoreConfig, StoreCredentials, StorePatience};
pub use error::ObjectError;
pub(in crate::storage) use list::PAGE_KEYS;
pub use observer::{PassedOver, StoreFault, StoreObserver, StoreOperation};
pub use open::{ObjectBytes, ObjectVersion};
pub use store::ObjectStore;
pub use streamed_write::{STREAMED_WRITE_BYTES, StreamedWrite};
pub use types::{Condition, ConditionSupport, Entry, Fetched, Folder, KeyPage, Object, Put};
