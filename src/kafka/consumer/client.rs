//! The librdkafka client of a consumer: how it starts to listen, what it reads, and how it is left.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use bytes::Bytes;
use rdkafka::Offset;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::topic_partition_list::TopicPartitionList;

use crate::kafka::broker_errors::topic_error;

use super::rebalance::Client;
use super::record::Record;

/// Reads all partitions of the topic from their present ends, without a group; each question may take `wait`.
pub(crate) fn read_from_the_end(client: &Client, topic: &str, wait: Duration) -> Result<(), KafkaError> {
    let metadata = client.fetch_metadata(Some(topic), wait)?;
    if let Some(code) = topic_error(&metadata, topic) {
        return Err(KafkaError::MetadataFetch(code));
    }
    let told = metadata.topics().iter().find(|told| told.name() == topic);
    let partitions: Vec<i32> =
        told.into_iter().flat_map(|told| told.partitions()).map(|partition| partition.id()).collect();
    if partitions.is_empty() {
        let unknown = RDKafkaErrorCode::UnknownTopicOrPartition;
        return Err(KafkaError::MetadataFetch(unknown));
    }
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        // The end is fixed here, so that whatever comes after this call is heard.
        let (_, end) = client.fetch_watermarks(topic, *partition, wait)?;
        list.add_partition_offset(topic, *partition, Offset::Offset(end))?;
    }
    client.assign(&list)?;
    client.context().books().assign(&partitions);
    Ok(())
}

/// The message as a value of our own; `topic` is the one topic that is read.
pub(crate) fn to_record(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> Record {
    let headers = message.headers().map(|headers| {
        let pair = |header: rdkafka::message::Header<'_, &[u8]>| {
            let value = Bytes::copy_from_slice(header.value.unwrap_or_default());
            (header.key.to_string(), value)
        };
        headers.iter().map(pair).collect()
    });
    let payload = message.payload();
    Record {
        topic: Arc::clone(topic),
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(Bytes::copy_from_slice),
        payload: payload.map(Bytes::copy_from_slice).unwrap_or_default(),
        tombstone: payload.is_none(),
        headers: headers.unwrap_or_default(),
    }
}

/// Closes the client, which leaves its group; false when that took longer than `longest` and goes on by itself.
///
/// While the broker is away a client may take for ever to close, so that happens on a thread that can be left behind.
pub(crate) fn leave(client: Client, longest: Duration) -> bool {
    let (closed, closing) = channel();
    let close = move || {
        drop(client);
        // Nobody waits any more when it took too long.
        let _ = closed.send(());
    };
    let thread = std::thread::Builder::new().name("kafka-close".into()).spawn(close);
    thread.is_ok() && closing.recv_timeout(longest).is_ok()
}
