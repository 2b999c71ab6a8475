//! Leases: no two trainers of one store do the same work.
//!
//! * `lease_store`: Leases on trainings: one object a piece of work, so that no two trainers of a store do the same work, and the count of attempts, so that work which kills its process is not begun for ever
//! * `record`: The lease of a training, pure: what its object says, who may take it, and what the next version of it says
//! * `renewal`: Whoever keeps a lease while its holder works: it renews it, and gives it back when the holder is done or gone

mod lease_store;
mod record;
mod renewal;

pub use lease_store::{Claimed, LeaseStatus, Leases};
pub use record::{ATTEMPT_LIMIT, Ending, LeaseAvailability, LeaseOwner, LeaseRecord};
pub use renewal::Lease;
