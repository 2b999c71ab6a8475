//! What the poll thread does between two records: joining, committing, asking the broker how things stand, telling it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;

use super::Reader;
use crate::runtime::protect;
use crate::transport::client::{is_silence, read_from_the_end};
use crate::transport::consumer::ConsumerConfig;
use crate::transport::ledger::Offsets;

/// Shortest time between two commits.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// How often the broker is asked for lag and open commits.
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
    pub(super) fn upkeep(&mut self) {
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

    /// Asks the broker for lag and open commits; its answer is also the sign that it is there.
    fn check(&mut self) {
        let told = self.ask();
        self.tell_of_brokers(told.as_ref().err().is_none_or(|error| !is_silence(error)));
        match told {
            Ok(None) => {}
            Ok(Some(lag)) => {
                let mut state = self.plan.shared.state();
                state.lag = lag;
                state.last_error = None;
            }
            Err(error) => self.note(&error),
        }
    }

    /// Whether no broker has answered for so long that they count as away.
    pub(super) fn brokers_are_silent(&self) -> bool {
        self.last_answer.elapsed() >= AWAY_AFTER
    }

    fn tell_of_brokers(&mut self, answered: bool) {
        let refusal = &self.client.context().refusal;
        if answered {
            self.last_answer = Instant::now();
            refusal.forget();
        }
        let silent = self.brokers_are_silent();
        match &self.plan.brokers {
            Some(brokers) if answered => brokers.here(),
            Some(brokers) if silent => {
                brokers.away(refusal.silence(&self.plan.config.bootstrap_servers));
            }
            _ => {}
        }
    }

    fn ask(&self) -> Result<Option<BTreeMap<i32, i64>>, KafkaError> {
        let desk = self.client.context();
        desk.confirm_commits(&self.client, CHECK_TIMEOUT)?;
        let mut lag = BTreeMap::new();
        let offsets = desk.books().ledger.offsets();
        if offsets.is_empty() {
            // a member without partitions has nothing else to ask
            self.client.fetch_metadata(Some(&self.plan.config.topic), CHECK_TIMEOUT)?;
        }
        for entry in &offsets {
            (self.beat)();
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

    pub(super) fn note(&mut self, error: &KafkaError) {
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
}
