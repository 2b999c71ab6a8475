//! The topics: which there are and why, whether a broker has them, and how they are created. The calls block.

use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, ClientContext};

use crate::kafka::client_log::client_log;

use super::broker_errors::{Refusal, is_silence};
use super::brokers::BrokerAccess;
use super::consumer::ConsumerConfig;
use super::records::{INFERENCE_DATA, MODEL_SELECTED, MODEL_TRAINING, PERFORMANCE_EVAL, TRAINING_DATA};

/// How long a new topic may take to be seen by whoever asks next.
const SEEN_WITHIN: Duration = Duration::from_secs(5);
/// Least time that a question for a topic has.
const QUESTION_MIN: Duration = Duration::from_secs(1);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// How long the events of a client take to be read.
const EVENTS_WITHIN: Duration = Duration::from_millis(50);

/// A topic of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: &'static str,
    /// Whether its records are shared out by partition; the others have one.
    pub is_shared: bool,
    /// What it is for.
    pub about: &'static str,
}

const fn shared(name: &'static str, about: &'static str) -> Topic {
    Topic { name, is_shared: true, about }
}

const fn single(name: &'static str, about: &'static str) -> Topic {
    Topic { name, is_shared: false, about }
}

/// Every topic that is read or written, the dead-letter topics included.
pub const TOPICS: [Topic; 9] = [
    shared(TRAINING_DATA, "new data sets, for the trainers"),
    shared(INFERENCE_DATA, "rows to forecast from, for batch inference"),
    shared(MODEL_TRAINING, "how trainings go, for the evaluators"),
    single(MODEL_SELECTED, "what was promoted, for every inference node"),
    shared(PERFORMANCE_EVAL, "what batch inference answered"),
    single("DLQ-preprocess", "input files that were given up"),
    single("DLQ-training-data", "records of training-data that were given up"),
    single("DLQ-inference-data", "records of inference-data that were given up"),
    single("DLQ-model-training", "records of model-training that were given up"),
];

/// How topics are laid out where they are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicLayout {
    /// Partitions of a topic whose records are shared out.
    pub partitions: i32,
    /// Copies of each partition; none leaves it to the broker.
    pub replication: Option<i32>,
}

impl Topic {
    /// How many partitions it gets.
    pub fn partitions(&self, layout: TopicLayout) -> i32 {
        if self.is_shared { layout.partitions } else { 1 }
    }
}

/// What a broker says of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there, laid out like this.
    There {
        /// Its partitions.
        partitions: usize,
        /// Copies of the first of them.
        replication: usize,
    },
    /// It is not there.
    Missing,
    /// The user may not know.
    Hidden,
}

/// Those that are not there, or not shown.
pub fn lacking(looked: &[(Topic, Presence)]) -> Vec<Topic> {
    let is_there = |presence: &Presence| matches!(presence, Presence::There { .. });
    looked.iter().filter(|(_, found)| !is_there(found)).map(|(topic, _)| *topic).collect()
}

/// Why the broker could not be asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TopicsError {
    /// The settings do not make a client.
    #[error("the kafka settings are wrong: {0}; check KAFKA_CONFIG and the settings of KAFKA_ security")]
    Settings(KafkaError),
    /// Nobody answered, which may pass.
    #[error("{0}")]
    Silent(String),
    /// The broker did not do what it was asked.
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
        let said = match self.0 {
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
        write!(out, "{said} ({:?})", self.0)
    }
}

/// A topic, and whether it was created.
pub type Outcome = (Topic, Result<(), NotCreated>);

/// Each of the topics with what the broker says of it; the whole takes at most `wait` where nobody answers.
pub fn look_at_topics(
    access: &BrokerAccess,
    topics: &[Topic],
    wait: Duration,
) -> Result<Vec<(Topic, Presence)>, TopicsError> {
    Looker::connect(access)?.look(topics, Instant::now() + wait)
}

/// Creates the topics, and waits until they can be seen. A topic that somebody else creates meanwhile is as good.
pub fn create_topics(
    access: &BrokerAccess,
    topics: &[Topic],
    layout: TopicLayout,
    wait: Duration,
) -> Result<Vec<Outcome>, TopicsError> {
    let looker = Looker::connect(access)?;
    let admin: AdminClient<Asking> = settings(access)
        .create_with_context(Asking { refusal: looker.refusal().clone() })
        .map_err(TopicsError::Settings)?;
    let copies = layout.replication.unwrap_or(-1);
    let new = |topic: &Topic| NewTopic::new(topic.name, topic.partitions(layout), TopicReplication::Fixed(copies));
    let new: Vec<NewTopic<'_>> = topics.iter().map(new).collect();
    // the call ends by itself when its time is up
    let options = AdminOptions::new().request_timeout(Some(wait)).operation_timeout(Some(wait));
    let told = match block_on(admin.create_topics(&new, &options)) {
        Ok(told) => told,
        Err(error) => {
            let code = error.rdkafka_error_code();
            match code.filter(|_| !is_silence(&error)) {
                Some(code) => new.iter().map(|topic| Err((topic.name.to_owned(), code))).collect(),
                None => return Err(looker.silent()),
            }
        }
    };
    let refused = |topic: &Topic| {
        let refusals = told.iter().filter_map(|result| result.as_ref().err());
        refusals.filter(|(name, _)| name == topic.name).map(|(_, code)| *code).next()
    };
    let outcome = |topic: &Topic| match refused(topic) {
        Some(code) if code != RDKafkaErrorCode::TopicAlreadyExists => (*topic, Err(NotCreated(code))),
        _ => (*topic, Ok(())),
    };
    let mut outcomes: Vec<_> = topics.iter().map(outcome).collect();
    looker.until_seen(&mut outcomes)?;
    Ok(outcomes)
}

/// Asks for topics without having them created by the question.
struct Looker {
    client: BaseConsumer<Asking>,
    bootstrap_servers: String,
}

impl Looker {
    fn connect(access: &BrokerAccess) -> Result<Self, TopicsError> {
        let asking = Asking { refusal: Refusal::default() };
        let client = settings(access).create_with_context(asking).map_err(TopicsError::Settings)?;
        Ok(Self { client, bootstrap_servers: access.bootstrap_servers.clone() })
    }

    fn look(&self, topics: &[Topic], deadline: Instant) -> Result<Vec<(Topic, Presence)>, TopicsError> {
        topics.iter().map(|topic| Ok((*topic, self.presence(topic.name, deadline)?))).collect()
    }

    fn presence(&self, name: &str, deadline: Instant) -> Result<Presence, TopicsError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let metadata = match self.client.fetch_metadata(Some(name), left) {
            Ok(metadata) => metadata,
            Err(error) if is_silence(&error) => return Err(self.silent()),
            Err(error) => return Err(TopicsError::Refused(error)),
        };
        let Some(told) = metadata.topics().iter().find(|told| told.name() == name) else {
            return Ok(Presence::Missing);
        };
        match told.error().map(RDKafkaErrorCode::from) {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => Ok(Presence::Missing),
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => Ok(Presence::Hidden),
            // a topic whose leader is about to be chosen is there
            _ => {
                let replication = told.partitions().first().map_or(0, |partition| partition.replicas().len());
                Ok(Presence::There { partitions: told.partitions().len(), replication })
            }
        }
    }

    /// Waits for the topics that were created; one that stays hidden is none that can be used.
    fn until_seen(&self, outcomes: &mut [Outcome]) -> Result<(), TopicsError> {
        let deadline = Instant::now() + SEEN_WITHIN;
        for (topic, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.is_ok()) {
            let presence = loop {
                // the last topics are asked for too, when the first took all the time
                match self.presence(topic.name, deadline.max(Instant::now() + QUESTION_MIN))? {
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

    fn silent(&self) -> TopicsError {
        // why it is silent comes as events among others, which nobody has fetched yet
        let until = Instant::now() + EVENTS_WITHIN;
        while let left = until.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            drop(self.client.poll(left));
        }
        TopicsError::Silent(self.refusal().silence(&self.bootstrap_servers))
    }
}

/// The context of clients that only ask.
#[derive(Clone)]
struct Asking {
    refusal: Refusal,
}

impl ClientContext for Asking {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        self.refusal.note_log(facility, text);
        client_log(facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.refusal.note(&error, reason);
        client_log("topics", &format!("{error}: {reason}"));
    }
}

impl ConsumerContext for Asking {}

fn settings(access: &BrokerAccess) -> ClientConfig {
    let asking = ConsumerConfig {
        bootstrap_servers: access.bootstrap_servers.clone(),
        extra: access.client_extra.clone(),
        ..ConsumerConfig::default()
    };
    let mut settings = asking.settings();
    settings.set("allow.auto.create.topics", "false");
    settings
}
