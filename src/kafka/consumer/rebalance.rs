//! What happens when partitions come and go: books are opened, paused again, let go in order, and closed.

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

use super::consumer_state::RecordState;
use super::revocation::{Revocation, RevocationStep};

/// Longest time between two looks at what is waited for: that a record was put down is no event.
const LOOK: Duration = Duration::from_millis(10);

/// The consumer as librdkafka knows it, with our desk as its context.
pub(crate) type Client = BaseConsumer<RebalanceContext>;

/// What the poll loop and the rebalance callbacks share.
///
/// The callbacks run inside the poll, on the thread that polls: nobody else takes the lock of the books, so waiting for an answer
/// under it keeps nobody waiting. Holders of deliveries answer through a channel.
pub(crate) struct RebalanceContext {
    pub topic: Arc<str>,
    books: Mutex<RecordState>,
    /// By partition: one past its last record, as the last fetch told.
    ends: Mutex<BTreeMap<i32, i64>>,
    /// Whether offsets are committed at all.
    commits: bool,
    /// How long letting go may hold up a rebalance.
    patience: Duration,
    /// Why the brokers do not let this client in.
    pub refusal: Refusal,
}

impl RebalanceContext {
    pub fn new(topic: &str, books: RecordState, commits: bool, patience: Duration) -> Self {
        let (books, ends) = (Mutex::new(books), Mutex::default());
        Self { topic: topic.into(), books, ends, commits, patience, refusal: Refusal::default() }
    }

    /// The books; never held across a call that polls the client.
    pub fn books(&self) -> MutexGuard<'_, RecordState> {
        self.books.lock()
    }

    /// Where the partitions end, as the statistics of the client last told; that of a paused one grows old.
    pub fn ends(&self) -> BTreeMap<i32, i64> {
        self.ends.lock().clone()
    }

    /// Sends the offsets that moved since the last commit, without waiting; false when none did.
    pub fn commit_moved(&self, client: &Client) -> bool {
        let moved = self.books().ledger.take_moved();
        if !self.commits || moved.is_empty() {
            return false;
        }
        self.send_commit(client, moved);
        true
    }

    /// Asks the broker what is committed and sends again what did not arrive.
    ///
    /// A commit that fails on its way is not reported by the client, so asking is the only way to know.
    pub fn confirm_commits(&self, client: &Client, wait: Duration) -> Result<(), KafkaError> {
        let assigned = self.books().ledger.offsets();
        if !self.commits || assigned.is_empty() {
            return Ok(());
        }
        let mut asked = TopicPartitionList::new();
        for offsets in assigned {
            asked.add_partition(&self.topic, offsets.partition);
        }
        let told = client.committed_offsets(asked, wait)?;
        let mut books = self.books();
        for element in told.elements() {
            let committed = match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            };
            books.ledger.confirm(element.partition(), committed);
        }
        let open = books.ledger.unconfirmed();
        drop(books);
        if !open.is_empty() {
            self.send_commit(client, open);
        }
        Ok(())
    }

    /// Lets partitions go in the order of [`Revocation`], within `patience`; false when their last commit was not shown by then.
    pub fn release(&self, client: &Client, partitions: &[i32], patience: Duration, beat: &dyn Fn()) -> bool {
        let mut release = Revocation::begin(Instant::now(), patience);
        let mut committed = true;
        loop {
            beat();
            let now = Instant::now();
            let mut books = self.books();
            books.settle(now);
            let todo = release.next(books.standing(partitions), now);
            match todo {
                RevocationStep::AwaitUntil(end) => books.wait_for_answer(end.saturating_duration_since(now).min(LOOK)),
                RevocationStep::Fence => books.fence(partitions),
                RevocationStep::CommitUntil(deadline) => {
                    // what arrived between the settling and the look at what is in hand
                    books.settle(now);
                    drop(books);
                    committed = self.commit_until(client, deadline);
                }
                RevocationStep::LetGo => {
                    books.close(partitions);
                    return committed;
                }
            }
        }
    }

    /// Commits what is finished and waits until the broker shows it; false when it has not at `deadline`.
    fn commit_until(&self, client: &Client, deadline: Instant) -> bool {
        self.commit_moved(client);
        let mut pause = Duration::from_millis(1);
        while self.commits && !self.books().ledger.unconfirmed().is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left <= pause {
                return false;
            }
            // No event tells of a commit, so this asks, ever more slowly.
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(100));
            if let Err(error) = self.confirm_commits(client, left) {
                tracing::debug!(topic = &*self.topic, %error, "the broker does not tell what is committed");
            }
        }
        true
    }

    fn send_commit(&self, client: &Client, offsets: impl IntoIterator<Item = (i32, i64)>) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            // Only an unknown partition is refused, and these were just read from.
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
        let ends = topic.partitions.iter().filter(|(_, told)| told.hi_offset >= 0);
        let ends = ends.map(|(partition, told)| (*partition, told.hi_offset)).collect();
        *self.ends.lock() = ends;
    }
}

impl ConsumerContext for RebalanceContext {
    fn pre_rebalance(&self, client: &Client, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else {
            return;
        };
        let revoked = self.partitions_of(list);
        // A lost assignment belongs to another member already: committing for it would undo that member's work.
        if client.assignment_lost() {
            return self.books().close(&revoked);
        }
        let _releasing = protect("letting partitions go", self.patience);
        if !self.release(client, &revoked, self.patience, &|| ()) {
            tracing::warn!(
                topic = &*self.topic,
                "the last commit of partitions that go did not arrive; its records come again"
            );
        }
    }

    fn post_rebalance(&self, client: &Client, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else {
            return;
        };
        let mut books = self.books();
        books.assign(&self.partitions_of(list));
        // The client never pauses partitions newly assigned by itself.
        if books.paused
            && let Err(error) = client.pause(list)
        {
            tracing::warn!(topic = &*self.topic, %error, "new partitions could not be paused");
        }
    }
}
