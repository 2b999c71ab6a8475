//! The topics that a node needs on its broker: made sure of before anybody reads them, or once a broker answers that was
//! away at the start.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::actors::{BROKER, Roles, Services, topics_of};
use crate::kafka::{
    BrokerAccess, Brokers, NotCreated, Topic, TopicLayout, TopicsError, create_topics, lacking, look_at_topics,
};
use crate::runtime::Dependency;

/// How long a broker may take to answer before the node serves without it.
const START_PATIENCE: Duration = Duration::from_secs(3);
const CREATE_TIMEOUT: Duration = Duration::from_secs(15);
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// The topics of the roles of a node, and how they are created.
#[derive(Debug, Clone)]
pub struct Needed {
    topics: Vec<Topic>,
    layout: TopicLayout,
}

/// Topics that nobody has made sure of yet, because the broker does not answer.
#[derive(Debug)]
pub struct Awaited(Needed);

/// Why topics are not there.
#[derive(Debug, thiserror::Error)]
pub enum Lack {
    /// The broker is away, or lets nobody in.
    #[error("{0}")]
    Silent(String),
    /// It answers, and topics are missing all the same.
    #[error("{0}")]
    Refused(String),
}

impl From<TopicsError> for Lack {
    fn from(error: TopicsError) -> Self {
        match error {
            TopicsError::Silent(why) => Lack::Silent(why),
            other => Lack::Refused(other.to_string()),
        }
    }
}

impl Needed {
    /// What these roles need.
    pub fn by(roles: &Roles, layout: TopicLayout) -> Self {
        Self { topics: topics_of(roles), layout }
    }

    /// Creates what is missing, and leaves what is there as it is.
    pub async fn ensure(&self, access: BrokerAccess) -> Result<(), Lack> {
        let Needed { topics, layout } = self.clone();
        let ensured = spawn_blocking(move || ensure(&access, &topics, layout)).await;
        // a question that could not be asked is as good as one that nobody answered
        ensured.unwrap_or_else(|error| Err(Lack::Silent(error.to_string())))
    }

    /// As [`Needed::ensure`]; a broker that is away is no error, and gives what is to be made sure of later.
    pub async fn at_start(self, access: BrokerAccess) -> anyhow::Result<Option<Awaited>> {
        match self.ensure(access).await {
            Ok(()) => Ok(None),
            Err(Lack::Silent(reason)) => {
                tracing::warn!(event = "waiting_for_broker", service = "node", reason);
                Ok(Some(Awaited(self)))
            }
            Err(Lack::Refused(reason)) => Err(anyhow::anyhow!(reason)),
        }
    }
}

impl Awaited {
    /// Makes sure of them as soon as the broker answers; one that refuses then is told in readiness until it does not.
    pub async fn until_there(self, services: Services, brokers: Brokers) {
        let broker = services.health.dependency(BROKER);
        let mut told = None;
        loop {
            sleep(RETRY_INTERVAL).await;
            match self.0.ensure(brokers.access()).await {
                Ok(()) => break,
                // whether it answers is asked and told elsewhere
                Err(Lack::Silent(_)) => broker.here(),
                Err(Lack::Refused(reason)) => tell(&broker, reason, &mut told),
            }
        }
        broker.here();
        tracing::info!(event = "topics_there", service = "node");
    }
}

fn tell(broker: &Dependency, reason: String, told: &mut Option<String>) {
    broker.away(&reason);
    if told.as_ref() != Some(&reason) {
        tracing::error!(event = "topics_missing", service = "node", reason);
        *told = Some(reason);
    }
}

fn ensure(access: &BrokerAccess, topics: &[Topic], layout: TopicLayout) -> Result<(), Lack> {
    let looked = look_at_topics(access, topics, START_PATIENCE)?;
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
        false => Err(Lack::Refused(not_created(access, &refused))),
    }
}

/// Names each topic that is missing, why, and what to do about all of them.
fn not_created(access: &BrokerAccess, refused: &[(Topic, NotCreated)]) -> String {
    let each = refused.iter().map(|(topic, why)| format!("\n  - {}: {why}", topic.name));
    format!(
        "the broker at {} lacks topics that this node needs, and does not let it create them:{}\ncreate them as a user who may \
         (flts topics --create), or allow this one what is said above",
        access.bootstrap_servers,
        each.collect::<String>()
    )
}
