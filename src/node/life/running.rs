//! A node at work: actors, API and console.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::actors::{
    self, InferencePool, KnownRows, Metrics, Planned, Pollers, PromotedModels, PromotionWatcher, Role, Roles, Services,
    Serving, Topology,
};
use crate::config::{Config, Secret};
use crate::http::{self, Access, Api, GatewayApi, InferenceApi, Limits, Listener, LogLevel, Node, PredictSettings};
use crate::kafka::Producer;
use crate::limits::UPLOAD;
use crate::node::backends::{Backends, JoinedClients, joined_node_child, start_probes};
use crate::node::blueprint::{blueprint, families, plan, services};
use crate::node::build::Build;
use crate::node::data_dir::{DataDir, NodeFile, host_name, lease_owner};
use crate::runtime::{ActorRef, ChildSpec, Supervisor};
use crate::terminal::Terminal;

use super::console::Console;
use super::drain::DrainParts;
use super::prepare::PreparedNode;
use super::refused_files::GivenFiles;
use super::supervision::supervisor_config;

/// The parts of a running node, which are stopped in order.
pub struct RunningNode {
    /// Actors, API and producer, which are drained.
    pub parts: DrainParts,
    /// Stores, producer and health.
    pub services: Services,
    /// Tasks that probe broker and store; they end when dropped.
    pub probes: JoinSet<()>,
    /// The task that prints for a person.
    pub console: JoinHandle<()>,
    /// Broker and store.
    pub backends: Backends,
    /// The locked folder.
    pub data_dir: DataDir,
    /// What becomes of the files of the command line.
    pub given_files: GivenFiles,
}

impl RunningNode {
    /// Starts actors, API and console.
    ///
    /// # Errors
    /// A client or the metrics cannot be created.
    pub fn start(
        config: &Arc<Config>,
        prepared: PreparedNode,
        log: Arc<dyn LogLevel>,
        started: Instant,
        build: Build,
    ) -> anyhow::Result<Self> {
        let PreparedNode {
            data_dir,
            backends,
            joined,
            topics,
            listener,
            scheme,
            url,
            warnings,
            has_files,
            max_connections,
        } = prepared;
        let addr = listener.local_addr()?;
        let limits = Limits { max_connections, ..config.http.limits };
        let metrics = Arc::new(Metrics::new()?);
        metrics.build_info.with_label_values(&[build.version, build.commit]).set(1);
        let kafka = backends.brokers.access();
        let producer = Producer::new(&kafka.bootstrap_servers, &kafka.client_extra)?;
        let services = services(config, &backends.objects, producer, &metrics, lease_owner(&config.data_dir));
        let serving = Serving::new(config.inference.queue_max_rows, metrics.clone());
        let console = console(config, &services, &serving, scheme, addr);
        console.terminal.print(&greeting(config, build, &url));
        let console = tokio::spawn(console.run(services.events.subscribe()));
        let given_files = GivenFiles::listen(has_files, &services, &config.identifier);

        let models = PromotedModels::new(services.clone(), serving.clone(), &config.identifier);
        let blueprint = blueprint(config, &services, &serving, &models, &backends);
        let plan = plan(config);
        let Topology { mut children, pool, watcher, latches, pollers, intake } =
            actors::topology(&config.roles, &plan, &blueprint);
        if let Some(joined) = joined {
            children.insert(0, joined_node_watcher(config, &services, &backends, pollers, joined));
        }
        services.health.expect(&latches);
        metrics.create_actor_series(plan.iter().map(Planned::labels));
        let mut probes = start_probes(&config.roles, &services, &backends.brokers);
        if let Some(topics) = topics {
            probes.spawn(topics.create_when_possible(services.clone(), backends.brokers.clone()));
        }
        let supervisor = Supervisor::start(supervisor_config(config, &services), children);
        let inference = pool
            .zip(watcher)
            .map(|(pool, watcher)| inference_api(config, &services, models, (pool, watcher), &serving));
        let api = Api {
            services: services.clone(),
            identifier: config.identifier.clone(),
            node: Node { name: host_name(), roles: roles(&config.roles), started, warnings },
            supervisor: supervisor.clone(),
            inference,
            gateway: config.roles.has(Role::Gateway).then(|| GatewayApi {
                objects: services.objects.clone(),
                upload: UPLOAD.with_max(config.http.upload_max_bytes),
            }),
            plan,
            faults_enabled: config.enable_faults,
            publish_enabled: config.inference.enable_publish,
            timer_lag: Arc::default(),
            access: access(config, addr),
            limits,
            config: config.shown_json(),
            log_level: log,
        };
        let (close_http, http_closed) = oneshot::channel::<()>();
        let closing = async move {
            // a dropped sender counts as closed
            let _ = http_closed.await;
        };
        let listener = Listener { tcp: listener, tls: config.http.tls.clone(), limits };
        let (serve, open_requests) = http::serve(listener, api, closing);
        let http = Some(tokio::spawn(serve));
        tracing::info!(event = "service_start", service = "node", addr = %addr, startup_ms = started.elapsed().as_millis() as u64);
        let (close_http, producer) = (Some(close_http), services.producer.clone());
        let parts = DrainParts { supervisor, intake, http, close_http, open_requests, producer };
        Ok(Self { parts, services, probes, console, backends, data_dir, given_files })
    }
}

fn console(config: &Config, services: &Services, serving: &Serving, scheme: &'static str, addr: SocketAddr) -> Console {
    Console {
        terminal: Terminal::detect(),
        services: services.clone(),
        serving: serving.clone(),
        promotion_margin: config.judging.promotion_margin,
        scheme,
        addr,
        data_dir: config.data_dir.clone(),
    }
}

fn greeting(config: &Config, build: Build, url: &str) -> String {
    let (version, roles) = (build.version, roles(&config.roles).join(","));
    format!("flts {version} on {url}, roles {roles}, data in {}", config.data_dir.display())
}

/// The child that watches the joined node.
fn joined_node_watcher(
    config: &Arc<Config>,
    services: &Services,
    backends: &Backends,
    pollers: Pollers,
    (join, node): (PathBuf, NodeFile),
) -> ChildSpec {
    joined_node_child(JoinedClients {
        join,
        config: config.clone(),
        objects: backends.objects.clone(),
        brokers: backends.brokers.clone(),
        producer: services.producer.clone(),
        pollers,
        known: Arc::new(Mutex::new(node)),
    })
}

fn inference_api(
    config: &Config,
    services: &Services,
    models: PromotedModels,
    (pool, watcher): (ActorRef<InferencePool>, ActorRef<PromotionWatcher>),
    serving: &Serving,
) -> InferenceApi {
    let promotable = families(&config.judging.promotable_model_types);
    let predict = PredictSettings {
        identifier: config.identifier.clone(),
        timeout: config.inference.predict_timeout,
        naive_promotable: promotable.iter().any(|family| family.is_naive()),
    };
    InferenceApi {
        serving: serving.clone(),
        models,
        known_rows: KnownRows::new(services.datasets.clone()),
        pool,
        watcher,
        predict,
        pool_scale_max: config.inference.pool_scale_max,
    }
}

fn access(config: &Config, listener: SocketAddr) -> Access {
    let text = |token: &Option<Secret>| token.as_ref().map(|token| token.expose().to_owned());
    let access = Access {
        admin_token: text(&config.http.admin_token),
        read_token: text(&config.http.read_token),
        listener,
        allowed_hosts: config
            .http
            .addr
            .name()
            .map(str::to_owned)
            .into_iter()
            .chain(config.http.allowed_hosts.clone())
            .collect(),
    };
    if access.admin_token.is_none() && !access.is_loopback() {
        tracing::warn!(
            event = "admin_token_missing",
            "changing calls are refused on {listener} until ADMIN_TOKEN is set"
        );
    }
    access
}

fn roles(roles: &Roles) -> Vec<String> {
    roles.iter().map(|role| role.to_string()).collect()
}
