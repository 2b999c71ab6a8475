//! Where Kafka is, as one value that every client of a node is built from; moving it moves them all.

use std::sync::Arc;

use tokio::sync::watch;

/// The brokers, and librdkafka settings that go over the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerAccess {
    /// `host:port,...` to ask first.
    pub bootstrap_servers: String,
    /// Settings of every client.
    pub client_extra: Vec<(String, String)>,
    /// Settings of consumers; they go over those of every client.
    pub consumer_extra: Vec<(String, String)>,
}

impl BrokerAccess {
    /// Brokers with the settings that a person gave; those in memory need a quicker consumer.
    pub fn new(bootstrap_servers: &str, extra: &[(String, String)], in_memory: bool) -> Self {
        // the embedded broker completes a join only after a session, and does not wake a waiting fetch
        let quick = [("session.timeout.ms", "4000"), ("heartbeat.interval.ms", "500"), ("fetch.wait.max.ms", "10")];
        let quick = quick.into_iter().filter(|_| in_memory).map(|(key, value)| (key.to_owned(), value.to_owned()));
        // a broker that creates topics by itself would not lay them out as configured
        let careful = ("allow.auto.create.topics".to_owned(), "false".to_owned());
        let careful = Some(careful).filter(|_| !in_memory);
        // the one in memory speaks plain text, whatever others want
        let fits = |(key, _): &&(String, String)| !in_memory || !is_security(key);
        let extra: Vec<(String, String)> = extra.iter().filter(fits).cloned().collect();
        Self {
            bootstrap_servers: bootstrap_servers.to_owned(),
            client_extra: careful.into_iter().chain(extra.iter().cloned()).collect(),
            consumer_extra: quick.chain(extra).collect(),
        }
    }
}

fn is_security(key: &str) -> bool {
    ["security.", "sasl.", "ssl.", "enable.ssl."].iter().any(|prefix| key.starts_with(prefix))
}

/// The brokers of a node, which may come back elsewhere; clones are one.
#[derive(Debug, Clone)]
pub struct Brokers {
    access: Arc<watch::Sender<BrokerAccess>>,
}

impl Brokers {
    /// Brokers that are reached like this for now.
    pub fn new(access: BrokerAccess) -> Self {
        Self { access: Arc::new(watch::Sender::new(access)) }
    }

    /// How they are reached now.
    pub fn access(&self) -> BrokerAccess {
        self.access.borrow().clone()
    }

    /// Says that they are reached like this from now on; every consumer that follows them starts anew there.
    pub fn move_to(&self, access: BrokerAccess) {
        self.access.send_if_modified(|now| {
            let moved = *now != access;
            *now = access;
            moved
        });
    }

    /// Every move from now on.
    pub fn follow(&self) -> watch::Receiver<BrokerAccess> {
        self.access.subscribe()
    }
}
