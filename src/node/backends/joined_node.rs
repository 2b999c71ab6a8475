//! Watches the joined node. While it is away, this node keeps serving. When it comes back at another address, every client is
//! redirected in place, and all periodic tasks run at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::actors::{CoalescedRun, JoinedNodeState, Planned, Pollers};
use crate::config::Config;
use crate::kafka::{Brokers, Producer};
use crate::node::data_dir::NodeFile;
use crate::runtime::{ActorRef, ChildGuard, ChildSpec, Drain, Observe, observed};
use crate::storage::ObjectStore;

use super::clients::{broker_access, with_timeouts};

/// The name of the child.
const NAME: &str = "joined-node";
/// The group of the child; it has no other member.
const GROUP: &str = "joining";

const FILE_INTERVAL: Duration = Duration::from_millis(200);
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The joined node, and the clients to redirect when it moves.
#[derive(Clone)]
pub struct JoinedClients {
    /// The folder or the `node.json` of the other node.
    pub join: PathBuf,
    /// The configuration of this node, from which clients are built.
    pub config: Arc<Config>,
    /// The client of the other node's store.
    pub objects: ObjectStore,
    /// The addresses of the other node's broker, as consumers read them.
    pub brokers: Brokers,
    /// The producer to the other node's broker.
    pub producer: Producer,
    /// The periodic tasks that read the store.
    pub pollers: Pollers,
    /// The node file that the clients use now.
    pub known: Arc<Mutex<NodeFile>>,
}

/// The child in the plan of a node that joins another one.
pub fn planned_joined_node(join: &Path) -> Planned {
    Planned::built_by_the_node(NAME, GROUP, format!("follows {}", join.display()))
}

/// The child that watches the joined node.
pub fn joined_node_child(links: JoinedClients) -> ChildSpec {
    ChildSpec::actor(ActorRef::new(NAME), GROUP, move |guard| JoinedNodeWatcher::new(guard, links.clone()))
}

struct JoinedNodeWatcher {
    guard: ChildGuard,
    links: JoinedClients,
    away: Option<Away>,
    moves: u64,
    probe_run: CoalescedRun,
}

/// Why and since when the joined node is away.
struct Away {
    reason: String,
    since: Instant,
}

impl JoinedNodeWatcher {
    fn new(guard: ChildGuard, links: JoinedClients) -> Self {
        Self { guard, links, away: None, moves: 0, probe_run: CoalescedRun::Idle }
    }

    /// Reads `node.json`, and redirects the clients if it changed.
    fn check_file(&mut self, ctx: &mut Context<Self>) {
        match NodeFile::read(&self.links.join) {
            Ok(node) if node == self.links.known() => {}
            Ok(node) => match self.links.redirect(node) {
                Ok(()) => {
                    self.moves += 1;
                    self.probe(ctx);
                }
                Err(error) => self.set_away(Some(error.to_string())),
            },
            // a missing or broken file does not mean that the node is away: the probe decides
            Err(_) => {}
        }
    }

    /// Probes broker and store in the background; one probe at a time.
    fn probe(&mut self, ctx: &mut Context<Self>) {
        if !self.probe_run.begin() {
            return;
        }
        let node = self.links.known();
        ctx.spawn(probe(node.clone()).into_actor(self).map(move |silent, watcher, _| {
            watcher.probe_run.end();
            // the node may have moved meanwhile; then the result is outdated
            if watcher.links.known() == node {
                watcher.set_away(silent);
            }
        }));
    }

    /// Records whether the node is away, and logs a change.
    fn set_away(&mut self, away: Option<String>) {
        match (away, &mut self.away) {
            (None, None) => {}
            (None, some) => {
                let away_ms = some.take().map_or(0, |away| away.since.elapsed().as_millis() as u64);
                tracing::info!(event = "joined_node_back", service = "node", join = %self.links.join.display(), away_ms);
            }
            (Some(reason), Some(away)) => away.reason = reason,
            (Some(reason), none) => {
                tracing::warn!(event = "joined_node_away", service = "node", join = %self.links.join.display(), reason);
                *none = Some(Away { reason, since: Instant::now() });
            }
        }
    }
}

impl JoinedClients {
    fn known(&self) -> NodeFile {
        self.known.lock().clone()
    }

    /// Redirects every client in place, and runs the periodic tasks at once.
    fn redirect(&self, node: NodeFile) -> anyhow::Result<()> {
        let objects = with_timeouts(&self.config, node.object_store(&self.config.object_store.region, &self.join)?);
        let access = broker_access(&self.config, &node);
        self.producer.redirect(&access.bootstrap_servers, &access.client_extra)?;
        tracing::info!(
            event = "joined_node_moved",
            service = "node",
            join = %self.join.display(),
            pid = node.pid,
            object_store = objects.endpoint_url,
            brokers = access.bootstrap_servers
        );
        self.objects.redirect(objects);
        self.brokers.move_to(access);
        *self.known.lock() = node;
        self.pollers.look_now();
        Ok(())
    }
}

/// Probes store and broker; the text names those that do not answer.
async fn probe(node: NodeFile) -> Option<String> {
    let store = node.store.map(|store| store.endpoint_url).unwrap_or_default();
    let store_addr = store.trim_start_matches("http://").to_owned();
    let broker = node.kafka_bootstrap_servers;
    // one broker is enough: it knows the others
    let brokers = broker.split(',').map(opens);
    let (store_answers, broker_opens) = tokio::join!(answers(&store_addr), futures::future::join_all(brokers));
    let silent: Vec<String> = [
        (!store_answers).then(|| format!("the object store at {store}")),
        (!broker_opens.contains(&true)).then(|| format!("the broker at {broker}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!silent.is_empty()).then(|| format!("no answer from {}", silent.join(" and ")))
}

/// Whether the server sends a byte. An open connection is not enough: the kernel accepts one for a process that hangs.
async fn answers(address: &str) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        // the request is not signed, so the response is an error, which is enough
        stream.write_all(format!("HEAD / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        stream.read(&mut [0; 1]).await
    };
    matches!(tokio::time::timeout(PROBE_TIMEOUT, exchange).await, Ok(Ok(1)))
}

/// Whether a connection can be opened.
async fn opens(address: &str) -> bool {
    matches!(tokio::time::timeout(PROBE_TIMEOUT, TcpStream::connect(address)).await, Ok(Ok(_)))
}

impl Actor for JoinedNodeWatcher {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(FILE_INTERVAL, |watcher, ctx| watcher.check_file(ctx));
        ctx.run_interval(PROBE_INTERVAL, |watcher, ctx| watcher.probe(ctx));
        self.probe(ctx);
    }
}

impl Handler<Drain> for JoinedNodeWatcher {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for JoinedNodeWatcher {
    type Result = MessageResult<Observe>;

    fn handle(&mut self, _: Observe, _: &mut Self::Context) -> Self::Result {
        let node = self.links.known();
        let away = self.away.as_ref();
        MessageResult(observed(&JoinedNodeState {
            join: self.links.join.clone(),
            http: node.http,
            brokers: node.kafka_bootstrap_servers,
            object_store: node.store.map(|store| store.endpoint_url),
            moves: self.moves,
            away: away.map(|away| away.reason.clone()),
            away_for_ms: away.map(|away| away.since.elapsed().as_millis() as u64),
        }))
    }
}
