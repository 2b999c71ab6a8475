//! Why a record was not sent.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

/// Why a record was not confirmed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The settings are not valid.
    #[error("the kafka producer settings are wrong: {0}; check KAFKA_BOOTSTRAP_SERVERS and KAFKA_CONFIG")]
    Settings(KafkaError),
    /// The producer has no brokers.
    #[error(
        "the record for topic {topic} was not sent: there is no broker; set KAFKA_BOOTSTRAP_SERVERS, or start a node"
    )]
    NoBroker {
        /// The topic of the record.
        topic: String,
    },
    /// The broker did not take the record.
    #[error("the record was not delivered to topic {topic}: {cause}")]
    Undelivered {
        /// The topic of the record.
        topic: String,
        /// The error of librdkafka.
        cause: KafkaError,
    },
    /// The producer was closed before the delivery report came.
    #[error("the record for topic {topic} has no delivery report: the producer was closed")]
    Closed {
        /// The topic of the record.
        topic: String,
    },
}

impl SendError {
    /// Whether the queue of the producer is full; wait for `Producer::room` and try again.
    pub fn is_full(&self) -> bool {
        self.code() == Some(RDKafkaErrorCode::QueueFull)
    }

    /// Whether the broker will never take the record because it is too large.
    pub fn is_too_large(&self) -> bool {
        use RDKafkaErrorCode::{InvalidMessageSize, MessageBatchTooLarge, MessageSizeTooLarge};
        matches!(self.code(), Some(MessageSizeTooLarge | MessageBatchTooLarge | InvalidMessageSize))
    }

    /// Whether the broker will never take the record, however often it is sent.
    pub fn is_permanent(&self) -> bool {
        self.is_too_large() || self.code() == Some(RDKafkaErrorCode::InvalidRecord)
    }

    /// The error code of librdkafka, if there is one.
    pub(crate) fn code(&self) -> Option<RDKafkaErrorCode> {
        match self {
            SendError::Settings(cause) | SendError::Undelivered { cause, .. } => cause.rdkafka_error_code(),
            SendError::NoBroker { .. } | SendError::Closed { .. } => None,
        }
    }
}
