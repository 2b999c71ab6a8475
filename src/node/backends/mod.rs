//! The broker and the object store of a node: configured, joined or embedded.
//!
//! * `backends`: What a node stands on: the broker and the object store that are configured, those of the node it joins, or those it runs itself
//! * `joined_node`: The joined node, followed: when it goes away this node says so and serves on; when it comes back elsewhere every client is redirected in place, and everybody who pauses looks at once
//! * `probes`: Whether the broker and the store answer: asked from time to time through the node's own clients, so that an idle node knows too
//! * `store_check`: Whether a configured store keeps to conditional writes
//! * `topics`: The topics that a node needs on its broker: made sure of before anybody reads them, or once a broker answers that was away at the start

mod backends;
pub(crate) mod joined_node;
pub(crate) mod probes;
pub(crate) mod store_check;
mod topics;

pub use backends::{
    Backing, broker_access, configured_brokers, configured_store, ensure_buckets, own_store, store_dir,
    until_it_answers, waited_for,
};
pub use topics::{Awaited, Lack, Needed};
