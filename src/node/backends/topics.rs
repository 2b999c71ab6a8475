//! Creates the topics that a node needs: at the start, or later if the broker is away at the start.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::actors::{BROKER, Roles, Services, topics_of};
use crate::kafka::{
    BrokerAccess, Brokers, NotCreated, Topic, TopicLayout, TopicsError, create_topics, lacking, look_at_topics,
};
use crate::runtime::Dependency;

/// How long the broker may take to answer at the start; after that the node starts without it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
const CREATE_TIMEOUT: Duration = Duration::from_secs(15);
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// The topics that the roles of a node need, and their layout.
#[derive(Debug, Clone)]
pub struct RequiredTopics {
    topics: Vec<Topic>,
    layout: TopicLayout,
}

/// Topics that are not created yet, because the broker is away.
#[derive(Debug)]
pub struct PendingTopics(RequiredTopics);

/// Why the topics are not ready.
#[derive(Debug, thiserror::Error)]
pub enum TopicsNotReady {
    /// The broker does not answer, or refuses the login.
    #[error("{0}")]
    BrokerAway(String),
    /// The broker answers, but topics are missing and cannot be created.
    #[error("{0}")]
    Refused(String),
}

impl From<TopicsError> for TopicsNotReady {
    fn from(error: TopicsError) -> Self {
        match error {
            TopicsError::Silent(why) => TopicsNotReady::BrokerAway(why),
            other => TopicsNotReady::Refused(other.to_string()),
        }
    }
}

impl RequiredTopics {
    /// The topics that these roles need.
    pub fn of(roles: &Roles, layout: TopicLayout) -> Self {
        Self { topics: topics_of(roles), layout }
    }

    /// Creates missing topics; existing ones are not changed.
    pub async fn ensure(&self, access: BrokerAccess) -> Result<(), TopicsNotReady> {
        let RequiredTopics { topics, layout } = self.clone();
        let ensured = spawn_blocking(move || ensure(&access, &topics, layout)).await;
        // a blocking task that died counts as no answer
        ensured.unwrap_or_else(|error| Err(TopicsNotReady::BrokerAway(error.to_string())))
    }

    /// As [`RequiredTopics::ensure`], but if the broker is away it returns the topics to create later.
    pub async fn at_start(self, access: BrokerAccess) -> anyhow::Result<Option<PendingTopics>> {
        match self.ensure(access).await {
            Ok(()) => Ok(None),
            Err(TopicsNotReady::BrokerAway(reason)) => {
                tracing::warn!(event = "waiting_for_broker", service = "node", reason);
                Ok(Some(PendingTopics(self)))
            }
            Err(TopicsNotReady::Refused(reason)) => Err(anyhow::anyhow!(reason)),
        }
    }
}

impl PendingTopics {
    /// Creates the topics as soon as the broker answers. While the broker refuses, readiness shows why.
    pub async fn create_when_possible(self, services: Services, brokers: Brokers) {
        let broker = services.health.dependency(BROKER);
        let mut reported = None;
        loop {
            sleep(RETRY_INTERVAL).await;
            match self.0.ensure(brokers.access()).await {
                Ok(()) => break,
                // the probe reports an absent broker
                Err(TopicsNotReady::BrokerAway(_)) => broker.here(),
                Err(TopicsNotReady::Refused(reason)) => report_refusal(&broker, reason, &mut reported),
            }
        }
        broker.here();
        tracing::info!(event = "topics_there", service = "node");
    }
}

/// Shows the reason in readiness, and logs it once.
fn report_refusal(broker: &Dependency, reason: String, reported: &mut Option<String>) {
    broker.away(&reason);
    if reported.as_ref() != Some(&reason) {
        tracing::error!(event = "topics_missing", service = "node", reason);
        *reported = Some(reason);
    }
}

fn ensure(access: &BrokerAccess, topics: &[Topic], layout: TopicLayout) -> Result<(), TopicsNotReady> {
    let looked = look_at_topics(access, topics, ANSWER_TIMEOUT)?;
    let lacking = lacking(&looked);
    if lacking.is_empty() {
        return Ok(());
    }
    let outcomes = create_topics(access, &lacking, layout, CREATE_TIMEOUT)?;
    let created: Vec<&str> = outcomes.iter().filter(|(_, made)| made.is_ok()).map(|(topic, _)| topic.name).collect();
    if !created.is_empty() {
        tracing::info!(event = "topics_created", service = "node", topics = created.join(","));
    }
    let refused: Vec<(Topic, NotCreated)> =
        outcomes.into_iter().filter_map(|(topic, made)| Some((topic, made.err()?))).collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(TopicsNotReady::Refused(not_created(access, &refused))),
    }
}

/// Names each missing topic and the reason, and says what to do.
fn not_created(access: &BrokerAccess, refused: &[(Topic, NotCreated)]) -> String {
    let each = refused.iter().map(|(topic, why)| format!("\n  - {}: {why}", topic.name));
    format!(
        "the broker at {} lacks topics that this node needs, and does not let it create them:{}\ncreate them as a user who may \
         (flts topics --create), or allow this one what is said above",
        access.bootstrap_servers,
        each.collect::<String>()
    )
}
