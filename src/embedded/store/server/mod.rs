//! Connections to the embedded store, and requests refused before they reach the S3 operations.
//!
//! * `deletions`: Lists of objects to delete: the protocol layer parses them and keeps no bytes, so what their client claims about the bytes is checked before
//! * `early_refusals`: Refusals that come before the body has been read
//! * `listen`: Listening, connections, stopping

mod deletions;
mod early_refusals;
mod listen;

pub use listen::{Credentials, Store, StoreStartError};
