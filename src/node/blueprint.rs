//! From the configuration to the settings and handles that actors are built from.

use std::sync::Arc;

use crate::actors::{
    self, BatchClaims, BatchSettings, Blueprint, Events, JudgingSettings, MemoryBudget, Metrics, Planned, PoolSettings,
    PreprocessorSettings, PromotedModels, Recipe, Scope, Services, Serving, TrainerSettings,
};
use crate::config::{Config, Targets};
use crate::forecast::{Family, ReadOptions};
use crate::kafka::Producer;
use crate::limits::DATA_CELLS;
use crate::runtime::{Health, Io, RestartPolicy};
use crate::storage::{
    Checkpoints, Datasets, Decisions, InferenceLog, LeaseOwner, Leases, ObjectStore, Runs, Snapshots, WorkJournals,
    node_name,
};

use super::backends::{Backends, planned_joined_node};
use super::data_dir::{host_name, snapshots_dir};
use super::machine_memory;

/// Settings and handles of the actors of this node's roles.
pub fn blueprint(
    config: &Config,
    services: &Services,
    serving: &Serving,
    models: &PromotedModels,
    backends: &Backends,
) -> Blueprint {
    let recipe = Recipe { settings: config.training.settings.clone(), targets: targets(config) };
    Blueprint {
        services: services.clone(),
        identifier: config.identifier.clone(),
        brokers: backends.brokers.clone(),
        preprocessor: preprocessor_settings(config),
        trainer: TrainerSettings {
            families: trained_families(config),
            recipe: recipe.clone(),
            concurrency: config.training.concurrency,
            checkpoint_interval: config.training.checkpoint_interval,
        },
        judging: JudgingSettings {
            expected: families(&config.judging.expected_model_types),
            promotable: families(&config.judging.promotable_model_types),
            weights: config.judging.score_weights,
            margin: config.judging.promotion_margin,
            provisional: config.judging.provisional_promotion,
            timeout: config.judging.judge_timeout,
            recipe,
        },
        pool: PoolSettings {
            workers: config.inference.workers,
            batching: BatchSettings { max_rows: config.inference.batch_rows, wait: config.inference.batch_timeout },
            worker_policy: RestartPolicy::at_once(
                config.supervision.worker_restart_limit,
                config.supervision.worker_restart_window,
            ),
        },
        serving: serving.clone(),
        batch: BatchClaims {
            horizon: config.inference.claim_horizon,
            // a claim may be a few rows of a data set
            options: ReadOptions { keep_all: true, ..config.data.read.clone() },
            log: InferenceLog::new(services.objects.clone(), node_name(&host_name())),
            journals: WorkJournals::new(services.objects.clone(), services.leases.owner().clone()),
            models: models.clone(),
            buckets: config.inference.claim_buckets.clone().into(),
        },
    }
}

/// The actors of a node with this configuration, in the order of their start.
pub fn plan(config: &Config) -> Vec<Planned> {
    let scope = Scope {
        roles: &config.roles,
        families: &trained_families(config),
        consumer_group: config.kafka.consumer_group.as_deref(),
        workers: config.inference.workers,
        trainings: config.training.concurrency,
    };
    // first, so that the clients of all other actors have the right addresses
    let joined = config.join.as_deref().map(planned_joined_node);
    joined.into_iter().chain(actors::plan(&scope)).collect()
}

/// The settings of preprocessing.
pub fn preprocessor_settings(config: &Config) -> PreprocessorSettings {
    PreprocessorSettings {
        identifier: config.identifier.clone(),
        config: config.data.preprocess.clone(),
        options: config.data.read.clone(),
        force: config.data.force_reprocess,
    }
}

/// The memory that work may hold at a time.
pub fn memory_budget(config: &Config) -> MemoryBudget {
    MemoryBudget::new(config.memory_budget_bytes.unwrap_or_else(machine_memory::default_budget_bytes))
}

/// The handles that all actors of a node share, or that a command uses. Call it on the runtime that network calls run on.
pub fn services(
    config: &Config,
    objects: &ObjectStore,
    producer: Producer,
    metrics: &Arc<Metrics>,
    lease_owner: LeaseOwner,
) -> Services {
    let io = Io::current();
    objects.observe(metrics.object_store.clone());
    let memory = memory_budget(config);
    Services {
        snapshots: Snapshots::new(snapshots_dir(&config.data_dir), io.clone()),
        leases: Leases::new(objects.clone(), io.clone(), lease_owner, config.training.lease_ttl),
        io,
        objects: objects.clone(),
        datasets: Datasets::new(objects.clone())
            .within(DATA_CELLS.with_max(config.data.read.max_cells), memory.datasets.clone()),
        runs: Runs::new(objects.clone()).within(memory.models.clone(), config.inference.workers + 1),
        checkpoints: Checkpoints::new(objects.clone()),
        decisions: Decisions::new(objects.clone()),
        producer,
        events: Events::new(metrics.clone()),
        memory,
        health: Health::new(),
        reconcile_interval: config.supervision.reconcile_interval,
        allow_unsafe_pointer: config.object_store.allow_unsafe_pointer,
    }
}

/// The families that a node with this configuration trains.
fn trained_families(config: &Config) -> Vec<Family> {
    families(&config.training.model_types)
}

/// The columns to forecast: `*` for all, an empty list for the first.
pub fn targets(config: &Config) -> Vec<String> {
    match &config.data.targets {
        Targets::First => Vec::new(),
        Targets::All => vec!["*".into()],
        Targets::Named(names) => names.clone(),
    }
}

/// The families of these names; the configuration has checked them.
/// The families of these names.
pub fn families(names: &[String]) -> Vec<Family> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}
