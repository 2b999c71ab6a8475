//! The broker and the object store of a node: configured ones, those of a node it joins, or embedded ones. All are reached
//! through the same network clients.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::Config;
use crate::embedded::{Broker, Store};
use crate::kafka::{BrokerAccess, Brokers, TOPICS};
use crate::node::data_dir::{NodeFile, StoreAccess};
use crate::storage::ObjectStore;

use super::clients::{
    broker_access, configured_broker_access, configured_store, ensure_buckets, kafka_extra, retry_while_away,
    start_embedded_store, with_timeouts,
};

/// Broker and object store in use, with the embedded ones that this node runs.
pub struct Backends {
    /// The client of the object store.
    pub objects: ObjectStore,
    /// The addresses of the brokers.
    pub brokers: Brokers,
    joined: Option<PathBuf>,
    store_access: Option<StoreAccess>,
    broker: Option<Broker>,
    store: Option<Store>,
}

impl Backends {
    /// Connects to configured services, starts embedded ones in place of the others, and creates missing buckets. An embedded store
    /// takes so many connections.
    pub async fn start(config: &Config, store_connections: usize) -> anyhow::Result<Self> {
        let (objects, store) = match configured_store(config).await {
            Some(client) => (ObjectStore::new(client), None),
            None => {
                let addr = &config.object_store.embedded_addr;
                let (store, access) = start_embedded_store(&config.data_dir, addr, store_connections).await?;
                (
                    ObjectStore::new(with_timeouts(config, access.client(&config.object_store.region))),
                    Some((store, access)),
                )
            }
        };
        let ensured = match store.is_some() {
            true => ensure_buckets(&objects).await,
            false => retry_while_away(|| ensure_buckets(&objects)).await,
        };
        ensured.with_context(|| match (&config.object_store.endpoint_url, config.object_store.place()) {
            (Some(endpoint), _) => format!("the object store at {endpoint} (S3_ENDPOINT_URL) cannot be used"),
            (None, Some(aws)) => format!("the object store of {aws} (OBJECT_STORE) cannot be used"),
            (None, None) => "the embedded object store cannot be used".into(),
        })?;
        let (access, broker) = match &config.kafka.bootstrap_servers {
            Some(servers) => (configured_broker_access(config, servers), None),
            None => {
                let broker = Broker::start(&TOPICS.map(|topic| topic.name), 1)?;
                (BrokerAccess::new(&broker.bootstrap_servers(), &kafka_extra(config), true), Some(broker))
            }
        };
        let (store, store_access) = store.unzip();
        Ok(Self { objects, brokers: Brokers::new(access), joined: None, store_access, broker, store })
    }

    /// Connects to the broker and the store of another node, which may be away at the moment.
    pub fn join(config: &Config, place: &Path, node: &NodeFile) -> anyhow::Result<Self> {
        let objects = ObjectStore::new(with_timeouts(config, node.object_store(&config.object_store.region, place)?));
        let brokers = Brokers::new(broker_access(config, node));
        let joined = Some(std::path::absolute(place).unwrap_or_else(|_| place.to_owned()));
        Ok(Self { objects, brokers, joined, store_access: None, broker: None, store: None })
    }

    /// Whether this node runs the store. An embedded store that fails does not recover by waiting.
    pub fn has_embedded_store(&self) -> bool {
        self.store.is_some()
    }

    /// Whether this node runs the broker. An embedded broker has every topic from the start.
    pub fn has_embedded_broker(&self) -> bool {
        self.broker.is_some()
    }

    /// The content of `node.json`, for a node at this API address.
    pub fn node_file(&self, http: String) -> NodeFile {
        NodeFile {
            http,
            pid: std::process::id(),
            kafka_bootstrap_servers: self.brokers.access().bootstrap_servers,
            broker_in_memory: self.broker.is_some(),
            store: self.store_access.clone(),
            joined: self.joined.clone(),
        }
    }

    /// Stops the embedded services.
    pub async fn stop(self) {
        drop(self.broker);
        if let Some(store) = self.store {
            store.stop().await;
        }
    }
}
