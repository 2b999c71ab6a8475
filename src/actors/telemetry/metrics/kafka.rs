//! The series of consumers and dead letters, and the meter that a consumer fills them with.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Registry};

use crate::kafka::{ConsumerState, Counts, Meter};

use super::series::{counters, gauges};

/// What can become of a record, and where its consumer counts it.
type RecordOutcome = (&'static str, fn(&Counts) -> u64);

/// The closed label set of `flts_kafka_records_total`.
const OUTCOMES: [RecordOutcome; 6] = [
    ("read", |counts| counts.read),
    ("done", |counts| counts.done),
    ("rejected", |counts| counts.rejected),
    ("handed_back", |counts| counts.handed_back),
    ("dead", |counts| counts.dead),
    ("expired", |counts| counts.expired),
];
/// The label of the preprocessor's dead letters: it reads files, and no topic.
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
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        let series = Self {
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
        };
        series.dlq_total.with_label_values(&[PREPROCESS]);
        Ok(series)
    }

    /// Makes the series of a consumer present; those of its partitions come with their assignment.
    pub(super) fn create_series(&self, topic: &str, group: Option<&str>) {
        self.in_flight.with_label_values(&[topic]);
        for (outcome, _) in OUTCOMES {
            self.records_total.with_label_values(&[topic, outcome]);
        }
        if group.is_some() {
            self.dlq_total.with_label_values(&[topic]);
        }
    }

    /// The meter of one consumer.
    pub fn meter(&self, topic: &str, group: Option<&str>) -> ConsumerMeter {
        let total = |(outcome, _): RecordOutcome| self.records_total.with_label_values(&[topic, outcome]);
        ConsumerMeter {
            series: self.clone(),
            topic: topic.to_owned(),
            group: group.unwrap_or_default().to_owned(),
            totals: OUTCOMES.map(total),
            // a consumer without a group sends no dead letters
            dead_letters: group.is_some().then(|| self.dlq_total.with_label_values(&[topic])),
            last: Mutex::default(),
        }
    }
}

/// Fills the series with the state of one consumer. Dropping it takes the consumer's gauges back; the totals stay.
pub struct ConsumerMeter {
    series: KafkaSeries,
    topic: String,
    group: String,
    totals: [IntCounter; OUTCOMES.len()],
    dead_letters: Option<IntCounter>,
    last: Mutex<LastReport>,
}

/// What a consumer reported last.
#[derive(Default)]
struct LastReport {
    in_flight: i64,
    lag: BTreeMap<i32, i64>,
    counts: Counts,
}

impl ConsumerMeter {
    fn report(&self, lag: &BTreeMap<i32, i64>, in_flight: usize, counts: Option<Counts>) {
        let mut last = self.last.lock();
        let in_flight = i64::try_from(in_flight).unwrap_or(i64::MAX);
        // two consumers of a node may read one topic: each adds its own
        self.series.in_flight.with_label_values(&[self.topic.as_str()]).add(in_flight - last.in_flight);
        last.in_flight = in_flight;
        if let Some(counts) = counts {
            for ((_, of), total) in OUTCOMES.iter().zip(&self.totals) {
                total.inc_by(of(&counts).saturating_sub(of(&last.counts)));
            }
            if let Some(dead_letters) = &self.dead_letters {
                dead_letters.inc_by(counts.dead.saturating_sub(last.counts.dead));
            }
            last.counts = counts;
        }
        let partition = |partition: &i32| partition.to_string();
        for gone in last.lag.keys().filter(|partition| !lag.contains_key(partition)) {
            // the consumer before this one may have removed it already
            let _ = self.series.lag.remove_label_values(&[&self.topic, &partition(gone), &self.group]);
        }
        for (of, records) in lag {
            self.series.lag.with_label_values(&[&self.topic, &partition(of), &self.group]).set(*records);
        }
        last.lag.clone_from(lag);
    }
}

impl Meter for ConsumerMeter {
    fn read(&self, state: &ConsumerState) {
        self.report(&state.lag, state.in_flight, Some(state.records));
    }
}

impl Drop for ConsumerMeter {
    fn drop(&mut self) {
        self.report(&BTreeMap::new(), 0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(lag: &[(i32, i64)], in_flight: usize, read: u64) -> ConsumerState {
        let records = Counts { read, ..Counts::default() };
        ConsumerState { lag: lag.iter().copied().collect(), in_flight, records, ..ConsumerState::default() }
    }

    #[test]
    fn two_consumers_of_one_topic_add_up_and_a_partition_that_went_has_no_series() {
        let registry = Registry::new();
        let series = KafkaSeries::register(&registry).expect("it is the first");
        let (gru, lstm) = (series.meter("work", Some("train-gru")), series.meter("work", Some("train-lstm")));
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
