//! A node with a model, on the broker that is there: the real one, or the one that it embeds.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use flts::actors::training_started;
use flts::forecast::Family;
use flts::kafka::{InferenceClaim, TOPICS, TrainingClaim};
use flts::storage::Datasets;
use flts_soak::services::Kafka;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::message::{DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use serde_json::Value;

use crate::common::{Data, Node, brokers_of, store_of};

pub struct World {
    pub home: tempfile::TempDir,
    pub data: Data,
    pub node: Node,
    pub brokers: String,
    producer: BaseProducer<Offsets>,
    pub kafka: Option<Kafka>,
}

impl World {
    pub async fn start() -> World {
        let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
        let kafka = std::env::var("FLTS_TEST_KAFKA").is_ok().then(|| Kafka::start().unwrap());
        let mut env =
            vec![("MODEL_TYPE", "GRU"), ("EXPECTED_MODEL_TYPES", "GRU"), ("RECONCILE_INTERVAL_MS", "3600000")];
        let servers = kafka.as_ref().map(Kafka::bootstrap_servers);
        if let Some(servers) = &servers {
            create_topics(servers).await;
            env.push(("KAFKA_BOOTSTRAP_SERVERS", servers));
        }
        let node = Node::start(home.path(), &env, Some(&data));
        node.until_ready().await;
        let answered = |actor: &Value| actor["state"]["answered"] == 1;
        node.until("/debug/actors/batch-forecaster", |_, actor| answered(actor)).await;
        let brokers = servers.unwrap_or_else(|| brokers_of(home.path()));
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &brokers).set("message.max.bytes", "4000000");
        let producer = config.create_with_context(Offsets);
        World { home, data, node, brokers, producer: producer.unwrap(), kafka }
    }

    /// Sends a record, nothing as its value for `None`; its offset.
    pub async fn send(&self, topic: &str, payload: Option<&[u8]>) -> i64 {
        self.send_with(topic, payload, None).await
    }

    /// Sends a record with a header.
    pub async fn send_with(&self, topic: &str, payload: Option<&[u8]>, header: Option<(&str, &str)>) -> i64 {
        let (sender, offset) = channel();
        let mut record: BaseRecord<'_, str, [u8], _> = BaseRecord::with_opaque_to(topic, Box::new(sender));
        record.payload = payload;
        if let Some((key, value)) = header {
            record = record.headers(OwnedHeaders::new().insert(Header { key, value: Some(value) }));
        }
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        loop {
            self.producer.poll(Duration::from_millis(10));
            if let Ok(offset) = offset.try_recv() {
                return offset;
            }
        }
    }

    /// Sends a record without waiting for the broker.
    pub fn start_send(&self, topic: &str, payload: &[u8]) {
        let (sender, _) = channel();
        let record: BaseRecord<'_, str, [u8], _> = BaseRecord::with_opaque_to(topic, Box::new(sender)).payload(payload);
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until the broker has everything.
    pub fn flush(&self) {
        self.producer.flush(Duration::from_secs(60)).unwrap();
    }

    /// Sends many records, and waits until the broker has them all.
    pub fn send_all(&self, topic: &str, payloads: impl Iterator<Item = Vec<u8>>) {
        let (sender, offsets) = channel();
        for payload in payloads {
            let record: BaseRecord<'_, str, [u8], _> =
                BaseRecord::with_opaque_to(topic, Box::new(sender.clone())).payload(&payload[..]);
            self.producer.send(record).map_err(|(error, _)| error).unwrap();
            self.producer.poll(Duration::ZERO);
        }
        self.producer.flush(Duration::from_secs(60)).unwrap();
        drop(sender);
        assert!(offsets.iter().all(|offset| offset >= 0));
    }

    /// By actor and thread: which instance of it there is.
    pub async fn generations(&self) -> BTreeMap<String, u64> {
        let reports = self.node.get("/debug/actors").await.1;
        let actors = reports["actors"].as_array().unwrap();
        let parts = actors.iter().flat_map(|actor| std::iter::once(actor).chain(actor["threads"].as_array().unwrap()));
        parts.map(|part| (part["name"].as_str().unwrap().into(), part["generation"].as_u64().unwrap())).collect()
    }

    pub async fn dataset(&self) -> flts::storage::DatasetRecord {
        Datasets::new(store_of(self.home.path())).list().await.unwrap().remove(0)
    }

    pub async fn good_claim(&self) -> Vec<u8> {
        let mut claim = InferenceClaim::from(&self.dataset().await);
        claim.claim.event_id = Some("good".into());
        claim.to_json()
    }

    pub async fn good_training_claim(&self) -> Vec<u8> {
        TrainingClaim::from(&self.dataset().await).to_json()
    }

    pub async fn good_event(&self) -> Vec<u8> {
        training_started(Family::GRU, &self.dataset().await).to_json()
    }
}

/// Tells who sent a record its offset.
struct Offsets;

impl ClientContext for Offsets {}

impl ProducerContext for Offsets {
    type DeliveryOpaque = Box<Sender<i64>>;

    fn delivery(&self, result: &DeliveryResult<'_>, sender: Box<Sender<i64>>) {
        let message = result.as_ref().map_err(|(error, _)| error).unwrap();
        // nobody may wait for it
        let _ = sender.send(message.offset());
    }
}

async fn create_topics(servers: &str) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    let topics: Vec<NewTopic<'_>> =
        TOPICS.iter().map(|topic| NewTopic::new(topic.name, 1, TopicReplication::Fixed(1))).collect();
    for created in admin.create_topics(&topics, &AdminOptions::new()).await.unwrap() {
        created.unwrap();
    }
}
