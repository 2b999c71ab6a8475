//! The decision log and the promotion pointer.
//!
//! * `by_hand`: decisions of a person
//! * `decisions`: [`Decisions`], which reads and appends entries
//! * `excerpts`: the entries that a decision of a person depends on
//! * `known_logs`: what a process knows of the logs
//! * `log`: an entry of the log
//! * `log_keys`: the keys of a log, the newest without the others
//! * `names`: the names of objects in the bucket
//! * `pointer`: the promotion pointer
//! * `projection`: `current.json`, which follows the log
//! * `summaries`: the summaries of logs, brought up to date and kept
//! * `summary`: what a log comes to; pure

mod by_hand;
mod decisions;
mod excerpts;
mod known_logs;
mod log;
mod log_keys;
mod names;
mod pointer;
mod projection;
mod summaries;
mod summary;

pub(in crate::storage) use log::VERSION as DECISION_VERSION;
pub(in crate::storage) use names::{is_decision_key, is_promotion_key};

pub use by_hand::MoveError;
pub use decisions::Decisions;
pub use log::{Appended, Audit, Decision, DecisionKind, FetchedPointer};
pub use pointer::{Pointer, Promotion};
pub use summaries::SavedSummaries;
pub use summary::LogSummary;
