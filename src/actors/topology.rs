//! Roles to children: the one place that branches on roles, and the one list that says who starts when.
//!
//! Downstream starts first, so that nobody is handed work before those it hands work to are there:
//! serving, then evaluation, then training. Stopping goes the other way.

use std::sync::Arc;

use crate::runtime::{ActorRef, ChildSpec};
use crate::transport::{
    ConsumerConfig, Delivery, EVALUATOR_GROUP, MODEL_SELECTED, MODEL_TRAINING, Record, TRAINING_DATA, TrainingClaim,
    TrainingEvent, trainer_group,
};

use super::bench::JudgingSettings;
use super::claims::DatasetKey;
use super::consumer::{KafkaConsumer, Route};
use super::evaluator::Evaluator;
use super::faults::Faults;
use super::inference::{InferencePool, PoolSettings};
use super::messages::{PointerHint, Train, Trained};
use super::preprocessor::{Preprocessor, PreprocessorSettings};
use super::promotion::PromotionWatcher;
use super::roles::{Role, Roles};
use super::services::Services;
use super::serving::Serving;
use super::trainer::{Trainer, TrainerSettings};

/// Everything the children of any role are built from.
#[derive(Clone)]
pub struct Blueprint {
    /// Shared handles.
    pub services: Services,
    /// The identifier that is served.
    pub identifier: String,
    /// Kafka: where, and settings beyond the defaults.
    pub kafka: KafkaAccess,
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
}

/// How consumers reach the broker.
#[derive(Clone)]
pub struct KafkaAccess {
    /// `host:port` list.
    pub bootstrap_servers: String,
    /// librdkafka settings for consumers.
    pub consumer_extra: Vec<(String, String)>,
    /// The group of the one consumer that shares its records, in place of the fixed name.
    pub consumer_group: Option<String>,
}

/// The children of a node in start order, and how to reach those that others talk to.
pub struct Topology {
    /// What the supervisor runs.
    pub children: Vec<ChildSpec>,
    /// The pool, where the node has the role `inference`.
    pub pool: Option<ActorRef<InferencePool>>,
    /// Every actor that faults can be injected into.
    pub faults: Faults,
    /// Readiness latches of the roles.
    pub latches: Vec<&'static str>,
}

/// The children of a node with these roles.
pub fn topology(roles: &Roles, blueprint: &Blueprint) -> Topology {
    let mut topology = Topology { children: Vec::new(), pool: None, faults: Faults::default(), latches: Vec::new() };
    for role in [Role::Inference, Role::Evaluator, Role::Trainer, Role::Preprocess] {
        if !roles.has(role) {
            continue;
        }
        match role {
            Role::Inference => serving(&mut topology, blueprint),
            Role::Evaluator => evaluation(&mut topology, blueprint),
            Role::Trainer => training(&mut topology, blueprint),
            Role::Preprocess => preprocessing(&mut topology, blueprint),
        }
    }
    topology
}

fn serving(topology: &mut Topology, blueprint: &Blueprint) {
    let pool = ActorRef::new("inference-pool");
    let watcher = ActorRef::new("promotion-watcher");
    let (b, p) = (blueprint.clone(), pool.clone());
    topology.add(pool.clone(), "serving", move |lifeline| {
        InferencePool::new(lifeline, b.services.clone(), b.serving.clone(), b.pool.clone())
    });
    let b = blueprint.clone();
    topology.add(watcher.clone(), "serving", move |lifeline| {
        PromotionWatcher::new(lifeline, b.services.clone(), b.identifier.clone(), p.clone())
    });
    let hint: Route = Arc::new(move |_, delivery: Delivery| {
        // a hint that finds nobody is as good as none: the pointer is polled anyway
        let _ = watcher.tell(PointerHint);
        delivery.done();
    });
    topology.consume("model-selected-hints", "serving", blueprint, MODEL_SELECTED, None, hint);
    topology.pool = Some(pool);
    topology.latches.push("model");
}

fn evaluation(topology: &mut Topology, blueprint: &Blueprint) {
    let evaluator = ActorRef::new("evaluator");
    let b = blueprint.clone();
    topology.add(evaluator.clone(), "evaluation", move |lifeline| {
        Evaluator::new(lifeline, b.services.clone(), b.judging.clone())
    });
    let route: Route = Arc::new(move |record: Record, delivery| {
        let event = TrainingEvent::parse(&record.payload).map_err(|error| error.to_string());
        match event.and_then(|event| Ok((event.status, DatasetKey::of_event(&event)?))) {
            Ok((status, dataset)) => hand_over(&evaluator, delivery, |delivery| Trained { status, dataset, delivery }),
            Err(error) => delivery.reject(error),
        }
    });
    topology.consume("training-events", "evaluation", blueprint, MODEL_TRAINING, Some(EVALUATOR_GROUP), route);
    topology.latches.push("evaluator");
}

fn training(topology: &mut Topology, blueprint: &Blueprint) {
    let trainer = ActorRef::new("trainer");
    let b = blueprint.clone();
    topology.add(trainer.clone(), "training", move |lifeline| {
        Trainer::new(lifeline, b.services.clone(), b.trainer.clone())
    });
    for &family in &blueprint.trainer.families {
        let trainer = trainer.clone();
        let route: Route = Arc::new(move |record: Record, delivery| {
            let claim = TrainingClaim::parse(&record.payload).map_err(|error| error.to_string());
            match claim.and_then(|claim| DatasetKey::of_claim(&claim)) {
                Ok(dataset) => {
                    hand_over(&trainer, delivery, |delivery| Train { dataset, family, delivery: Some(delivery) });
                }
                Err(error) => delivery.reject(error),
            }
        });
        let name = format!("training-claims-{}", family.as_str().to_lowercase());
        topology.consume(&name, "training", blueprint, TRAINING_DATA, Some(&trainer_group(family.as_str())), route);
    }
    topology.latches.push("trainer");
}

fn preprocessing(topology: &mut Topology, blueprint: &Blueprint) {
    let b = blueprint.clone();
    topology.add(ActorRef::new("preprocessor"), "training", move |lifeline| {
        Preprocessor::new(lifeline, b.services.clone(), b.preprocessor.clone())
    });
    topology.latches.push("preprocess");
}

/// Gives a record to an actor; while the actor is down the record is handed back and comes again.
fn hand_over<A, M>(actor: &ActorRef<A>, delivery: Delivery, message: impl FnOnce(Delivery) -> M)
where
    A: actix::Actor<Context = actix::Context<A>> + actix::Handler<M>,
    M: actix::Message<Result = ()> + Send + 'static,
{
    match actor.addr() {
        // a message that dies with its actor drops its delivery, and that hands the record back
        Some(address) => address.do_send(message(delivery)),
        None => delivery.hand_back(),
    }
}

impl Topology {
    fn add<A>(
        &mut self,
        actor: ActorRef<A>,
        group: &'static str,
        factory: impl Fn(crate::runtime::Lifeline) -> A + Send + Sync + 'static,
    ) where
        A: actix::Actor<Context = actix::Context<A>>
            + actix::Handler<crate::runtime::Observe>
            + actix::Handler<crate::runtime::Drain>
            + actix::Handler<super::messages::Inject>,
    {
        self.faults.add(actor.clone());
        self.children.push(ChildSpec::actor(actor, group, factory));
    }

    fn consume(
        &mut self,
        name: &str,
        group: &'static str,
        blueprint: &Blueprint,
        topic: &str,
        consumer_group: Option<&str>,
        route: Route,
    ) {
        let config = ConsumerConfig {
            bootstrap_servers: blueprint.kafka.bootstrap_servers.clone(),
            group: consumer_group
                .map(|fixed| blueprint.kafka.consumer_group.clone().unwrap_or_else(|| fixed.to_owned())),
            topic: topic.to_owned(),
            extra: blueprint.kafka.consumer_extra.clone(),
        };
        let services = blueprint.services.clone();
        self.add(ActorRef::new(name), group, move |lifeline| {
            KafkaConsumer::new(lifeline, services.clone(), config.clone(), route.clone())
        });
    }
}
