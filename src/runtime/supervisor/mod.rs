//! The supervisor: it starts children in order, restarts them when they die, and gives up when their restart budgets are spent.
//!
//! * `actor_child`: an actor as a child, on an arbiter of its own
//! * `child`: what the supervisor can do with a child, whatever its type
//! * `config`: the settings of a supervisor
//! * `driver`: the loop that does what the tree decides, on a thread of its own
//! * `event`: what a supervisor reports: events and the escalation
//! * `handle`: the supervisor as the rest of the node sees it: reports, stop, escalation
//! * `model`: the supervisor protocol, model-checked
//! * `restart`: restart intensity: when to restart and when to give up
//! * `silence`: finds children and threads that do not beat
//! * `spec`: what a child is: a name, a group and a way to build it
//! * `status_board`: the last known status and state of every child
//! * `stop_order`: stops children one after another under a deadline
//! * `stop_scope`: which children a stop is about
//! * `tree`: the supervision tree: decides what to do about each event

mod actor_child;
mod child;
mod config;
mod driver;
mod event;
mod handle;
#[cfg(test)]
mod model;
mod restart;
mod silence;
mod spec;
mod status_board;
mod stop_order;
mod stop_scope;
mod tree;

pub use config::SupervisorConfig;
pub use event::{Escalation, SupervisorEvent};
pub use handle::{Supervisor, SupervisorHandle};
pub use restart::{RestartDecision, RestartHistory, RestartPolicy};
pub use spec::ChildSpec;
