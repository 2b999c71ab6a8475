//! The librdkafka client of a consumer: reading without a group, conversion of records, closing.

use std::panic::{AssertUnwindSafe, catch_unwind};
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
use crate::kafka::record::Record;

use super::rebalance::Client;

/// Stands for the name of a header that is not UTF-8.
const UNREADABLE_NAME: &str = "unreadable";

/// Starts to read all partitions of the topic from their present ends, without a group; each request to a broker may take `wait`.
pub(super) fn read_from_the_end(client: &Client, topic: &str, wait: Duration) -> Result<(), KafkaError> {
    let metadata = client.fetch_metadata(Some(topic), wait)?;
    if let Some(code) = topic_error(&metadata, topic) {
        return Err(KafkaError::MetadataFetch(code));
    }
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let partitions: Vec<i32> =
        found.into_iter().flat_map(|found| found.partitions()).map(|partition| partition.id()).collect();
    if partitions.is_empty() {
        let unknown = RDKafkaErrorCode::UnknownTopicOrPartition;
        return Err(KafkaError::MetadataFetch(unknown));
    }
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        // a fixed offset, so that every record after this call is read
        let (_, end) = client.fetch_watermarks(topic, *partition, wait)?;
        list.add_partition_offset(topic, *partition, Offset::Offset(end))?;
    }
    client.assign(&list)?;
    client.context().records().assign(&partitions);
    Ok(())
}

/// The message of librdkafka as a [`Record`]; `topic` is the topic of the consumer.
pub(super) fn to_record(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> Record {
    let headers = message.headers().map(|headers| {
        let pair = |at| {
            // rust-rdkafka panics over a header whose name is not UTF-8
            let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(at))).ok().flatten();
            let (name, value) = header.map_or((UNREADABLE_NAME, None), |header| (header.key, header.value));
            (name.to_owned(), Bytes::copy_from_slice(value.unwrap_or_default()))
        };
        (0..headers.count()).map(pair).collect()
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

/// Closes the client, which leaves its group; false if that takes longer than `timeout`, and then it goes on in the background.
///
/// The client is closed on a thread of its own, because closing may take for ever while the broker is away.
pub(super) fn leave_group(client: Client, timeout: Duration) -> bool {
    let (closed, closing) = channel();
    let close = move || {
        drop(client);
        // fails after the timeout
        let _ = closed.send(());
    };
    let thread = std::thread::Builder::new().name("kafka-close".into()).spawn(close);
    thread.is_ok() && closing.recv_timeout(timeout).is_ok()
}
