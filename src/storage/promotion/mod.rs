//! The decision log and the promotion pointer.
//!
//! * `by_hand`: Decisions that a person takes: pure, from the log so far to its next entry
//! * `log`: The decision log and its projection
//! * `pointer`: The promotion pointer: the original's fields and what makes it safe to follow

mod by_hand;
mod log;
mod pointer;

pub use by_hand::MoveError;
pub use log::{Appended, Audit, Decision, Decisions, FetchedPointer, Ruling};
pub use pointer::{Pointer, Promotion};
