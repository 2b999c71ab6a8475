//! From checked values to the typed tree, one part of it a file.
//!
//! * `kafka`: The broker: where it is, how it is spoken to, and how topics are created there
//! * `learning`: Data, training and judging
//! * `security`: How brokers are spoken to: encryption and login, each setting with its key of librdkafka, and what they need of each other
//! * `services`: The listener, or the node whose broker and store are used
//! * `store`: The object store: embedded, at an address of its own, or AWS
//! * `tree_parts`: From values to the typed tree, a part of it at a time, with the checks that need more than one setting

mod kafka;
mod learning;
mod security;
mod services;
mod store;
pub(super) mod tree_parts;
