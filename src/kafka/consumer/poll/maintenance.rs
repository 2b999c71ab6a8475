//! What the poll thread does between records: join the group, commit, check the brokers, publish the state.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::kafka::broker_errors::{is_silence, topic_error};
use crate::kafka::consumer::client::read_from_the_end;
use crate::kafka::consumer::config::ConsumerConfig;
use crate::kafka::consumer::denials::ReadProgress;
use crate::kafka::consumer::ledger::Offsets;
use crate::runtime::protect;

use super::lag::{Ends, LagInput};
use super::reader::Reader;

/// The shortest time between two commits.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// The shortest time between two publications of the state.
const STATE_INTERVAL: Duration = Duration::from_millis(20);
/// The interval at which brokers are asked for what neither records nor statistics tell.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The timeout of each of these requests.
const CHECK_TIMEOUT: Duration = Duration::from_millis(250);
/// Brokers that have not answered for so long are away; a shorter silence may be one lost request.
const AWAY_AFTER: Duration = Duration::from_secs(3);
/// How long the requests for the ends of all partitions may block without a heartbeat.
const JOIN_SILENCE_MAX: Duration = Duration::from_secs(60);
/// The shortest time between two logged broker errors, which come in streams.
const ERROR_LOG_INTERVAL: Duration = Duration::from_secs(30);

impl Reader<'_> {
    /// Commits, checks the brokers, and publishes the state, each at its own interval.
    pub(super) fn maintain(&mut self) {
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
            let checked = self.client.context().confirm_commits(&self.client, CHECK_TIMEOUT);
            self.finish_check(checked);
        }
        if now >= self.next_publish {
            self.next_publish = now + STATE_INTERVAL;
            self.publish_state();
        }
    }

    /// Publishes the state to the handle and the meter.
    pub(super) fn publish_state(&self) {
        let records = self.client.context().records();
        let offsets = records.ledger.offsets();
        let by_partition = |value: fn(&Offsets) -> Option<i64>| {
            offsets.iter().filter_map(|entry| Some((entry.partition, value(entry)?))).collect()
        };
        let assigned: Vec<i32> = offsets.iter().map(|entry| entry.partition).collect();
        let mut state = self.plan.shared.state();
        state.phase = self.phase;
        state.position = by_partition(|entry| entry.position);
        state.committed = by_partition(|entry| entry.committed);
        state.lag.retain(|partition, _| assigned.contains(partition));
        let in_flight = records.ledger.in_flight();
        (state.in_flight, state.in_flight_bytes) = (in_flight.records, in_flight.bytes);
        state.in_hand = records.status(&assigned).in_hand;
        state.paused = records.paused;
        state.records = records.ledger.counts();
        state.burial_error = records.dead_letters.last_error().map(str::to_owned);
        state.assigned = assigned;
        drop(records);
        if let Some(meter) = &self.plan.meter {
            meter.read(&state);
        }
    }

    /// Joins the group, or reads all partitions from their ends if there is no group.
    fn join(&mut self) {
        let topic = self.plan.config.topic.as_str();
        let joined = match self.plan.config.group {
            Some(_) => self.client.subscribe(&[topic]),
            None => {
                let _protected = protect("asking for the ends of a topic", JOIN_SILENCE_MAX);
                read_from_the_end(&self.client, topic, CHECK_TIMEOUT)
            }
        };
        match joined {
            Ok(()) => self.joined = true,
            Err(error) => {
                self.report_brokers(!is_silence(&error));
                self.report_error(&error);
            }
        }
    }

    /// Checks commits, topic and ends at the brokers; an answer also shows that the brokers are there.
    fn check(&mut self) {
        let confirmed = self.client.context().confirm_commits(&self.client, CHECK_TIMEOUT);
        let checked = confirmed.and_then(|()| self.check_topic()).and_then(|()| self.request_ends());
        self.finish_check(checked);
    }

    /// Updates denials, the brokers' health, lag and last error after a check.
    fn finish_check(&mut self, checked: Result<(), KafkaError>) {
        let progress = self.progress();
        let is_refuted = self.denials.review(progress);
        self.report_brokers(checked.as_ref().err().is_none_or(|error| !is_silence(error)));
        let lag = self.lag();
        let mut state = self.plan.shared.state();
        state.lag = lag;
        if is_refuted || (checked.is_ok() && progress.assigned > 0) {
            state.last_error = self.denials.message();
        }
        drop(state);
        if let Err(error) = checked {
            self.report_error(&error);
        }
    }

    /// Whether no broker has answered for so long that the brokers count as away.
    pub(super) fn brokers_are_silent(&self) -> bool {
        self.last_answer.elapsed() >= AWAY_AFTER
    }

    /// Reports to readiness whether the brokers answer and what they deny.
    fn report_brokers(&mut self, answered: bool) {
        let refusal = &self.client.context().refusal;
        if answered {
            self.last_answer = Instant::now();
            refusal.forget();
        }
        let silent = self.brokers_are_silent();
        let Some(brokers) = &self.plan.brokers else { return };
        match self.denials.message() {
            None if answered => brokers.here(),
            Some(denied) if answered => brokers.away(denied),
            _ if silent => brokers.away(refusal.no_answer(&self.plan.config.bootstrap_servers)),
            _ => {}
        }
    }

    /// Checks that the topic exists and may be read, if no assigned partition shows it.
    fn check_topic(&mut self) -> Result<(), KafkaError> {
        let unassigned = self.progress().assigned == 0;
        if !unassigned && self.plan.config.group.is_some() {
            return Ok(());
        }
        let topic = &self.plan.config.topic;
        let metadata = self.client.fetch_metadata(Some(topic), CHECK_TIMEOUT)?;
        match topic_error(&metadata, topic) {
            Some(code) => Err(KafkaError::MetadataFetch(code)),
            None => {
                if unassigned && self.denials.topic_is_shown() {
                    self.plan.shared.state().last_error = self.denials.message();
                }
                Ok(())
            }
        }
    }

    /// Requests the ends of partitions that no fetch reports.
    fn request_ends(&mut self) -> Result<(), KafkaError> {
        let (offsets, fetched_ends, paused) = self.offsets_and_ends();
        let in_group = self.plan.config.group.is_some();
        let input = LagInput { offsets: &offsets, fetched_ends: &fetched_ends, paused, in_group };
        let (client, beat, topic) = (&self.client, self.beat, &self.plan.config.topic);
        let request = |partition| {
            beat();
            let (low, high) = client.fetch_watermarks(topic, partition, CHECK_TIMEOUT)?;
            Ok(Ends { low, high })
        };
        self.lag.request_ends(&input, request, is_silence)
    }

    fn lag(&self) -> BTreeMap<i32, i64> {
        let (offsets, fetched_ends, paused) = self.offsets_and_ends();
        let in_group = self.plan.config.group.is_some();
        self.lag.by_partition(&LagInput { offsets: &offsets, fetched_ends: &fetched_ends, paused, in_group })
    }

    /// Offsets and fetched ends of the partitions, and whether reading is paused.
    fn offsets_and_ends(&self) -> (Vec<Offsets>, BTreeMap<i32, i64>, bool) {
        let context = self.client.context();
        let records = context.records();
        (records.ledger.offsets(), context.ends(), records.paused)
    }

    fn progress(&self) -> ReadProgress {
        let records = self.client.context().records();
        let assigned = records.ledger.offsets().len();
        ReadProgress { assignments: records.assignments, assigned, read: records.ledger.counts().read }
    }

    /// Puts an error into the state, the log and readiness. A denial stays until it is refuted, any other error until the next check.
    pub(super) fn report_error(&mut self, error: &KafkaError) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let ConsumerConfig { topic, bootstrap_servers, group, .. } = &self.plan.config;
        let (progress, before) = (self.progress(), self.denials.message());
        let is_denial = self.denials.note(code, topic, group.as_deref().unwrap_or_default(), progress).is_some();
        let denied = self.denials.message();
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
