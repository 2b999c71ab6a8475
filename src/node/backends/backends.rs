//! The broker and the object store of a node: configured ones, those of a node it joins, or embedded ones. All are reached
//! through the same network clients.

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

const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(2);

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
    /// Connects to configured services, starts embedded ones in place of the others, and creates missing buckets.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let (objects, store) = match configured_store(config).await {
            Some(client) => (ObjectStore::new(client), None),
            None => {
                let (store, access) = start_embedded_store(&config.data_dir, config.object_store.embedded_addr).await?;
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

/// Creates missing buckets.
pub async fn ensure_buckets(objects: &ObjectStore) -> Result<(), ObjectError> {
    for bucket in BUCKETS {
        objects.ensure_bucket(bucket).await?;
    }
    Ok(())
}

/// Retries while the store is away, which is logged once; any other error is returned at once.
pub async fn retry_while_away<T, F>(attempt: impl FnMut() -> F) -> Result<T, ObjectError>
where
    F: Future<Output = Result<T, ObjectError>>,
{
    let pauses =
        ExponentialBuilder::new().with_min_delay(PAUSE_MIN).with_max_delay(PAUSE_MAX).with_jitter().without_max_times();
    let mut logged = false;
    let waiting = |error: &ObjectError, _| {
        if !std::mem::replace(&mut logged, true) {
            tracing::warn!(event = "waiting_for_store", service = "node", reason = %error);
        }
    };
    attempt.retry(pauses).when(ObjectError::is_outage).notify(waiting).await
}

/// The access to configured brokers at these addresses.
pub fn configured_broker_access(config: &Config, servers: &str) -> BrokerAccess {
    BrokerAccess::new(servers, &kafka_extra(config), false)
}

/// A store configuration with the timeouts and attempts of this node.
pub fn with_timeouts(config: &Config, store: ObjectStoreConfig) -> ObjectStoreConfig {
    store.waiting(config.object_store.patience)
}

/// The access to the broker of another node, with the librdkafka settings of this one.
pub fn broker_access(config: &Config, node: &NodeFile) -> BrokerAccess {
    BrokerAccess::new(&node.kafka_bootstrap_servers, &kafka_extra(config), node.broker_in_memory)
}

/// The configured librdkafka settings.
fn kafka_extra(config: &Config) -> Vec<(String, String)> {
    config.kafka.extra.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
}

/// The store that `OBJECT_STORE` or `S3_ENDPOINT_URL` names, if any.
pub async fn configured_store(config: &Config) -> Option<ObjectStoreConfig> {
    let store = &config.object_store;
    if !store.is_s3 {
        return None;
    }
    let (region, ca_bundle, patience) = (store.region.clone(), store.ca_bundle.clone(), store.patience);
    let credentials = match &store.credentials {
        Some(keys) => StoreCredentials::Keys {
            access_key: keys.access_key.expose().to_owned(),
            secret_key: keys.secret_key.expose().to_owned(),
            session_token: keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        },
        None => StoreCredentials::find(&region, ca_bundle.as_ref(), patience).await,
    };
    let (endpoint_url, path_style) = (store.endpoint_url.clone(), store.path_style);
    Some(ObjectStoreConfig { endpoint_url, region, credentials, path_style, ca_bundle, patience })
}

/// Starts the embedded store under a data folder that this process has locked, with new random keys.
pub async fn start_embedded_store(data_dir: &Path, addr: SocketAddr) -> anyhow::Result<(Store, StoreAccess)> {
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

/// The folder of the embedded store in a data folder.
pub fn store_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("store")
}
