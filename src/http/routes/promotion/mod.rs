//! `/promotion`: the pointer, its history, and rollback.
//!
//! * `rollback`: serves an earlier model again
//! * `show`: the pointer and its history

mod rollback;
mod show;

pub use rollback::{rollback, rollback_operation};
pub use show::{history, history_operation, pointer, pointer_operation};
