//! What a node stands on: the broker and the object store that are configured, or those it runs itself.
//! Either way they are reached through the same clients over the network.

use std::path::Path;

use anyhow::Context as _;

use crate::embedded::{Broker, Credentials, Store};
use crate::storage::{BUCKETS, ObjectStore, ObjectStoreConfig};
use crate::transport::TOPICS;

use super::config::Config;
use super::data_dir::StoreAccess;

/// Running backing services, and how to reach them.
pub struct Backing {
    /// The client of the object store.
    pub objects: ObjectStore,
    /// Where Kafka is.
    pub bootstrap_servers: String,
    /// librdkafka settings of every client.
    pub client_extra: Vec<(String, String)>,
    /// librdkafka settings of consumers.
    pub consumer_extra: Vec<(String, String)>,
    /// How others reach the embedded store, if there is one.
    pub store_access: Option<StoreAccess>,
    broker: Option<Broker>,
    store: Option<Store>,
}

impl Backing {
    /// Starts what is not configured, and makes sure that every bucket is there.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let (objects, store, store_access) = object_store(config).await?;
        for bucket in BUCKETS {
            objects.ensure_bucket(bucket).await.with_context(|| match &config.object_store.endpoint_url {
                Some(endpoint) => format!("the object store at {endpoint} (S3_ENDPOINT_URL) cannot be used"),
                None => "the embedded object store cannot be used".into(),
            })?;
        }
        let extra: Vec<(String, String)> =
            config.kafka.extra.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect();
        let (bootstrap_servers, broker) = match &config.kafka.bootstrap_servers {
            Some(servers) => (servers.clone(), None),
            None => {
                let broker = Broker::start(&TOPICS, 1)?;
                (broker.bootstrap_servers(), Some(broker))
            }
        };
        let mut consumer_extra = extra.clone();
        if broker.is_some() {
            // the embedded broker completes a join only after a session, and does not wake a waiting fetch
            let quick = [("session.timeout.ms", "4000"), ("heartbeat.interval.ms", "500"), ("fetch.wait.max.ms", "10")];
            consumer_extra.splice(0..0, quick.map(|(key, value)| (key.to_owned(), value.to_owned())));
        }
        Ok(Self { objects, bootstrap_servers, client_extra: extra, consumer_extra, store_access, broker, store })
    }

    /// Stops what this node started itself.
    pub async fn stop(self) {
        drop(self.broker);
        if let Some(store) = self.store {
            store.stop().await;
        }
    }
}

async fn object_store(config: &Config) -> anyhow::Result<(ObjectStore, Option<Store>, Option<StoreAccess>)> {
    let wanted = &config.object_store;
    if let Some(endpoint) = &wanted.endpoint_url {
        let credentials = wanted.credentials.as_ref().ok_or_else(|| {
            anyhow::anyhow!("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are needed with S3_ENDPOINT_URL")
        })?;
        let client = ObjectStoreConfig {
            endpoint_url: Some(endpoint.clone()),
            region: wanted.region.clone(),
            access_key: credentials.access_key.expose().to_owned(),
            secret_key: credentials.secret_key.expose().to_owned(),
            session_token: credentials.session_token.as_ref().map(|token| token.expose().to_owned()),
        };
        return Ok((ObjectStore::new(client), None, None));
    }
    let secret = || uuid::Uuid::new_v4().simple().to_string();
    let credentials = Credentials { access_key: secret(), secret_key: secret() };
    let store = Store::start(&store_dir(&config.data_dir), wanted.embedded_addr, credentials.clone()).await?;
    let access = StoreAccess {
        endpoint_url: format!("http://{}", store.addr()),
        access_key: credentials.access_key,
        secret_key: credentials.secret_key,
    };
    let client = ObjectStoreConfig {
        endpoint_url: Some(access.endpoint_url.clone()),
        region: wanted.region.clone(),
        access_key: access.access_key.clone(),
        secret_key: access.secret_key.clone(),
        session_token: None,
    };
    Ok((ObjectStore::new(client), Some(store), Some(access)))
}

fn store_dir(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join("store")
}
