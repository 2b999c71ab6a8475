//! The limits on everything that is read from outside, in one table: what a thing may become in memory, not what it weighs on the wire.
//!
//! * `limit`: one limit, and the error of whoever exceeds it
//! * `table`: the table; `docs/limits.md` is made from it

mod limit;
mod table;

pub use limit::{Limit, LimitExceeded, Raise, Unit};
pub use table::*;
