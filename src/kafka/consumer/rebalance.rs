//! Assignment and revocation of partitions: the callbacks of librdkafka, commits, and the steps of a revocation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::{ClientContext, Offset};

use crate::kafka::broker_errors::Refusal;
use crate::kafka::client_log::client_log;
use crate::runtime::protect;

use super::in_flight_records::InFlightRecords;
use super::revocation::{Revocation, RevocationStep};

/// The poll interval while records in hand are waited for: `Delivery::waiting` sends no signal.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The librdkafka client of a consumer.
pub(super) type Client = BaseConsumer<RebalanceContext>;

/// The state that the poll loop and the callbacks of librdkafka share.
///
/// The callbacks run inside the poll, on the poll thread. No other thread takes the lock of the records, so a callback may hold it while it
/// waits for an acknowledgement. Holders of deliveries send acknowledgements through a channel.
pub(super) struct RebalanceContext {
    pub topic: Arc<str>,
    records: Mutex<InFlightRecords>,
    /// By partition: one past the last record, according to the last fetch.
    ends: Mutex<BTreeMap<i32, i64>>,
    /// Whether offsets are committed; false without a group.
    commits: bool,
    /// How long a revocation may delay a rebalance.
    timeout: Duration,
    /// Why the brokers refuse this client.
    pub refusal: Refusal,
}

impl RebalanceContext {
    pub fn new(topic: &str, records: InFlightRecords, commits: bool, timeout: Duration) -> Self {
        let (records, ends) = (Mutex::new(records), Mutex::default());
        Self { topic: topic.into(), records, ends, commits, timeout, refusal: Refusal::default() }
    }

    /// Locks the records; never hold the lock across a call that polls the client.
    pub fn records(&self) -> MutexGuard<'_, InFlightRecords> {
        self.records.lock()
    }

    /// By partition: one past the last record, according to the statistics of the client; stale for a paused partition.
    pub fn ends(&self) -> BTreeMap<i32, i64> {
        self.ends.lock().clone()
    }

    /// Commits the offsets that moved since the last commit, without waiting; false if none moved.
    pub fn commit_moved(&self, client: &Client) -> bool {
        let moved = self.records().ledger.take_moved();
        if !self.commits || moved.is_empty() {
            return false;
        }
        self.send_commit(client, moved);
        true
    }

    /// Asks the broker for the committed offsets, and sends commits again that did not arrive.
    ///
    /// The client does not report a commit that was lost, so asking is the only way to know.
    pub fn confirm_commits(&self, client: &Client, wait: Duration) -> Result<(), KafkaError> {
        let assigned = self.records().ledger.offsets();
        if !self.commits || assigned.is_empty() {
            return Ok(());
        }
        let mut request = TopicPartitionList::new();
        for offsets in assigned {
            request.add_partition(&self.topic, offsets.partition);
        }
        let answer = client.committed_offsets(request, wait)?;
        let mut records = self.records();
        for element in answer.elements() {
            let committed = match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            };
            records.ledger.confirm(element.partition(), committed);
        }
        let open = records.ledger.unconfirmed();
        drop(records);
        if !open.is_empty() {
            self.send_commit(client, open);
        }
        Ok(())
    }

    /// Gives up partitions in the steps of [`Revocation`], within `timeout`; false if the last commit was not confirmed by then.
    pub fn revoke(&self, client: &Client, partitions: &[i32], timeout: Duration, beat: &dyn Fn()) -> bool {
        let mut revocation = Revocation::begin(Instant::now(), timeout);
        let mut committed = true;
        loop {
            beat();
            let now = Instant::now();
            let mut records = self.records();
            records.settle(now);
            let step = revocation.next(records.status(partitions), now);
            match step {
                RevocationStep::AwaitUntil(end) => {
                    records.wait_for_acknowledgement(end.saturating_duration_since(now).min(POLL_INTERVAL))
                }
                RevocationStep::Fence => records.close_fences(partitions),
                RevocationStep::CommitUntil(deadline) => {
                    // acknowledgements that arrived after the last settling
                    records.settle(now);
                    drop(records);
                    committed = self.commit_until(client, deadline);
                }
                RevocationStep::LetGo => {
                    records.revoke(partitions);
                    return committed;
                }
            }
        }
    }

    /// Commits and waits until the broker confirms it; false if it has not at `deadline`.
    fn commit_until(&self, client: &Client, deadline: Instant) -> bool {
        self.commit_moved(client);
        let mut pause = Duration::from_millis(1);
        while self.commits && !self.records().ledger.unconfirmed().is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left <= pause {
                return false;
            }
            // no event reports a commit, so ask at growing intervals
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(100));
            if let Err(error) = self.confirm_commits(client, left) {
                tracing::debug!(topic = &*self.topic, %error, "the broker does not say which offsets are committed");
            }
        }
        true
    }

    fn send_commit(&self, client: &Client, offsets: impl IntoIterator<Item = (i32, i64)>) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            // only an unknown partition is refused, and these are known
            let _ = list.add_partition_offset(&self.topic, partition, Offset::Offset(offset));
        }
        if let Err(error) = client.commit(&list, CommitMode::Async) {
            tracing::debug!(topic = &*self.topic, %error, "commit not sent; it is sent again");
        }
    }

    fn partitions_of(&self, list: &TopicPartitionList) -> Vec<i32> {
        let own = list.elements_for_topic(&self.topic);
        own.iter().map(|element| element.partition()).collect()
    }
}

impl ClientContext for RebalanceContext {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, text: &str) {
        self.refusal.note_log(facility, text);
        client_log(facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.refusal.note(&error, reason);
        client_log("consumer", &format!("{error}: {reason}"));
    }

    fn stats(&self, statistics: Statistics) {
        let Some(topic) = statistics.topics.get(&*self.topic) else { return };
        let ends = topic.partitions.iter().filter(|(_, partition)| partition.hi_offset >= 0);
        let ends = ends.map(|(id, partition)| (*id, partition.hi_offset)).collect();
        *self.ends.lock() = ends;
    }
}

impl ConsumerContext for RebalanceContext {
    fn pre_rebalance(&self, client: &Client, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else {
            return;
        };
        let revoked = self.partitions_of(list);
        // a lost assignment belongs to another member already: a commit would overwrite that member's commit
        if client.assignment_lost() {
            return self.records().revoke(&revoked);
        }
        let _revoking = protect("giving up revoked partitions", self.timeout);
        if !self.revoke(client, &revoked, self.timeout, &|| ()) {
            tracing::warn!(
                topic = &*self.topic,
                "the last commit of revoked partitions did not arrive; its records are read again"
            );
        }
    }

    fn post_rebalance(&self, client: &Client, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else {
            return;
        };
        let mut records = self.records();
        records.assign(&self.partitions_of(list));
        // the client does not pause newly assigned partitions by itself
        if records.paused
            && let Err(error) = client.pause(list)
        {
            tracing::warn!(topic = &*self.topic, %error, "new partitions could not be paused");
        }
    }
}
