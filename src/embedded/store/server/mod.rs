//! The listener of the store, its connections, and the requests that need more than the protocol layer does.
//!
//! * `delete_objects`: checks the body of a request that deletes many objects
//! * `early_responses`: reads the rest of a body whose answer came early
//! * `listen`: starts, serves and stops

mod delete_objects;
mod early_responses;
mod listen;

pub use listen::{Credentials, Store, StoreStartError};
