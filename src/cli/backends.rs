//! The object store and the broker of a command: configured ones, those of a running node, or the embedded store under
//! `DATA_DIR` if no node runs there.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::actors::announce_promotion;
use crate::config::{Config, ListenAddr, NODE_FILE};
use crate::embedded::Store;
use crate::kafka::{BrokerAccess, Producer};
use crate::limits::STORE_CONNECTIONS;
use crate::node::{
    DataDir, LockOwner, NodeFile, broker_access, configured_broker_access, configured_store, ensure_buckets, lock_file,
    start_embedded_store, store_dir, with_timeouts,
};
use crate::storage::{ObjectStore, Pointer};

/// How long a command waits for a node that starts, or for another command.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);
/// How long the announcement of a pointer may take; nodes that miss it find the pointer by polling.
const ANNOUNCE_TIMEOUT: Duration = Duration::from_secs(5);
const ANY_PORT: ListenAddr = ListenAddr::Ip(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)));

/// How a command uses the embedded store under `DATA_DIR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreAccessMode {
    /// Read it; a missing store is an error.
    Read,
    /// Write to it, and create it if it is missing.
    Write,
}

/// The object store and the broker of a command.
pub struct CommandBackends {
    /// The object store.
    pub objects: ObjectStore,
    /// The producer, with or without a broker.
    pub producer: Producer,
    embedded: Option<(Store, DataDir)>,
}

/// The owner of the data folder.
enum FolderOwner {
    /// This command.
    Command(DataDir),
    /// A running node.
    Node(NodeFile),
    /// The command does not need the folder.
    NotNeeded,
}

impl CommandBackends {
    /// Connects to configured services or to the running node, or opens the embedded store.
    ///
    /// # Errors
    /// There is no store, or it cannot be used.
    pub async fn open(config: &Config, intent: StoreAccessMode) -> anyhow::Result<Self> {
        let configured = configured_store(config).await;
        let folder = match (&configured, &config.join) {
            // a running node still provides the broker
            (Some(_), _) => running_node(&config.data_dir).map_or(FolderOwner::NotNeeded, FolderOwner::Node),
            (None, Some(join)) => FolderOwner::Node(NodeFile::read(join)?),
            (None, None) => folder_owner(&config.data_dir, intent).await?,
        };
        let producer = match (&config.kafka.bootstrap_servers, &folder) {
            (Some(servers), _) => producer(&configured_broker_access(config, servers))?,
            (None, FolderOwner::Node(node)) => producer(&broker_access(config, node))?,
            (None, FolderOwner::Command(_) | FolderOwner::NotNeeded) => Producer::without_broker(),
        };
        let region = &config.object_store.region;
        let (objects, embedded) = match (configured, folder) {
            (Some(client), _) => (ObjectStore::new(client), None),
            (None, FolderOwner::Node(node)) => {
                let place = config.join.as_deref().unwrap_or(&config.data_dir);
                (ObjectStore::new(with_timeouts(config, node.object_store(region, place)?)), None)
            }
            (None, FolderOwner::Command(lock)) => {
                let connections = STORE_CONNECTIONS.max_usize();
                let (store, access) = start_embedded_store(&config.data_dir, &ANY_PORT, connections).await?;
                (ObjectStore::new(with_timeouts(config, access.client(region))), Some((store, lock)))
            }
            (None, FolderOwner::NotNeeded) => {
                unreachable!("invariant: only a configured store makes do without the folder")
            }
        };
        if embedded.is_some() || intent == StoreAccessMode::Write {
            ensure_buckets(&objects).await?;
        }
        Ok(Self { objects, producer, embedded })
    }

    /// Announces a pointer that was moved, if there is a broker.
    pub async fn announce(&self, pointer: &Pointer) {
        if !self.producer.has_broker() {
            return;
        }
        let announced = announce_promotion(&self.producer, pointer);
        if tokio::time::timeout(ANNOUNCE_TIMEOUT, announced).await.is_err() {
            let reason = self.producer.refusal();
            tracing::warn!(
                event = "promotion_publish",
                reason,
                "the broker does not answer; nodes find the pointer by polling"
            );
        }
    }

    /// Stops the embedded store and unlocks the folder, so that a node can use them.
    pub async fn close(self) {
        if let Some((store, lock)) = self.embedded {
            store.stop().await;
            drop(lock);
        }
    }
}

/// The configured broker, or that of the node that is joined or runs on `DATA_DIR`.
pub fn find_broker(config: &Config) -> anyhow::Result<Option<BrokerAccess>> {
    if let Some(servers) = &config.kafka.bootstrap_servers {
        return Ok(Some(configured_broker_access(config, servers)));
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

/// The node that uses the folder now, if any. A folder without a running node is not changed.
fn running_node(data_dir: &Path) -> Option<NodeFile> {
    let exists = data_dir.join(NODE_FILE).exists();
    let is_locked = exists && matches!(DataDir::try_lock(data_dir, LockOwner::Command), Ok(Err(_)));
    is_locked.then(|| NodeFile::read(data_dir).ok()).flatten()
}

/// Nothing is stored under `DATA_DIR`, and no other store is configured.
#[derive(Debug, thiserror::Error)]
#[error(
    "DATA_DIR {folder} {state}; start a node there, or set DATA_DIR to the folder of one (or JOIN, or S3_ENDPOINT_URL)"
)]
pub struct NothingStored {
    folder: String,
    state: &'static str,
}

/// Locks the folder, or reads how to reach the node that uses it.
async fn folder_owner(data_dir: &Path, intent: StoreAccessMode) -> anyhow::Result<FolderOwner> {
    let shown = data_dir.display();
    let nothing = |state: &'static str| NothingStored { folder: shown.to_string(), state };
    if intent == StoreAccessMode::Read && !data_dir.exists() {
        return Err(nothing("does not exist").into());
    }
    // without a lock file no process uses the folder, and it is not changed
    if intent == StoreAccessMode::Read && !lock_file(data_dir).exists() {
        return Err(nothing("holds no data yet").into());
    }
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        let (owner, pid) = match DataDir::try_lock(data_dir, LockOwner::Command)? {
            Ok(_) if intent == StoreAccessMode::Read && !store_dir(data_dir).exists() => {
                return Err(nothing("holds no data yet").into());
            }
            Ok(lock) => return Ok(FolderOwner::Command(lock)),
            Err(owner) => owner,
        };
        let in_use = match owner {
            LockOwner::Node => match NodeFile::read_of(data_dir, pid) {
                Ok(node) => return Ok(FolderOwner::Node(node)),
                Err(error) if !error.is_temporary() => return Err(error.into()),
                Err(error) => format!("its node does not say how to reach it ({error})"),
            },
            LockOwner::Command => "another command does not let go of it".to_owned(),
        };
        if Instant::now() >= deadline {
            let process = pid.map_or_else(String::new, |pid| format!(" by process {pid}"));
            anyhow::bail!("DATA_DIR {shown} is in use{process}, and {in_use}; try again, or stop it");
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}
