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
/// Shortest time between two looks at the state by whoever may want to see it.
const TELL_INTERVAL: Duration = Duration::from_millis(20);
/// How often the broker is asked for open commits, and for what the statistics do not tell.
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
        if now >= self.next_tell {
            self.next_tell = now + TELL_INTERVAL;
            self.tell();
        }
    }

    /// Says how things stand to whoever looks at the state, and to the meter.
    pub(super) fn tell(&self) {
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

    /// Asks the broker for open commits, and finds the lag; its answer is also the sign that it is there.
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
        let (offsets, paused) = {
            let books = desk.books();
            (books.ledger.offsets(), books.paused)
        };
        if offsets.is_empty() || self.plan.config.group.is_none() {
            // nothing else was asked of the brokers
            self.client.fetch_metadata(Some(&self.plan.config.topic), CHECK_TIMEOUT)?;
        }
        let ends = desk.ends();
        let mut lag = BTreeMap::new();
        for entry in &offsets {
            let settled = match self.plan.config.group {
                Some(_) => entry.committed,
                None => entry.position,
            };
            // the end of a partition that is paused was told by its last fetch, which may be long ago
            let told = ends.get(&entry.partition).filter(|_| !paused);
            let (end, settled) = match (told, settled) {
                (Some(end), Some(settled)) => (*end, settled),
                _ => {
                    (self.beat)();
                    let topic = &self.plan.config.topic;
                    let (low, high) = self.client.fetch_watermarks(topic, entry.partition, CHECK_TIMEOUT)?;
                    let from_the_end = self.plan.config.group.is_none();
                    (high, settled.unwrap_or(if from_the_end { high } else { low }))
                }
            };
            let end = entry.position.map_or(end, |position| end.max(position));
            lag.insert(entry.partition, (end - settled).max(0));
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
