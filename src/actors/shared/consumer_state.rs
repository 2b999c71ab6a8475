use serde::Serialize;
use utoipa::ToSchema;

use crate::kafka::ConsumerState;

/// A Kafka consumer.
#[derive(Serialize, ToSchema)]
pub struct SubscriptionState {
    /// What it reads.
    pub topic: String,
    /// The group it shares the records with; without one it hears every record.
    #[schema(required = true)]
    pub group: Option<String>,
    /// The brokers that it polls.
    #[schema(required = true)]
    pub brokers: Option<String>,
    /// What its poll thread says.
    #[schema(value_type = Option<Object>, required = true)]
    pub poll: Option<ConsumerState>,
}
