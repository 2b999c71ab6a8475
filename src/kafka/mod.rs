//! Kafka: what travels on the topics, and how it is read and written without losing a record.
//!
//! A consumed record is a [`Delivery`]: whoever holds it owns the promise to answer it. The poll thread
//! ([`ConsumerLoop`]) routes records, collects the answers and commits the contiguous prefix. [`Brokers`] says where
//! all of this happens, also after the brokers came back elsewhere; [`TOPICS`] says which topics there are.
//!
//! * `broker_errors`: Why brokers refuse a client
//! * `brokers`: Where Kafka is, as one value that every client of a node is built from; moving it moves them all
//! * `client_log`:
//! * `consumer`: Consuming at least once: deliveries, offsets, rebalances, dead letters
//! * `model`: The consumer group, model-checked
//! * `partition_fence`: The time for which a partition is ours: what its records lead to may be published only until it ends
//! * `producer`: Publishing: a record counts as sent when the broker has confirmed it
//! * `records`: The JSON records of the topics
//! * `settings`: Settings of librdkafka that a person gave, tried before anything is started
//! * `topics`: The topics: which there are and why, whether a broker has them, and how they are created

mod broker_errors;
mod brokers;
mod client_log;
mod consumer;
#[cfg(test)]
mod model;
mod partition_fence;
mod producer;
mod records;
mod settings;
mod topics;

pub use brokers::{BrokerAccess, Brokers};
pub use consumer::{
    Consumer, ConsumerConfig, ConsumerError, ConsumerLoop, ConsumerPhase, ConsumerState, Counts, Delivery, Meter,
    OffsetTracker, PublishError, Record, consume,
};
pub use producer::{DeliveryReport, Producer, SendError};
pub use records::{
    AnswerStatus, Answered, DlqEnvelope, EVALUATOR_GROUP, INFERENCE_DATA, INFERENCE_GROUP, INFERENCE_OPERATION,
    InferenceClaim, MODEL_SELECTED, MODEL_TRAINING, ModelSelected, Origin, PERFORMANCE_EVAL, PerformanceEvent,
    RECORD_VERSION, RecordError, TRAINING_DATA, TrainingClaim, TrainingEvent, TrainingStatus, Truncated, trainer_group,
};
pub use settings::{refused_by_clients, refused_settings};
pub use topics::{
    NotCreated, Presence, TOPICS, Topic, TopicLayout, TopicsError, create_topics, lacking, look_at_topics,
};
