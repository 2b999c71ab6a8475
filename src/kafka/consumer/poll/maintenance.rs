//! What the poll thread does between two records: joining, committing, asking the broker how things stand, telling it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::kafka::broker_errors::{is_silence, topic_error};
use crate::kafka::consumer::client::read_from_the_end;
use crate::kafka::consumer::denials::Reading;
use crate::kafka::consumer::handle::ConsumerConfig;
use crate::kafka::consumer::ledger::Offsets;
use crate::runtime::protect;

use super::lag::{Ends, Known};
use super::reader::Reader;

/// Shortest time between two commits.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// Shortest time between two looks at the state by whoever may want to see it.
const TELL_INTERVAL: Duration = Duration::from_millis(20);
/// How often the broker is asked for what neither records nor statistics tell.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Longest wait for one answer of such a check.
const CHECK_TIMEOUT: Duration = Duration::from_millis(250);
/// Brokers that have not answered for so long are away; before that it is one question that was lost.
const AWAY_AFTER: Duration = Duration::from_secs(3);
/// Longest silence over the question where all partitions of a topic end.
const JOIN_SILENCE_MAX: Duration = Duration::from_secs(60);
/// Broker errors come in streams; the log gets one in this time.
const ERROR_LOG_INTERVAL: Duration = Duration::from_secs(30);

impl Reader<'_> {
    /// Commits, asks the broker how things stand, and tells the state; each in its own time.
    pub(crate) fn upkeep(&mut self) {
        let now = Instant::now();
        if now >= self.next_commit && self.client.context().commit_moved(&self.client) {
            self.next_commit = now + COMMIT_INTERVAL;
            self.next_confirm.get_or_insert(self.next_commit);
        }
        if now >= self.next_check {
            self.next_check = now + CHECK_INTERVAL;
            self.next_confirm = None;
            match self.joined {
                true => self.check(),
                false => self.join(),
            }
        } else if self.next_confirm.is_some_and(|due| now >= due) {
            self.next_confirm = None;
            let told = self.client.context().confirm_commits(&self.client, CHECK_TIMEOUT);
            self.conclude(told);
        }
        if now >= self.next_tell {
            self.next_tell = now + TELL_INTERVAL;
            self.tell();
        }
    }

    /// Says how things stand to whoever looks at the state, and to the meter.
    pub(crate) fn tell(&self) {
        let books = self.client.context().books();
        let offsets = books.ledger.offsets();
        let by_partition = |value: fn(&Offsets) -> Option<i64>| {
            let told = offsets.iter();
            told.filter_map(|entry| Some((entry.partition, value(entry)?))).collect()
        };
        let assigned: Vec<i32> = offsets.iter().map(|entry| entry.partition).collect();
        let mut state = self.plan.shared.state();
        state.phase = self.phase;
        state.position = by_partition(|entry| entry.position);
        state.committed = by_partition(|entry| entry.committed);
        state.lag.retain(|partition, _| assigned.contains(partition));
        state.in_flight = books.ledger.in_flight();
        state.in_hand = books.standing(&assigned).in_hand;
        state.paused = books.paused;
        state.records = books.ledger.counts();
        state.burial_error = books.burials.trouble().map(str::to_owned);
        state.assigned = assigned;
        drop(books);
        if let Some(meter) = &self.plan.meter {
            meter.read(&state);
        }
    }

    /// Becomes a member of the group, or reads all partitions from their ends where there is none.
    fn join(&mut self) {
        let topic = self.plan.config.topic.as_str();
        let joined = match self.plan.config.group {
            Some(_) => self.client.subscribe(&[topic]),
            None => {
                let _asking = protect("asking for the ends of a topic", JOIN_SILENCE_MAX);
                read_from_the_end(&self.client, topic, CHECK_TIMEOUT)
            }
        };
        match joined {
            Ok(()) => self.joined = true,
            Err(error) => {
                self.tell_of_brokers(!is_silence(&error));
                self.note(&error);
            }
        }
    }

    /// Asks the broker how things stand; its answer is also the sign that it is there.
    fn check(&mut self) {
        let confirmed = self.client.context().confirm_commits(&self.client, CHECK_TIMEOUT);
        let told = confirmed.and_then(|()| self.ask_for_the_topic()).and_then(|()| self.ask_for_ends());
        self.conclude(told);
    }

    /// Draws the consequences of what the broker told, or did not.
    fn conclude(&mut self, told: Result<(), KafkaError>) {
        let reading = self.reading();
        let over = self.denials.review(reading);
        self.tell_of_brokers(told.as_ref().err().is_none_or(|error| !is_silence(error)));
        let lag = self.lag();
        let mut state = self.plan.shared.state();
        state.lag = lag;
        if over || (told.is_ok() && reading.assigned > 0) {
            state.last_error = self.denials.told();
        }
        drop(state);
        if let Err(error) = told {
            self.note(&error);
        }
    }

    /// Whether no broker has answered for so long that they count as away.
    pub(crate) fn brokers_are_silent(&self) -> bool {
        self.last_answer.elapsed() >= AWAY_AFTER
    }

    fn tell_of_brokers(&mut self, answered: bool) {
        let refusal = &self.client.context().refusal;
        if answered {
            self.last_answer = Instant::now();
            refusal.forget();
        }
        let silent = self.brokers_are_silent();
        let Some(brokers) = &self.plan.brokers else { return };
        match self.denials.told() {
            None if answered => brokers.here(),
            Some(denied) if answered => brokers.away(denied),
            _ if silent => brokers.away(refusal.silence(&self.plan.config.bootstrap_servers)),
            _ => {}
        }
    }

    /// Asks for the topic where no record can tell of it.
    fn ask_for_the_topic(&mut self) -> Result<(), KafkaError> {
        let unassigned = self.reading().assigned == 0;
        if !unassigned && self.plan.config.group.is_some() {
            return Ok(());
        }
        let topic = &self.plan.config.topic;
        let metadata = self.client.fetch_metadata(Some(topic), CHECK_TIMEOUT)?;
        match topic_error(&metadata, topic) {
            Some(code) => Err(KafkaError::MetadataFetch(code)),
            None => {
                if unassigned && self.denials.topic_is_shown() {
                    self.plan.shared.state().last_error = self.denials.told();
                }
                Ok(())
            }
        }
    }

    /// Asks where partitions end, as far as the fetches do not tell.
    fn ask_for_ends(&mut self) -> Result<(), KafkaError> {
        let (offsets, told, paused) = self.whereabouts();
        let in_group = self.plan.config.group.is_some();
        let known = Known { offsets: &offsets, told: &told, paused, in_group };
        let (client, beat, topic) = (&self.client, self.beat, &self.plan.config.topic);
        let question = |partition| {
            beat();
            let (low, high) = client.fetch_watermarks(topic, partition, CHECK_TIMEOUT)?;
            Ok(Ends { low, high })
        };
        self.lag.ask(&known, question, is_silence)
    }

    fn lag(&self) -> BTreeMap<i32, i64> {
        let (offsets, told, paused) = self.whereabouts();
        let in_group = self.plan.config.group.is_some();
        self.lag.by_partition(&Known { offsets: &offsets, told: &told, paused, in_group })
    }

    /// Offsets and ends of the partitions, and whether reading is paused.
    fn whereabouts(&self) -> (Vec<Offsets>, BTreeMap<i32, i64>, bool) {
        let desk = self.client.context();
        let books = desk.books();
        (books.ledger.offsets(), desk.ends(), books.paused)
    }

    fn reading(&self) -> Reading {
        let books = self.client.context().books();
        let assigned = books.ledger.offsets().len();
        Reading { assignments: books.assignments, assigned, read: books.ledger.counts().read }
    }

    /// Tells of an error: of one that the brokers deny something with until they do not, of any other for now.
    pub(crate) fn note(&mut self, error: &KafkaError) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let ConsumerConfig { topic, bootstrap_servers, group, .. } = &self.plan.config;
        let (reading, before) = (self.reading(), self.denials.told());
        let is_denial = self.denials.note(code, topic, group.as_deref().unwrap_or_default(), reading).is_some();
        let denied = self.denials.told();
        let text = denied.clone().unwrap_or_else(|| error.to_string());
        let now = Instant::now();
        if now >= self.next_error_log || denied != before {
            self.next_error_log = now + ERROR_LOG_INTERVAL;
            match is_denial {
                true => {
                    tracing::error!(event = "broker_refuses", topic, %error, "kafka at {bootstrap_servers} denies: {text}; trying on");
                }
                false if is_silence(error) => tracing::warn!(
                    event = "kafka_away",
                    topic,
                    %error,
                    "kafka at {bootstrap_servers} does not answer; trying on (is KAFKA_BOOTSTRAP_SERVERS right?)"
                ),
                false => tracing::warn!(
                    event = "kafka_away",
                    topic,
                    %error,
                    "kafka at {bootstrap_servers} does not answer as it should; trying on"
                ),
            }
        }
        if let Some((brokers, denied)) = self.plan.brokers.as_ref().zip(denied.filter(|_| is_denial)) {
            brokers.away(denied);
        }
        self.plan.shared.state().last_error = Some(text);
    }
}
