//! Kafka: the topics and their records, and reading and writing them without losing a record.
//!
//! A consumed record comes with a [`Delivery`], whose holder must acknowledge it. The poll thread ([`ConsumerLoop`]) delivers records,
//! collects acknowledgements and commits the contiguous prefix. [`Brokers`] holds the address of the brokers, also after it has changed;
//! [`TOPICS`] lists the topics.
//!
//! * `broker_errors`: why brokers refuse a client or do not answer
//! * `brokers`: the addresses and settings of the brokers
//! * `client_log`: the log lines of librdkafka
//! * `consumer`: consuming at least once
//! * `model`: the consumer group, model-checked
//! * `names`: the names of topics and consumer groups
//! * `partition_fence`: results are published only while their partition is assigned
//! * `producer`: publishing with delivery reports
//! * `record`: one record as it was read from a topic
//! * `records`: the JSON records of the topics
//! * `settings`: checks the librdkafka settings that the user gave
//! * `topic_admin`: which topics exist, and creating them
//! * `topics`: the topics of the system and their layout

mod broker_errors;
mod brokers;
mod client_log;
mod consumer;
#[cfg(test)]
mod model;
mod names;
mod partition_fence;
mod producer;
mod record;
mod records;
mod settings;
mod topic_admin;
mod topics;

pub use brokers::{BrokerAccess, Brokers};
pub use consumer::{
    Consumer, ConsumerConfig, ConsumerError, ConsumerLoop, ConsumerPhase, ConsumerState, Counts, Delivery, Meter,
    OffsetTracker, PublishError, Rejection, consume,
};
pub use names::{
    EVALUATOR_GROUP, INFERENCE_DATA, INFERENCE_GROUP, INFERENCE_RETRY_GROUP, MODEL_SELECTED, MODEL_TRAINING,
    PERFORMANCE_EVAL, RETRY_INFERENCE_DATA, TRAINING_DATA, trainer_group,
};
pub use producer::{DeliveryReport, Outgoing, Producer, SendError};
pub use record::Record;
pub use records::{
    AnswerStatus, Answered, DataClaim, DlqEnvelope, INFERENCE_OPERATION, InferenceClaim, ModelSelected, Origin,
    PerformanceEvent, RECORD_VERSION, RecordError, TrainingClaim, TrainingEvent, TrainingStatus, Truncated,
};
pub use settings::{refused_by_clients, refused_settings};
pub use topic_admin::{NotCreated, Presence, TopicsError, create_topics, lacking, look_at_topics};
pub use topics::{TOPICS, Topic, TopicLayout};
