//! The joined node, followed: when it goes away this node says so and serves on; when it comes back elsewhere every client
//! is redirected in place, and everybody who pauses looks at once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::actors::{CoalescedRun, JoinedNodeState, Planned, Pollers};
use crate::config::Config;
use crate::kafka::{Brokers, Producer};
use crate::node::data_dir::NodeFile;
use crate::runtime::{ActorRef, ChildGuard, ChildSpec, Drain, Observe, observed};
use crate::storage::ObjectStore;

use super::backends::{broker_access, waited_for};

/// The name of the child.
const NAME: &str = "joined-node";
/// The group of the child: nobody restarts with it.
const GROUP: &str = "joining";

const LOOK_INTERVAL: Duration = Duration::from_millis(200);
const KNOCK_INTERVAL: Duration = Duration::from_secs(1);
const KNOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// What is followed, and what is redirected when it moves.
#[derive(Clone)]
pub struct Links {
    /// The folder or the `node.json` of the other node.
    pub join: PathBuf,
    /// Settings of this node that its clients keep.
    pub config: Arc<Config>,
    /// The client of the other node's store.
    pub objects: ObjectStore,
    /// Where consumers find the other node's broker.
    pub brokers: Brokers,
    /// The producer to the other node's broker.
    pub producer: Producer,
    /// Who looks into the store from time to time.
    pub pollers: Pollers,
    /// What the clients are directed to now.
    pub known: Arc<Mutex<NodeFile>>,
}

/// The child in the plan of a node that joins another one.
pub fn planned(join: &Path) -> Planned {
    Planned::built_by_the_node(NAME, GROUP, format!("follows {}", join.display()))
}

/// The child that follows the joined node.
pub fn child(links: Links) -> ChildSpec {
    ChildSpec::actor(ActorRef::new(NAME), GROUP, move |guard| Follower::new(guard, links.clone()))
}

struct Follower {
    guard: ChildGuard,
    links: Links,
    away: Option<Away>,
    moves: u64,
    probe: CoalescedRun,
}

/// Since when the joined node is away, and how that shows.
struct Away {
    reason: String,
    since: Instant,
}

impl Follower {
    fn new(guard: ChildGuard, links: Links) -> Self {
        Self { guard, links, away: None, moves: 0, probe: CoalescedRun::Idle }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        match NodeFile::read(&self.links.join) {
            Ok(node) if node == self.links.known() => {}
            Ok(node) => match self.links.redirect(node) {
                Ok(()) => {
                    self.moves += 1;
                    self.knock(ctx);
                }
                Err(error) => self.note(Some(error.to_string())),
            },
            // whether it is away shows at its door: a file that is gone or broken says nothing about that
            Err(_) => {}
        }
    }

    fn knock(&mut self, ctx: &mut Context<Self>) {
        if !self.probe.begin() {
            return;
        }
        let node = self.links.known();
        ctx.spawn(knock(node.clone()).into_actor(self).map(move |silent, follower, _| {
            follower.probe.end();
            // the answer is about a place that is not the present one
            if follower.links.known() == node {
                follower.note(silent);
            }
        }));
    }

    /// Tells the log when something changes.
    fn note(&mut self, away: Option<String>) {
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

impl Links {
    fn known(&self) -> NodeFile {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Points every client to where the node is now, in place, and wakes whoever waits out a failure.
    fn redirect(&self, node: NodeFile) -> anyhow::Result<()> {
        let objects = waited_for(&self.config, node.object_store(&self.config.object_store.region, &self.join)?);
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
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = node;
        self.pollers.look_now();
        Ok(())
    }
}

/// Whether the store and the broker are at home; the answer names those that are not.
async fn knock(node: NodeFile) -> Option<String> {
    let store = node.store.map(|store| store.endpoint_url).unwrap_or_default();
    let store_addr = store.trim_start_matches("http://").to_owned();
    let broker = node.kafka_bootstrap_servers;
    // one of several brokers that answers knows the others
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

/// Whether anything comes back: the kernel opens connections for a process that hangs, too.
async fn answers(address: &str) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        // a request without a signature is refused, and that is an answer
        stream.write_all(format!("HEAD / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        stream.read(&mut [0; 1]).await
    };
    matches!(tokio::time::timeout(KNOCK_TIMEOUT, exchange).await, Ok(Ok(1)))
}

async fn opens(address: &str) -> bool {
    matches!(tokio::time::timeout(KNOCK_TIMEOUT, TcpStream::connect(address)).await, Ok(Ok(_)))
}

impl Actor for Follower {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(LOOK_INTERVAL, |follower, ctx| follower.look(ctx));
        ctx.run_interval(KNOCK_INTERVAL, |follower, ctx| follower.knock(ctx));
        self.knock(ctx);
    }
}

impl Handler<Drain> for Follower {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.guard.drained();
        ctx.stop();
    }
}

impl Handler<Observe> for Follower {
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
