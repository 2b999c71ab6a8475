//! From the plan of a node to its children.

use crate::actors::promote::PromotionWatcher;
use crate::actors::serve::InferencePool;
use crate::runtime::{ActorRef, ChildSpec};

use super::blueprint::Blueprint;
use super::builder::{Builder, Pollers};
use super::plan::groups_of;
use super::planned::{Planned, StopStage};
use super::roles::{Role, Roles};
use super::table::ROWS;

/// The children of a node in start order, and how to reach those that the node itself talks to.
pub struct Topology {
    /// What the supervisor runs.
    pub children: Vec<ChildSpec>,
    /// The pool, where the node has the role `inference`.
    pub pool: Option<ActorRef<InferencePool>>,
    /// The watcher of the pointer, where the node has the role `inference`.
    pub watcher: Option<ActorRef<PromotionWatcher>>,
    /// Readiness latches of the roles.
    pub latches: Vec<&'static str>,
    /// The actors that look into the store from time to time.
    pub pollers: Pollers,
    /// The groups that stop first, while the others still serve.
    pub intake: Vec<&'static str>,
}

/// Builds the children of a plan, each by its row of the table.
pub fn topology(roles: &Roles, planned: &[Planned], blueprint: &Blueprint) -> Topology {
    let mut builder = Builder::new(blueprint);
    for child in planned {
        if let Some(row) = ROWS.iter().find(|row| Some(row.name) == child.row) {
            (row.build)(&mut builder, child);
        }
    }
    let (pool, watcher) = (builder.find(), builder.find());
    let (children, pollers) = builder.finish();
    let intake = groups_of(StopStage::Intake, planned);
    Topology { children, pool, watcher, latches: roles.iter().filter_map(latch).collect(), pollers, intake }
}

/// The readiness latch that a role has to open; the gateway has no actor, and is ready with the store.
fn latch(role: Role) -> Option<&'static str> {
    match role {
        Role::Inference => Some("model"),
        Role::Evaluator => Some("evaluator"),
        Role::Trainer => Some("trainer"),
        Role::Preprocess => Some("preprocess"),
        Role::Gateway => None,
    }
}
