//! Kafka: what travels on the topics, and how it is read and written without losing a record.
//!
//! A consumed record is a [`Delivery`]: whoever holds it owns the promise to answer it. The poll thread
//! ([`ConsumerLoop`]) routes records, collects the answers and commits the contiguous prefix. [`Brokers`] says where
//! all of this happens, also after the brokers came back elsewhere; [`TOPICS`] says which topics there are.

mod books;
mod brokers;
mod burial;
mod client;
mod consumer;
mod delivery;
mod denial;
mod ledger;
#[cfg(test)]
mod model;
mod pace;
mod phase;
mod poll;
mod producer;
mod rebalance;
mod record;
mod records;
mod refusal;
mod release;
mod settings;
mod tenure;
mod topics;
mod tracker;

pub use brokers::{BrokerAccess, Brokers};
pub use consumer::{Consumer, ConsumerConfig, ConsumerError, ConsumerState, Meter};
pub use delivery::{Delivery, PublishError};
pub use ledger::Counts;
pub use phase::Phase;
pub use poll::{ConsumerLoop, consume};
pub use producer::{DeliveryReport, Producer, SendError};
pub use record::Record;
pub use records::{
    AnswerStatus, Answered, DlqEnvelope, EVALUATOR_GROUP, INFERENCE_DATA, INFERENCE_GROUP, INFERENCE_OPERATION,
    InferenceClaim, MODEL_SELECTED, MODEL_TRAINING, ModelSelected, Origin, PERFORMANCE_EVAL, PerformanceEvent,
    RECORD_VERSION, RecordError, TRAINING_DATA, TrainingClaim, TrainingEvent, TrainingStatus, Truncated, trainer_group,
};
pub use settings::{refused_by_clients, refused_settings};
pub use topics::{
    NotCreated, Presence, TOPICS, Topic, TopicLayout, TopicsError, create_topics, lacking, look_at_topics,
};
pub use tracker::PrefixTracker;

/// librdkafka's own log lines: details for whoever debugs the transport, since the errors that matter come back as values.
fn client_log(facility: &str, text: &str) {
    tracing::debug!(target: "librdkafka", facility, "{text}");
}
