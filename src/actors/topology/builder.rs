//! Builds children one after the other, each from its plan, and remembers how to reach those that are there already.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor, Context, Handler};

use crate::actors::shared::{KafkaConsumer, Route};
use crate::runtime::{ActorRef, Cast, ChildGuard, ChildSpec, Drain, Observe};

use super::blueprint::Blueprint;
use super::planned::Planned;

/// The actors that scan the store periodically, and at once on request.
#[derive(Clone, Default)]
pub struct Pollers(Vec<Arc<dyn Fn() + Send + Sync>>);

impl Pollers {
    /// Tells all of them to look now, whatever pause they are in.
    pub fn look_now(&self) {
        self.0.iter().for_each(|look| look());
    }
}

/// The children that were built so far.
pub struct Builder<'a> {
    /// What they are built from.
    pub blueprint: &'a Blueprint,
    children: Vec<ChildSpec>,
    pollers: Pollers,
    /// A reference to each actor, by its type.
    actors: HashMap<TypeId, Box<dyn Any>>,
}

impl<'a> Builder<'a> {
    /// No children yet.
    pub fn new(blueprint: &'a Blueprint) -> Self {
        Self { blueprint, children: Vec::new(), pollers: Pollers::default(), actors: HashMap::new() }
    }

    /// Adds an actor; each instance of it comes from `factory`.
    pub fn actor<A>(&mut self, child: &Planned, factory: impl Fn(ChildGuard) -> A + Send + Sync + 'static)
    where
        A: Actor<Context = Context<A>> + Handler<Observe> + Handler<Drain>,
    {
        let actor = ActorRef::<A>::new(&child.name);
        self.children.push(ChildSpec::actor(actor.clone(), child.group, factory));
        self.actors.insert(TypeId::of::<A>(), Box::new(actor));
    }

    /// Adds an actor that looks into the store from time to time, and does so at once when it gets `look`.
    pub fn polling_actor<A, M>(
        &mut self,
        child: &Planned,
        look: fn() -> M,
        factory: impl Fn(ChildGuard) -> A + Send + Sync + 'static,
    ) where
        A: Actor<Context = Context<A>> + Handler<Observe> + Handler<Drain> + Handler<M>,
        M: Cast,
    {
        self.actor(child, factory);
        let actor = self.peer::<A>();
        self.pollers.0.push(Arc::new(move || {
            // an actor that is down looks as soon as it is up
            let _ = actor.tell(look());
        }));
    }

    /// Adds the consumer of a topic; `configured` may change how it treats records.
    pub fn consumer(&mut self, child: &Planned, route: Route, configured: fn(KafkaConsumer) -> KafkaConsumer) {
        let subscription = child.consumes.clone().expect("invariant: the row of a consumer says what it reads");
        let (services, brokers) = (self.blueprint.services.clone(), self.blueprint.brokers.clone());
        self.actor(child, move |guard| {
            let (services, brokers) = (services.clone(), brokers.clone());
            configured(KafkaConsumer::new(guard, services, brokers, subscription.clone(), route.clone()))
        });
    }

    /// The reference to an actor that was built before this one.
    pub fn peer<A: Actor>(&self) -> ActorRef<A> {
        self.find().expect("invariant: an actor stands in the table before those that hand work to it")
    }

    /// The reference to an actor, if the node has it.
    pub fn find<A: Actor>(&self) -> Option<ActorRef<A>> {
        self.actors.get(&TypeId::of::<A>())?.downcast_ref().cloned()
    }

    /// All children in the order they were built in, and those of them that can be told to look into the store.
    pub fn finish(self) -> (Vec<ChildSpec>, Pollers) {
        (self.children, self.pollers)
    }
}
