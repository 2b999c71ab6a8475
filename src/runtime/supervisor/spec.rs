//! What a child is: a name, a group and a way to build it.

use std::sync::Arc;

use actix::{Actor, Context, Handler};

use crate::runtime::actor::{ActorRef, ChildGuard, Drain, Observe};
use crate::runtime::threads::ThreadRegistry;

use super::actor_child::ActorChild;
use super::child::Child;

/// A permanent child of the supervisor: it is restarted however it ends.
pub struct ChildSpec {
    pub(super) name: Arc<str>,
    pub(super) group: &'static str,
    pub(super) child: Arc<dyn Child>,
    pub(super) threads: Arc<ThreadRegistry>,
}

impl ChildSpec {
    /// The stable name of the child.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An actor. Each instance is built by `factory`, runs on an arbiter of its own, and owns the guard that it gets.
    ///
    /// Any panic on the thread of that arbiter is a panic of the child, in detached tasks too, and even if it is caught.
    pub fn actor<A, F>(actor_ref: ActorRef<A>, group: &'static str, factory: F) -> ChildSpec
    where
        A: Actor<Context = Context<A>> + Handler<Observe> + Handler<Drain>,
        F: Fn(ChildGuard) -> A + Send + Sync + 'static,
    {
        let name = actor_ref.shared_name();
        ChildSpec { name, group, child: Arc::new(ActorChild::new(actor_ref, factory)), threads: Arc::default() }
    }
}
