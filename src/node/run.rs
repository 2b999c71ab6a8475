//! The life of a node: lock, bind, start (or join) what it stands on, start its actors, serve, drain, exit code.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::actors::{Metrics, Roles, Serving, Topology, topology};
use crate::http::{Admin, Api, InferenceApi, Listener, LogLevel, Node, PredictSettings};
use crate::runtime::{StopSignal, StopSignals, Supervisor, SupervisorHandle};
use crate::terminal::Terminal;
use crate::transport::Producer;

use super::backing::Backing;
use super::blueprint;
use super::config::Config;
use super::console::Console;
use super::data_dir::DataDir;
use super::exit;
use super::follow;
use super::hints;
use super::intake::{self, InputFiles};
use super::node_file::{NodeFile, NodeFileError};
use super::supervision;
use super::telemetry;

const ESCALATED_DRAIN: Duration = Duration::from_secs(3);
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs one node until it is told to stop.
pub fn run(config: Config, files: Option<InputFiles>) -> ExitCode {
    let log = telemetry::start(&config.log_level);
    for note in &config.notes {
        tracing::info!(event = "configuration", note);
        // a person's log begins at warnings, and this is said once
        if console_is_terminal() {
            eprintln!("note: {note}");
        }
    }
    super::on_runtime(async {
        match live(&Arc::new(config), files, log).await {
            Ok(code) => ExitCode::from(code),
            Err(error) => super::failed(&error),
        }
    })
}

async fn live(config: &Arc<Config>, files: Option<InputFiles>, log: Arc<dyn LogLevel>) -> anyhow::Result<u8> {
    let started = Instant::now();
    let mut signals = StopSignals::listen().context("cannot listen for signals")?;
    let input = match &files {
        Some(files) => {
            intake::check_names(&config.data.preprocess)?;
            Some(files.read()?)
        }
        None => None,
    };
    let mut data_dir = tokio::select! {
        locked = DataDir::lock(&config.data_dir) => locked?,
        _ = signals.next() => return Ok(0),
    };
    let listener = TcpListener::bind(config.http.addr)
        .await
        .map_err(|error| anyhow::anyhow!(hints::cannot_listen(config.http.addr, &error)))?;
    let addr = listener.local_addr()?;
    let joined = tokio::select! {
        joined = joined_node(config) => joined?,
        _ = signals.next() => return Ok(0),
    };
    let backing = match &joined {
        Some((join, node)) => Backing::join(config, join, node)?,
        None => Backing::start(config).await?,
    };
    if let Some((train, test)) = input {
        intake::store(&backing.objects, &config.data.preprocess, train, test).await?;
    }
    let scheme = if config.http.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{addr}");
    data_dir.announce(&backing.node_file(url.clone()))?;
    let metrics = Arc::new(Metrics::new()?);
    let kafka = backing.brokers.access();
    let producer = Producer::new(&kafka.bootstrap_servers, &kafka.client_extra)?;
    let services = blueprint::services(config, &backing.objects, producer, &metrics);
    let serving = Serving::new(config.inference.queue_max_rows, metrics.clone());
    let console = Console {
        terminal: Terminal::detect(),
        services: services.clone(),
        serving: serving.clone(),
        promotion_margin: config.judging.promotion_margin,
        scheme,
        addr,
        data_dir: config.data_dir.clone(),
    };
    console.terminal.print(&format!(
        "flts {} on {url}, roles {}, data in {}",
        env!("CARGO_PKG_VERSION"),
        roles(&config.roles).join(","),
        config.data_dir.display()
    ));
    let console = tokio::spawn(console.run(services.events.subscribe()));

    let blueprint = blueprint::of(config, &services, &serving, &backing);
    let Topology { mut children, pool, watcher, faults, latches, pollers } = topology(&config.roles, &blueprint);
    if let Some((join, node)) = joined {
        // first in line, so that everybody else finds its clients directed
        children.insert(
            0,
            follow::child(follow::Links {
                join,
                config: config.clone(),
                objects: backing.objects.clone(),
                brokers: backing.brokers.clone(),
                producer: services.producer.clone(),
                pollers,
                known: Arc::new(Mutex::new(node)),
            }),
        );
    }
    services.health.expect(&latches);
    children.iter().for_each(|child| metrics.touch_actor(child.name()));
    let supervisor = Supervisor::start(supervision::policy(config, &services), children);
    let api = Api {
        services: services.clone(),
        identifier: config.identifier.clone(),
        node: Node { name: host_name(), roles: roles(&config.roles), started },
        supervisor: supervisor.clone(),
        inference: pool.zip(watcher).map(|(pool, watcher)| InferenceApi {
            serving: serving.clone(),
            pool,
            watcher,
            predict: PredictSettings {
                identifier: config.identifier.clone(),
                timeout: config.inference.predict_timeout,
            },
            pool_scale_max: config.inference.pool_scale_max,
        }),
        faults: config.enable_faults.then_some(faults),
        admin: Admin { token: config.http.admin_token.as_ref().map(|token| token.expose().to_owned()), listener: addr },
        limits: config.http.limits,
        config: config.shown_json(),
        log_level: log,
    };
    if api.admin.token.is_none() && !addr.ip().is_loopback() {
        tracing::warn!(event = "admin_token_missing", "changing calls are refused on {addr} until ADMIN_TOKEN is set");
    }
    let (close_http, http_closed) = tokio::sync::oneshot::channel::<()>();
    let closing = async move {
        // a dropped sender closes too
        let _ = http_closed.await;
    };
    let listener = Listener { tcp: listener, tls: config.http.tls.clone(), limits: config.http.limits };
    let http = tokio::spawn(crate::http::serve(listener, api, closing, config.supervision.drain_timeout));
    tracing::info!(event = "service_start", service = "node", addr = %addr, startup_ms = started.elapsed().as_millis() as u64);

    let (late, code, deadline) = match until_stopped(&mut signals, &supervisor).await {
        Stop::Escalated(reason) => {
            services.health.draining();
            report_escalation(config.supervision.termination_log.as_deref(), &reason);
            drop(close_http);
            let deadline = Instant::now() + ESCALATED_DRAIN;
            (supervisor.stop(deadline).await, exit::ESCALATED, deadline)
        }
        Stop::Asked(signal) => {
            services.health.draining();
            let impatient = signal == StopSignal::Interrupt && console_is_terminal();
            let notice = if impatient { Duration::ZERO } else { config.supervision.drain_notice };
            let drained = async {
                tokio::time::sleep(notice).await;
                drop(close_http);
                let deadline = Instant::now() + config.supervision.drain_timeout;
                // open requests are answered while the pool still works
                let _ = tokio::time::timeout_at(deadline.into(), http).await;
                (supervisor.stop(deadline).await, deadline)
            };
            let (late, deadline) = tokio::select! {
                drained = drained => drained,
                _ = signals.next() => return Ok(exit::LATE),
            };
            (late.clone(), if late.is_empty() { 0 } else { exit::LATE }, deadline)
        }
    };
    if !late.is_empty() {
        eprintln!("error: did not stop in time: {}", late.join(", "));
    }
    let left = deadline.saturating_duration_since(Instant::now()).min(FLUSH_TIMEOUT);
    services.producer.flush(left).await;
    console.abort();
    backing.stop().await;
    drop(data_dir);
    tracing::info!(event = "service_stop", service = "node", code);
    Ok(code)
}

/// The node that `JOIN` names, waited for as long as that may help.
async fn joined_node(config: &Config) -> Result<Option<(PathBuf, NodeFile)>, NodeFileError> {
    let Some(join) = &config.join else { return Ok(None) };
    let node = NodeFile::wait_for(join, |reason| {
        tracing::warn!(event = "waiting_for_node", service = "node", join = %join.display(), reason = %reason);
    });
    let node = node.await?;
    // a node without a store cannot be joined, and waiting does not change that
    node.object_store(&config.object_store.region, join)?;
    Ok(Some((join.clone(), node)))
}

enum Stop {
    Asked(StopSignal),
    Escalated(String),
}

async fn until_stopped(signals: &mut StopSignals, supervisor: &SupervisorHandle) -> Stop {
    tokio::select! {
        signal = signals.next() => Stop::Asked(signal),
        reason = supervisor.escalated() => Stop::Escalated(reason.to_string()),
    }
}

/// The reason where an operator looks first: stderr, and the file Kubernetes shows.
fn report_escalation(termination_log: Option<&Path>, reason: &str) {
    eprintln!("error: {reason}");
    tracing::error!(event = "supervisor_gave_up", service = "node", reason);
    if let Some(path) = termination_log
        && let Err(error) = std::fs::write(path, reason)
    {
        tracing::warn!(event = "termination_log_fail", path = %path.display(), error = %error);
    }
}

fn roles(roles: &Roles) -> Vec<String> {
    roles.iter().map(|role| role.to_string()).collect()
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|_| "flts".into())
}

fn console_is_terminal() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdout())
}
