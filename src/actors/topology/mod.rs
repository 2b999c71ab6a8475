//! Roles, plan and wiring of all actors.
//!
//! * `build`: From the plan of a node to its children, wired to one another
//! * `diagram`: The plan of a node as a tree under its groups, for people: as it will be, or as it stands
//! * `joined_node`:
//! * `plan`: Which role runs what: one pure table, from which the children of a node are built, drawn and reported
//! * `roles`: The roles a node may have
//! * `topics`: Which topics each role reads and writes

pub(crate) mod build;
mod diagram;
mod joined_node;
pub(crate) mod plan;
mod roles;
mod topics;

pub use build::{Blueprint, Pollers, Topology, topology};
pub use diagram::{draw, draw_live};
pub use joined_node::JoinedNodeState;
pub use plan::{Part, Planned, Scope, plan};
pub use roles::{Role, Roles};
pub use topics::topics_of;
