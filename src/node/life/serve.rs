//! A node at work: its actors, its API and its console.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::actors::{
    self, InferencePool, Metrics, Planned, Pollers, PromotionWatcher, Roles, Services, Serving, Topology,
};
use crate::config::Config;
use crate::http::{self, Admin, Api, InferenceApi, Listener, LogLevel, Node, PredictSettings};
use crate::kafka::Producer;
use crate::node::backends::{Backing, joined_node, probes};
use crate::node::blueprint;
use crate::node::data_dir::{DataDir, NodeFile, identity};
use crate::runtime::{ActorRef, ChildSpec, Supervisor};
use crate::terminal::Terminal;

use super::console::Console;
use super::drain::Parts;
use super::start::Ground;
use super::supervision;

/// Everything of a node that is to be stopped in order.
pub struct Running {
    /// Actors, API and producer, which are drained.
    pub parts: Parts,
    /// Stores, producer and health.
    pub services: Services,
    /// Dropped, it looks no more whether broker and store answer.
    pub looking: JoinSet<()>,
    /// What a person sees.
    pub console: JoinHandle<()>,
    /// Broker and store.
    pub backing: Backing,
    /// The locked folder.
    pub data_dir: DataDir,
}

impl Running {
    /// Starts all of it on prepared ground.
    pub fn start(
        config: &Arc<Config>,
        ground: Ground,
        log: Arc<dyn LogLevel>,
        started: Instant,
    ) -> anyhow::Result<Self> {
        let Ground { data_dir, backing, joined, topics, listener, scheme, url, warnings } = ground;
        let addr = listener.local_addr()?;
        let metrics = Arc::new(Metrics::new()?);
        let kafka = backing.brokers.access();
        let producer = Producer::new(&kafka.bootstrap_servers, &kafka.client_extra)?;
        let services =
            blueprint::services(config, &backing.objects, producer, &metrics, identity::holder(&config.data_dir));
        let serving = Serving::new(config.inference.queue_max_rows, metrics.clone());
        let console = console(config, &services, &serving, scheme, addr);
        console.terminal.print(&greeting(config, &url));
        let console = tokio::spawn(console.run(services.events.subscribe()));

        let blueprint = blueprint::of(config, &services, &serving, &backing);
        let plan = blueprint::plan(config);
        let Topology { mut children, pool, watcher, latches, pollers, intake } =
            actors::topology(&config.roles, &plan, &blueprint);
        if let Some(joined) = joined {
            children.insert(0, follower(config, &services, &backing, pollers, joined));
        }
        services.health.expect(&latches);
        metrics.touch_actors(plan.iter().map(Planned::labels));
        let mut looking = probes::watch(&config.roles, &services, &backing.brokers);
        if let Some(topics) = topics {
            looking.spawn(topics.until_there(services.clone(), backing.brokers.clone()));
        }
        let supervisor = Supervisor::start(supervision::policy(config, &services), children);
        let inference = pool.zip(watcher).map(|(pool, watcher)| inference_api(config, &serving, pool, watcher));
        let api = Api {
            services: services.clone(),
            identifier: config.identifier.clone(),
            node: Node { name: identity::host_name(), roles: roles(&config.roles), started, warnings },
            supervisor: supervisor.clone(),
            inference,
            plan,
            faults_enabled: config.enable_faults,
            publish_enabled: config.inference.enable_publish,
            admin: admin(config, addr),
            limits: config.http.limits,
            config: config.shown_json(),
            log_level: log,
        };
        let (close_http, http_closed) = oneshot::channel::<()>();
        let closing = async move {
            // a dropped sender closes too
            let _ = http_closed.await;
        };
        let listener = Listener { tcp: listener, tls: config.http.tls.clone(), limits: config.http.limits };
        let (serve, open_requests) = http::serve(listener, api, closing);
        let http = Some(tokio::spawn(serve));
        tracing::info!(event = "service_start", service = "node", addr = %addr, startup_ms = started.elapsed().as_millis() as u64);
        let (close_http, producer) = (Some(close_http), services.producer.clone());
        let parts = Parts { supervisor, intake, http, close_http, open_requests, producer };
        Ok(Self { parts, services, looking, console, backing, data_dir })
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

fn greeting(config: &Config, url: &str) -> String {
    let (version, roles) = (env!("CARGO_PKG_VERSION"), roles(&config.roles).join(","));
    format!("flts {version} on {url}, roles {roles}, data in {}", config.data_dir.display())
}

/// The child that keeps this node joined to the other one.
fn follower(
    config: &Arc<Config>,
    services: &Services,
    backing: &Backing,
    pollers: Pollers,
    (join, node): (PathBuf, NodeFile),
) -> ChildSpec {
    joined_node::child(joined_node::Links {
        join,
        config: config.clone(),
        objects: backing.objects.clone(),
        brokers: backing.brokers.clone(),
        producer: services.producer.clone(),
        pollers,
        known: Arc::new(Mutex::new(node)),
    })
}

fn inference_api(
    config: &Config,
    serving: &Serving,
    pool: ActorRef<InferencePool>,
    watcher: ActorRef<PromotionWatcher>,
) -> InferenceApi {
    let predict = PredictSettings { identifier: config.identifier.clone(), timeout: config.inference.predict_timeout };
    InferenceApi { serving: serving.clone(), pool, watcher, predict, pool_scale_max: config.inference.pool_scale_max }
}

fn admin(config: &Config, listener: SocketAddr) -> Admin {
    let token = config.http.admin_token.as_ref().map(|token| token.expose().to_owned());
    if token.is_none() && !listener.ip().is_loopback() {
        tracing::warn!(
            event = "admin_token_missing",
            "changing calls are refused on {listener} until ADMIN_TOKEN is set"
        );
    }
    Admin { token, listener }
}

fn roles(roles: &Roles) -> Vec<String> {
    roles.iter().map(|role| role.to_string()).collect()
}
