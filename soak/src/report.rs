//! Latencies by outcome, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use crate::open_loop::Answer;

/// Longer latencies count as this long.
const MAX_US: u64 = 3_600_000_000;

/// Latencies of one kind, in microseconds.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

/// All answers of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// From the due time to the end, by outcome.
    pub outcomes: BTreeMap<String, Latencies>,
    /// From the due time to the sending: the lateness of the client itself.
    pub late: Latencies,
}

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new_with_max(MAX_US, 3).expect("three digits up to an hour can be had"))
    }
}

impl Latencies {
    /// The latencies of these requests.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut latencies = Self::default();
        times.into_iter().for_each(|time| latencies.add(time));
        latencies
    }

    /// The number of requests.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency in milliseconds at a quantile from 0 to 1.
    pub fn at_ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }

    /// The longest latency in milliseconds.
    pub fn max_ms(&self) -> f64 {
        self.0.max() as f64 / 1e3
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "count": self.count(), "p50_ms": self.at_ms(0.5), "p99_ms": self.at_ms(0.99), "p999_ms": self.at_ms(0.999),
            "max_ms": self.max_ms(),
        })
    }

    fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }
}

impl Report {
    /// The report of these answers.
    pub fn of(answers: &[Answer]) -> Self {
        let mut report = Self::default();
        for answer in answers {
            report.outcomes.entry(answer.outcome.label()).or_default().add(answer.took);
            report.late.add(answer.late);
        }
        report
    }

    /// The latencies of the requests with status 200.
    pub fn good(&self) -> Latencies {
        self.outcomes.get("200").cloned().unwrap_or_default()
    }

    /// The number of requests with this outcome.
    pub fn count(&self, label: &str) -> u64 {
        self.outcomes.get(label).map_or(0, Latencies::count)
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let outcomes: Map<String, Value> =
            self.outcomes.iter().map(|(label, latencies)| (label.clone(), latencies.json())).collect();
        json!({"outcomes": outcomes, "client_late": self.late.json()})
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{:<24} {:>8} {:>9} {:>9} {:>9} {:>9}  ms", "outcome", "count", "p50", "p99", "p99.9", "max")?;
        let rows = self.outcomes.iter().map(|(label, latencies)| (label.as_str(), latencies));
        for (label, latencies) in rows.chain([("sent late by the client", &self.late)]) {
            let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|quantile| latencies.at_ms(quantile));
            let (count, max) = (latencies.count(), latencies.max_ms());
            writeln!(out, "{label:<24} {count:>8} {p50:>9.2} {p99:>9.2} {p999:>9.2} {max:>9.2}")?;
        }
        Ok(())
    }
}
