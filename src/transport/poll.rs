//! The poll thread: reads a topic, routes its records, collects the answers and commits the contiguous prefix.
//!
//! It never stops polling while records are worked on, however long that takes: at its bound it pauses the partitions.
//! Broker errors are told in the state and in the log, and waited out. `upkeep` is what it does between two records.

mod upkeep;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;

use crate::runtime::{Dependency, protect};

use super::burial::Burials;
use super::client::{leave, to_record};
use super::consumer::{Consumer, ConsumerConfig, ConsumerError, Shared};
use super::delivery::{Answer, Delivery, Record, Ticket};
use super::ledger::Due;
use super::producer::Producer;
use super::rebalance::{Client, Desk};

/// Longest wait inside one poll.
const POLL_STEP: Duration = Duration::from_millis(50);
/// How long a stopping consumer waits for records that are nearly done.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// Least time that a stopping consumer has to leave its group.
const LEAVE_GRACE: Duration = Duration::from_secs(1);
/// Records in flight before reading is paused.
const DEFAULT_MAX_IN_FLIGHT: usize = 64;

/// What gets every record with its delivery.
type Route = Box<dyn FnMut(Record, Delivery) + Send>;
/// What is told that the thread lives.
type Beat<'a> = &'a dyn Fn();

/// The work of one consumer, to be run on a thread of its own.
pub struct ConsumerLoop {
    config: ConsumerConfig,
    max_in_flight: usize,
    producer: Producer,
    route: Route,
    shared: Arc<Shared>,
    brokers: Option<Dependency>,
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
    let route = Box::new(route);
    let work = ConsumerLoop { config, max_in_flight: DEFAULT_MAX_IN_FLIGHT, producer, route, shared, brokers: None };
    (handle, work)
}

impl ConsumerLoop {
    /// Pauses reading at this many records in flight (64 if never set).
    pub fn max_in_flight(mut self, records: usize) -> Self {
        self.max_in_flight = records.max(1);
        self
    }

    /// Says to `brokers` whether they answer, for as long as it reads.
    pub fn telling(mut self, brokers: Dependency) -> Self {
        self.brokers = Some(brokers);
        self
    }

    /// Reads until the handle's `stop`; errors only for settings that make no client and for a client that gave up.
    ///
    /// `beat` is called at least every 50 ms while the broker answers, and every second while it does not.
    pub fn run(self, beat: impl Fn()) -> Result<(), ConsumerError> {
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
            last_answer: now,
            beat: &beat,
            plan: self,
        };
        match catch_unwind(AssertUnwindSafe(|| (reader.read_on(), reader.settle()))) {
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
struct Reader<'a> {
    plan: ConsumerLoop,
    client: Client,
    /// What every delivery answers through.
    answers: Sender<Answer>,
    burials: Burials,
    joined: bool,
    next_commit: Instant,
    next_check: Instant,
    next_error_log: Instant,
    /// When the brokers last answered, or reading began.
    last_answer: Instant,
    beat: Beat<'a>,
}

impl Reader<'_> {
    /// Reads until it is told to stop, or cannot go on.
    fn read_on(&mut self) -> Result<(), ConsumerError> {
        while !self.plan.shared.stopping() {
            self.turn()?;
        }
        Ok(())
    }

    /// One round: answers first, so that what is held stays bounded, then what is due, then new records.
    fn turn(&mut self) -> Result<(), ConsumerError> {
        (self.beat)();
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

    /// Waits a moment for records that are nearly done, and commits; what is still held comes again to a successor. Gives the
    /// patience that is left for leaving.
    fn settle(&mut self) -> Duration {
        let now = Instant::now();
        // brokers that are away will not confirm anything in time
        let patience = if self.brokers_are_silent() { STOP_GRACE } else { self.plan.config.commit_patience() };
        let (grace, deadline) = (now + STOP_GRACE, now + patience);
        let _committing = protect("committing before it leaves", patience + STOP_GRACE);
        loop {
            (self.beat)();
            self.collect();
            let desk = self.client.context();
            if desk.books().ledger.out() == 0 || Instant::now() >= grace {
                break;
            }
            desk.books().wait_for_answer(POLL_STEP / 5);
        }
        if !self.client.context().commit_until(&self.client, deadline) {
            let topic = &self.plan.config.topic;
            tracing::warn!(topic, "the last commit did not arrive; its records come again");
        }
        deadline.saturating_duration_since(Instant::now())
    }

    fn leave_within(self, patience: Duration) {
        let patience = patience.max(LEAVE_GRACE);
        let _leaving = protect("leaving its group", patience);
        if !leave(self.client, patience) {
            let topic = &self.plan.config.topic;
            tracing::warn!(topic, "the consumer did not leave its group in time; the broker takes it for dead soon");
        }
    }
}
