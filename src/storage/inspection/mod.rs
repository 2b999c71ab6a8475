//! What is strange or damaged in a store.
//!
//! * `examine`: whether a record is whole, and of this version
//! * `held_leases`: the leases that have an owner
//! * `pass_over`: objects that a listing passes over
//! * `survey`: what is in a store: foreign objects, and records that this program cannot use

mod examine;
mod held_leases;
mod pass_over;
mod survey;

pub use held_leases::{HeldLease, held_leases};
pub use survey::{RecordKind, Survey, survey};
