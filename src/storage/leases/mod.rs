//! Leases: no two trainers of one store do the same work.
//!
//! * `lease_store`: [`Leases`], which looks at leases and acquires them
//! * `object`: the key and the bytes of a lease's object
//! * `process_leases`: the leases that this process holds or has seen
//! * `record`: what the object says, and what follows from it; pure
//! * `renewal`: a held [`Lease`], and the task that renews it

mod lease_store;
mod object;
mod process_leases;
mod record;
mod renewal;

pub(in crate::storage) use object::{LEASES_FOLDER, is_lease_key, parse};
pub(in crate::storage) use record::VERSION;

pub use lease_store::{AcquireOutcome, LeaseStatus, Leases};
pub use record::{ATTEMPT_LIMIT, Ending, LeaseAvailability, LeaseOwner, LeaseRecord};
pub use renewal::Lease;
