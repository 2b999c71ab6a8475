//! How a store is reached: its address, keys, certificates and time limits.
//!
//! * `config`: the configuration of a client
//! * `credentials`: the keys that requests are signed with, and where they are found
//! * `key_files`: keys in files, which are read again when the store refuses them
//! * `patience`: time limits and the pauses between attempts
//! * `sdk_client`: the SDK's client for a configuration
//! * `tls`: trusted certificates and the HTTPS client

mod config;
mod credentials;
mod key_files;
mod patience;
mod sdk_client;
mod tls;

pub use config::ObjectStoreConfig;
pub use credentials::StoreCredentials;
pub use key_files::{KeyFiles, KeySource};
pub use patience::StorePatience;
pub(in crate::storage::objects) use patience::{retry_override, retry_pauses};
pub(in crate::storage::objects) use sdk_client::sdk_client;
pub use tls::CaBundle;
