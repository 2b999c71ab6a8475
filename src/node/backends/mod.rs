//! The broker and the object store of a node: configured, joined or embedded.
//!
//! * `clients`: how broker and store are reached
//! * `joined_node`: watches the node that was joined, and redirects the clients when it moves
//! * `probes`: checks periodically whether broker and store answer
//! * `start`: starts, joins or connects to broker and store
//! * `store_check`: checks whether a configured store supports conditional writes
//! * `topics`: creates the topics that a node needs

mod clients;
mod joined_node;
mod probes;
mod start;
mod store_check;
mod topics;

pub use clients::{
    broker_access, configured_broker_access, configured_store, ensure_buckets, retry_while_away, start_embedded_store,
    store_dir, with_timeouts,
};
pub use joined_node::{JoinedClients, joined_node_child, planned_joined_node};
pub use probes::start_probes;
pub use start::Backends;
pub use store_check::{UnsafeStore, require_conditional_writes, store_warnings};
pub use topics::{PendingTopics, RequiredTopics, TopicsNotReady};
