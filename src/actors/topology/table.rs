//! The table of all children: one row an actor or consumer, in the order of their start.
//!
//! Downstream starts first, so that an actor finds those it hands work to: serving, then batch inference, then evaluation, then
//! training. The stop goes the other way, in two stages: what takes in work that can wait for a successor stops while the node still
//! serves.

use crate::actors::batch::{
    BatchForecaster, CLAIMS_IN_FLIGHT, PARKED_IN_FLIGHT, parked_wait, parse_claim as parse_inference_claim,
};
use crate::actors::evaluate::{Evaluator, JUDGE, parse_event};
use crate::actors::preprocess::{PREPARER, Preprocessor};
use crate::actors::promote::{PointerHint, PromotionWatcher};
use crate::actors::serve::{InferencePool, LOADER, worker_name};
use crate::actors::shared::{KafkaConsumer, ModelLoader, Reconcile, Route, Subscription};
use crate::actors::train::{Trainer, parse_claim as parse_training_claim, training_thread};
use crate::kafka::{
    EVALUATOR_GROUP, INFERENCE_DATA, INFERENCE_GROUP, INFERENCE_RETRY_GROUP, MODEL_SELECTED, MODEL_TRAINING,
    RETRY_INFERENCE_DATA, TRAINING_DATA, trainer_group,
};

use super::builder::Builder;
use super::planned::{Planned, Scope, StopStage};
use super::roles::Role;
use super::routes::{hand_over, hint, when_due};

/// One kind of child: what the plan says of it, and how it is built.
pub struct Row {
    /// Its name, and that of its child; where there is one child for each family, the family's name follows.
    pub name: &'static str,
    /// The role that brings it along.
    pub role: Role,
    /// The group it restarts with.
    pub group: &'static str,
    /// When it stops; it is the same for all of a group.
    pub stops: StopStage,
    /// What it does, for people.
    pub does: &'static str,
    /// What it reads from Kafka, if it is a consumer.
    pub reads: Option<Reads>,
    /// The threads that it owns at the start, the poll thread of a consumer excepted.
    pub threads: fn(&Scope) -> Vec<String>,
    /// Adds it to the children of a node.
    pub build: fn(&mut Builder, &Planned),
}

/// What a consumer reads.
pub struct Reads {
    /// The topic.
    pub topic: &'static str,
    /// Who shares its records.
    pub by: ReadBy,
    /// Records in flight at most.
    pub max_in_flight: usize,
}

/// Who shares the records of a topic.
pub enum ReadBy {
    /// Nobody: each node reads every record.
    EveryNode,
    /// The members of this consumer group.
    Group(&'static str),
    /// The members of a group for each family: there is one consumer for each.
    GroupOfEachFamily(fn(&str) -> String),
}

const NO_THREADS: fn(&Scope) -> Vec<String> = |_| Vec::new();

/// All of them.
pub const ROWS: &[Row] = &[
    Row {
        name: "inference-pool",
        role: Role::Inference,
        group: "serving",
        stops: StopStage::Serving,
        does: "answers forecasts from worker threads, loads models",
        reads: None,
        threads: |scope| (0..scope.workers).map(worker_name).chain([LOADER.into()]).collect(),
        build: |builder, child| {
            let b = builder.blueprint.clone();
            builder.actor(child, move |guard| {
                InferencePool::new(guard, b.services.clone(), b.serving.clone(), b.pool.clone())
            });
        },
    },
    Row {
        name: "promotion-watcher",
        role: Role::Inference,
        group: "serving",
        stops: StopStage::Serving,
        does: "follows the pointer of its identifier",
        reads: None,
        threads: NO_THREADS,
        build: |builder, child| {
            let (b, loader) = (builder.blueprint.clone(), ModelLoader::asking(builder.peer::<InferencePool>()));
            builder.polling_actor(
                child,
                || PointerHint,
                move |guard| PromotionWatcher::new(guard, b.services.clone(), b.identifier.clone(), loader.clone()),
            );
        },
    },
    Row {
        name: "model-selected-hints",
        role: Role::Inference,
        group: "serving",
        stops: StopStage::Serving,
        does: "makes the watcher read the pointer at once",
        reads: Some(Reads { topic: MODEL_SELECTED, by: ReadBy::EveryNode, max_in_flight: Subscription::MAX_IN_FLIGHT }),
        threads: NO_THREADS,
        build: |builder, child| {
            let route = hint(builder.peer::<PromotionWatcher>(), || PointerHint);
            builder.consumer(child, route, |consumer| consumer);
        },
    },
    Row {
        name: "batch-forecaster",
        role: Role::Inference,
        group: "batch",
        stops: StopStage::Intake,
        does: "answers claims: forecast, log segment, event",
        reads: None,
        threads: NO_THREADS,
        build: |builder, child| {
            let b = builder.blueprint.clone();
            builder.actor(child, move |guard| {
                let (services, serving) = (b.services.clone(), b.serving.clone());
                BatchForecaster::new(guard, services, serving, b.identifier.clone(), b.batch.clone())
            });
        },
    },
    Row {
        name: "inference-claims",
        role: Role::Inference,
        group: "batch",
        stops: StopStage::Intake,
        does: "brings claims to the batch forecaster",
        reads: Some(Reads {
            topic: INFERENCE_DATA,
            by: ReadBy::Group(INFERENCE_GROUP),
            max_in_flight: CLAIMS_IN_FLIGHT,
        }),
        threads: NO_THREADS,
        build: |builder, child| {
            let route = claims(builder);
            builder.consumer(child, route, KafkaConsumer::answering_expired);
        },
    },
    Row {
        name: "parked-claims",
        role: Role::Inference,
        group: "batch",
        stops: StopStage::Intake,
        does: "brings claims that waited for a model to the batch forecaster",
        reads: Some(Reads {
            topic: RETRY_INFERENCE_DATA,
            by: ReadBy::Group(INFERENCE_RETRY_GROUP),
            max_in_flight: PARKED_IN_FLIGHT,
        }),
        threads: NO_THREADS,
        build: |builder, child| {
            let route = when_due(parked_wait, claims(builder));
            builder.consumer(child, route, KafkaConsumer::answering_expired);
        },
    },
    Row {
        name: "evaluator",
        role: Role::Evaluator,
        group: "evaluation",
        stops: StopStage::Intake,
        does: "judges data sets, decides on promotions",
        reads: None,
        threads: |_| vec![JUDGE.into()],
        build: |builder, child| {
            let b = builder.blueprint.clone();
            builder.polling_actor(
                child,
                || Reconcile,
                move |guard| Evaluator::new(guard, b.services.clone(), b.brokers.clone(), b.judging.clone()),
            );
        },
    },
    Row {
        name: "training-events",
        role: Role::Evaluator,
        group: "evaluation",
        stops: StopStage::Intake,
        does: "brings ended trainings to the evaluator",
        reads: Some(Reads {
            topic: MODEL_TRAINING,
            by: ReadBy::Group(EVALUATOR_GROUP),
            max_in_flight: Subscription::MAX_IN_FLIGHT,
        }),
        threads: NO_THREADS,
        build: |builder, child| {
            let route = hand_over(builder.peer::<Evaluator>(), parse_event);
            builder.consumer(child, route, |consumer| consumer);
        },
    },
    Row {
        name: "trainer",
        role: Role::Trainer,
        group: "training",
        stops: StopStage::Intake,
        does: "fits model families on its own threads",
        reads: None,
        threads: |scope| (0..scope.trainings).map(training_thread).collect(),
        build: |builder, child| {
            let b = builder.blueprint.clone();
            builder.polling_actor(
                child,
                || Reconcile,
                move |guard| Trainer::new(guard, b.services.clone(), b.trainer.clone()),
            );
        },
    },
    Row {
        name: "training-claims",
        role: Role::Trainer,
        group: "training",
        stops: StopStage::Intake,
        does: "brings data sets to the trainer",
        reads: Some(Reads {
            topic: TRAINING_DATA,
            by: ReadBy::GroupOfEachFamily(trainer_group),
            max_in_flight: Subscription::MAX_IN_FLIGHT,
        }),
        threads: NO_THREADS,
        build: |builder, child| {
            let family = child.family.expect("invariant: there is one such consumer for each family");
            let route = hand_over(builder.peer::<Trainer>(), move |record| parse_training_claim(record, family));
            builder.consumer(child, route, |consumer| consumer);
        },
    },
    Row {
        name: "preprocessor",
        role: Role::Preprocess,
        group: "training",
        stops: StopStage::Intake,
        does: "turns two files of bucket dataset into a data set, and announces it",
        reads: None,
        threads: |_| vec![PREPARER.into()],
        build: |builder, child| {
            let b = builder.blueprint.clone();
            builder.polling_actor(
                child,
                || Reconcile,
                move |guard| Preprocessor::new(guard, b.services.clone(), b.preprocessor.clone()),
            );
        },
    },
];

/// The route of claims to the batch forecaster.
fn claims(builder: &Builder) -> Route {
    let (batch, own) = (builder.peer::<BatchForecaster>(), builder.blueprint.identifier.clone());
    let buckets = builder.blueprint.batch.buckets.clone();
    hand_over(batch, move |record| parse_inference_claim(record, &own, &buckets))
}
