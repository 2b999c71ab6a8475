//! The addresses and settings of the brokers, which all clients of a node share and follow.

use std::sync::Arc;

use tokio::sync::watch;

/// How brokers are reached: addresses, and librdkafka settings that replace the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerAccess {
    /// The first addresses to connect to, `host:port,...`.
    pub bootstrap_servers: String,
    /// Settings of every client.
    pub client_extra: Vec<(String, String)>,
    /// Settings of consumers, which replace those of every client.
    pub consumer_extra: Vec<(String, String)>,
}

impl BrokerAccess {
    /// Brokers with the settings that the user gave; a broker in memory gets a consumer with shorter timeouts.
    pub fn new(bootstrap_servers: &str, extra: &[(String, String)], in_memory: bool) -> Self {
        // the embedded broker completes a join only after a session timeout, and does not wake a waiting fetch
        let quick = [("session.timeout.ms", "4000"), ("heartbeat.interval.ms", "500"), ("fetch.wait.max.ms", "10")];
        let quick = quick.into_iter().filter(|_| in_memory).map(|(key, value)| (key.to_owned(), value.to_owned()));
        // a broker that creates topics on demand would not use the configured layout
        let careful = ("allow.auto.create.topics".to_owned(), "false".to_owned());
        let careful = Some(careful).filter(|_| !in_memory);
        // the broker in memory has no TLS and no SASL
        let applies = |(key, _): &&(String, String)| !in_memory || !is_security(key);
        let extra: Vec<(String, String)> = extra.iter().filter(applies).cloned().collect();
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

/// The brokers of a node, which may change their address; clones share it.
#[derive(Debug, Clone)]
pub struct Brokers {
    access: Arc<watch::Sender<BrokerAccess>>,
}

impl Brokers {
    /// Brokers that are reached like this at first.
    pub fn new(access: BrokerAccess) -> Self {
        Self { access: Arc::new(watch::Sender::new(access)) }
    }

    /// How the brokers are reached now.
    pub fn access(&self) -> BrokerAccess {
        self.access.borrow().clone()
    }

    /// Sets how the brokers are reached from now on; every consumer that follows them restarts there.
    pub fn move_to(&self, access: BrokerAccess) {
        self.access.send_if_modified(|now| {
            let moved = *now != access;
            *now = access;
            moved
        });
    }

    /// A receiver of every change from now on.
    pub fn follow(&self) -> watch::Receiver<BrokerAccess> {
        self.access.subscribe()
    }
}
