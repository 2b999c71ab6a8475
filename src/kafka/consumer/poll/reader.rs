//! The poll thread: reads a topic, delivers its records, collects acknowledgements and commits the contiguous prefix.
//!
//! It polls also while records are worked on for long: at the limit of records in flight it pauses the partitions. Broker errors go into
//! the state and the log, and reading goes on when they are over.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;

use crate::kafka::consumer::acknowledgement::{Acknowledgement, Ticket};
use crate::kafka::consumer::backpressure::Backpressure;
use crate::kafka::consumer::client::{leave_group, to_record};
use crate::kafka::consumer::config::{ConsumerConfig, ConsumerError};
use crate::kafka::consumer::dead_letters::DeadLetters;
use crate::kafka::consumer::delivery::Delivery;
use crate::kafka::consumer::denials::Denials;
use crate::kafka::consumer::handle::{Consumer, Meter, Shared};
use crate::kafka::consumer::in_flight_records::InFlightRecords;
use crate::kafka::consumer::ledger::Due;
use crate::kafka::consumer::phase::ConsumerPhase;
use crate::kafka::consumer::rebalance::{Client, RebalanceContext};
use crate::kafka::producer::Producer;
use crate::kafka::record::Record;
use crate::limits::RECORDS_IN_FLIGHT;
use crate::runtime::{Dependency, wall_clock};

use super::lag::Lag;

/// The longest wait inside one poll.
const POLL_TIMEOUT: Duration = Duration::from_millis(50);
/// The most records that are read before acknowledgements are collected again.
const RECORDS_PER_TURN: usize = 64;
/// The default limit of records in flight.
const DEFAULT_MAX_IN_FLIGHT: usize = 64;

/// Receives every record with its delivery.
type Route = Box<dyn FnMut(Record, Delivery) + Send>;
/// The heartbeat of the thread.
type Heartbeat<'a> = &'a dyn Fn();

/// The work of one consumer, to be run on a thread of its own.
pub struct ConsumerLoop {
    pub(super) config: ConsumerConfig,
    backpressure: Backpressure,
    answers_expired: bool,
    producer: Producer,
    route: Route,
    pub(super) shared: Arc<Shared>,
    pub(super) brokers: Option<Dependency>,
    pub(super) meter: Option<Arc<dyn Meter>>,
}

/// Makes a consumer: the handle to keep, and the loop to run on a thread of the caller.
///
/// The loop calls `route` with every record and its delivery, on its own thread; `route` must not block. `producer` sends dead letters.
pub fn consume(
    config: ConsumerConfig,
    producer: Producer,
    route: impl FnMut(Record, Delivery) + Send + 'static,
) -> (Consumer, ConsumerLoop) {
    let shared = Arc::new(Shared::default());
    let handle = Consumer::new(shared.clone());
    let work = ConsumerLoop {
        config,
        backpressure: Backpressure::new(DEFAULT_MAX_IN_FLIGHT, RECORDS_IN_FLIGHT.max_usize()),
        answers_expired: false,
        producer,
        route: Box::new(route),
        shared,
        brokers: None,
        meter: None,
    };
    (handle, work)
}

impl ConsumerLoop {
    /// Limits the records in flight (64 by default): reading pauses at 80 % of the limit, and resumes at 50 %.
    pub fn max_in_flight(mut self, records: usize) -> Self {
        self.backpressure = self.backpressure.of_records(records);
        self
    }

    /// Limits the bytes of the records in flight ([`RECORDS_IN_FLIGHT`] by default), likewise.
    pub fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.backpressure = self.backpressure.of_bytes(bytes);
        self
    }

    /// Delivers records also after their deadline, so that they are answered; by default such records are settled without delivery.
    pub fn answering_expired(mut self) -> Self {
        self.answers_expired = true;
        self
    }

    /// Reports to `brokers` whether the brokers answer.
    pub fn telling(mut self, brokers: Dependency) -> Self {
        self.brokers = Some(brokers);
        self
    }

    /// Passes the state to `meter` at short intervals.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Reads until the handle's `stop`; fails only for invalid settings and after a fatal error of the client.
    ///
    /// `beat` is called at least every 50 ms while the broker answers, and every second while it does not.
    pub fn run(self, beat: impl Fn()) -> Result<(), ConsumerError> {
        let (sender, acknowledgements) = channel();
        let commits = self.config.group.is_some();
        let timeout = self.config.revocation_timeout();
        let records = InFlightRecords::new(acknowledgements, DeadLetters::new(self.producer.clone(), commits));
        let context = RebalanceContext::new(&self.config.topic, records, commits, timeout);
        let client = self.config.settings().create_with_context(context);
        let now = Instant::now();
        let mut reader = Reader {
            client: client.map_err(ConsumerError::Settings)?,
            acknowledgements: sender,
            phase: ConsumerPhase::Consuming,
            joined: false,
            next_commit: now,
            next_check: now,
            next_confirm: None,
            lag: Lag::default(),
            denials: Denials::default(),
            next_publish: now,
            next_error_log: now,
            last_answer: now,
            beat: &beat,
            plan: self,
        };
        match catch_unwind(AssertUnwindSafe(|| reader.read_until_stopped())) {
            Ok((ended, timeout)) => {
                reader.leave_within(timeout);
                ended
            }
            Err(panic) => {
                // the successor must not wait until this client is closed, which takes as long as the broker is away
                leave_group(reader.client, Duration::ZERO);
                resume_unwind(panic)
            }
        }
    }
}

/// A running [`ConsumerLoop`].
pub(super) struct Reader<'a> {
    pub(super) plan: ConsumerLoop,
    pub(super) client: Client,
    /// The sender of every delivery's acknowledgement.
    acknowledgements: Sender<Acknowledgement>,
    pub(super) phase: ConsumerPhase,
    pub(super) joined: bool,
    pub(super) next_commit: Instant,
    pub(super) next_check: Instant,
    /// When to check whether a commit arrived; none if no commit is open.
    pub(super) next_confirm: Option<Instant>,
    pub(super) lag: Lag,
    pub(super) denials: Denials,
    pub(super) next_publish: Instant,
    pub(super) next_error_log: Instant,
    /// When a broker last answered; at first, when reading began.
    pub(super) last_answer: Instant,
    pub(super) beat: Heartbeat<'a>,
}

impl Reader<'_> {
    /// Reads, then drains; answers with how it ended, and the time that is left to leave the group.
    fn read_until_stopped(&mut self) -> (Result<(), ConsumerError>, Duration) {
        let mut ended = Ok(());
        let mut left = None;
        loop {
            self.enter(self.phase.next(self.plan.shared.is_stopping() || ended.is_err(), left.is_some()));
            match self.phase {
                ConsumerPhase::Consuming => ended = self.turn(),
                ConsumerPhase::Draining => left = Some(self.drain()),
                ConsumerPhase::Complete => return (ended, left.unwrap_or_default()),
            }
        }
    }

    fn enter(&mut self, phase: ConsumerPhase) {
        if phase != self.phase {
            self.phase = phase;
            self.publish_state();
        }
    }

    /// One round: acknowledgements first, so that the records in flight stay bounded, then due records, then new ones.
    fn turn(&mut self) -> Result<(), ConsumerError> {
        (self.beat)();
        self.client.context().records().settle(Instant::now());
        self.deliver_due();
        self.apply_backpressure();
        self.read()?;
        self.maintain();
        Ok(())
    }

    /// Delivers records whose pause is over, and sends dead letters.
    fn deliver_due(&mut self) {
        let now = Instant::now();
        let due = self.client.context().records().ledger.take_due(now);
        for item in due {
            match item {
                Due::Again(record, ticket) => self.deliver(record, ticket),
                Due::Dead(dead) => self.client.context().records().send_dead_letter(dead, now),
            }
        }
    }

    /// Pauses or resumes all partitions.
    fn apply_backpressure(&mut self) {
        let mut records = self.client.context().records();
        let pause = self.plan.backpressure.pauses(records.ledger.in_flight(), records.paused);
        if pause == records.paused {
            return;
        }
        let assigned = self.client.assignment();
        let changed = assigned.and_then(|partitions| match pause {
            true => self.client.pause(&partitions),
            false => self.client.resume(&partitions),
        });
        match changed {
            Ok(()) => records.paused = pause,
            Err(error) => {
                drop(records);
                self.report_error(&error);
            }
        }
    }

    fn read(&mut self) -> Result<(), ConsumerError> {
        let now = Instant::now();
        let (next_due, paused) = {
            let records = self.client.context().records();
            (records.ledger.next_due(), records.paused)
        };
        let until_due = next_due.map_or(POLL_TIMEOUT, |due| due.saturating_duration_since(now));
        let mut step = until_due.min(POLL_TIMEOUT);
        if paused {
            // nothing can be read: wait for an acknowledgement, and poll only to stay in the group
            self.client.context().records().wait_for_acknowledgement(step);
            step = Duration::ZERO;
        }
        for _ in 0..RECORDS_PER_TURN {
            match self.client.poll(step) {
                None => break,
                Some(Ok(message)) => {
                    let context = self.client.context();
                    let record = to_record(&message, &context.topic);
                    let mut records = context.records();
                    let ticket = records.admit(&record);
                    let full = self.plan.backpressure.pauses(records.ledger.in_flight(), paused);
                    drop((records, message));
                    self.deliver(record, ticket);
                    if full {
                        break;
                    }
                }
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(ConsumerError::Fatal(error));
                }
                Some(Err(error)) => {
                    self.report_error(&error);
                    break;
                }
            }
            step = Duration::ZERO;
        }
        Ok(())
    }

    fn deliver(&mut self, record: Record, ticket: Ticket) {
        let mut records = self.client.context().records();
        if record.is_expired(wall_clock()) {
            if !self.plan.answers_expired {
                tracing::debug!(
                    record = record.origin(),
                    "the deadline of the record has passed; it is settled without delivery"
                );
                return records.ledger.expire(ticket);
            }
            records.ledger.mark_expired(ticket);
        }
        let delivery = Delivery::new(ticket, self.acknowledgements.clone(), records.fence_of(ticket));
        drop(records);
        let (partition, offset) = (record.partition, record.offset);
        let route = &mut self.plan.route;
        // the panic has rejected the record; the thread goes on for the other records
        if catch_unwind(AssertUnwindSafe(|| route(record, delivery))).is_err() {
            let topic = &self.plan.config.topic;
            tracing::error!(record = format!("{topic}/{partition}/{offset}"), "routing the record panicked");
        }
    }
}
