//! The supervisor: starts children in order, restarts them when they die, gives up when budgets are spent.
//!
//! * `config`: The supervisor: starts children in order, starts them again when they die, gives up when budgets are spent
//! * `driver`: Does what the tree says: one loop on a thread of its own, which never waits for a child
//! * `event`:
//! * `handle`: The supervisor as the rest of the node sees it
//! * `member`: What the tree knows of one child, and what it may tell the driver to do with it
//! * `model`: The supervisor protocol, model-checked
//! * `restart`: When to start again and when to give up: pure, time and chance are arguments
//! * `spec`: What a child is: a name, a group, and a way to build it anew
//! * `stop_order`: Stopping one after another: the next is told when the one before is gone, or has used half of the time left
//! * `stop_scope`:
//! * `tree`: What to do about each thing that happens to a child: pure, time and chance are arguments

mod config;
mod driver;
mod event;
mod handle;
mod member;
#[cfg(test)]
mod model;
mod restart;
mod spec;
mod stop_order;
mod stop_scope;
mod tree;

pub use config::SupervisorConfig;
pub use event::{Escalation, SupervisorEvent};
pub use handle::{Supervisor, SupervisorHandle};
pub use restart::{RestartDecision, RestartHistory, RestartPolicy};
pub use spec::ChildSpec;
