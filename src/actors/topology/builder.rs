//! From the plan of a node to its children, wired to one another.

use std::sync::Arc;

use crate::actors::batch::{AnswerClaim, BatchClaims, BatchForecaster, read_claim};
use crate::actors::evaluate::{Evaluator, JudgingSettings, Trained};
use crate::actors::preprocess::{Preprocessor, PreprocessorSettings};
use crate::actors::promote::{PointerHint, PromotionWatcher};
use crate::actors::serve::{InferencePool, PoolSettings};
use crate::actors::shared::{DatasetKey, KafkaConsumer, Reconcile, Route, Services, Serving};
use crate::actors::train::{Train, Trainer, TrainerSettings};
use crate::forecast::Family;
use crate::kafka::{Brokers, Delivery, Record, TrainingClaim, TrainingEvent};
use crate::runtime::{ActorRef, Cast, ChildGuard, ChildSpec, Drain, HandOver, Observe};

use super::plan::{Part, Planned, Stage, groups_of, latch};
use super::roles::Roles;

/// Everything the children of any role are built from.
#[derive(Clone)]
pub struct Blueprint {
    /// Shared handles.
    pub services: Services,
    /// The identifier that is served.
    pub identifier: String,
    /// Where consumers find Kafka.
    pub brokers: Brokers,
    /// Role `preprocess`.
    pub preprocessor: PreprocessorSettings,
    /// Role `trainer`.
    pub trainer: TrainerSettings,
    /// Role `evaluator`.
    pub judging: JudgingSettings,
    /// Role `inference`.
    pub pool: PoolSettings,
    /// Queue and model of role `inference`.
    pub serving: Serving,
    /// Claims of role `inference`.
    pub batch: BatchClaims,
}

/// The children of a node in start order, and how to reach those that others talk to.
pub struct Topology {
    /// What the supervisor runs.
    pub children: Vec<ChildSpec>,
    /// The pool, where the node has the role `inference`.
    pub pool: Option<ActorRef<InferencePool>>,
    /// The watcher of the pointer, where the node has the role `inference`.
    pub watcher: Option<ActorRef<PromotionWatcher>>,
    /// Readiness latches of the roles.
    pub latches: Vec<&'static str>,
    /// Everybody who looks into the store from time to time.
    pub pollers: Pollers,
    /// The groups that stop first, while the others still serve.
    pub intake: Vec<&'static str>,
}

/// Those who look into the store from time to time, and can be told to look at once.
#[derive(Clone, Default)]
pub struct Pollers(Vec<Arc<dyn Fn() + Send + Sync>>);

impl Pollers {
    /// Tells all of them to look now, whatever pause they are in.
    pub fn look_now(&self) {
        self.0.iter().for_each(|look| look());
    }

    fn add(&mut self, look: impl Fn() + Send + Sync + 'static) {
        self.0.push(Arc::new(look));
    }
}

/// The actors that others hand work to.
struct Peers {
    pool: ActorRef<InferencePool>,
    watcher: ActorRef<PromotionWatcher>,
    batch: ActorRef<BatchForecaster>,
    evaluator: ActorRef<Evaluator>,
    trainer: ActorRef<Trainer>,
}

/// The children of a plan.
pub fn topology(roles: &Roles, planned: &[Planned], blueprint: &Blueprint) -> Topology {
    let peers = Peers {
        pool: ActorRef::new("inference-pool"),
        watcher: ActorRef::new("promotion-watcher"),
        batch: ActorRef::new("batch-forecaster"),
        evaluator: ActorRef::new("evaluator"),
        trainer: ActorRef::new("trainer"),
    };
    let mut topology = Topology {
        children: Vec::new(),
        pool: planned.iter().any(|child| child.part == Part::Pool).then(|| peers.pool.clone()),
        watcher: planned.iter().any(|child| child.part == Part::Watcher).then(|| peers.watcher.clone()),
        latches: roles.iter().map(latch).collect(),
        pollers: Pollers::default(),
        intake: groups_of(Stage::Intake, planned),
    };
    planned.iter().for_each(|child| topology.build(child, &peers, blueprint));
    topology
}

/// Records of `model-training`, to the evaluator.
fn training_events(evaluator: ActorRef<Evaluator>) -> Route {
    Arc::new(move |record: Record, delivery| {
        let event = TrainingEvent::parse(&record.payload).map_err(|error| error.to_string());
        match event.and_then(|event| Ok((event.status, DatasetKey::of_event(&event)?))) {
            Ok((status, dataset)) => hand_over(&evaluator, delivery, |delivery| Trained { status, dataset, delivery }),
            Err(error) => delivery.reject(error),
        }
    })
}

/// Records of `training-data`, to the trainer for one family.
fn training_claims(trainer: ActorRef<Trainer>, family: Family) -> Route {
    Arc::new(move |record: Record, delivery| {
        let claim = TrainingClaim::parse(&record.payload).map_err(|error| error.to_string());
        match claim.and_then(|claim| DatasetKey::of_claim(&claim)) {
            Ok(dataset) => {
                hand_over(&trainer, delivery, |delivery| Train { dataset, family, delivery: Some(delivery) });
            }
            Err(error) => delivery.reject(error),
        }
    })
}

/// Records of `inference-data`, to batch inference; one that names no series is about `identifier`.
fn inference_claims(batch: ActorRef<BatchForecaster>, identifier: String) -> Route {
    Arc::new(move |record: Record, delivery| match read_claim(&record, &identifier) {
        Ok(asked) => hand_over(&batch, delivery, |delivery| AnswerClaim { asked, delivery }),
        Err(error) => delivery.reject(error),
    })
}

/// Records of `model-selected`, as hints for the watcher.
fn hints(watcher: ActorRef<PromotionWatcher>) -> Route {
    Arc::new(move |_, delivery: Delivery| {
        // a hint that finds nobody is as good as none: the pointer is polled anyway
        let _ = watcher.tell(PointerHint);
        delivery.done();
    })
}

/// Gives a record to an actor; while the actor is down the record is handed back and comes again.
fn hand_over<A, M>(actor: &ActorRef<A>, delivery: Delivery, message: impl FnOnce(Delivery) -> M)
where
    A: actix::Actor<Context = actix::Context<A>> + actix::Handler<M>,
    M: HandOver,
{
    // who is down gives the message back, and a delivery that is dropped while it waits hands its record back
    drop(actor.hand_over(message(delivery.put_down())));
}

impl Topology {
    fn build(&mut self, child: &Planned, peers: &Peers, blueprint: &Blueprint) {
        let b = blueprint.clone();
        let Peers { pool, watcher, batch, evaluator, trainer } = peers;
        match child.part {
            Part::Pool => self.add(pool.clone(), child, move |guard| {
                InferencePool::new(guard, b.services.clone(), b.serving.clone(), b.pool.clone())
            }),
            Part::Watcher => {
                let pool = pool.clone();
                self.add(watcher.clone(), child, move |guard| {
                    PromotionWatcher::new(guard, b.services.clone(), b.identifier.clone(), pool.clone())
                });
                self.look_with(watcher.clone(), || PointerHint);
            }
            Part::Evaluator => {
                self.add(evaluator.clone(), child, move |guard| {
                    Evaluator::new(guard, b.services.clone(), b.brokers.clone(), b.judging.clone())
                });
                self.look_with(evaluator.clone(), || Reconcile);
            }
            Part::Trainer => {
                self.add(trainer.clone(), child, move |guard| {
                    Trainer::new(guard, b.services.clone(), b.trainer.clone())
                });
                self.look_with(trainer.clone(), || Reconcile);
            }
            Part::Preprocessor => {
                let preprocessor = ActorRef::new(&child.name);
                self.add(preprocessor.clone(), child, move |guard| {
                    Preprocessor::new(guard, b.services.clone(), b.preprocessor.clone())
                });
                self.look_with(preprocessor, || Reconcile);
            }
            // the node builds it, out of what actors know nothing of
            Part::JoinedNode => {}
            Part::BatchForecaster => self.add(batch.clone(), child, move |guard| {
                let (services, serving) = (b.services.clone(), b.serving.clone());
                BatchForecaster::new(guard, services, serving, b.identifier.clone(), b.batch.clone())
            }),
            Part::InferenceClaims => {
                let route = inference_claims(batch.clone(), blueprint.identifier.clone());
                self.consume_as(child, blueprint, route, KafkaConsumer::answering_expired);
            }
            Part::Hints => self.consume(child, blueprint, hints(watcher.clone())),
            Part::TrainingEvents => self.consume(child, blueprint, training_events(evaluator.clone())),
            Part::TrainingClaims(family) => self.consume(child, blueprint, training_claims(trainer.clone(), family)),
        }
    }

    fn consume(&mut self, child: &Planned, blueprint: &Blueprint, route: Route) {
        self.consume_as(child, blueprint, route, |consumer| consumer);
    }

    fn consume_as(
        &mut self,
        child: &Planned,
        blueprint: &Blueprint,
        route: Route,
        kind: fn(KafkaConsumer) -> KafkaConsumer,
    ) {
        let subscription = child.consumes.clone().expect("invariant: the plan says what each consumer reads");
        let (services, brokers) = (blueprint.services.clone(), blueprint.brokers.clone());
        self.add(ActorRef::new(&child.name), child, move |guard| {
            kind(KafkaConsumer::new(guard, services.clone(), brokers.clone(), subscription.clone(), route.clone()))
        });
    }

    fn add<A>(&mut self, actor: ActorRef<A>, child: &Planned, factory: impl Fn(ChildGuard) -> A + Send + Sync + 'static)
    where
        A: actix::Actor<Context = actix::Context<A>> + actix::Handler<Observe> + actix::Handler<Drain>,
    {
        self.children.push(ChildSpec::actor(actor, child.group, factory));
    }

    fn look_with<A, M>(&mut self, actor: ActorRef<A>, message: fn() -> M)
    where
        A: actix::Actor<Context = actix::Context<A>> + actix::Handler<M>,
        M: Cast,
    {
        self.pollers.add(move || {
            // who is down looks as soon as it is up
            let _ = actor.tell(message());
        });
    }
}
