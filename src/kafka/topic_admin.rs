//! Asks the brokers which topics exist, and creates topics. The calls block.

use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, ClientContext};

use super::broker_errors::{Refusal, is_silence};
use super::brokers::BrokerAccess;
use super::client_log::client_log;
use super::consumer::ConsumerConfig;
use super::topics::{Topic, TopicLayout};

/// How long it may take until the brokers show a new topic.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);
/// The shortest timeout of a metadata request.
const REQUEST_TIMEOUT_MIN: Duration = Duration::from_secs(1);
/// The pause between two metadata requests for a topic that is not visible yet.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// How long pending events of a client are read.
const EVENTS_WITHIN: Duration = Duration::from_millis(50);

/// What the brokers say about a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The topic exists.
    There {
        /// Number of partitions.
        partitions: usize,
        /// Replication factor of the first partition.
        replication: usize,
    },
    /// The topic does not exist.
    Missing,
    /// The user has no right to know whether the topic exists.
    Hidden,
}

/// The topics that do not exist, or that the user may not see.
pub fn lacking(looked: &[(Topic, Presence)]) -> Vec<Topic> {
    let is_there = |presence: &Presence| matches!(presence, Presence::There { .. });
    looked.iter().filter(|(_, found)| !is_there(found)).map(|(topic, _)| *topic).collect()
}

/// Why the brokers could not be asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TopicsError {
    /// The settings are not valid.
    #[error("the kafka settings are wrong: {0}; check KAFKA_CONFIG and the settings of KAFKA_ security")]
    Settings(KafkaError),
    /// No broker answered; a later attempt may succeed.
    #[error("{0}")]
    Silent(String),
    /// The broker refused the request.
    #[error("the broker does not say which topics it has: {0}")]
    Refused(KafkaError),
}

/// Why a topic was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCreated(pub RDKafkaErrorCode);

impl std::fmt::Display for NotCreated {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use RDKafkaErrorCode::{
            ClusterAuthorizationFailed, InvalidPartitions, InvalidReplicationFactor, PolicyViolation,
            TopicAlreadyExists, TopicAuthorizationFailed, UnsupportedVersion,
        };
        let advice = match self.0 {
            TopicAuthorizationFailed => "this user may not create it; allow it Create and Describe on the topic",
            ClusterAuthorizationFailed => "this user may not create topics; allow it Create on the cluster",
            TopicAlreadyExists => "it is there, but this user may not see it; allow it Describe on the topic",
            InvalidReplicationFactor => {
                "the cluster has too few brokers for so many copies; lower KAFKA_TOPIC_REPLICATION"
            }
            UnsupportedVersion => "this broker has no default for the number of copies; set KAFKA_TOPIC_REPLICATION",
            InvalidPartitions => "the broker does not take so many partitions; lower KAFKA_TOPIC_PARTITIONS",
            PolicyViolation => {
                "a policy of the broker forbids it; change KAFKA_TOPIC_PARTITIONS or KAFKA_TOPIC_REPLICATION as it asks"
            }
            other => return write!(out, "{other}"),
        };
        write!(out, "{advice} ({:?})", self.0)
    }
}

/// A topic, and whether it was created.
pub type TopicCreation = (Topic, Result<(), NotCreated>);

/// Each topic with what the brokers say about it. If no broker answers, the call takes at most `wait`.
pub fn look_at_topics(
    access: &BrokerAccess,
    topics: &[Topic],
    wait: Duration,
) -> Result<Vec<(Topic, Presence)>, TopicsError> {
    TopicReader::connect(access)?.look(topics, Instant::now() + wait)
}

/// Creates the topics, and waits until the brokers show them. A topic that another client creates meanwhile counts as created.
pub fn create_topics(
    access: &BrokerAccess,
    topics: &[Topic],
    layout: TopicLayout,
    wait: Duration,
) -> Result<Vec<TopicCreation>, TopicsError> {
    let reader = TopicReader::connect(access)?;
    let admin: AdminClient<TopicClientContext> = settings(access)
        .create_with_context(TopicClientContext { refusal: reader.refusal().clone() })
        .map_err(TopicsError::Settings)?;
    let copies = layout.replication.unwrap_or(-1);
    let new = |topic: &Topic| NewTopic::new(topic.name, topic.partitions(layout), TopicReplication::Fixed(copies));
    let new: Vec<NewTopic<'_>> = topics.iter().map(new).collect();
    // the request has a timeout of its own
    let options = AdminOptions::new().request_timeout(Some(wait)).operation_timeout(Some(wait));
    let results = match block_on(admin.create_topics(&new, &options)) {
        Ok(results) => results,
        Err(error) => {
            // the whole request failed
            match error.rdkafka_error_code().filter(|_| !is_silence(&error)) {
                Some(code) => new.iter().map(|topic| Err((topic.name.to_owned(), code))).collect(),
                None => return Err(reader.silence()),
            }
        }
    };
    let refused = |topic: &Topic| {
        let refusals = results.iter().filter_map(|result| result.as_ref().err());
        refusals.filter(|(name, _)| name == topic.name).map(|(_, code)| *code).next()
    };
    let outcome = |topic: &Topic| match refused(topic) {
        Some(code) if code != RDKafkaErrorCode::TopicAlreadyExists => (*topic, Err(NotCreated(code))),
        _ => (*topic, Ok(())),
    };
    let mut outcomes: Vec<_> = topics.iter().map(outcome).collect();
    reader.wait_until_visible(&mut outcomes)?;
    Ok(outcomes)
}

/// Reads the metadata of topics; a request never creates its topic.
struct TopicReader {
    client: BaseConsumer<TopicClientContext>,
    bootstrap_servers: String,
}

impl TopicReader {
    fn connect(access: &BrokerAccess) -> Result<Self, TopicsError> {
        let context = TopicClientContext { refusal: Refusal::default() };
        let client = settings(access).create_with_context(context).map_err(TopicsError::Settings)?;
        Ok(Self { client, bootstrap_servers: access.bootstrap_servers.clone() })
    }

    fn look(&self, topics: &[Topic], deadline: Instant) -> Result<Vec<(Topic, Presence)>, TopicsError> {
        topics.iter().map(|topic| Ok((*topic, self.presence(topic.name, deadline)?))).collect()
    }

    fn presence(&self, name: &str, deadline: Instant) -> Result<Presence, TopicsError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let metadata = match self.client.fetch_metadata(Some(name), left) {
            Ok(metadata) => metadata,
            Err(error) if is_silence(&error) => return Err(self.silence()),
            Err(error) => return Err(TopicsError::Refused(error)),
        };
        let Some(topic) = metadata.topics().iter().find(|topic| topic.name() == name) else {
            return Ok(Presence::Missing);
        };
        match topic.error().map(RDKafkaErrorCode::from) {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(Presence::Missing),
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => Ok(Presence::Hidden),
            // also for a topic whose leader is not elected yet
            _ => {
                let replication = topic.partitions().first().map_or(0, |partition| partition.replicas().len());
                Ok(Presence::There { partitions: topic.partitions().len(), replication })
            }
        }
    }

    /// Waits until the created topics are visible; a topic that stays hidden counts as not created, because it cannot be used.
    fn wait_until_visible(&self, outcomes: &mut [TopicCreation]) -> Result<(), TopicsError> {
        let deadline = Instant::now() + VISIBLE_WITHIN;
        for (topic, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.is_ok()) {
            let presence = loop {
                // the first topics may take all the time; the last ones still get one request
                match self.presence(topic.name, deadline.max(Instant::now() + REQUEST_TIMEOUT_MIN))? {
                    Presence::Missing if Instant::now() < deadline => std::thread::sleep(LOOK_INTERVAL),
                    presence => break presence,
                }
            };
            if presence == Presence::Hidden {
                *outcome = Err(NotCreated(RDKafkaErrorCode::TopicAlreadyExists));
            }
        }
        Ok(())
    }

    fn refusal(&self) -> &Refusal {
        &self.client.context().refusal
    }

    fn silence(&self) -> TopicsError {
        // the reason comes in events of the client that were not polled yet
        let until = Instant::now() + EVENTS_WITHIN;
        while let left = until.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            drop(self.client.poll(left));
        }
        TopicsError::Silent(self.refusal().no_answer(&self.bootstrap_servers))
    }
}

/// The context of these clients, which keeps why brokers refuse them.
#[derive(Clone)]
struct TopicClientContext {
    refusal: Refusal,
}

impl ClientContext for TopicClientContext {
    /// Nobody reads them here; the default would log them.
    fn stats_raw(&self, _: &[u8]) {}

    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        self.refusal.note_log(facility, text);
        client_log(facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.refusal.note(&error, reason);
        client_log("topics", &format!("{error}: {reason}"));
    }
}

impl ConsumerContext for TopicClientContext {}

fn settings(access: &BrokerAccess) -> ClientConfig {
    let config = ConsumerConfig {
        bootstrap_servers: access.bootstrap_servers.clone(),
        extra: access.client_extra.clone(),
        ..ConsumerConfig::default()
    };
    let mut settings = config.settings();
    settings.set("allow.auto.create.topics", "false");
    settings
}
