//! How broker and object store are reached: configured, of another node, or embedded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::config::{Config, Credentials, ListenAddr, Secret};
use crate::embedded::{self, Store};
use crate::kafka::BrokerAccess;
use crate::node::data_dir::{NodeFile, StoreAccess};
use crate::node::port::Port;
use crate::storage::{BUCKETS, KeyFiles, KeySource, ObjectError, ObjectStore, ObjectStoreConfig, StoreCredentials};

const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(2);

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
pub fn kafka_extra(config: &Config) -> Vec<(String, String)> {
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
        Some(keys) => configured_keys(keys),
        None => StoreCredentials::find(&region, ca_bundle.as_ref(), patience).await,
    };
    let (endpoint_url, path_style) = (store.endpoint_url.clone(), store.path_style);
    Some(ObjectStoreConfig { endpoint_url, region, credentials, path_style, ca_bundle, patience })
}

/// The keys of the settings; those in files change with them.
fn configured_keys(keys: &Credentials) -> StoreCredentials {
    let text = |secret: &Secret| secret.expose().to_owned();
    let token = keys.session_token.as_ref().map(text);
    let (access_key, secret_key) = (text(&keys.access_key), text(&keys.secret_key));
    if keys.files.iter().all(Option::is_none) {
        return StoreCredentials::Keys { access_key, secret_key, session_token: token };
    }
    let [access_file, secret_file, token_file] = keys.files.clone();
    let source = |text: String, file: Option<PathBuf>| KeySource { text, file };
    let token = token.map(|token| source(token, token_file));
    StoreCredentials::Files(KeyFiles::new(source(access_key, access_file), source(secret_key, secret_file), token))
}

/// Starts the embedded store under a data folder that this process has locked, with new random keys. It takes so many connections.
pub async fn start_embedded_store(
    data_dir: &Path,
    addr: &ListenAddr,
    max_connections: usize,
) -> anyhow::Result<(Store, StoreAccess)> {
    let secret = || uuid::Uuid::new_v4().simple().to_string();
    let credentials = embedded::Credentials { access_key: secret(), secret_key: secret() };
    let listener = Port::reserve(addr, "EMBEDDED_STORE_ADDR").await?.listen()?;
    let store = Store::start_on(&store_dir(data_dir), listener, credentials.clone(), max_connections).await?;
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
