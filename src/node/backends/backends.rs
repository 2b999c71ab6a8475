//! What a node stands on: the broker and the object store that are configured, those of the node it joins, or those it
//! runs itself. All are reached through the same clients over the network.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use backon::{ExponentialBuilder, Retryable};

use crate::config::Config;
use crate::embedded::{Broker, Credentials, Store};
use crate::kafka::{BrokerAccess, Brokers, TOPICS};
use crate::node::data_dir::{NodeFile, StoreAccess};
use crate::storage::{BUCKETS, ObjectError, ObjectStore, ObjectStoreConfig, StoreCredentials};

const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Running backing services, and how to reach them.
pub struct Backing {
    /// The client of the object store.
    pub objects: ObjectStore,
    /// Where Kafka is.
    pub brokers: Brokers,
    joined: Option<PathBuf>,
    store_access: Option<StoreAccess>,
    broker: Option<Broker>,
    store: Option<Store>,
}

impl Backing {
    /// Starts what is not configured, and makes sure that every bucket is there.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let (objects, store) = match configured_store(config).await {
            Some(client) => (ObjectStore::new(client), None),
            None => {
                let (store, access) = own_store(&config.data_dir, config.object_store.embedded_addr).await?;
                (
                    ObjectStore::new(waited_for(config, access.client(&config.object_store.region))),
                    Some((store, access)),
                )
            }
        };
        let ensured = match store.is_some() {
            true => ensure_buckets(&objects).await,
            false => until_it_answers(|| ensure_buckets(&objects)).await,
        };
        ensured.with_context(|| match (&config.object_store.endpoint_url, config.object_store.place()) {
            (Some(endpoint), _) => format!("the object store at {endpoint} (S3_ENDPOINT_URL) cannot be used"),
            (None, Some(aws)) => format!("the object store of {aws} (OBJECT_STORE) cannot be used"),
            (None, None) => "the embedded object store cannot be used".into(),
        })?;
        let (access, broker) = match &config.kafka.bootstrap_servers {
            Some(servers) => (configured_brokers(config, servers), None),
            None => {
                let broker = Broker::start(&TOPICS.map(|topic| topic.name), 1)?;
                (BrokerAccess::new(&broker.bootstrap_servers(), &kafka_extra(config), true), Some(broker))
            }
        };
        let (store, store_access) = store.unzip();
        Ok(Self { objects, brokers: Brokers::new(access), joined: None, store_access, broker, store })
    }

    /// The broker and the store of another node, which has started them and made the buckets; it may be away just now.
    pub fn join(config: &Config, place: &Path, node: &NodeFile) -> anyhow::Result<Self> {
        let objects = ObjectStore::new(waited_for(config, node.object_store(&config.object_store.region, place)?));
        let brokers = Brokers::new(broker_access(config, node));
        let joined = Some(std::path::absolute(place).unwrap_or_else(|_| place.to_owned()));
        Ok(Self { objects, brokers, joined, store_access: None, broker: None, store: None })
    }

    /// Whether this node runs the store itself: one that fails then does not come back by waiting.
    pub fn has_own_store(&self) -> bool {
        self.store.is_some()
    }

    /// Whether this node runs the broker itself: one that has every topic from its start.
    pub fn has_own_broker(&self) -> bool {
        self.broker.is_some()
    }

    /// What others need to know to use the same.
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

    /// Stops what this node started itself.
    pub async fn stop(self) {
        drop(self.broker);
        if let Some(store) = self.store {
            store.stop().await;
        }
    }
}

/// Makes the buckets that are missing.
pub async fn ensure_buckets(objects: &ObjectStore) -> Result<(), ObjectError> {
    for bucket in BUCKETS {
        objects.ensure_bucket(bucket).await?;
    }
    Ok(())
}

/// Tries until the store answers, and says once that it is waited for; a refusal comes back at once.
pub async fn until_it_answers<T, F>(attempt: impl FnMut() -> F) -> Result<T, ObjectError>
where
    F: Future<Output = Result<T, ObjectError>>,
{
    let pauses = ExponentialBuilder::new()
        .with_min_delay(SHORTEST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times();
    let mut told = false;
    let waiting = |error: &ObjectError, _| {
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(event = "waiting_for_store", service = "node", reason = %error);
        }
    };
    attempt.retry(pauses).when(ObjectError::is_outage).notify(waiting).await
}

/// How the brokers at the addresses that were given are reached.
pub fn configured_brokers(config: &Config, servers: &str) -> BrokerAccess {
    BrokerAccess::new(servers, &kafka_extra(config), false)
}

/// The store of a node, waited for as the settings of this one say.
pub fn waited_for(config: &Config, store: ObjectStoreConfig) -> ObjectStoreConfig {
    store.waiting(config.object_store.patience)
}

/// How the broker of a node is reached with the settings of this one.
pub fn broker_access(config: &Config, node: &NodeFile) -> BrokerAccess {
    BrokerAccess::new(&node.kafka_bootstrap_servers, &kafka_extra(config), node.broker_in_memory)
}

/// The settings for librdkafka that were given.
fn kafka_extra(config: &Config) -> Vec<(String, String)> {
    config.kafka.extra.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
}

/// The store that `OBJECT_STORE` or `S3_ENDPOINT_URL` names, if one is.
pub async fn configured_store(config: &Config) -> Option<ObjectStoreConfig> {
    let wanted = &config.object_store;
    if !wanted.is_s3 {
        return None;
    }
    let (region, ca_bundle, patience) = (wanted.region.clone(), wanted.ca_bundle.clone(), wanted.patience);
    let credentials = match &wanted.credentials {
        Some(keys) => StoreCredentials::Keys {
            access_key: keys.access_key.expose().to_owned(),
            secret_key: keys.secret_key.expose().to_owned(),
            session_token: keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        },
        None => StoreCredentials::find(&region, ca_bundle.as_ref(), patience).await,
    };
    let (endpoint_url, path_style) = (wanted.endpoint_url.clone(), wanted.path_style);
    Some(ObjectStoreConfig { endpoint_url, region, credentials, path_style, ca_bundle, patience })
}

/// Opens the store under a data folder that this process has locked, with keys that nobody else knows.
pub async fn own_store(data_dir: &Path, addr: SocketAddr) -> anyhow::Result<(Store, StoreAccess)> {
    let secret = || uuid::Uuid::new_v4().simple().to_string();
    let credentials = Credentials { access_key: secret(), secret_key: secret() };
    let store = Store::start(&store_dir(data_dir), addr, credentials.clone()).await?;
    let access = StoreAccess {
        endpoint_url: format!("http://{}", store.addr()),
        access_key: credentials.access_key,
        secret_key: credentials.secret_key,
    };
    Ok((store, access))
}

/// Where the store lies in a data folder.
pub fn store_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("store")
}
