//! `/promotion`: the pointer, its history, and rollback.
//!
//! * `rollback`: `POST /promotion[/{identifier}]/rollback`: serve a model again that was served before, by an audited decision
//! * `show`: The promotion pointer and its history, read from the store within a deadline

pub(crate) mod rollback;
pub(crate) mod show;
