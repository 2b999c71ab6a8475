//! Readiness of a node and of what it depends on.
//!
//! * `dependency`: What one client says of something outside that the node works with, and that may be away
//! * `readiness`: Readiness as latches: each part that must be up holds one and says why it is closed

mod dependency;
mod readiness;

pub use dependency::Dependency;
pub use readiness::{Health, Latch, Readiness};
