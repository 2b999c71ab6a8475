//! What a node and `flts doctor` try on a store.
//!
//! * `clock`: how far the clock of the store is from that of this machine
//! * `conditions`: whether the store keeps to conditional writes

mod clock;
mod conditions;

pub(in crate::storage) use conditions::PROBES_FOLDER;
