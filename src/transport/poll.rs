//! The poll thread: reads a topic, routes its records, collects the answers and commits the contiguous prefix.
//!
//! It never stops polling while records are worked on, however long that takes: at its bound it pauses the partitions.
//! Broker errors are told in the state and in the log, and waited out.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;

use super::burial::Burials;
use super::client::{leave, read_from_the_end, to_record};
use super::consumer::{ConsumerConfig, ConsumerError, Shared};
use super::delivery::{Answer, Delivery, Record, Ticket};
use super::ledger::{Due, Offsets};
use super::producer::Producer;
use super::rebalance::{Client, Desk};

/// Longest wait inside one poll.
const POLL_STEP: Duration = Duration::from_millis(50);
/// Shortest time between two commits.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// How often the broker is asked for lag and open commits.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Longest wait for one answer of such a check.
const CHECK_TIMEOUT: Duration = Duration::from_millis(250);
/// How long a stopping consumer waits for records that are nearly done.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// Least time that a stopping consumer has to leave its group.
const LEAVE_GRACE: Duration = Duration::from_secs(1);
/// Records in flight before reading is paused.
const DEFAULT_MAX_IN_FLIGHT: usize = 64;
/// Broker errors come in streams; the log gets one in this time.
const ERROR_LOG_INTERVAL: Duration = Duration::from_secs(30);

/// What gets every record with its delivery.
pub(super) type Route = Box<dyn FnMut(Record, Delivery) + Send>;
/// What is told that the thread lives.
pub(super) type Beat = Box<dyn Fn() + Send>;

/// The work of one consumer, to be run on a thread of its own.
pub struct ConsumerLoop {
    config: ConsumerConfig,
    max_in_flight: usize,
    producer: Producer,
    route: Route,
    beat: Beat,
    shared: Arc<Shared>,
}

impl ConsumerLoop {
    pub(super) fn new(
        config: ConsumerConfig,
        producer: Producer,
        route: Route,
        beat: Beat,
        shared: Arc<Shared>,
    ) -> Self {
        Self { config, max_in_flight: DEFAULT_MAX_IN_FLIGHT, producer, route, beat, shared }
    }

    /// Pauses reading at this many records in flight (64 if never set).
    pub fn max_in_flight(mut self, records: usize) -> Self {
        self.max_in_flight = records.max(1);
        self
    }

    /// Reads until the handle's `stop`; errors only for settings that make no client and for a client that gave up.
    pub fn run(self) -> Result<(), ConsumerError> {
        let (sender, answers) = channel();
        let commits = self.config.group.is_some();
        let patience = self.config.commit_patience();
        let desk = Desk::new(&self.config.topic, answers, commits, patience);
        let client = self.config.settings().create_with_context(desk);
        let now = Instant::now();
        let mut reader = Reader {
            client: client.map_err(ConsumerError::Settings)?,
            answers: sender,
            burials: Burials::new(self.producer.clone(), commits),
            joined: false,
            next_commit: now,
            next_check: now,
            next_error_log: now,
            plan: self,
        };
        let ended = loop {
            if reader.plan.shared.stopping() {
                break Ok(());
            }
            if let Err(error) = reader.turn() {
                break Err(error);
            }
        };
        reader.finish();
        ended
    }
}

/// A running [`ConsumerLoop`].
struct Reader {
    plan: ConsumerLoop,
    client: Client,
    /// What every delivery answers through.
    answers: Sender<Answer>,
    burials: Burials,
    joined: bool,
    next_commit: Instant,
    next_check: Instant,
    next_error_log: Instant,
}

impl Reader {
    /// One round: answers first, so that what is held stays bounded, then what is due, then new records.
    fn turn(&mut self) -> Result<(), ConsumerError> {
        (self.plan.beat)();
        self.collect();
        self.take_up_due();
        self.pace();
        self.read()?;
        self.upkeep();
        Ok(())
    }

    fn collect(&mut self) {
        let mut books = self.client.context().books();
        books.settle(Instant::now());
        self.burials.collect(&mut books.ledger);
    }

    fn take_up_due(&mut self) {
        let due = self.client.context().books().ledger.take_due(Instant::now());
        for item in due {
            match item {
                Due::Again(record, ticket) => self.hand_out(record, ticket),
                Due::Dead(record, ticket, causes) => {
                    let mut books = self.client.context().books();
                    self.burials.bury(record, ticket, causes, &mut books.ledger);
                }
            }
        }
    }

    /// Pauses at the bound and resumes at half of it, since every pause throws away what was fetched ahead.
    fn pace(&mut self) {
        let mut books = self.client.context().books();
        let in_flight = books.ledger.in_flight();
        let pause = match books.paused {
            false => in_flight >= self.plan.max_in_flight,
            true => in_flight > self.plan.max_in_flight / 2,
        };
        if pause == books.paused {
            return;
        }
        let assigned = self.client.assignment();
        let changed = assigned.and_then(|partitions| match pause {
            true => self.client.pause(&partitions),
            false => self.client.resume(&partitions),
        });
        match changed {
            Ok(()) => books.paused = pause,
            Err(error) => {
                drop(books);
                self.note(&error);
            }
        }
    }

    fn read(&mut self) -> Result<(), ConsumerError> {
        let desk = self.client.context();
        let now = Instant::now();
        let next_due = desk.books().ledger.next_due();
        let until_due = next_due.map_or(POLL_STEP, |due| due.saturating_duration_since(now));
        let mut step = until_due.min(POLL_STEP);
        if desk.books().paused {
            // Nothing can be read: wait for the answer that makes room, and poll only to stay a member.
            desk.books().wait_for_answer(step);
            step = Duration::ZERO;
        }
        match self.client.poll(step) {
            None => {}
            Some(Ok(message)) => {
                let record = to_record(&message);
                let ticket = desk.books().ledger.admit(&record);
                self.hand_out(record, ticket);
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                return Err(ConsumerError::Fatal(error));
            }
            Some(Err(error)) => self.note(&error),
        }
        Ok(())
    }

    fn hand_out(&mut self, record: Record, ticket: Ticket) {
        let origin = record.origin();
        let delivery = Delivery::new(ticket, self.answers.clone());
        let route = &mut self.plan.route;
        // The unwinding delivery has rejected its record already; the others still have a thread that commits them.
        if catch_unwind(AssertUnwindSafe(|| route(record, delivery))).is_err() {
            tracing::error!(record = origin, "routing the record panicked");
        }
    }

    /// Commits, asks the broker how things stand, and tells the state; each in its own time.
    fn upkeep(&mut self) {
        let now = Instant::now();
        if now >= self.next_commit && self.client.context().commit_moved(&self.client) {
            self.next_commit = now + COMMIT_INTERVAL;
            self.next_check = self.next_check.min(self.next_commit);
        }
        if now >= self.next_check {
            self.next_check = now + CHECK_INTERVAL;
            match self.joined {
                true => self.check(),
                false => self.join(),
            }
        }
        self.tell();
    }

    fn tell(&self) {
        let books = self.client.context().books();
        let offsets = books.ledger.offsets();
        let by_partition = |value: fn(&Offsets) -> Option<i64>| {
            let told = offsets.iter();
            told.filter_map(|entry| Some((entry.partition, value(entry)?))).collect()
        };
        let mut state = self.plan.shared.state();
        state.assigned = offsets.iter().map(|entry| entry.partition).collect();
        state.position = by_partition(|entry| entry.position);
        state.committed = by_partition(|entry| entry.committed);
        state.in_flight = books.ledger.in_flight();
        state.paused = books.paused;
        state.records = books.ledger.counts();
    }

    /// Becomes a member of the group, or reads all partitions from their ends where there is none.
    fn join(&mut self) {
        let topic = self.plan.config.topic.as_str();
        let joined = match self.plan.config.group {
            Some(_) => self.client.subscribe(&[topic]),
            None => read_from_the_end(&self.client, topic, CHECK_TIMEOUT),
        };
        match joined {
            Ok(()) => self.joined = true,
            Err(error) => self.note(&error),
        }
    }

    /// Asks the broker for lag and open commits; its answer is also the sign that it is there.
    fn check(&mut self) {
        match self.ask() {
            Ok(None) => {}
            Ok(Some(lag)) => {
                let mut state = self.plan.shared.state();
                state.lag = lag;
                state.last_error = None;
            }
            Err(error) => self.note(&error),
        }
    }

    fn ask(&self) -> Result<Option<BTreeMap<i32, i64>>, KafkaError> {
        let desk = self.client.context();
        desk.confirm_commits(&self.client, CHECK_TIMEOUT)?;
        let mut lag = BTreeMap::new();
        let offsets = desk.books().ledger.offsets();
        for entry in &offsets {
            let topic = &self.plan.config.topic;
            let (low, high) = self.client.fetch_watermarks(topic, entry.partition, CHECK_TIMEOUT)?;
            let settled = match self.plan.config.group {
                Some(_) => entry.committed.unwrap_or(low),
                None => entry.position.unwrap_or(high),
            };
            lag.insert(entry.partition, (high - settled).max(0));
        }
        Ok((!offsets.is_empty()).then_some(lag))
    }

    fn note(&mut self, error: &KafkaError) {
        let text = error.to_string();
        let now = Instant::now();
        if now >= self.next_error_log {
            self.next_error_log = now + ERROR_LOG_INTERVAL;
            let ConsumerConfig { topic, bootstrap_servers, .. } = &self.plan.config;
            tracing::warn!(
                event = "kafka_away",
                topic,
                error = text,
                "kafka at {bootstrap_servers} does not answer as it should; trying on (is KAFKA_BOOTSTRAP_SERVERS right?)"
            );
        }
        self.plan.shared.state().last_error = Some(text);
    }

    /// Waits a moment for records that are nearly done, commits, and leaves; what is still held comes again to a successor.
    fn finish(mut self) {
        let now = Instant::now();
        let (grace, deadline) = (now + STOP_GRACE, now + self.plan.config.commit_patience());
        loop {
            (self.plan.beat)();
            self.collect();
            let desk = self.client.context();
            if desk.books().ledger.out() == 0 || Instant::now() >= grace {
                break;
            }
            desk.books().wait_for_answer(POLL_STEP / 5);
        }
        let topic = &self.plan.config.topic;
        if !self.client.context().commit_until(&self.client, deadline) {
            tracing::warn!(topic, "the last commit did not arrive; its records come again");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if !leave(self.client, left.max(LEAVE_GRACE)) {
            tracing::warn!(topic, "the consumer did not leave its group in time; the broker takes it for dead soon");
        }
    }
}
