//! The decision log and the promotion pointer.
//!
//! * `by_hand`: decisions of a person
//! * `log`: the decision log, and `current.json` as its projection
//! * `names`: the names of objects in the bucket
//! * `pointer`: the promotion pointer

mod by_hand;
mod log;
mod names;
mod pointer;

pub(in crate::storage) use log::VERSION as DECISION_VERSION;
pub(in crate::storage) use names::{is_decision_key, is_promotion_key};

pub use by_hand::MoveError;
pub use log::{Appended, Audit, Decision, DecisionKind, Decisions, FetchedPointer};
pub use pointer::{Pointer, Promotion};
