//! The poll thread: reads a topic, routes its records, collects the answers and commits the contiguous prefix.
//!
//! It never stops polling while records are worked on, however long that takes: at its bound it pauses the partitions.
//! Broker errors are told in the state and in the log, and waited out. `upkeep` is what it does between two records.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;

use crate::kafka::consumer::backpressure::Backpressure;
use crate::kafka::consumer::client::{leave, to_record};
use crate::kafka::consumer::consumer_state::RecordState;
use crate::kafka::consumer::dead_letters::DeadLetters;
use crate::kafka::consumer::delivery::{Answer, Delivery, Ticket};
use crate::kafka::consumer::denials::Denials;
use crate::kafka::consumer::handle::{Consumer, ConsumerConfig, ConsumerError, Meter, Shared};
use crate::kafka::consumer::ledger::Due;
use crate::kafka::consumer::phase::ConsumerPhase;
use crate::kafka::consumer::rebalance::{Client, RebalanceContext};
use crate::kafka::consumer::record::Record;
use crate::kafka::producer::Producer;
use crate::runtime::Dependency;

use super::lag::Lag;

/// Longest wait inside one poll.
const POLL_STEP: Duration = Duration::from_millis(50);
/// Records read before answers and all else have their turn.
const RECORDS_A_TURN: usize = 64;
/// Records in flight before reading is paused.
pub(crate) const DEFAULT_MAX_IN_FLIGHT: usize = 64;

/// What gets every record with its delivery.
type Route = Box<dyn FnMut(Record, Delivery) + Send>;
/// What is told that the thread lives.
type Beat<'a> = &'a dyn Fn();

/// The work of one consumer, to be run on a thread of its own.
pub struct ConsumerLoop {
    pub(super) config: ConsumerConfig,
    pace: Backpressure,
    answers_expired: bool,
    producer: Producer,
    route: Route,
    pub(super) shared: Arc<Shared>,
    pub(super) brokers: Option<Dependency>,
    pub(super) meter: Option<Arc<dyn Meter>>,
}

/// Prepares a consumer: the handle to keep, and the loop to run on a thread of the caller.
///
/// `route` gets every record with its delivery, on the loop's thread, and must not block. Dead letters go out through `producer`.
pub fn consume(
    config: ConsumerConfig,
    producer: Producer,
    route: impl FnMut(Record, Delivery) + Send + 'static,
) -> (Consumer, ConsumerLoop) {
    let shared = Arc::new(Shared::default());
    let handle = Consumer::of(shared.clone());
    let work = ConsumerLoop {
        config,
        pace: Backpressure::new(DEFAULT_MAX_IN_FLIGHT),
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
    /// Bounds the records in flight (64 if never set): reading pauses at 80 % of it, and goes on at 50 %.
    pub fn max_in_flight(mut self, records: usize) -> Self {
        self.pace = Backpressure::new(records);
        self
    }

    /// Routes records also after their deadline, so that whoever waits for an answer gets one; else they are settled unseen.
    pub fn answering_expired(mut self) -> Self {
        self.answers_expired = true;
        self
    }

    /// Says to `brokers` whether they answer, for as long as it reads.
    pub fn telling(mut self, brokers: Dependency) -> Self {
        self.brokers = Some(brokers);
        self
    }

    /// Has `meter` read how things stand, for as long as it reads.
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Reads until the handle's `stop`; errors only for settings that make no client and for a client that gave up.
    ///
    /// `beat` is called at least every 50 ms while the broker answers, and every second while it does not.
    pub fn run(self, beat: impl Fn()) -> Result<(), ConsumerError> {
        let (sender, answers) = channel();
        let commits = self.config.group.is_some();
        let patience = self.config.release_patience();
        let books = RecordState::new(answers, DeadLetters::new(self.producer.clone(), commits));
        let desk = RebalanceContext::new(&self.config.topic, books, commits, patience);
        let client = self.config.settings().create_with_context(desk);
        let now = Instant::now();
        let mut reader = Reader {
            client: client.map_err(ConsumerError::Settings)?,
            answers: sender,
            phase: ConsumerPhase::Consuming,
            joined: false,
            next_commit: now,
            next_check: now,
            next_confirm: None,
            lag: Lag::default(),
            denials: Denials::default(),
            next_tell: now,
            next_error_log: now,
            last_answer: now,
            beat: &beat,
            plan: self,
        };
        match catch_unwind(AssertUnwindSafe(|| reader.live())) {
            Ok((ended, patience)) => {
                reader.leave_within(patience);
                ended
            }
            Err(panic) => {
                // the successor must not wait for the client that died: closing it takes as long as the broker is away
                leave(reader.client, Duration::ZERO);
                resume_unwind(panic)
            }
        }
    }
}

/// A running [`ConsumerLoop`].
pub struct Reader<'a> {
    pub(super) plan: ConsumerLoop,
    pub(super) client: Client,
    /// What every delivery answers through.
    answers: Sender<Answer>,
    pub(super) phase: ConsumerPhase,
    pub(super) joined: bool,
    pub(super) next_commit: Instant,
    pub(super) next_check: Instant,
    /// When to ask whether a commit arrived.
    pub(super) next_confirm: Option<Instant>,
    pub(super) lag: Lag,
    pub(super) denials: Denials,
    pub(super) next_tell: Instant,
    pub(super) next_error_log: Instant,
    /// When the brokers last answered, or reading began.
    pub(super) last_answer: Instant,
    pub(super) beat: Beat<'a>,
}

impl Reader<'_> {
    /// Reads, then drains; gives how it ended, and the patience that is left for leaving.
    fn live(&mut self) -> (Result<(), ConsumerError>, Duration) {
        let mut ended = Ok(());
        let mut left = None;
        loop {
            self.enter(self.phase.next(self.plan.shared.stopping() || ended.is_err(), left.is_some()));
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
            self.tell();
        }
    }

    /// One round: answers first, so that what is held stays bounded, then what is due, then new records.
    fn turn(&mut self) -> Result<(), ConsumerError> {
        (self.beat)();
        self.client.context().books().settle(Instant::now());
        self.take_up_due();
        self.keep_pace();
        self.read()?;
        self.upkeep();
        Ok(())
    }

    fn take_up_due(&mut self) {
        let now = Instant::now();
        let due = self.client.context().books().ledger.take_due(now);
        for item in due {
            match item {
                Due::Again(record, ticket) => self.hand_out(record, ticket),
                Due::Dead(deceased) => self.client.context().books().bury(deceased, now),
            }
        }
    }

    /// Pauses and resumes all partitions as the pace says.
    fn keep_pace(&mut self) {
        let mut books = self.client.context().books();
        let pause = self.plan.pace.pauses(books.ledger.in_flight(), books.paused);
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
        let now = Instant::now();
        let (next_due, paused) = {
            let books = self.client.context().books();
            (books.ledger.next_due(), books.paused)
        };
        let until_due = next_due.map_or(POLL_STEP, |due| due.saturating_duration_since(now));
        let mut step = until_due.min(POLL_STEP);
        if paused {
            // Nothing can be read: wait for the answer that makes room, and poll only to stay a member.
            self.client.context().books().wait_for_answer(step);
            step = Duration::ZERO;
        }
        for _ in 0..RECORDS_A_TURN {
            match self.client.poll(step) {
                None => break,
                Some(Ok(message)) => {
                    let desk = self.client.context();
                    let record = to_record(&message, &desk.topic);
                    let mut books = desk.books();
                    let ticket = books.admit(&record);
                    let full = self.plan.pace.pauses(books.ledger.in_flight(), paused);
                    drop((books, message));
                    self.hand_out(record, ticket);
                    if full {
                        break;
                    }
                }
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(ConsumerError::Fatal(error));
                }
                Some(Err(error)) => {
                    self.note(&error);
                    break;
                }
            }
            step = Duration::ZERO;
        }
        Ok(())
    }

    fn hand_out(&mut self, record: Record, ticket: Ticket) {
        let mut books = self.client.context().books();
        if record.is_expired(SystemTime::now()) {
            if !self.plan.answers_expired {
                tracing::debug!(record = record.origin(), "the deadline of the record has passed; nobody works on it");
                return books.ledger.expire(ticket);
            }
            books.ledger.mark_expired(ticket);
        }
        let delivery = Delivery::new(ticket, self.answers.clone(), books.tenure(ticket));
        drop(books);
        let (partition, offset) = (record.partition, record.offset);
        let route = &mut self.plan.route;
        // The unwinding delivery has rejected its record already; the others still have a thread that commits them.
        if catch_unwind(AssertUnwindSafe(|| route(record, delivery))).is_err() {
            let topic = &self.plan.config.topic;
            tracing::error!(record = format!("{topic}/{partition}/{offset}"), "routing the record panicked");
        }
    }
}
