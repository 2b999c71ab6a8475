//! How a series of each kind is made and registered.

use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

/// Upper bounds of the histograms of requests and forecasts, in seconds.
pub const LATENCY_BUCKETS_SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// A number that only grows.
pub fn counter(r: &Registry, name: &str, help: &str) -> prometheus::Result<IntCounter> {
    let series = IntCounter::new(name, help)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// Numbers that only grow, by these labels.
pub fn counters(r: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
    let series = IntCounterVec::new(Opts::new(name, help), labels)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// A number that goes up and down.
pub fn gauge(r: &Registry, name: &str, help: &str) -> prometheus::Result<Gauge> {
    let series = Gauge::new(name, help)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// A whole number that goes up and down.
pub fn int_gauge(r: &Registry, name: &str, help: &str) -> prometheus::Result<IntGauge> {
    let series = IntGauge::new(name, help)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// Whole numbers that go up and down, by these labels.
pub fn gauges(r: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
    let series = IntGaugeVec::new(Opts::new(name, help), labels)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// Numbers that go up and down, by these labels.
pub fn float_gauges(r: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
    let series = GaugeVec::new(Opts::new(name, help), labels)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// Observations, counted by these upper bounds.
pub fn histogram(r: &Registry, name: &str, help: &str, buckets: &[f64]) -> prometheus::Result<Histogram> {
    let series = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}

/// Observations, counted by these upper bounds, by these labels.
pub fn histograms(
    r: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    buckets: &[f64],
) -> prometheus::Result<HistogramVec> {
    let series = HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?;
    r.register(Box::new(series.clone()))?;
    Ok(series)
}
