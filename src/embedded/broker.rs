//! A Kafka-protocol broker in memory, on loopback: librdkafka's mock cluster.
//!
//! It forgets everything when it is dropped, and keeps at most 5 MiB of a partition without an error: topics are news, the store is the
//! truth.
//! Its group coordinator needs `session.timeout.ms` above 2250 (use 4000, with `heartbeat.interval.ms` 500), and it does not wake
//! a waiting fetch (use `fetch.wait.max.ms` 10).

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, Producer};

/// The broker cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum BrokerStartError {
    /// The mock cluster itself did not start.
    #[error("cannot start the embedded broker: {0}")]
    Start(#[source] KafkaError),
    /// The client library was built without its mock cluster.
    #[error("cannot start the embedded broker: this librdkafka has no mock cluster; use the bundled one")]
    NoMockCluster,
    /// A topic could not be created.
    #[error("cannot create topic {topic} on the embedded broker: {source}")]
    Topic {
        /// The name of the topic.
        topic: String,
        /// The error of the cluster.
        source: KafkaError,
    },
}

/// A running broker; it lives as long as this value.
pub struct Broker {
    // the cluster belongs to this client and ends with it; a `MockCluster` by itself cannot move to another thread
    _owner: BaseProducer,
    bootstrap_servers: String,
}

impl Broker {
    /// Starts a broker that already has every topic of `topics`, each with `partitions` partitions.
    ///
    /// A topic that is not named here would be created on first use with four partitions: name them all.
    pub fn start(topics: &[&str], partitions: i32) -> Result<Self, BrokerStartError> {
        let owner: BaseProducer =
            ClientConfig::new().set("test.mock.num.brokers", "1").create().map_err(BrokerStartError::Start)?;
        let bootstrap_servers = {
            let cluster = owner.client().mock_cluster().ok_or(BrokerStartError::NoMockCluster)?;
            for topic in topics {
                cluster
                    .create_topic(topic, partitions, 1)
                    .map_err(|source| BrokerStartError::Topic { topic: (*topic).to_owned(), source })?;
            }
            cluster.bootstrap_servers()
        };
        Ok(Self { _owner: owner, bootstrap_servers })
    }

    /// The address that clients connect to, `host:port`.
    pub fn bootstrap_servers(&self) -> String {
        self.bootstrap_servers.clone()
    }
}
