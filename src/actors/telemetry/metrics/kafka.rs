//! The series about records of Kafka, filled with what consumers tell of themselves.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};
use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Registry};

use crate::actors::shared::Subscription;
use crate::actors::topology::Planned;
use crate::kafka::{ConsumerState, Counts, Meter};

use super::series::{counters, gauges};

/// What can become of a record, and where it is counted.
type Outcome = (&'static str, fn(&Counts) -> u64);

/// The closed label set of `flts_kafka_records_total`.
const OUTCOMES: [Outcome; 6] = [
    ("read", |counts| counts.read),
    ("done", |counts| counts.done),
    ("rejected", |counts| counts.rejected),
    ("handed_back", |counts| counts.handed_back),
    ("dead", |counts| counts.dead),
    ("expired", |counts| counts.expired),
];
/// The dead letters of the preprocessor, which reads no topic.
pub const PREPROCESS: &str = "preprocess";

/// Counters and gauges of all consumers of a node; clones are one.
#[derive(Clone)]
#[allow(missing_docs, reason = "the help text of each series stands where it is registered")]
pub struct KafkaSeries {
    pub lag: IntGaugeVec,
    pub in_flight: IntGaugeVec,
    pub records_total: IntCounterVec,
    pub dlq_total: IntCounterVec,
}

impl KafkaSeries {
    /// Registers every series.
    ///
    /// # Errors
    /// Two series of one name, which only a mistake can cause.
    pub fn register(r: &Registry) -> prometheus::Result<Self> {
        Ok(Self {
            lag: gauges(
                r,
                "flts_kafka_lag",
                "records of a partition that are not committed, by the group that reads it here",
                &["topic", "partition", "group"],
            )?,
            in_flight: gauges(r, "flts_kafka_in_flight", "records read and not settled", &["topic"])?,
            records_total: counters(
                r,
                "flts_kafka_records_total",
                "records by what became of them; several outcomes a record",
                &["topic", "outcome"],
            )?,
            dlq_total: counters(r, "flts_dlq_total", "dead letters, by the topic or job they are of", &["topic"])?,
        })
    }

    /// Makes the series of what a node reads present; those of partitions come with their assignment.
    pub fn touch(&self, plan: &[Planned]) {
        for Subscription { topic, group, .. } in plan.iter().filter_map(|child| child.consumes.as_ref()) {
            self.in_flight.with_label_values(&[topic.as_str()]);
            for (outcome, _) in OUTCOMES {
                self.records_total.with_label_values(&[topic.as_str(), outcome]);
            }
            if group.is_some() {
                self.dlq_total.with_label_values(&[topic.as_str()]);
            }
        }
        self.dlq_total.with_label_values(&[PREPROCESS]);
    }

    /// The meter of one consumer.
    pub fn meter(&self, subscription: &Subscription) -> ConsumerMeter {
        let Subscription { topic, group, .. } = subscription;
        let total = |(outcome, _): Outcome| self.records_total.with_label_values(&[topic.as_str(), outcome]);
        ConsumerMeter {
            series: self.clone(),
            topic: topic.clone(),
            group: group.clone().unwrap_or_default(),
            totals: OUTCOMES.map(total),
            // a listener without a group buries nothing
            dead_letters: group.is_some().then(|| self.dlq_total.with_label_values(&[topic.as_str()])),
            told: Mutex::default(),
        }
    }
}

/// Fills the series with what one consumer tells; what it told is taken back when this is dropped, totals excepted.
pub struct ConsumerMeter {
    series: KafkaSeries,
    topic: String,
    group: String,
    totals: [IntCounter; OUTCOMES.len()],
    dead_letters: Option<IntCounter>,
    told: Mutex<Told>,
}

/// What a consumer told last.
#[derive(Default)]
struct Told {
    in_flight: i64,
    lag: BTreeMap<i32, i64>,
    counts: Counts,
}

impl ConsumerMeter {
    fn tell(&self, lag: &BTreeMap<i32, i64>, in_flight: usize, counts: Option<Counts>) {
        let mut told = self.told();
        let in_flight = i64::try_from(in_flight).unwrap_or(i64::MAX);
        // two consumers of a node may read one topic: each adds its own
        self.series.in_flight.with_label_values(&[self.topic.as_str()]).add(in_flight - told.in_flight);
        told.in_flight = in_flight;
        if let Some(counts) = counts {
            for ((_, of), total) in OUTCOMES.iter().zip(&self.totals) {
                total.inc_by(of(&counts).saturating_sub(of(&told.counts)));
            }
            if let Some(dead_letters) = &self.dead_letters {
                dead_letters.inc_by(counts.dead.saturating_sub(told.counts.dead));
            }
            told.counts = counts;
        }
        let partition = |partition: &i32| partition.to_string();
        for gone in told.lag.keys().filter(|partition| !lag.contains_key(partition)) {
            // it may be gone already, with the one that this consumer took the place of
            let _ = self.series.lag.remove_label_values(&[&self.topic, &partition(gone), &self.group]);
        }
        for (of, records) in lag {
            self.series.lag.with_label_values(&[&self.topic, &partition(of), &self.group]).set(*records);
        }
        told.lag.clone_from(lag);
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock()
    }
}

impl Meter for ConsumerMeter {
    fn read(&self, state: &ConsumerState) {
        self.tell(&state.lag, state.in_flight, Some(state.records));
    }
}

impl Drop for ConsumerMeter {
    fn drop(&mut self) {
        self.tell(&BTreeMap::new(), 0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(group: &str) -> Subscription {
        Subscription { topic: "work".into(), group: Some(group.into()), max_in_flight: 64 }
    }

    fn state(lag: &[(i32, i64)], in_flight: usize, read: u64) -> ConsumerState {
        let records = Counts { read, ..Counts::default() };
        ConsumerState { lag: lag.iter().copied().collect(), in_flight, records, ..ConsumerState::default() }
    }

    #[test]
    fn two_consumers_of_one_topic_add_up_and_a_partition_that_went_has_no_series() {
        let registry = Registry::new();
        let series = KafkaSeries::register(&registry).expect("it is the first");
        let (gru, lstm) = (series.meter(&subscription("train-gru")), series.meter(&subscription("train-lstm")));
        gru.read(&state(&[(0, 7), (1, 3)], 5, 9));
        lstm.read(&state(&[(0, 2)], 4, 1));
        gru.read(&state(&[(1, 4)], 3, 10));
        assert_eq!(series.in_flight.with_label_values(&["work"]).get(), 7);
        assert_eq!(series.records_total.with_label_values(&["work", "read"]).get(), 11);
        let shown = || {
            let families = registry.gather();
            let lag = families.iter().find(|family| family.name() == "flts_kafka_lag");
            lag.map_or(0, |lag| lag.get_metric().len())
        };
        assert_eq!(shown(), 2);
        drop(gru);
        assert_eq!((shown(), series.in_flight.with_label_values(&["work"]).get()), (1, 4));
        assert_eq!(series.records_total.with_label_values(&["work", "read"]).get(), 11, "totals stay");
    }
}
