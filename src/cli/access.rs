//! The stores and the broker of a command: those that are configured, those of the node that runs, or the store under
//! `DATA_DIR` itself when nobody has it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::{Config, NODE_FILE};
use crate::embedded::Store;
use crate::kafka::{BrokerAccess, Producer};
use crate::node::{
    DataDir, LockOwner, NodeFile, broker_access, configured_brokers, configured_store, ensure_buckets, lock_file,
    own_store, store_dir, waited_for,
};
use crate::storage::{ObjectStore, Pointer};

/// How long a node that starts, or another command, is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// How long the news of a pointer may take; whoever misses it polls.
const ANNOUNCE_TIMEOUT: Duration = Duration::from_secs(5);
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// What a command means to do with the store under `DATA_DIR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Look at what is there; nothing there is an error.
    Read,
    /// Make the store if need be.
    Write,
}

/// What a command works with.
pub struct Access {
    /// The object store.
    pub objects: ObjectStore,
    /// The broker, if there is one.
    pub producer: Producer,
    own: Option<(Store, DataDir)>,
}

/// Who has the data folder.
enum Folder {
    Ours(DataDir),
    Of(NodeFile),
    /// Whoever it is, the command does without.
    Unused,
}

impl Access {
    /// Finds, joins or opens what the command needs.
    pub async fn open(config: &Config, intent: Intent) -> anyhow::Result<Self> {
        let configured = configured_store(config).await;
        let folder = match (&configured, &config.join) {
            // its broker is of use all the same
            (Some(_), _) => running_node(&config.data_dir).map_or(Folder::Unused, Folder::Of),
            (None, Some(join)) => Folder::Of(NodeFile::read(join)?),
            (None, None) => whose(&config.data_dir, intent).await?,
        };
        let producer = match (&config.kafka.bootstrap_servers, &folder) {
            (Some(servers), _) => producer(&configured_brokers(config, servers))?,
            (None, Folder::Of(node)) => producer(&broker_access(config, node))?,
            (None, Folder::Ours(_) | Folder::Unused) => Producer::without_broker(),
        };
        let region = &config.object_store.region;
        let (objects, own) = match (configured, folder) {
            (Some(client), _) => (ObjectStore::new(client), None),
            (None, Folder::Of(node)) => {
                let place = config.join.as_deref().unwrap_or(&config.data_dir);
                (ObjectStore::new(waited_for(config, node.object_store(region, place)?)), None)
            }
            (None, Folder::Ours(lock)) => {
                let (store, access) = own_store(&config.data_dir, ANY_PORT).await?;
                (ObjectStore::new(waited_for(config, access.client(region))), Some((store, lock)))
            }
            (None, Folder::Unused) => unreachable!("invariant: only a configured store makes do without the folder"),
        };
        if own.is_some() || intent == Intent::Write {
            ensure_buckets(&objects).await?;
        }
        Ok(Self { objects, producer, own })
    }

    /// Tells a pointer that was moved, where there is a broker.
    pub async fn announce(&self, pointer: &Pointer) {
        if !self.producer.has_broker() {
            return;
        }
        let told = crate::actors::announce_promotion(&self.producer, pointer);
        if tokio::time::timeout(ANNOUNCE_TIMEOUT, told).await.is_err() {
            let reason = self.producer.refusal();
            tracing::warn!(
                event = "promotion_publish",
                reason,
                "the broker does not answer; nodes find the pointer by polling"
            );
        }
    }

    /// Closes what was opened, so that a node can have it.
    pub async fn close(self) {
        if let Some((store, lock)) = self.own {
            store.stop().await;
            drop(lock);
        }
    }
}

/// The broker that is configured, or that of the node that is joined or runs on `DATA_DIR`.
pub fn broker_of(config: &Config) -> anyhow::Result<Option<BrokerAccess>> {
    if let Some(servers) = &config.kafka.bootstrap_servers {
        return Ok(Some(configured_brokers(config, servers)));
    }
    let node = match &config.join {
        Some(join) => Some(NodeFile::read(join)?),
        None => running_node(&config.data_dir),
    };
    Ok(node.map(|node| broker_access(config, &node)))
}

fn producer(access: &BrokerAccess) -> anyhow::Result<Producer> {
    Ok(Producer::new(&access.bootstrap_servers, &access.client_extra)?)
}

/// The node that has the folder just now, if one does; nobody's folder is left alone.
fn running_node(data_dir: &Path) -> Option<NodeFile> {
    let there = data_dir.join(NODE_FILE).exists();
    let held = there && matches!(DataDir::try_lock(data_dir, LockOwner::Command), Ok(Err(_)));
    held.then(|| NodeFile::read(data_dir).ok()).flatten()
}

/// Locks the folder, or reads how to reach the node that has it.
async fn whose(data_dir: &Path, intent: Intent) -> anyhow::Result<Folder> {
    let shown = data_dir.display();
    let nothing = |what: &str| {
        anyhow::anyhow!(
            "DATA_DIR {shown} {what}; start a node there, or set DATA_DIR to the folder of one (or JOIN, or S3_ENDPOINT_URL)"
        )
    };
    if intent == Intent::Read && !data_dir.exists() {
        return Err(nothing("does not exist"));
    }
    // whoever has it in use has made a lock; a folder without one is left as it is
    if intent == Intent::Read && !lock_file(data_dir).exists() {
        return Err(nothing("holds no data yet"));
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (holder, pid) = match DataDir::try_lock(data_dir, LockOwner::Command)? {
            Ok(_) if intent == Intent::Read && !store_dir(data_dir).exists() => {
                return Err(nothing("holds no data yet"));
            }
            Ok(lock) => return Ok(Folder::Ours(lock)),
            Err(holder) => holder,
        };
        let in_use = match holder {
            LockOwner::Node => match NodeFile::read_of(data_dir, pid) {
                Ok(node) => return Ok(Folder::Of(node)),
                Err(error) if !error.may_pass() => return Err(error.into()),
                Err(error) => format!("its node does not say how to reach it ({error})"),
            },
            LockOwner::Command => "another command does not let go of it".to_owned(),
        };
        if Instant::now() >= deadline {
            let process = pid.map_or_else(String::new, |pid| format!(" by process {pid}"));
            anyhow::bail!("DATA_DIR {shown} is in use{process}, and {in_use}; try again, or stop it");
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}
