//! What a node and `flts doctor` try on a store.
//!
//! * `clock`: how far the clock of the store is from that of this machine
//! * `conditions`: whether the store keeps to conditional writes
//! * `page`: the beginning of a listing

mod clock;
mod conditions;
mod page;

pub(in crate::storage) use conditions::PROBES_FOLDER;
