//! The objects that claims name.
//!
//! * `claim_objects`: the rows behind claims: read once, checked against their hash, kept for the claims that name them again
//! * `object_rows`: from the bytes of an object to its rows, and the memory that they take up

mod claim_objects;
mod object_rows;

pub use claim_objects::ClaimObjects;
pub use object_rows::ObjectRows;
