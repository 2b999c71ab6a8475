//! Roles, plan and wiring of all actors: the only folder that knows every stage.
//!
//! * `blueprint`: what the children of a node are built from
//! * `build`: from the plan of a node to its children
//! * `builder`: builds children one after the other, and finds those that are there already
//! * `diagram`: the plan of a node as a tree, as it will be or as it runs
//! * `joined_node`: the reported state of the actor that follows a joined node
//! * `plan`: which children a node has
//! * `planned`: what the plan says of each child, and what it depends on
//! * `roles`: the roles a node may have
//! * `routes`: from the records of a topic to messages for an actor
//! * `table`: the table of all children, one row each
//! * `topics`: which topics each role reads and writes

mod blueprint;
mod build;
mod builder;
mod diagram;
mod joined_node;
mod plan;
mod planned;
mod roles;
mod routes;
mod table;
mod topics;

pub use blueprint::Blueprint;
pub use build::{Topology, topology};
pub use builder::Pollers;
pub use diagram::{draw, draw_live};
pub use joined_node::JoinedNodeState;
pub use plan::plan;
pub use planned::{Planned, Scope};
pub use roles::{Role, Roles};
pub use topics::topics_of;
