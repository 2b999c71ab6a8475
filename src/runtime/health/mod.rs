//! Readiness of a node and of the dependencies that it works with.
//!
//! * `damage`: what is damaged and does not stop the node
//! * `dependency`: what one client reports of a dependency
//! * `latch`: what one part of the node reports of itself
//! * `node_health`: the readiness of the node, which gives out latches and dependencies
//! * `state`: the shared state behind them, and the readiness that follows from it

mod damage;
mod dependency;
mod latch;
mod node_health;
mod state;

pub use damage::Damage;
pub use dependency::Dependency;
pub use latch::Latch;
pub use node_health::Health;
pub use state::Readiness;
